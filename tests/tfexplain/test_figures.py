"""Pictures of maps against closed forms: figures for notebooks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.attributions import cam, feature_maps

from tfexplain import rendering
from tfexplain.attribution import Attribution


def bar_limits(figure: Any) -> tuple[float, float]:
    (bar,) = [axis for axis in figure.axes if axis.get_label() == "<colorbar>"]
    low, high = bar.get_ylim()
    return float(low), float(high)


def map_axes(figure: Any) -> list[Any]:
    return [axis for axis in figure.axes if axis.get_title()]


@pytest.mark.parametrize(
    ("signed", "maps", "limits"),
    [
        (False, [[[0.0, 2.0]], [[8.0, 1.0]]], (0, 8)),
        (True, [[[0.0, 2.0]], [[-8.0, 1.0]]], (-8, 8)),
        (False, [[[0.0, np.nan]], [[np.inf, 1.0]]], (0, 1)),
        (False, [[[0.0, 0.0]], [[0.0, 0.0]]], (0, 1)),
    ],
)
def test_figure_draws_all_samples_on_one_scale_with_its_bar(signed, maps, limits):
    figure = Attribution.plot(cam(maps, signed=signed))
    assert bar_limits(figure) == limits
    drawn = [axis.images[-1] for axis in map_axes(figure)]
    assert [image.get_clim() for image in drawn] == [limits, limits]
    for image, values in zip(drawn, maps, strict=True):
        np.testing.assert_array_equal(
            np.ma.filled(image.get_array(), np.nan), np.where(np.isfinite(values), values, np.nan)
        )
    assert [axis.get_title() for axis in map_axes(figure)] == [
        f"target {i}: 1.5" + ("" if np.any(values) else "\nall zero")
        for i, values in enumerate(maps)
    ]
    assert figure.axes[-1].get_ylabel() == "logit"


def test_figure_of_an_all_zero_signed_map_is_neutral():
    figure = Attribution.plot(cam(np.zeros((1, 2, 2)), signed=True))
    low, high = bar_limits(figure)
    assert low == -high
    assert high > 0


@pytest.mark.parametrize("shape", [(8, 8), (4, 4), (2, 3)])
def test_figure_lays_each_map_over_exactly_its_image(shape):
    images = np.random.default_rng(0).random((3, 8, 8, 1))
    figure = Attribution.plot(cam(np.ones((3, *shape))), images)
    for i, axis in enumerate(map_axes(figure)):
        below, above = axis.images
        assert below.get_extent() == above.get_extent()
        third = images[i, ..., 0] * 255 / 3
        np.testing.assert_allclose(below.get_array()[..., 0], third, atol=1.01)


def test_figure_keeps_the_shape_of_the_image():
    """A 7 x 7 map of a wide image covers the wide image."""
    figure = Attribution.plot(cam(np.ones((1, 7, 7))), np.zeros((1, 20, 60)))
    (axis,) = map_axes(figure)
    left, right, bottom, top = axis.images[-1].get_extent()
    height = abs(bottom - top) * (1 if axis.get_aspect() == "auto" else axis.get_aspect())
    assert abs(right - left) / height == pytest.approx(3)


def test_figure_without_images_draws_on_a_dark_plate():
    (axis,) = map_axes(Attribution.plot(cam(np.ones((1, 2, 2)))))
    below, _ = axis.images
    assert below.get_array().ravel().tolist() == [0, 0, 0]


@pytest.mark.parametrize(("side", "expected"), [(8, "nearest"), (64, "bilinear")])
def test_figure_smooths_coarse_maps_over_pictures(side, expected):
    (axis,) = map_axes(Attribution.plot(cam(np.ones((1, 4, 4))), np.zeros((1, side, side))))
    assert [image.get_interpolation() for image in axis.images] == ["nearest", expected]


def test_figure_draws_the_colours_of_overlays():
    maps = np.linspace(0, 1, 64).reshape(1, 8, 8)
    (axis,) = map_axes(Attribution.plot(cam(maps), np.zeros((1, 8, 8))))
    drawn = axis.images[-1]
    expected = rendering.tinted(maps[0], drawn.get_clim()[1], signed=False)
    found = drawn.to_rgba(drawn.get_array(), bytes=True)
    assert np.abs(found.astype(int) - expected).max() <= 6


def test_figure_says_where_a_map_is_zero_and_what_the_scale_leaves_out():
    maps = np.zeros((2, 25, 40))
    maps[1] = np.linspace(0.001, 1, 1000).reshape(25, 40)
    figure = Attribution.plot(cam(maps), np.zeros((2, 25, 40)))
    assert [axis.get_title() for axis in map_axes(figure)] == [
        "target 0: 1.5\nall zero",
        "target 1: 1.5",
    ]
    assert figure.axes[-1].get_ylabel() == "logit, above: 0.8%"


def test_figure_shows_images_of_channels_first_models():
    values = np.ones((1, 3, 4, 5))
    images = np.random.default_rng(0).random((1, 3, 4, 5))
    figure = Attribution.plot(cam(values, channel_axis=1, signed=True), images)
    (axis,) = map_axes(figure)
    assert axis.images[0].get_array().shape == (4, 5, 3)
    assert axis.images[1].get_array().shape == (4, 5)


def test_figure_of_feature_maps_names_channels_and_marks_the_dead():
    values = np.zeros((2, 3, 3, 2))
    values[0, ..., 0], values[1, ..., 0] = 2.0, 9.0
    figure = Attribution.plot(feature_maps(values, [False, True]), np.zeros((2, 3, 3)))
    assert [axis.get_title() for axis in map_axes(figure)] == ["channel 0", "channel 10 (dead)"]
    assert bar_limits(figure) == (0, 2)  # of the first sample, which is drawn
    assert figure.axes[-1].get_ylabel() == "activation"


def test_figure_of_feature_maps_begins_with_the_largest_share_and_tells_it():
    shares = np.zeros((1, 20), np.float32)
    shares[0, [0, 10, 5]] = (0.25, -0.5, 0.25)
    values = np.stack([np.full((1, 2, 2), 1.0), np.full((1, 2, 2), 2.0)], axis=-1)
    figure = Attribution.plot(feature_maps(values, [False, False], shares=shares))
    titles = [axis.get_title() for axis in map_axes(figure)]
    assert titles == ["channel 10: -50.0%", "channel 0: 25.0%"]
    assert float(map_axes(figure)[0].images[-1].get_array()[0, 0]) == 2.0
    told = figure.subfigs[0].get_suptitle()
    assert told == "GradCAM at conv: these 2 of 20 make 75% of the evidence"


def test_figure_of_features_is_a_strip():
    (axis,) = map_axes(Attribution.plot(cam([[1.0, -2.0, 3.0]], signed=True)))
    assert axis.images[1].get_array().shape == (1, 3)


@pytest.mark.parametrize(("count", "columns", "cells"), [(3, 8, 3), (3, 2, 4), (9, 8, 16)])
def test_figure_arranges_samples_in_rows(count, columns, cells):
    figure = Attribution.plot(cam(np.ones((count, 2, 2))), columns=columns)
    assert len(figure.axes) == cells + 1
    assert len(map_axes(figure)) == count
    assert not any(axis.axison for axis in figure.axes[:-1])


def test_figure_of_a_convolution_over_words_has_the_scale_of_words() -> None:
    found = cam([[3.0, 6.0]], word_step=1, word_offsets=np.array([0, 1], np.int32))
    figure = Attribution.plot(found, [["dull", "film", ""]])
    # 3 / 2 for the first word; the second has the other half, and all of what reads padding too.
    assert bar_limits(figure) == (0, 7.5)
    (bar,) = [axis for axis in figure.axes if axis.get_label() == "<colorbar>"]
    assert bar.get_ylabel() == "logit per word"


@pytest.mark.parametrize(
    "inputs",
    [
        [["a", "b"], ["c", ""]],
        np.array([["a", "b"], ["c", "d"]]),
        np.array([[b"a", b"b"], [b"c", b"d"]], object),
        [[1.5, 2.0], [0.1, 7.0]],
    ],
)
def test_figure_of_texts_and_tables_is_drawn_from_what_people_have(inputs: Any) -> None:
    figure = Attribution.plot(cam([[1.0, -2.0]] * 2, signed=True), inputs, percentile=50)
    assert bar_limits(figure) == (-1.5, 1.5)


def test_figure_of_what_lies_elsewhere_ignores_words() -> None:
    figure = Attribution.plot(cam(np.ones((1, 2, 2))), [["a", "b"]])
    assert len(map_axes(figure)) == 1
