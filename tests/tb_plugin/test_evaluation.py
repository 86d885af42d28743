"""The evaluation of one epoch, as the plugin answers it and as a report holds it."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.logs import LogWriter
from support.scored_rows import ROWS
from werkzeug.test import Client

from tfexplain.evaluation import Evaluated
from tfexplain.evaluation.answer import answer
from tfexplain.reading.run_index import RunIndex
from tfexplain.report import answers
from tfexplain.report.answers import fitted
from tfexplain.wire import schema

OpenClient = Callable[[Path], Client]
CASE = ROWS["usual"]
COUNT = len(CASE.labels)
ROUTE = "/data/plugin/tfexplain/evaluation"


def validation(count: int = COUNT) -> schema.Validation:
    hashes = np.arange(count).astype(np.uint64)
    own = CASE.labels[:count].astype(float), "class", "softmax", 4, CASE.weights[:count]
    return schema.Validation(*own, np.arange(count), hashes, count)  # type: ignore[arg-type]


def outputs(epoch: int) -> schema.Outputs:
    logits = ((1 + epoch) * np.log(CASE.probabilities)).astype(np.float32)
    zeros, none = np.zeros(COUNT), np.zeros(COUNT, np.int32)
    return schema.Outputs(logits, "logit", epoch + 1, zeros, zeros, none, none)


def write(directory: Path, rows: schema.Validation, epochs: Sequence[int] = (0, 3)) -> None:
    with closing(LogWriter(directory / "run1" / "predictions")) as log:
        log.record(schema.Tag("validation"), 0, rows, schema.Content("validation"))
        for epoch in epochs:
            log.record(schema.Tag("outputs"), epoch, outputs(epoch), schema.Content("outputs"))


def test_each_epoch_is_answered_as_the_library_sums_it_up(
    tmp_path: Path, open_client: OpenClient
) -> None:
    write(tmp_path, validation())
    client = open_client(tmp_path)
    for epoch in (0, 3):
        response = client.get(f"{ROUTE}?run=run1/predictions&step={epoch}")
        assert response.status_code == 200
        assert response.get_json() == answer(Evaluated(validation(), outputs(epoch)))


def test_without_a_step_it_tells_which_there_are(tmp_path: Path, open_client: OpenClient) -> None:
    write(tmp_path, validation())
    response = open_client(tmp_path).get(f"{ROUTE}?run=run1/predictions")
    assert response.get_json() == {"steps": [0, 3]}


def test_totals_of_all_steps_are_one_answer(tmp_path: Path, open_client: OpenClient) -> None:
    write(tmp_path, validation())
    told = open_client(tmp_path).get(f"{ROUTE}?run=run1/predictions&totals=1").get_json()
    assert [row["step"] for row in told["totals"]] == [0, 3]
    assert (told["by_group"], told["group_of"]) == ([], {})
    for row in told["totals"]:
        full, own = answer(Evaluated(validation(), outputs(row["step"]))), row["totals"]
        assert {name: value for name, (value, *_) in own.items()} == full["totals"]
        assert own["accuracy"] == full["accuracy"]
        assert own["macro_f1"] == full["averages"]["macro"]["f1"]
        assert own["calibration_error"] == full["calibration"]["error"]
        assert own["log_loss"][1:] == [None, None]


def test_totals_of_groups_tell_which_row_is_of_which(
    tmp_path: Path, open_client: OpenClient
) -> None:
    groups = (np.arange(COUNT) % 2).astype(np.int32)
    rows = replace(validation(), groups=groups, group_names=["left", "right", "nobody"])
    write(tmp_path, rows)
    told = open_client(tmp_path).get(f"{ROUTE}?run=run1/predictions&totals=1").get_json()
    assert told["group_of"]["000000000000000b"] == "right"
    assert len(told["group_of"]) == COUNT
    for row in told["by_group"]:
        full = answer(Evaluated(rows, outputs(row["step"])))["accuracy_by_group"]
        assert row["totals"] == {one["name"]: one["accuracy"] for one in full}


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("run=run1/predictions&step=1", 404, "step=1: expected one of 0, 3"),
        ("run=other&step=0", 404, "run='other': expected one of"),
    ],
)
def test_what_is_not_there_is_said(
    query: str, code: int, said: str, tmp_path: Path, open_client: OpenClient
) -> None:
    write(tmp_path, validation())
    response = open_client(tmp_path).get(f"{ROUTE}?{query}")
    assert response.status_code == code
    assert said in response.get_data(as_text=True)


def test_records_that_do_not_belong_together_are_told(
    tmp_path: Path, open_client: OpenClient
) -> None:
    write(tmp_path, validation(COUNT - 1))
    response = open_client(tmp_path).get(f"{ROUTE}?run=run1/predictions&step=0")
    assert response.status_code == 422
    assert f"expected {COUNT - 1} rows" in response.get_data(as_text=True)


def test_a_report_holds_every_epoch_s(tmp_path: Path) -> None:
    write(tmp_path, validation())
    index = RunIndex(tmp_path / "run1", ["predictions"])
    held: Any = fitted({"run1/predictions": index}, 10_000_000, 0, 10)
    asked = [one.asked for one in held.answers if "evaluation" in one.asked]
    assert asked == [
        f"route=evaluation&run=run1%2Fpredictions&name={name}" for name in ("", "totals", 0, 3)
    ]


def test_of_very_many_epochs_a_report_holds_some_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MOST_EVALUATED", 3)
    write(tmp_path, validation(), range(5))
    index = RunIndex(tmp_path / "run1", ["predictions"])
    held: Any = fitted({"run1/predictions": index}, 10_000_000, 0, 10)
    told = {one.asked: gzip.decompress(base64.b64decode(one.packed)) for one in held.answers}
    assert b"at most 3 epochs a run" in told["route=runs"]
    prefix = "route=evaluation&run=run1%2Fpredictions&name="
    assert json.loads(told[prefix]) == {"steps": [0, 2, 4]}
    assert len(json.loads(told[f"{prefix}totals"])["totals"]) == 5
    assert [asked for asked in told if asked.startswith(prefix)][2:] == [
        f"{prefix}{epoch}" for epoch in (0, 2, 4)
    ]
