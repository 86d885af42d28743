"""Who pays, exemplars and shared masks in the log of `compare`, against plain numpy."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tfexplain import Saliency, compare, read
from tfexplain.report.summary import summary

# Keras' own variables, when Keras itself makes arrays of them.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't:DeprecationWarning"
)

ROWS, DRAWN = 60, 5
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, 6)).astype(np.float32)
KERNEL = RNG.normal(size=(6, 3))
GROUPS = np.where(np.arange(ROWS) % 3, "left", "right")
LABELS = (X @ KERNEL).argmax(1)


def linear(kernel: Any) -> keras.Model:
    model = keras.Sequential(
        [keras.Input((6,), name="x"), keras.layers.Dense(3, "softmax", False, name="head")]
    )
    model.set_weights([kernel])
    return model


def cut(least: float) -> Any:
    return np.where(abs(KERNEL) < least, 0, KERNEL)


KERNELS = {
    "dense": KERNEL,
    "cut": cut(0.6),
    "more": cut(0.8),
    "most": cut(1.0),
    "seed": KERNEL + 0.02 * RNG.normal(size=KERNEL.shape),
    "other": KERNEL + 0.02 * RNG.normal(size=KERNEL.shape),
}


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A comparison, and its log."""
    log_dir = tmp_path_factory.mktemp("logs")
    models = {name: linear(kernel) for name, kernel in KERNELS.items()}
    control = {name: models.pop(name) for name in ("seed", "other")}
    found = compare(
        models,
        validation_data=(X, LABELS),
        control=control,
        explainers=Saliency(absolute=False),
        samples=DRAWN,
        log_dir=log_dir,
        groups=GROUPS,
    )
    return found, read(log_dir)


def said(name: str) -> Any:
    return (X @ KERNELS[name]).argmax(1)


def test_numbers_of_payers_are_those_of_numpy(logged: Any) -> None:
    table = logged[1]["more"].payers
    assert set(table["measure"]) == {
        "accuracy",
        "accuracy change",
        "agreement",
        "Saliency input similarity",
    }
    for part, rows in {
        **{("class", str(c)): c == LABELS for c in range(3)},
        **{("group", name): name == GROUPS for name in ("left", "right")},
    }.items():
        here = (table["by"] == part[0]) & (table["name"] == part[1])
        (at,) = np.flatnonzero(here & (table["measure"] == "accuracy change"))
        right = (said("more") == LABELS)[rows]
        assert np.isclose(table["value"][at], right.mean() - 1)  # the reference makes the labels
        assert table["rows"][at] == rows.sum()
        changes = [(said(name) == LABELS)[rows].mean() - 1 for name in ("seed", "other")]
        assert np.isclose(table["band_low"][at], min(changes))
        assert np.isclose(table["band_high"][at], max(changes))
        assert table["outside"][at] == (table["high"][at] < min(changes))
    assert not logged[1]["seed"].payers  # a control pays for nothing


def mode(names: Any) -> Any:
    counts = sum(np.eye(3)[said(name)] for name in names)
    top = np.sort(counts, axis=1)
    return np.where(top[:, -1] == top[:, -2], -1, counts.argmax(1))


def test_exemplars_are_logged_and_explained_behind_the_drawn_samples(logged: Any) -> None:
    found, runs = logged
    usual, other = mode(["dense", "seed", "other"]), mode(["cut", "more", "most"])
    expected = set(np.flatnonzero((usual >= 0) & (other >= 0) & (usual != other)).tolist())
    assert len(expected) > 3
    for name in KERNELS:
        run = runs[f"{name}"]
        table, rows = run.exemplars, run.samples["row"]
        assert set(table["row"]) == expected
        assert (rows[:DRAWN] == found.rows).all()
        for row, sample in zip(table["row"][:12], table["sample"], strict=False):
            assert rows[sample] == row
            # The map of a linear model is the column of its target: the label.
            (maps,) = run.maps
            column = KERNELS[name][:, LABELS[row]]
            np.testing.assert_allclose(maps.maps()[sample], column, rtol=1e-2, atol=1e-3)


def test_no_number_counts_what_is_explained_for_being_an_exemplar(logged: Any) -> None:
    found, runs = logged
    run = runs["more"]
    assert len(run.samples["row"]) > DRAWN
    assert set(run.similarity["sample"]) == set(range(DRAWN))
    assert len(found.models["more"].drifts["Saliency", "input"].agrees) == DRAWN
    assert "exemplars, which no similarity and no metric counts" in run.settings["samples"]


def test_shared_masks_are_counted_from_either_side(logged: Any) -> None:
    table = logged[1]["most"].overlaps
    assert sorted(table["other"]) == ["cut", "more"]
    for other, kept, theirs, both in zip(
        *(table[name] for name in ("other", "kept", "other_kept", "both_kept")), strict=True
    ):
        masks = KERNELS["most"] != 0, KERNELS[other] != 0
        counts = (masks[0].sum(), masks[1].sum(), (masks[0] & masks[1]).sum())
        assert (kept, theirs, both) == counts


def test_the_summary_of_the_log_says_who_pays(logged: Any) -> None:
    told = summary("log", dict(logged[1]), "none")
    _, _, rest = told.partition("<h2>Who pays for the compression</h2>")
    assert "<td>class 0</td>" in rest
    assert "accuracy change beside dense" in rest
    table = logged[1]["dense"].exemplars
    assert f"{len(table['row'])} rows that most of cut, more, most predict otherwise" in rest
    assert "most: of the weights that either keeps, both keep" in rest
