"""Records of dependence: the most important features of all inputs, and what has none."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tfexplain.data.row_choice import labelled, sampled
from tfexplain.runlog.dependence_records import DependenceRecords
from tfexplain.runlog.general_rows import GeneralRows, Unfit
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.wire import schema

NOW = Moment(3, 3, False, "end", 3)
RNG = np.random.default_rng(0)


def rows_of(model: Any, x: Any, y: Any) -> GeneralRows:
    chosen = labelled(sampled((x, y), model, 100, 1 << 20), model)
    settings: Any = None
    return GeneralRows(settings, chosen, 0, {}, {}, {})


def test_six_features_of_all_inputs_are_written_the_most_important_of_each_first() -> None:
    keras.utils.set_random_seed(0)
    table, line = keras.Input((6,), name="table"), keras.Input((5, 2), name="line")
    read = keras.layers.GlobalAveragePooling1D()(keras.layers.Conv1D(2, 1)(line))
    joined = keras.layers.Concatenate()([table, read])
    model = keras.Model({"table": table, "line": line}, keras.layers.Dense(1)(joined))
    model.compile("sgd", "mse")
    x = {name: RNG.normal(size=(100, *own)) for name, own in (("table", (6,)), ("line", (5, 2)))}
    x["table"][:, 3] = np.arange(100) % 3
    rows = rows_of(model, x, RNG.normal(size=100))
    rows.importance["line"] = {"channel 0": 0.1, "channel 1": 5.0}
    rows.importance["table"] = {f"column {i}": float(i) for i in range(6)}
    piece = DependenceRecords(rows)
    assert piece.text == "dependence on the 6 most important of 8 features"
    written = {str(tag): record for tag, record, _ in piece.records(NOW)}
    assert set(written) == {"dependence/table", "dependence/line"}
    own = written["dependence/table"]
    assert isinstance(own, schema.Dependence)
    assert own.names == [f"column {i}" for i in (5, 4, 3, 2, 1)]
    assert own.features.tolist() == [5, 4, 3, 2, 1]
    assert own.categories.tolist() == [0, 0, 1, 0, 0]
    assert own.counts[2].tolist() == [34, 33, 33] + 17 * [0]
    assert own.single.shape == (5, 64, 20)
    assert (own.averaged, own.unit, own.moment, own.weights) == (100, "output", "end", 3)
    # Of a linear model every curve is a line of the weight's slope.
    slope = np.diff(own.partial[0, 0]) / np.diff(own.grid[0])
    np.testing.assert_allclose(slope, model.layers[-1].get_weights()[0][5, 0], rtol=1e-2)
    line_record: Any = written["dependence/line"]
    assert line_record.names == ["channel 1"]


def test_inputs_of_one_column_are_the_table_that_importance_makes_of_them() -> None:
    inputs = {name: keras.Input((1,), name=name) for name in "abcdefgh"}
    model = keras.Model(
        inputs, keras.layers.Dense(1)(keras.layers.Concatenate()([*inputs.values()]))
    )
    model.compile("sgd", "mse")
    rows = rows_of(model, {n: RNG.normal(size=(100, 1)) for n in inputs}, RNG.normal(size=100))
    rows.importance["columns"] = {name: float(i) for i, name in enumerate(inputs)}
    ((tag, record, content),) = DependenceRecords(rows).records(NOW)
    assert (str(tag), content.input) == ("dependence/columns", "")
    assert isinstance(record, schema.Dependence)
    assert record.names == ["h", "g", "f", "e", "d", "c"]
    assert record.features.tolist() == [7, 6, 5, 4, 3, 2]


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (keras.layers.Flatten(), "no input has columns or channels"),
        (keras.layers.Conv2D(2, 1), "a prediction for each position"),
    ],
)
def test_pictures_and_positions_have_none(layer: Any, said: str) -> None:
    layers = [keras.Input((4, 4, 1)), layer, keras.layers.Dense(2, "softmax")]
    model = keras.Sequential(layers)
    model.compile("sgd", "sparse_categorical_crossentropy")
    labels = np.zeros((100, 4, 4) if "position" in said else 100, int)
    with pytest.raises(Unfit, match=said):
        DependenceRecords(rows_of(model, RNG.normal(size=(100, 4, 4, 1)), labels))
