"""What cannot run here, workflows and metadata, says the same as what can."""

from __future__ import annotations

import re
import runpy
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import setuptools
import yaml

import tfexplain

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(not (ROOT / ".github").is_dir(), reason="needs the source checkout")


def workflow(name: str) -> Any:
    return yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text("utf-8"))


def setup() -> ConfigParser:
    read = ConfigParser()
    read.read(ROOT / "setup.cfg")
    return read


def test_the_matrix_has_the_versions_of_python_that_are_promised() -> None:
    classifiers = setup()["metadata"]["classifiers"].split("\n")
    ends = [line.rpartition(" ")[2] for line in classifiers if "Python :: 3." in line]
    assert workflow("test.yml")["jobs"]["versions"]["strategy"]["matrix"]["python"] == ends
    assert setup()["options"]["python_requires"] == f">={ends[0]}"


def test_the_commands_of_the_workflows_are_there() -> None:
    steps = workflow("test.yml")["jobs"]["all"]["steps"]
    assert ".ci/run" in [step.get("run") for step in steps]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100
    markers = (ROOT / "pyproject.toml").read_text("utf-8")
    (tests,) = [
        step["run"]
        for step in workflow("test.yml")["jobs"]["versions"]["steps"]
        if "pytest" in step.get("run", "")
    ]
    for marker in ("browser", "process"):
        assert f"not {marker}" in tests
        assert f'"{marker}: ' in markers


def test_a_release_needs_no_password() -> None:
    release = workflow("release.yml")["jobs"]["publish"]
    assert release["permissions"]["id-token"] == "write"
    assert "secrets." not in (ROOT / ".github/workflows/release.yml").read_text("utf-8")


def test_the_citation_is_of_this_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cited["version"] == tfexplain.__version__
    assert cited["license"] == setup()["metadata"]["license_expression"]


def test_an_index_gets_a_readme_whose_links_lead_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(setuptools, "setup", given.update)
    describe = runpy.run_path(str(ROOT / "setup.py"))["_description"]
    readme = (ROOT / "README.md").read_text("utf-8")
    assert given["long_description"] == readme  # no address yet
    with_address = describe("https://forge.example/tfexplain")
    links = re.findall(r"\]\(([^)]+)\)", with_address)
    assert len(links) == readme.count("](")
    assert all(link.startswith("https://") for link in links)
    assert "https://forge.example/tfexplain/raw/HEAD/docs/screenshot.png" in links
    assert "https://forge.example/tfexplain/blob/HEAD/docs/sharing.md" in links
    assert re.sub(r"\]\([^)]+\)", "", with_address) == re.sub(r"\]\([^)]+\)", "", readme)
