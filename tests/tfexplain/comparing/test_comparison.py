"""The tables of a comparison, from numbers made up so that each rule shows."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from tfexplain.comparing import Compared, Comparison
from tfexplain.quality import Predicted
from tfexplain.quality.drift import Drifted

NAN = np.nan
PLACE = ("GradCAM", "conv")


def model(
    name: str,
    role: Literal["reference", "model", "control"],
    spearman: list[float],
    agrees: list[bool],
) -> Compared:
    values = np.full((len(spearman), 4), 0.5)
    values[:, 1] = spearman
    classes = np.arange(10) % 3
    predicted = Predicted(np.eye(3, dtype="f4")[classes], classes, 3, "softmax")
    drifts = {PLACE: Drifted(values, np.array(agrees))} if role != "reference" else {}
    return Compared(name, role, predicted, drifts)


def comparison(*others: Compared) -> Comparison:
    models = {one.name: one for one in (model("dense", "reference", [], []), *others)}
    rows = np.array([4, 7, 2, 9])
    return Comparison(models, rows, np.array([1.0, 1.0, NAN, 0.0]), "the label", ["cat", "dog"])


ALL = [True] * 4


def test_the_band_is_of_controls_that_agree() -> None:
    found = comparison(
        model("seed", "control", [0.1, 0.6, 0.8, NAN], [False, True, True, True]),
        model("more", "control", [0.7, 0.9, 0.2, 1.0], [True, True, False, True]),
        model("pruned", "model", [0, 0, 0, 0], ALL),
    )
    band = found.band(*PLACE)
    assert band is not None
    assert np.allclose(band[:, 1], np.percentile([0.6, 0.8, 0.7, 0.9, 1.0], [10, 90]))
    assert np.allclose(band[:, 0], 0.5)
    assert found.band("GradCAM", "other") is None


def test_no_band_where_no_control_agrees() -> None:
    flipped = model("seed", "control", [0.1, 0.2, 0.3, 0.4], [False] * 4)
    found = comparison(flipped, model("pruned", "model", [0.1, 0.2, 0.3, 0.4], ALL))
    assert found.band(*PLACE) is None
    assert all(one.outside is None for one in found.moved())


@pytest.mark.parametrize("count", [4, 5])
def test_a_band_needs_five_values_in_the_tables_too(count: int) -> None:
    few = [0.3, 0.5, 0.4, 0.35][: count - 1] + [NAN] * 3
    found = comparison(
        model("seed", "control", few[:4], ALL),
        model("more", "control", [0.45, NAN, NAN, NAN], [True, False, False, False]),
        model("pruned", "model", [0.1, 0.2, 0.3, 0.4], ALL),
    )
    band = found.band(*PLACE)
    # The other measures have a value for each of five samples.
    assert band is not None
    assert np.isnan(band[:, 1]).all() == (count == 4)
    assert {one.outside for one in found.moved()} == ({None} if count == 4 else {True, False})
    line = next(line for line in found.summary().splitlines() if "10th..90th" in line)
    assert ("  -  " in line) == (count == 4)
    alone = comparison(model("seed", "control", [0.1, 0.2, 0.3, 0.4], ALL))
    assert alone.band(*PLACE) is None


def test_what_moved_is_in_order_and_only_where_the_prediction_stayed() -> None:
    found = comparison(
        model("pruned", "model", [0.9, -0.5, NAN, 0.2], [True, True, True, False]),
        model("int8", "model", [1.0, 0.3, 0.4, 1.0], ALL),
        model("seed", "control", [0.35, 0.35, 0.35, 0.35], ALL),
        model("more", "control", [0.35, 0.35, 0.35, 0.35], ALL),
    )
    moved = [(m.model, m.row, m.label, m.predicted, m.spearman, m.outside) for m in found.moved()]
    assert moved == [
        ("pruned", 7, "dog", "dog", -0.5, True),
        ("int8", 7, "dog", "dog", 0.3, True),
        ("int8", 2, "", "2", 0.4, False),
        ("pruned", 4, "dog", "dog", 0.9, False),
    ]


def test_means_are_apart_for_samples_that_flipped() -> None:
    found = comparison(model("pruned", "model", [0.9, 0.5, NAN, 0.2], [True, True, True, False]))
    lines = [" ".join(line.split()) for line in found.summary().splitlines()]
    assert "pruned GradCAM conv 3 agree 0.500 0.700 0.500 0.500" in lines
    assert "pruned GradCAM conv 1 flipped 0.500 0.200 0.500 0.500" in lines
    assert "pruned GradCAM conv 7 dog dog 0.500" in lines
    assert any(line.startswith("no control:") for line in lines)
