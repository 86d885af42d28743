from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.hostile import write_hostile_log
from support.logs import write_demo_log
from support.server import records, unframe
from tensorboard.plugins import base_plugin
from werkzeug.test import Client, TestResponse

from tfexplain.tb_plugin import plugin, routes
from tfexplain.tb_plugin.arguments import Arguments, RequestError
from tfexplain.wire import schema

BASE = "/data/plugin/tfexplain/"
RUN = "run1/explain"
CAM = "map/GradCAM/backbone/conv2"


@pytest.fixture(scope="module")
def client(
    tmp_path_factory: pytest.TempPathFactory, open_client: Callable[[Path], Client]
) -> Client:
    path = tmp_path_factory.mktemp("logs")
    write_demo_log(path / "run1")
    write_hostile_log(path)
    return open_client(path)


def ask(client: Client, route: str, **query: Any) -> TestResponse:
    return client.get(BASE + route, query_string=urlencode(query, doseq=True))


def assert_refused(answer: TestResponse, code: int, message: str) -> None:
    assert answer.status_code == code, answer.text
    assert message in answer.text
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


# ----------------------------------------------------------------------------------- answers


def test_runs_lists_what_there_is(client: Client) -> None:
    answer = ask(client, "runs")
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    listing = json.loads(answer.data)
    assert listing["format"] == "1.6"
    assert listing["samples_kept"] == 500
    assert [run["run"] for run in listing["runs"]] == ["hostile", RUN, "timeless"]


def test_series_answers_framed_records(client: Client) -> None:
    answer = ask(client, "series", run=RUN, group=[CAM, "metrics"], sample=1, step=[0, 5])
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    found = records(answer.data)
    assert {key: list(points) for key, points in found.items()} == {
        (CAM, 1): [0, 5],
        ("metrics", -1): [0, 5],
    }
    last = found[CAM, 1][5]
    assert isinstance(last, bytes)
    assert schema.Map.decode(last).target == 1


def test_pictures_stay_in_the_browser_only_under_their_version(client: Client) -> None:
    runs = json.loads(ask(client, "runs").data)["runs"]
    version = runs[1]["inputs"][0]["version"]
    for asked, cache in (
        ({"v": version}, "private, max-age=86400"),
        ({"v": "1.0"}, "no-cache, must-revalidate"),
        ({}, "no-cache, must-revalidate"),
    ):
        answer = ask(client, "inputs", run=RUN, name="image", **asked)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == cache
        assert len(unframe(answer.data)[0]["pictures"]) == 8


def test_arguments_of_others_are_ignored(client: Client) -> None:
    assert ask(client, "series", run=RUN, group="metrics", authuser=0).status_code == 200


def test_the_hostile_log_is_answered_in_full(client: Client) -> None:
    run = json.loads(ask(client, "runs").data)["runs"][0]
    assert run["problems"]
    groups = [group["group"] for group in run["groups"]]
    answer = ask(client, "series", run="hostile", group=groups)
    assert answer.status_code == 200
    assert len(unframe(answer.data)[0]["series"]) == len(groups)
    for picture in run["inputs"]:
        assert ask(client, "inputs", run="hostile", name=picture["name"]).status_code in (200, 422)


def test_times_that_are_no_numbers_become_zero(client: Client) -> None:
    listed = json.loads(ask(client, "runs").data)["runs"][2]
    assert listed["groups"][0]["last_wall_time"] == 0
    head, _ = unframe(ask(client, "series", run="timeless", group="map/A/conv").data)
    assert head["series"][0]["points"][0]["wall_time"] == 0


# ---------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("route", "query", "code", "message"),
    [
        ("series", {}, 400, "run: expected once; got 0 of them. Add run=."),
        ("series", {"run": RUN}, 400, "group: expected 1 to 64; got none."),
        ("series", {"run": [RUN, "b"], "group": "metrics"}, 400, "run: expected once; got 2"),
        ("series", {"run": "b", "group": "metrics"}, 404, "run='b': expected one of"),
        ("series", {"run": "", "group": "metrics"}, 404, "run='': expected one of"),
        ("series", {"run": "../../etc", "group": "metrics"}, 404, "run='../../etc'"),
        ("series", {"run": RUN, "group": "loss"}, 404, "group='loss': expected one of"),
        ("series", {"run": RUN, "group": f"{CAM}/0"}, 404, "group="),
        ("series", {"run": RUN, "group": "inputs/image"}, 404, "group='inputs/image'"),
        ("series", {"run": RUN, "group": list(range(65))}, 400, "group: expected at most 64"),
        ("series", {"run": RUN, "group": CAM, "sample": 99}, 404, "sample=99: expected one of 0"),
        ("series", {"run": RUN, "group": CAM, "sample": -1}, 400, "sample='-1': expected a whole"),
        ("series", {"run": RUN, "group": CAM, "step": 99}, 404, "step=99: expected one of 0"),
        ("series", {"run": RUN, "group": CAM, "step": "1e3"}, 400, "step='1e3'"),
        ("series", {"run": RUN, "group": CAM, "step": "٣"}, 400, "step="),
        ("series", {"run": RUN, "group": CAM, "step": 10**30}, 400, "0 to 9007199254740991"),
        ("series", {"run": RUN, "group": CAM, "step": list(range(4097))}, 400, "at most 4096"),
        ("series", {"run": RUN, "group": CAM, "last": 2}, 400, "last=2: expected 1"),
        ("series", {"run": RUN, "group": CAM, "last": 1, "step": 0}, 400, "last=1: expected 1, wi"),
        ("inputs", {"run": RUN}, 400, "name: expected once; got 0"),
        ("inputs", {"run": RUN, "name": "mask"}, 404, "name='mask': expected one of 'image'"),
        ("inputs", {"run": "b", "name": "image"}, 404, "run='b'"),
        ("inputs", {"run": RUN, "name": "image", "v": ["1", "2"]}, 400, "v: expected once"),
        ("inputs", {"run": "hostile", "name": "many"}, 422, "at most 1024 pictures"),
        ("series", {"run": "x" * 70_000}, 414, "query: expected at most 65536 bytes"),
    ],
)
def test_a_request_that_cannot_be_answered_says_why(
    client: Client, route: str, query: dict[str, Any], code: int, message: str
) -> None:
    assert_refused(ask(client, route, **query), code, message)


@pytest.mark.parametrize("query", ["run=%ff", "run=\xff", "%ff=1", "run=%ed%a0%80"])
def test_bytes_that_are_no_text_are_refused(client: Client, query: str) -> None:
    answer = client.get(BASE + "series", environ_overrides={"QUERY_STRING": query})
    assert_refused(answer, 400, "expected UTF-8")


def test_messages_hold_no_control_characters(client: Client) -> None:
    answer = ask(client, "series", run="\x1b[31m\u202e\n", group="metrics")
    assert_refused(answer, 404, r"run='\x1b[31m\u202e\n'")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("route", ["index.js", "runs", "series", "inputs"])
def test_other_methods_are_refused(client: Client, route: str, method: str) -> None:
    answer = client.open(BASE + route, method=method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"


# -------------------------------------------------------------------------------------- page


TRAVERSALS = [
    "../plugin.py",
    "..%2fplugin.py",
    "%2e%2e/plugin.py",
    "static/../routes.py",
    "/etc/passwd",
    "//etc/passwd",
    "index.js/../../plugin.py",
    "index.js%00.txt",
    "..\\plugin.py",
    "sources.sha256",
    "static/index.js",
    ".",
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_other_file_is_served(client: Client, path: str) -> None:
    assert client.get(BASE + path).status_code == 404


def test_the_files_that_were_there_are_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "index.js"
    page.write_text("export const a = 1;\n", "utf-8")
    monkeypatch.setattr(routes, "_FILES", {"index.js": page})
    apps = routes.ExplainPlugin(base_plugin.TBContext()).get_plugin_apps()
    answer = Client(apps["/index.js"]).get("/")
    assert answer.text == "export const a = 1;\n"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    page.unlink()
    assert_refused(Client(apps["/index.js"]).get("/"), 404, "make page")


def test_scripts_whose_names_tell_what_they_hold_stay_with_the_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {name: tmp_path / name for name in ("index.js", "chunk-0AZ19BCD.js", "two-words.js")}
    for path in files.values():
        path.write_text("", "utf-8")
    monkeypatch.setattr(routes, "_FILES", files)
    apps = routes.ExplainPlugin(base_plugin.TBContext()).get_plugin_apps()
    stays = {
        name: "max-age" in Client(apps[f"/{name}"]).get("/").headers["Cache-Control"]
        for name in files
    }
    assert stays == {"index.js": False, "chunk-0AZ19BCD.js": True, "two-words.js": False}


def test_a_page_that_was_not_built_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "_FILES", {})
    apps = routes.ExplainPlugin(base_plugin.TBContext()).get_plugin_apps()
    assert_refused(Client(apps["/index.js"]).get("/"), 404, "Run `make page`")


def test_tensorboard_is_told_about_the_page() -> None:
    made = plugin.Loader().load(base_plugin.TBContext())
    assert made.is_active() is False
    metadata = made.frontend_metadata()
    assert (metadata.es_module_path, metadata.tab_name) == ("/index.js", "Explain")
    assert metadata.disable_reload is False


# -------------------------------------------------------------------------------------- flags


def fixed_flags(*command: str, **more: Any) -> argparse.Namespace:
    loader, parser = plugin.Loader(), argparse.ArgumentParser()
    loader.define_flags(parser)
    flags = parser.parse_args(command)
    vars(flags).update(more)
    loader.fix_flags(flags)
    return flags


@pytest.mark.parametrize(
    ("command", "given", "kept"),
    [
        ([], {}, {"tfexplain": 500}),
        ([], None, {"tfexplain": 500}),
        (["--tfexplain_samples=0"], {"images": 3}, {"tfexplain": 0, "images": 3}),
        (["--tfexplain_samples=7"], {"tfexplain": 9}, {"tfexplain": 9}),
    ],
)
def test_the_kept_steps_are_raised(
    command: list[str], given: dict[str, int] | None, kept: dict[str, int]
) -> None:
    assert fixed_flags(*command, samples_per_plugin=given).samples_per_plugin == kept


@pytest.mark.parametrize("number", ["-1", str(2**31), str(10**30)])
def test_impossible_numbers_of_steps_are_refused(number: str) -> None:
    with pytest.raises(base_plugin.FlagsError, match="expected 0 to"):
        fixed_flags(f"--tfexplain_samples={number}")


@pytest.mark.parametrize(
    ("remote", "hints", "kept"),
    [("", {"tfexplain": 7}, 7), ("localhost:1", {"tfexplain": 7}, None), ("", None, None)],
)
def test_what_a_remote_server_keeps_is_not_known(
    remote: str, hints: dict[str, int] | None, kept: int | None
) -> None:
    flags = argparse.Namespace(grpc_data_provider=remote)
    context = base_plugin.TBContext(flags=flags, sampling_hints=hints)
    assert routes.ExplainPlugin(context)._kept == kept


def test_the_entry_point_imports_nothing_that_could_fail() -> None:
    assert plugin.NAME == schema.PLUGIN_NAME
    heavy = ("numpy", "safetensors", "tfexplain.wire.schema", "tfexplain.tb_plugin.routes", "keras")
    code = (
        "import sys; import tensorboard.plugins.base_plugin; before = set(sys.modules);"
        "import tfexplain.tb_plugin.plugin;"
        f"print([m for m in {heavy!r} if m in set(sys.modules) - before])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --------------------------------------------------------------------------------------- fuzz


known = st.sampled_from(
    [RUN, "hostile", CAM, "metrics", "samples", "image", "many", "map/Odd/bfloat16", "0", "1", "5"]
)
odd = st.sampled_from(
    ["", "-1", "1e9", str(2**53), str(2**63), "9" * 400, "../..", "%00", "\x00", "NaN", "0x1", " 1"]
)
values = known | odd | st.text(max_size=30) | st.integers().map(str)
argument_names = st.sampled_from(["run", "group", "sample", "step", "name", "v"]) | st.text(
    max_size=6
)
pairs = st.lists(st.tuples(argument_names, values), max_size=8)
queries = pairs.map(urlencode) | st.binary(max_size=60).map(lambda b: b.decode("latin-1"))
route_names = st.sampled_from(["runs", "series", "inputs", "index.js", "", "x"]) | st.text(
    max_size=20
).map(quote)


@given(
    route_names,
    queries,
    st.sampled_from(["GET", "GET", "GET", "POST", "HEAD", "BREW"]),
)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_request_ends_in_a_server_error(
    client: Client, route: str, query: str, method: str
) -> None:
    answer = client.open(BASE + route, method=method, environ_overrides={"QUERY_STRING": query})
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and route in ("runs", "series", "inputs"):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"].startswith("text/plain")


@given(
    st.lists(st.sampled_from([CAM, "metrics", "samples", "nothing"]), min_size=1, max_size=3),
    st.lists(st.integers(-2, 10) | st.integers(), max_size=3),
    st.lists(st.integers(-2, 8) | st.integers(), max_size=3),
)
@settings(max_examples=100, deadline=None)
def test_near_misses_of_a_good_request_are_answered_or_refused(
    client: Client, groups: list[str], samples: list[int], steps: list[int]
) -> None:
    answer = ask(client, "series", run=RUN, group=groups, sample=samples, step=steps)
    assert answer.status_code in (200, 400, 404)
    good = (
        "nothing" not in groups
        and all(0 <= step < 6 for step in steps)
        and all(0 <= sample < 8 for sample in samples)
        and (CAM in groups or not samples)
        and (groups != ["samples"] * len(groups) or set(steps) <= {0})
    )
    assert (answer.status_code == 200) == good


@given(st.binary(max_size=200))
def test_any_query_is_read_or_refused(query: bytes) -> None:
    try:
        arguments = Arguments(query)
    except RequestError:
        return
    assert all(isinstance(value, str) for value in arguments.many("run", 4096))
