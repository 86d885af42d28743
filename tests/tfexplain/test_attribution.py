"""What every explainer returns: sums over channels, and a figure of itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tfexplain.attribution import Attribution


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
    figure = found.plot(np.zeros((3, 4, 4)), columns=2, colors="gray")
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
    drawn = {axis.get_title(): axis.images[0].get_array() for axis in figure.axes if axis.images}
    for i, head in enumerate((0, 2, 7)):
        np.testing.assert_allclose(drawn[f"head {head}"], values[0, i], rtol=1e-6)
