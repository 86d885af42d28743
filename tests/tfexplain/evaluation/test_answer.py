"""What the page and reports are told of an epoch, beside scikit-learn's."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from sklearn import metrics
from support.scored_rows import ROWS, Scored

from tfexplain.evaluation import Evaluated
from tfexplain.evaluation.answer import MOST_CLASSES, answer
from tfexplain.quality.intervals import wilson
from tfexplain.wire import schema


def evaluated(rows: Scored, *, groups: list[int] | None = None, **settings: Any) -> Evaluated:
    count = len(rows.labels)
    validation = schema.Validation(
        *(rows.labels.astype(float), "class", "softmax", rows.classes, rows.weights),
        *(np.arange(count), np.arange(count).astype(np.uint64), count),
        groups=np.array(groups or [], np.int32),
        group_names=["left", "right", "nobody"] if groups else [],
        **settings,
    )
    logits = np.log(np.maximum(rows.probabilities, 1e-30)).astype(np.float32)
    zeros, none = np.zeros(count), np.zeros(count, np.int32)
    return Evaluated(validation, schema.Outputs(logits, "logit", 1, zeros, zeros, none, none))


@pytest.mark.parametrize("name", ROWS)
def test_every_case_is_json_and_agrees_with_scikit_learn(name: str) -> None:
    rows = ROWS[name]
    told = answer(evaluated(rows))
    json.dumps(told, allow_nan=False)
    given = {"sample_weight": rows.weights}
    accuracy = metrics.accuracy_score(rows.labels, rows.predicted, **given)
    assert told["accuracy"][0] == pytest.approx(accuracy, rel=1e-5)
    shown = [one["class"] for one in told["classes"]]
    assert shown == sorted({*rows.labels.tolist(), *rows.predicted.tolist()})
    every = range(rows.classes)
    matrix = metrics.confusion_matrix(rows.labels, rows.predicted, labels=every, **given)
    np.testing.assert_allclose(told["confusion"], matrix[np.ix_(shown, shown)], rtol=1e-5)
    for how, averages in told["averages"].items():
        expected = metrics.f1_score(
            rows.labels, rows.predicted, average=how, zero_division=0.0, **given
        )
        value, low, high = averages["f1"]
        assert value == pytest.approx(expected, rel=1e-5)
        assert low <= high


def test_curves_are_those_of_the_classes() -> None:
    rows = ROWS["usual"]
    for curve in answer(evaluated(rows))["curves"]:
        positive = rows.labels == curve["class"]
        scores = rows.probabilities[:, curve["class"]]
        auc = metrics.roc_auc_score(positive, scores, sample_weight=rows.weights)
        value, low, high = curve["auc"]
        assert value == pytest.approx(auc, rel=1e-5)
        assert low < value < high
        # Each point is what the threshold there gives.
        for i in (0, 20, 60, len(curve["threshold"]) - 1):
            taken = scores >= curve["threshold"][i] * (1 - 1e-5)
            recall = metrics.recall_score(positive, taken, sample_weight=rows.weights)
            precision = metrics.precision_score(positive, taken, sample_weight=rows.weights)
            assert curve["true_positive_rate"][i] == pytest.approx(recall, rel=1e-4)
            assert curve["precision"][i] == pytest.approx(precision, rel=1e-4)
        # At each hundredth there is a point that takes the same rows.
        for threshold in (0.07, 0.3, 0.5, 0.9):
            taken = scores >= threshold
            recall = metrics.recall_score(positive, taken, sample_weight=rows.weights)
            own = [
                rate
                for least, rate in zip(curve["threshold"], curve["true_positive_rate"], strict=True)
                if least >= threshold
            ]
            assert (own[-1] if own else 0) == pytest.approx(recall, rel=1e-4)


def test_of_two_classes_there_is_one_curve() -> None:
    (curve,) = answer(evaluated(ROWS["all scores equal"]))["curves"]
    assert curve["class"] == 1
    assert curve["auc"][0] == 0.5
    assert len(curve["threshold"]) == 1


def test_accuracy_by_group_is_that_of_its_rows() -> None:
    rows = ROWS["above 0.999"]
    groups = [i % 2 for i in range(len(rows.labels))]
    left, right = answer(evaluated(rows, groups=groups))["accuracy_by_group"]
    assert (left["name"], right["name"], left["rows"]) == ("left", "right", 500)
    hit = (rows.labels == rows.predicted)[::2]
    low, high = wilson(hit.mean(), 500)
    assert left["accuracy"] == pytest.approx([hit.mean(), float(low), float(high)], rel=1e-5)


def test_rows_without_a_label_are_counted_nowhere() -> None:
    rows = ROWS["usual"]
    labels = rows.labels.astype(float)
    labels[:100] = np.nan
    some = Scored(rows.labels[100:], rows.probabilities[100:], rows.weights[100:])
    whole = evaluated(rows)
    cut = Evaluated(
        schema.Validation(
            *(labels, "class", "softmax", 4, rows.weights),
            *(whole.validation.rows, whole.validation.hashes, 300),
        ),
        whole.outputs,
    )
    told, expected = answer(cut), answer(evaluated(some))
    assert (told["counted"], told["rows"]) == (200, 300)
    for key in ("accuracy", "confusion", "averages", "calibration", "classes"):
        assert told[key] == expected[key]


def test_of_several_labels_each_row_tells_which_are_missed_and_which_are_wrong() -> None:
    sets = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]], np.uint8)
    chances = np.array([[0.9, 0.2, 0.3], [0.1, 0.6, 0.2], [0.1, 0.8, 0.4]], np.float32)
    rows = schema.Validation(
        *(np.array([0, np.nan, 1]), "class", "sigmoid", 3, np.ones(3), np.array([5, 2, 9])),
        *(np.arange(3).astype(np.uint64), 9, sets),
    )
    zeros, none = np.zeros(3), np.zeros(3, np.int32)
    out = schema.Outputs(chances, "probability", 1, zeros, zeros, none, none)
    told = answer(Evaluated(rows, out))["each_row"]
    assert told["row"] == [5, 2, 9]
    assert told["labels"] == [[0, 2], [], [1]]
    assert told["labels_predicted"] == [[0], [1], [1]]
    assert told["label_chances"] == [[0.9, 0.3], [0.6], [0.8]]


def test_of_values_each_row_tells_both() -> None:
    labels = np.array([0.5, np.nan, -2])
    rows = schema.Validation(
        *(labels, "value", "none", 0, np.ones(3), np.array([5, 2, 9])),
        *(np.array([1, 2, 2**63], np.uint64), 9),
    )
    zeros, none = np.zeros(3), np.zeros(3, np.int32)
    values = np.array([[1.0], [2.0], [3.0]], np.float32)
    told = answer(Evaluated(rows, schema.Outputs(values, "value", 1, zeros, zeros, none, none)))
    assert told["each_row"] == {
        "row": [5, 9],
        "hash": ["0000000000000001", "8000000000000000"],
        "group": [],
        "true": [0.5, -2.0],
        "said": [1.0, 3.0],
    }


def test_of_many_classes_those_with_most_rows_are_shown() -> None:
    rng = np.random.default_rng(0)
    classes = MOST_CLASSES + 30
    labels = np.append(rng.integers(classes, size=600), np.full(50, classes - 1))
    probabilities = rng.dirichlet(np.ones(classes), size=650)
    told = answer(evaluated(Scored(labels, probabilities, np.ones(650))))
    assert (len(told["classes"]), told["left_out"]) == (MOST_CLASSES, 30)
    assert np.shape(told["confusion"]) == (MOST_CLASSES, MOST_CLASSES)
    assert classes - 1 in [curve["class"] for curve in told["curves"]]


def test_where_nothing_can_be_counted_little_is_told() -> None:
    rows = ROWS["one row"]
    told = answer(evaluated(Scored(rows.labels, rows.probabilities, np.zeros(1))))
    assert told["counted"] == 0
    assert "classes" not in told
