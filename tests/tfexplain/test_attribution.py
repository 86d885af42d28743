"""What every explainer returns: sums over channels, and a figure of itself."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tfexplain.attribution import Attribution, Attributions
from tfexplain.errors import TfexplainError


def attribution(values: Any, **more: Any) -> Attribution:
    array = np.asarray(values, np.float32)
    known = {
        "targets": np.arange(len(array), dtype=np.int32),
        "scores": np.ones(len(array), np.float32),
        "layer": "input",
        "explainer": "Method",
        "unit": "logit",
        "signed": True,
    }
    return Attribution(values=array, **(known | more))


def test_maps_without_channel_axis_are_the_values():
    found = attribution(np.ones((2, 3, 4)))
    assert found.maps is found.values


@pytest.mark.parametrize(("axis", "shape"), [(-1, (2, 4, 5)), (1, (2, 5, 3))])
def test_maps_sum_channels_and_keep_the_sign(axis, shape):
    values = np.random.default_rng(0).normal(-1, 1, (2, 4, 5, 3)).astype(np.float32)
    maps = attribution(values, channel_axis=axis).maps
    assert maps.shape == shape
    assert maps.dtype == np.float32
    assert (maps < 0).any()
    np.testing.assert_allclose(maps, values.astype(np.float64).sum(axis), rtol=1e-6, atol=1e-6)


def test_maps_keep_what_is_small_beside_what_cancels():
    """Summed in float32, 1 would vanish beside 1e8."""
    values = [[[[1e8, 1.0, -1e8]]]]
    assert attribution(values, channel_axis=-1).maps.tolist() == [[[1.0]]]


def test_maps_of_nan_are_nan_only_where_they_were():
    values = np.ones((1, 2, 1, 2))
    values[0, 0, 0, 1] = np.nan
    maps = attribution(values, channel_axis=-1).maps
    np.testing.assert_array_equal(maps, [[[np.nan], [2]]])


def test_an_attribution_is_compared_by_identity():
    """Field by field would ask arrays for one truth value."""
    one, other = attribution(np.ones((1, 2, 2))), attribution(np.ones((1, 2, 2)))
    assert one == one
    assert one != other


def test_plot_passes_images_and_options_on():
    found = attribution(np.ones((3, 2, 2)))
    figure = found.plot(np.zeros((3, 4, 4)), columns=2, cmap="gray")
    maps = [axis for axis in figure.axes if axis.get_title().startswith("target")]
    assert len(maps) == 3
    assert all(len(axis.images) == 2 for axis in maps)
    assert {axis.images[-1].get_cmap().name for axis in maps} == {"gray"}


def test_planes_are_the_middle_slices_of_volumes():
    volumes = np.arange(2 * 3 * 4 * 5 * 2, dtype=np.float32).reshape(2, 3, 4, 5, 2)
    np.testing.assert_array_equal(
        attribution(volumes, channel_axis=-1).planes, volumes[:, 1].sum(axis=-1)
    )
    channels = attribution(volumes, channels=np.arange(2), dead=np.zeros(2, bool))
    np.testing.assert_array_equal(channels.planes, volumes[:, 1])
    heads = attribution(volumes[..., 0], attention_heads=np.arange(3))
    assert heads.planes is heads.values


def test_plot_draws_each_attention_head_of_the_first_sample():
    values = np.random.default_rng(0).random((2, 3, 4, 5))
    figure = attribution(values, attention_heads=np.array([0, 2, 7])).plot()
    drawn = {axis.get_title(): axis.images[-1].get_array() for axis in figure.axes if axis.images}
    for i, head in enumerate((0, 2, 7)):
        np.testing.assert_allclose(drawn[f"head {head}"], values[0, i], rtol=1e-6)


VALUES = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)


def test_the_repr_says_shapes_not_numbers() -> None:
    one = attribution(VALUES)
    largest = f"{np.abs(VALUES).max():.3g}"
    expected = (
        f"Attribution(Method at 'input': values float32 [3, 4, 5] in logit, largest {largest})"
    )
    assert repr(one) == expected
    both = Attributions({"a": one, "b": attribution(VALUES[:2])})
    assert repr(both) == "Attributions(Method: 'a' [3, 4, 5] in logit, 'b' [2, 4, 5] in logit)"


def test_numpy_takes_it_as_its_values() -> None:
    one = attribution(VALUES)
    assert np.asarray(one).tobytes() == VALUES.tobytes()
    assert np.array(one, np.float64).dtype == np.float64
    assert np.max(one) == VALUES.max()
    copy = np.array(one)
    copy[:] = 0
    assert one.values.tobytes() == VALUES.tobytes()


def test_what_is_saved_is_loaded_to_the_bit(tmp_path: Path) -> None:
    more = {
        "channel_axis": -1,
        "error": np.array([0.1, np.nan, 0.3], np.float32),
        "passes": np.array([5, 6, 7], np.int32),
    }
    first, second = (
        attribution(VALUES, **more),
        attribution(VALUES * 2, layer="conv/Ünit", signed=False),
    )
    first.save(tmp_path / "one.npz")
    found = Attribution.load(tmp_path / "one.npz")
    for field in dataclasses.fields(Attribution):
        was, is_ = getattr(first, field.name), getattr(found, field.name)
        assert type(is_) is type(was), field.name
        same = np.array_equal(is_, was, equal_nan=True) if field.name == "error" else None
        assert same or np.array_equal(is_, was), field.name
    Attributions({"a": first, "b": second}).save(tmp_path / "two.npz")
    both = Attributions.load(tmp_path / "two.npz")
    assert list(both) == ["a", "b"]
    assert both["b"].layer == "conv/Ünit"
    assert both["b"].values.tobytes() == second.values.tobytes()
    with pytest.raises(TfexplainError, match="expected one attribution; got a, b"):
        Attribution.load(tmp_path / "two.npz")
    np.savez(tmp_path / "other.npz", x=VALUES)
    with pytest.raises(TfexplainError, match=r"other.npz'?: expected a file that Attribution.save"):
        Attribution.load(tmp_path / "other.npz")


def test_a_notebook_shows_the_picture() -> None:
    for shown in (
        attribution(VALUES),
        Attributions({"a": attribution(VALUES), "b": attribution(VALUES)}),
    ):
        picture = np.asarray(Image.open(io.BytesIO(shown._repr_png_())).convert("RGB"))
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20


def test_options_of_a_plot() -> None:
    one = attribution(np.arange(100, dtype=np.float32).reshape(1, 10, 10), signed=False)
    figure = one.plot(class_names=["cat"], cmap="magma", percentile=90, columns=3)
    axis = figure.subfigs[0].axes[0]
    _, image = axis.images
    assert axis.get_title() == "cat: 1"
    assert image.get_clim() == (0, pytest.approx(np.percentile(np.arange(100), 90)))
    assert image.get_cmap().name == "magma"
    _, pale = one.plot(alpha=0.25).subfigs[0].axes[0].images
    strongest = pale.get_cmap()(1.0)
    assert strongest[3] == pytest.approx(0.25)
    assert strongest[:3] == one.plot().subfigs[0].axes[0].images[1].get_cmap()(1.0)[:3]
    with pytest.raises(TfexplainError, match=r"^percentile=0: expected a number above 0"):
        one.plot(percentile=0)


def test_a_missing_layer_names_those_there() -> None:
    with pytest.raises(KeyError, match=r"no such layer or input here. Those explained: a, b"):
        Attributions({"a": attribution(VALUES), "b": attribution(VALUES)})["c"]


class Planted:
    """Runs code when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_loading_runs_no_code_of_the_file(tmp_path: Path) -> None:
    planted = np.array([Planted(tmp_path / "ran")], object)
    np.savez(tmp_path / "planted.npz", names=planted)
    with pytest.raises(TfexplainError, match=r"expected a file that Attribution.save wrote"):
        Attributions.load(tmp_path / "planted.npz")
    assert not (tmp_path / "ran").exists()
