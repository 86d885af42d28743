"""What stands out in a log, as the plugin answers it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.logs import LogWriter
from werkzeug.test import Client

from tfexplain.story import Finding, story
from tfexplain.tb_plugin import findings
from tfexplain.tb_plugin.findings import Findings
from tfexplain.tb_plugin.log import Log
from tfexplain.wire import schema

OpenLog = Callable[[Path], Log]


def predictions(classes: list[int]) -> bytes:
    return schema.Predictions(np.eye(2)[classes], np.array(classes), 1, "softmax").encode()


def write(directory: Path, classes: list[int]) -> None:
    """A run whose last epoch predicts these classes."""
    samples = schema.Samples(np.array([0.0, 1, 1]), np.arange(3), "class", ["cat", "dog"])
    content = schema.Content("predictions").encode()
    with closing(LogWriter(directory / "explain")) as log:
        log.write("samples", 0, samples.encode(), schema.Content("samples").encode())
        log.write("predictions", 0, predictions([0, 1, 0]), content)
        log.write("predictions", 5, predictions(classes), content)


def test_runs_are_named_as_trainings_and_findings_are_those_of_the_library(
    tmp_path: Path, open_client: Callable[[Path], Client]
) -> None:
    write(tmp_path / "good", [0, 1, 1])
    write(tmp_path / "all one", [1, 1, 1])
    response = open_client(tmp_path).get("/data/plugin/tfexplain/findings")
    assert response.status_code == 200
    (found,) = response.get_json()["findings"]
    assert found["text"] == (
        "all one: all 3 samples are predicted as dog, so their maps tell little."
    )
    assert (found["kind"], found["run"], found["step"]) == ("same", "all one", 5)
    assert found["chance"] is None
    assert found["samples"] == found["box"] == []


def test_a_run_is_read_again_only_when_it_grows(
    tmp_path: Path, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def counted(runs: Any) -> list[Finding]:
        told.extend(runs)
        return story(runs)

    monkeypatch.setattr(findings, "story", counted)
    write(tmp_path / "one", [1, 1, 1])
    kept = Findings()
    assert len(kept.of(open_log(tmp_path))) == len(kept.of(open_log(tmp_path))) == 1
    assert told == ["one"]
    write(tmp_path / "two", [1, 1, 1])
    assert len(kept.of(open_log(tmp_path))) == 2
    assert told == ["one", "two"]


def test_broken_tags_and_large_ones_are_left_out(
    tmp_path: Path, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "one", [1, 1, 1])
    log = open_log(tmp_path)

    class Broken:
        def __getattr__(self, name: str) -> Any:
            return getattr(log.provider, name)

        def read_tensors(self, *_: Any, **__: Any) -> Any:
            raise OSError("gone")

    assert Findings().of(replace(log, provider=Broken())) == []
    monkeypatch.setattr(findings, "MAX_BYTES", 1)
    assert Findings().of(log) == []


def test_a_hostile_log_has_no_findings(hostile: Log) -> None:
    assert isinstance(Findings().of(hostile), list)
