"""The structure of a model in the log: written once, read as a table, no end of training."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.models import digits, small_cnn
from support.read import read_run

import tfexplain
from tfexplain import Compression, Explain, GradCAM, Health
from tfexplain.errors import ExplainWarning
from tfexplain.report.summary import summary
from tfexplain.runlog import structure_record
from tfexplain.wire import schema

X, Y = digits()
QUIET: dict[str, Any] = {"verbose": 0}


def test_each_callback_writes_it_and_it_is_read_once(tmp_path: Path) -> None:
    model = small_cnn()
    model.optimizer.learning_rate = 0.125
    kept = {"log_dir": tmp_path, "on_error": "raise", **QUIET}
    callbacks = [
        Explain((X, Y), explainers=[GradCAM()], **kept),
        Compression((X, Y), **kept),
        Health((X, Y), **kept),
    ]
    model.fit(X, Y, epochs=2, callbacks=callbacks, **QUIET)
    rooms = [read_run(tmp_path, room) for room in ("explain", "compression", "health")]
    records: list[schema.Structure] = [run.record("structure") for run in rooms]
    assert [list(run.values["structure"]) for run in rooms] == [[0]] * 3
    assert len({tuple(row["name"] for row in record.rows) for record in records}) == 1
    curves = records[0].curves
    x = np.linspace(curves.low, curves.high, len(curves.values[0]))
    np.testing.assert_allclose(curves.values[curves.numbers[1]], np.maximum(x, 0), atol=1e-6)
    (run,) = tfexplain.read(tmp_path).values()
    table = run.structure
    assert table["parameters"].sum() == model.count_params()
    assert table["name"][1:].tolist() == [layer.name for layer in model.layers]
    assert table["reads"][2] == model.layers[0].name
    assert run.training["optimizer"] == type(model.optimizer).__name__
    assert run.training["optimizer.learning_rate"] == "0.125"
    assert run.training["keras"] == keras.__version__
    page = summary("model", {"run": run}, "")
    assert re.search(rf"parameters</th><td[^>]*>{model.count_params():,}</td>", page)
    assert "learning_rate 0.125" in page


def test_training_goes_on_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Any) -> None:
        raise RuntimeError("no graph")

    monkeypatch.setattr(structure_record, "layer_graph", fails)
    model = small_cnn()
    health = Health((X, Y), log_dir=tmp_path, **QUIET)
    with pytest.warns(ExplainWarning, match="structure is left out.*no graph"):
        model.fit(X, Y, epochs=1, callbacks=[health], **QUIET)
    (run,) = tfexplain.read(tmp_path).values()
    assert run.structure == {}
    assert run.training == {}
    assert run.health["epoch"].max() == 0
