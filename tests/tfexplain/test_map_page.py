"""Which record each kind of map and input becomes where maps are shown without a log."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest

from tfexplain import (
    Attribution,
    Attributions,
    InputXGradient,
    Saliency,
    TfexplainError,
    explain,
    map_page,
)
from tfexplain.reading import LoggedRun

N = 3
PICTURES = np.linspace(0, 1, N * 8 * 8 * 3).reshape(N, 8, 8, 3)
SERIES = np.linspace(0, 1, N * 6 * 2).reshape(N, 6, 2)
WORDS = [["a", "b", ""], ["b", "", ""], ["c", "a", "d"]]


class Shown(NamedTuple):
    """What is read back of a page's log."""

    places: dict[str, tuple[str, str]]  # (layout, input) by explainer and layer
    units: dict[str, str]  # of the explained number
    maps: dict[str, Any]
    inputs: dict[str, Any]
    opens: list[str]


@pytest.fixture(autouse=True)
def shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives what was logged in place of a page."""

    def read(directory: Path, groups: list[str], *_: object) -> Shown:
        run = LoggedRun("maps", directory)
        named = {f"{maps.explainer}/{maps.layer}": maps for maps in run.maps}
        places = {name: (m.content.layout, m.content.input) for name, m in named.items()}
        units = {name: maps.content.score_unit for name, maps in named.items()}
        return Shown(places, units, {n: m.maps() for n, m in named.items()}, run.inputs, groups)

    monkeypatch.setattr(map_page, "maps_page", read)


def attribution(*shape: int, layer: str = "layer", **more: Any) -> Attribution:
    values = np.random.default_rng(0).normal(size=(N, *shape)).astype("f4")
    zeros = np.zeros(N, "f4")
    return Attribution(values, np.arange(N), zeros, layer, "Method", "logit", True, **more)


@pytest.mark.parametrize(
    ("maps", "inputs", "place"),
    [
        (attribution(4, 4), PICTURES, ("plane", "input")),
        (attribution(8, 8, 3, channel_axis=3), PICTURES, ("plane", "layer")),
        (attribution(4, 4), None, ("plane", "")),
        (attribution(6, 2, channel_axis=2), SERIES, ("line", "layer")),
        (attribution(4), SERIES, ("line", "input")),
        (attribution(4, 2, 2), np.zeros((N, 8, 4, 4, 1)), ("volume", "input")),
        (attribution(5), np.zeros((N, 5)), ("features", "layer")),
        (attribution(3), WORDS, ("tokens", "layer")),
        (attribution(2, word_step=1, word_offsets=np.arange(2)), WORDS, ("line", "input")),
    ],
)
def test_maps_lie_over_what_was_given(
    maps: Attribution, inputs: Any, place: tuple[str, str]
) -> None:
    found: Any = maps.show(inputs)
    assert found.places == {"Method/layer": place}
    assert found.opens == ["map/Method/layer"]
    np.testing.assert_allclose(found.maps["Method/layer"], maps.maps, atol=2e-3)
    assert list(found.inputs) == [place[1]] * (inputs is not None)


def test_inputs_are_what_was_given() -> None:
    pictures: Any = attribution(4, 4).show(PICTURES)
    np.testing.assert_array_equal(pictures.inputs["input"], np.round(255 * PICTURES))
    first: Any = attribution(3, 8, 8, channel_axis=1).show(np.moveaxis(PICTURES, -1, 1))
    np.testing.assert_array_equal(first.inputs["layer"], pictures.inputs["input"])
    series: Any = attribution(4).show(SERIES)
    np.testing.assert_allclose(series.inputs["input"], SERIES, atol=1e-6)


def test_several_inputs_go_by_name() -> None:
    maps = {"photo": attribution(8, 8, layer="photo"), "table": attribution(5, layer="table")}
    found: Any = Attributions(maps).show({"photo": PICTURES, "table": np.zeros((N, 5))})
    places = {"Method/photo": ("plane", "photo"), "Method/table": ("features", "table")}
    assert found.places == places


def test_what_explain_finds_is_shown_together() -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    both = explain(model, rows, explainers=[Saliency(), InputXGradient(), Saliency()])
    found: Any = both.show(rows, feature_names=["age", "dose"])
    assert sorted(found.places) == ["InputXGradient/input", "Saliency-2/input", "Saliency/input"]
    assert set(found.places.values()) == {("features", "input")}
    assert set(found.units.values()) == {"output"}


def test_other_samples_are_refused() -> None:
    with pytest.raises(TfexplainError, match=r"inputs: expected the 3 samples .* got 2 of 'input'"):
        attribution(4, 4).show(PICTURES[:2])
    with pytest.raises(TfexplainError, match="maps: expected the result of an explainer"):
        Attributions({}).show()
