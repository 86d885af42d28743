"""Feature ablation: another framework's numbers, and groups of every form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.twin import gap_to

from tfexplain import FeatureAblation

GOLDEN = Path(__file__).parents[3] / "golden"
X = np.array([[1.0, 2.0, 4.0, 8.0]], "float32")
IMAGE = np.arange(1, 17, dtype="float32").reshape(1, 4, 4, 1)


def total(x: Any) -> Any:
    return x.reshape(len(x), -1).sum(axis=1)


def test_golden() -> None:
    model = keras.models.load_model(GOLDEN / "tabular_mlp.keras")
    given = np.load(GOLDEN / "tabular_mlp.npz")
    expected = np.load(GOLDEN / "tabular_mlp.expected.npz")["feature_ablation"]
    method = FeatureAblation(baseline=given["baseline"])
    assert gap_to(expected, method(model, given["x"], given["target"]).values) < 1e-5


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (None, [1, 2, 4, 8]),
        ([[0, 3]], [9, 2, 4, 9]),
        ([0, 0, 7, 7], [3, 3, 12, 12]),
        (np.array([5, 1, 5, 1]), [5, 10, 5, 10]),
        (2, [3, 3, 12, 12]),
        ((2,), [3, 3, 12, 12]),
        (lambda row: (row > 3).astype(int), [3, 3, 12, 12]),
    ],
    ids=["features", "lists", "numbers", "array", "pieces", "tiles", "function"],
)
def test_groups_of_a_table(groups: Any, expected: list[float]) -> None:
    assert FeatureAblation(groups=groups)(total, X).values.tolist() == [expected]


def test_groups_of_an_image() -> None:
    tiles = FeatureAblation(groups=(2, 2))(total, IMAGE)
    sums = IMAGE[0, ..., 0].reshape(2, 2, 2, 2).sum(axis=(1, 3))
    assert np.array_equal(tiles.values[0], np.kron(sums, np.ones((2, 2))))
    by_row = FeatureAblation(groups=np.repeat([[9], [3], [3], [3]], 4, axis=1))(
        total, IMAGE
    ).values[0]
    assert by_row[0].tolist() == [10] * 4
    assert np.unique(by_row[1:]).tolist() == [126]


def test_channels_can_be_hidden_apart() -> None:
    image = np.arange(1, 9, dtype="float32").reshape(1, 2, 2, 2)
    channels = np.broadcast_to([0, 1], (2, 2, 2))
    found = FeatureAblation(groups=channels)(total, image)
    assert found.values[0, 0, 0].tolist() == [16, 20]
    assert found.channel_axis == -1


def test_each_sample_has_its_own_groups() -> None:
    x = np.array([[1.0, 2.0, 4.0, 8.0], [8.0, 1.0, 1.0, 1.0]], "float32")
    found = FeatureAblation(groups=lambda row: np.argsort(np.argsort(row)) // 2)(total, x)
    assert found.values.tolist() == [[3, 3, 12, 12], [9, 2, 2, 9]]


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (0, "groups=0: expected a whole number of at least 1"),
        ((2, 2), r"groups=\(2, 2\): expected how many tiles on each of 1 axes"),
        ([[0, 1], [1]], r"groups=.*: expected feature numbers in 0\.\.3, each in one group"),
        ([[9]], r"groups=.*: expected feature numbers in 0\.\.3"),
        (np.zeros(3, int), r"groups: expected whole numbers of shape \(4,\).* got int64"),
        (np.zeros(4), "groups: expected whole numbers.* got float64"),
    ],
)
def test_groups_that_do_not_fit_are_refused(groups: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FeatureAblation(groups=groups)(total, X)
