"""Records of simple models and robustness hold what was measured."""

from __future__ import annotations

import numpy as np

from tfexplain.runlog.simple_records import MOST_FEATURES, robustness_record, simple_record
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.usage.robustness_result import TABLE_UNIT, Robustness
from tfexplain.usage.simple_fit import fit_simple_models
from tfexplain.wire import schema

RNG = np.random.default_rng(0)
NOW = Moment(3, 3, False, "end", 3)


def test_the_tree_asks_for_the_same_features_among_those_that_are_kept() -> None:
    rows = RNG.normal(size=(400, 80))
    # The tree finds a bend that the linear model knows nothing of.
    said = (np.abs(rows[:, 70]) > 0.7).astype(int)
    found = fit_simple_models(rows, said, of_classes=True, class_names=["in", "out"])
    record = schema.SimpleModels.decode(simple_record(found, NOW).encode())
    assert MOST_FEATURES <= len(record.names) < 60
    assert record.total == 80
    inner = found.tree.feature >= 0
    assert [record.names[i] for i in record.asks[inner]] == [
        found.names[i] for i in found.tree.feature[inner]
    ]
    assert (record.asks[~inner] == -1).all()
    assert "column 70" in record.names
    for name, own in zip(record.names, record.coefficients[0], strict=True):
        assert own == np.float32(found.coefficients[0][found.names.index(name)])
    assert (record.moment, record.weights) == ("end", 3)
    assert record.whose == ["out"]
    assert [record.answers[i] for i in np.flatnonzero(~inner)] == [
        ["in", "out"][int(value)] for value in found.tree.value[~inner]
    ]
    assert record.rules == found.rules
    np.testing.assert_array_equal(record.fidelity[1], found.fidelity["tree"])
    assert np.isnan(record.on_labels).all()


def test_models_of_one_answer_and_of_values_have_records() -> None:
    rows = RNG.normal(size=(100, 2))
    one = simple_record(fit_simple_models(rows, np.ones(100), of_classes=True), NOW)
    read = schema.SimpleModels.decode(one.encode())
    assert (len(read.answers), len(read.coefficients), read.whose) == (1, 0, [])
    values = simple_record(fit_simple_models(rows, rows[:, 0], of_classes=False), NOW)
    read = schema.SimpleModels.decode(values.encode())
    assert (read.coefficients.shape, read.whose, read.of_classes) == ((1, 2), [""], False)


def test_robustness_is_written_with_its_accuracies() -> None:
    steps, right = np.array([0.1, np.inf, 0.3]), np.array([True, True, False])
    places, hashes = np.array([7, 8, 9]), np.array([1, 2, 2**63], np.uint64)
    found = Robustness(steps, right, places, hashes, np.array([0.0, 0.1, 1.0]), TABLE_UNIT)
    read = schema.Robustness.decode(robustness_record(found, NOW).encode())
    np.testing.assert_array_equal(read.accuracy, np.array([2, 1, 1]) / 3)
    np.testing.assert_array_equal(read.steps, steps.astype("f4"))
    np.testing.assert_array_equal(read.hashes, hashes)
    np.testing.assert_array_equal([read.low, read.high], found.interval)
