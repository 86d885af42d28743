"""Who pays, against counts by hand; and on trained models, from a file with groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfexplain import TfexplainError, compare
from tfexplain.cli import main
from tfexplain.comparing import Compared, Comparison
from tfexplain.comparing.payers import Paid
from tfexplain.quality import Predicted
from tfexplain.quality.drift import Drifted
from tfexplain.quality.intervals import paired_difference, wilson

# Keras' own variables, when Keras itself makes arrays of them.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't:DeprecationWarning"
)

PLACE = ("GradCAM", "conv")
LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2])
GROUPS = ["a", "b"] * 5


def said(name: str, role: Any, classes: Any, similarity: Any = None) -> Compared:
    """A model that predicts these classes, and whose maps of rows 0 to 3 are so similar."""
    classes = np.array(classes, np.int32)
    predicted = Predicted(np.eye(3, dtype="f4")[classes], classes, 3, "softmax")
    values = np.full((4, 4), 0.5)
    if similarity is not None:
        values[:, 1] = similarity
    agrees = (classes == REFERENCE)[:4]
    drifts = {} if similarity is None else {PLACE: Drifted(values, agrees)}
    return Compared(name, role, predicted, drifts)


REFERENCE = np.array([0, 0, 0, 1, 1, 1, 1, 1, 2, 2])
PRUNED = [1, 0, 0, 0, 1, 1, 1, 1, 1, 1]


def comparison(*others: Compared, groups: Any = GROUPS, labels: Any = LABELS) -> Comparison:
    models = {m.name: m for m in (said("dense", "reference", REFERENCE), *others)}
    return Comparison(
        models, np.arange(4), np.zeros(4), "the label", ["x", "y", "z"], "", labels, groups
    )


def numbers(found: Comparison) -> dict[tuple[str, str], Paid]:
    return {(one.name, one.measure): one for one in found.payers() if one.model == "pruned"}


def test_numbers_of_classes_and_groups_are_those_of_their_rows() -> None:
    pruned = said("pruned", "model", PRUNED, [0.2, 0.4, 0.6, 0.8])
    seed = said("seed", "control", [0, 0, 1, 0, 1, 1, 1, 1, 2, 2], [0.9, 0.8, 0.7, 0.6])
    more = said("more", "control", REFERENCE, [0.5, 0.5, 0.5, 0.5])
    found = numbers(comparison(pruned, seed, more))
    # Class x: row 0 was right and is wrong, row 3 was wrong and is right.
    change = found["x", "accuracy change"]
    assert (change.value, change.rows, change.by) == (0, 4, "class")
    assert (change.low, change.high) == paired_difference(1, 1, 4)
    assert change.band == (0, 0)
    assert found["x", "accuracy"].value == 0.75
    agreement = found["x", "agreement"]
    assert (agreement.value, agreement.low, agreement.high) == (0.5, *wilson(0.5, 4))
    assert agreement.band == (0.5, 1)
    # Rows 0 and 3 flipped: their maps are of another prediction.
    similarity = found["x", "GradCAM conv similarity"]
    assert similarity.value == pytest.approx(0.5)
    assert similarity.rows == 2
    assert 0.4 <= similarity.low <= similarity.high <= 0.6
    assert similarity.band == pytest.approx((0.5, (0.9 + 0.8) / 2))
    assert similarity.outside is False
    # Class z: both rows are lost, of a model whose controls lose none.
    assert found["z", "accuracy change"].value == -1
    assert found["z", "agreement"].outside is True
    assert found["b", "accuracy"].value == 0.8
    assert found["b", "accuracy"].by == "group"
    assert ("z", "GradCAM conv similarity") not in found  # none of its rows is explained


def test_without_labels_classes_are_what_the_reference_predicts() -> None:
    found = numbers(comparison(said("pruned", "model", PRUNED), groups=(), labels=None))
    assert found.keys() == {(name, "agreement") for name in "xyz"}
    assert found["y", "agreement"].rows == 5
    assert found["y", "agreement"].band is None
    assert found["y", "agreement"].outside is None


def test_exemplars_are_rows_whose_most_frequent_predictions_differ() -> None:
    dense = [REFERENCE, [0, 0, 0, 1, 1, 1, 1, 2, 2, 2], [0, 1, 0, 1, 1, 1, 1, 2, 2, 2]]
    small = [PRUNED, [1, 1, 0, 1, 1, 1, 1, 1, 2, 1], [0, 1, 0, 1, 1, 1, 1, 0, 2, 1]]
    others = [said(f"dense{n}", "control", dense[n]) for n in (1, 2)]
    others += [said(f"small{n}", "model", classes) for n, classes in enumerate(small)]
    found = comparison(*others)
    # Row 7 has most for z (2 of 3) and most for y (2 of 3); row 8 is z of two small ones.
    expected = {
        9: ("z", "b", "z", "y", 1.0, 1.0),
        0: ("x", "a", "x", "y", 1.0, 2 / 3),
        1: ("x", "b", "x", "y", 2 / 3, 2 / 3),
        7: ("y", "b", "z", "y", 2 / 3, 2 / 3),
    }
    rows = {
        one.row: (
            *(one.label, one.group, one.dense, one.compressed),
            *(one.dense_share, one.compressed_share),
        )
        for one in found.exemplars()
    }
    assert rows == expected
    assert found.exemplars()[0].row == 9  # the surest first
    assert "exemplars: 4 rows" in found.summary()
    # Of two models with two answers, no answer is most frequent.
    twice = [said(name, "model", PRUNED) for name in "ab"]
    pair = [said("more", "control", [2] * 10), *twice]
    assert {one.row for one in comparison(*pair).exemplars()} <= {8, 9}
    assert comparison(said("pruned", "model", PRUNED)).exemplars() == []


def test_a_difference_of_shares_is_covered_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    draws = rng.multinomial(30, [0.15, 0.05, 0.8], 4000)
    ends = [paired_difference(int(gained), int(lost), 30) for gained, lost, _ in draws]
    assert 0.93 < np.mean([low <= 0.1 <= high for low, high in ends]) < 0.99


def test_groups_are_an_array_of_the_file(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with np.load(files / "val.npz") as held:
        x, y = held["x"], held["y"]
    groups = np.where(np.arange(len(y)) % 3, "left", "right")
    np.savez(tmp_path / "val.npz", x=x, y=y, site=groups)
    models = [str(files / f"{name}.keras") for name in ("dense", "pruned")]
    command = ["compare", *models, "--data", str(tmp_path / "val.npz"), "--groups", "site"]
    assert main([*command, "--explainer", "Saliency", "--samples", "12"]) == 0
    told = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    (line,) = [one for one in told if one.startswith("pruned group right 20 ")]
    assert "model by name rows accuracy accuracy change agreement Saliency" in " ".join(told)
    wrong = keras.models.load_model(models[1]).predict(x, verbose=0).argmax(1) != y
    assert line.split()[4] == f"{1 - wrong[groups == 'right'].mean():.3f}"


def test_groups_that_do_not_fit_are_refused(files: Path) -> None:
    models = [files / "dense.keras", files / "pruned.keras"]
    x = np.zeros((5, 8, 8, 1))
    for data, groups, message in (
        (files / "val.npz", "site", "groups='site': expected an array .* It holds: x, y"),
        (x, "site", "expected a name for each row"),
        (x, ["a"] * 4, "expected one for each of 5 rows; got 4"),
        (tf.data.Dataset.from_tensors(x), ["a"] * 5, "got data in batches"),
    ):
        with pytest.raises(TfexplainError, match=message):
            compare(models, validation_data=data, groups=groups)
