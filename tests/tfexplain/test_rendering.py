"""Pictures of maps against closed forms: colours, overlays, grids, figures."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
import pytest

from tfexplain import rendering
from tfexplain.attribution import Attribution

MAGENTA = (255, 0, 255)
GAP = 2
WIDTH, CAPTION = 320, 14  # of a grid: at least, and of the line below it


def cam(maps: Any, **more: Any) -> Attribution:
    array = np.asarray(maps, np.float32)
    known = {
        "targets": np.arange(len(array), dtype=np.int32),
        "scores": np.full(len(array), 1.5, np.float32),
        "layer": "conv",
        "explainer": "GradCAM",
        "unit": "logit",
        "signed": False,
    }
    return Attribution(values=array, **(known | more))


def feature_maps(values: Any, dead: Any) -> Attribution:
    count = len(dead)
    return cam(
        values,
        channels=np.arange(count, dtype=np.int32) * 10,
        dead=np.asarray(dead),
        total_channels=10 * count,
        unit="activation",
    )


# --------------------------------------------------------------------------------- inputs


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 1.0], (0, 1)),
        ([0.2, 0.3], (0, 1)),
        ([0.0, 0.0], (0, 1)),
        ([-1.0, 1.0], (-1, 1)),
        ([-0.1, 0.5], (-1, 1)),
        ([0.0, 255.0], (0, 255)),
        ([0.0, 1.5], (0, 255)),
        ([0.0, 4095.0], (0, 4095)),
        ([-1.5, 0.5], (-1.5, 0.5)),
        ([-2.1, 2.6], (-2.1, 2.6)),
        ([-3.0, -2.0], (-3, -2)),
    ],
)
def test_color_range(values, expected):
    assert rendering.color_range(np.array(values)) == expected


@pytest.mark.parametrize(
    ("shape", "first", "expected"),
    [
        ((2, 4, 5), False, (2, 4, 5, 1)),
        ((2, 4, 5, 1), False, (2, 4, 5, 1)),
        ((2, 4, 5, 3), False, (2, 4, 5, 3)),
        ((2, 4, 5, 4), False, (2, 4, 5, 4)),
        ((2, 4, 5, 2), False, (2, 4, 5, 1)),
        ((2, 4, 5, 7), False, (2, 4, 5, 1)),
        ((2, 3, 4, 5), True, (2, 4, 5, 3)),
        ((2, 1, 4, 5), True, (2, 4, 5, 1)),
    ],
)
def test_pictures_are_uint8_channels_last(shape, first, expected):
    images = np.random.default_rng(0).random(shape)
    found = rendering.pictures(images, (0.0, 1.0), channels_first=first)
    assert found.dtype == np.uint8
    assert found.shape == expected
    last = np.moveaxis(images, 1, -1) if first else images
    last = last if last.ndim == 4 else last[..., None]
    shown = last if expected[-1] == last.shape[-1] else last.mean(axis=-1, keepdims=True)
    np.testing.assert_array_equal(found, np.round(255 * shown.astype(np.float32)).astype(np.uint8))


def test_pictures_map_the_range_to_black_and_white_and_cut_what_is_beyond():
    images = np.array([-3.0, -2.0, 0.0, 2.0, 9.0]).reshape(1, 1, 5, 1)
    assert rendering.pictures(images, (-2.0, 2.0)).ravel().tolist() == [0, 0, 128, 255, 255]


def test_pictures_of_an_empty_range_are_black_and_white():
    images = np.array([4.0, 5.0]).reshape(1, 1, 2, 1)
    assert rendering.pictures(images, (4.0, 4.0)).ravel().tolist() == [0, 255]


def test_to_rgb_repeats_grey_and_puts_transparent_pixels_on_white():
    grey = np.array([[[7], [200]]], np.uint8)
    assert rendering.to_rgb(grey).tolist() == [[[7, 7, 7], [200, 200, 200]]]
    color = np.array([[[1, 2, 3]]], np.uint8)
    assert rendering.to_rgb(color).tolist() == [[[1, 2, 3]]]
    glass = np.array([[[10, 20, 30, 0], [10, 20, 30, 255], [0, 0, 0, 51]]], np.uint8)
    assert rendering.to_rgb(glass).tolist() == [[[255] * 3, [10, 20, 30], [204] * 3]]


# --------------------------------------------------------------------------------- colours


def bytes_of(name: str, unit: float) -> list[int]:
    return [round(255 * part) for part in matplotlib.colormaps[name](unit)[:3]]


def test_colored_spans_zero_to_scale():
    found = rendering.colored(np.array([0.0, 1.0, 2.0]), 2.0, signed=False)
    assert found.tolist() == [bytes_of("viridis", u) for u in (0.0, 0.5, 1.0)]


def test_colored_puts_zero_at_the_neutral_middle_of_a_diverging_map():
    against, zero, evidence = rendering.colored(np.array([-2.0, 0.0, 2.0]), 2.0, signed=True)
    assert np.ptp(zero.astype(int)) <= 2  # grey
    assert min(zero) > 240
    assert against[2] > against[0] + 50  # blue
    assert evidence[0] > evidence[2] + 50  # red
    np.testing.assert_array_equal(zero, bytes_of("RdBu_r", 0.5))


@pytest.mark.parametrize("signed", [False, True])
def test_colored_shows_what_is_not_finite_in_a_color_of_no_map(signed):
    values = np.array([np.nan, np.inf, -np.inf, 0.5])
    found = rendering.colored(values, 1.0, signed=signed)
    assert [tuple(pixel) for pixel in found[:3].tolist()] == [MAGENTA] * 3
    assert tuple(found[3]) != MAGENTA
    ramp = np.linspace(-1 if signed else 0, 1, 999)
    every = rendering.colored(ramp, 1.0, signed=signed).astype(int)
    assert np.abs(every - MAGENTA).sum(axis=1).min() > 100


def test_colored_of_an_all_zero_map_is_the_color_of_zero():
    zeros = np.zeros((2, 2))
    plain = rendering.colored(zeros, 0.0, signed=False)
    np.testing.assert_array_equal(plain, np.broadcast_to(bytes_of("viridis", 0.0), (2, 2, 3)))
    signed = rendering.colored(zeros, 0.0, signed=True)
    np.testing.assert_array_equal(signed, np.broadcast_to(bytes_of("RdBu_r", 0.5), (2, 2, 3)))


def test_colored_takes_another_color_map():
    assert rendering.colored(np.array([1.0]), 1.0, signed=False, colors="gray").tolist() == [
        [255, 255, 255]
    ]


def test_scale_of_is_the_largest_finite_magnitude():
    assert rendering.scale_of(np.array([1.0, -3.0, np.nan, np.inf])) == 3.0
    assert rendering.scale_of(np.array([np.nan, -np.inf])) == 0.0
    assert rendering.scale_of(np.zeros(3)) == 0.0


# -------------------------------------------------------------------------------- overlays


def random_bytes(*shape: int) -> Any:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_overlay_of_opacity_0_is_the_picture_and_of_1_the_map():
    picture, map_ = random_bytes(4, 6, 3), random_bytes(4, 6, 3)[::-1]
    np.testing.assert_array_equal(rendering.overlay(picture, map_, 0.0), picture)
    np.testing.assert_array_equal(rendering.overlay(picture, map_, 1.0), map_)


def test_overlay_mixes_in_proportion():
    picture = np.full((1, 1, 1), 100, np.uint8)
    map_ = np.array([[[200, 0, 100]]], np.uint8)
    assert rendering.overlay(picture, map_, 0.25).tolist() == [[[125, 75, 100]]]


def test_overlay_brings_the_map_to_the_pictures_size():
    picture = np.zeros((8, 12, 1), np.uint8)
    map_ = np.zeros((2, 3, 3), np.uint8)
    map_[0, 0] = 255
    found = rendering.overlay(picture, map_, 1.0)
    assert found.shape == (8, 12, 3)
    assert found[0, 0].tolist() == [255] * 3
    assert found[-1, -1].tolist() == [0] * 3
    assert 0 < found[3, 4, 0] < 255  # smooth between


def test_resize_without_smoothing_repeats_pixels():
    picture = np.array([[[1], [2]]], np.uint8)
    found = rendering.resize(picture, (2, 4), smooth=False)
    assert found[..., 0].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2]]
    assert rendering.resize(random_bytes(2, 3, 4), (4, 6), smooth=False).shape == (4, 6, 4)


# ----------------------------------------------------------------------------------- grids


def test_grid_places_cells_in_rows_and_columns_on_white():
    cells = [[np.full((40, 170, 3), 10 * r + c, np.uint8) for c in range(3)] for r in range(2)]
    sheet = rendering.grid([cells[0], cells[1][:2]], "")
    assert sheet.shape == (2 * (40 + GAP) + CAPTION, 3 * (170 + GAP), 3)
    for r in range(2):
        for c in range(3):
            cell = sheet[r * 42 : r * 42 + 40, c * 172 : c * 172 + 170]
            assert (cell == (255 if (r, c) == (1, 2) else 10 * r + c)).all()
    assert (sheet[40:42] == 255).all()
    assert (sheet[:, 170:172] == 255).all()


def test_grid_writes_its_caption_below_the_cells():
    cells = [[np.zeros((10, 10, 3), np.uint8)]]
    empty, captioned = rendering.grid(cells, ""), rendering.grid(cells, "scale 0.5")
    assert empty.shape == captioned.shape == (10 + GAP + CAPTION, WIDTH, 3)
    assert (empty[12:] == 255).all()
    assert (captioned[12:] < 128).any()
    np.testing.assert_array_equal(captioned[:12], empty[:12])


def test_overlay_grid_shows_inputs_above_a_row_for_each_layer_on_one_scale():
    under = random_bytes(2, 8, 8, 1)
    maps = np.zeros((2, 8, 8))
    maps[0], maps[1] = 1.0, 4.0
    sheet = rendering.overlay_grid([cam(maps), cam(maps, signed=True)], under, side=16)
    assert sheet.shape == (3 * (16 + GAP) + CAPTION, WIDTH, 3)
    first = rendering.resize(rendering.to_rgb(under[0]), (16, 16), smooth=False)
    np.testing.assert_array_equal(sheet[:16, :16], first)
    for row, (name, units) in enumerate([("viridis", (0.25, 1.0)), ("RdBu_r", (0.625, 1.0))], 1):
        for column, unit in enumerate(units):
            left = column * 18
            cell = sheet[row * 18 : row * 18 + 16, left : left + 16].astype(float)
            below = sheet[:16, left : left + 16].astype(float)
            # Opacity 0.6 of one colour, the same all over the cell: no map on its own scale.
            np.testing.assert_allclose(
                cell - 0.4 * below,
                0.6 * np.array([[bytes_of(name, unit)]]) + np.zeros((16, 16, 3)),
                atol=1.1,
            )


@pytest.mark.parametrize(("side", "colors"), [(8, 2), (4, 20)])
def test_overlay_grid_keeps_the_inputs_own_pixels_and_smooths_coarse_maps(side, colors):
    maps = np.zeros((1, side, side))
    maps[0, 2, 2] = 1.0
    sheet = rendering.overlay_grid([cam(maps)], np.zeros((1, 8, 8, 1), np.uint8), side=32)
    cell = sheet[34:66, :32].reshape(-1, 3)
    found = len(np.unique(cell, axis=0))
    assert found == colors if side == 8 else found > colors


def test_channel_grid_gives_each_channel_its_own_scale():
    values = np.zeros((2, 1, 2, 2))
    values[0, 0, 1] = (0.001, 1000.0)
    sheet = rendering.channel_grid([feature_maps(values, [False, False])], side=4)
    assert sheet.shape == (4 + GAP + CAPTION, WIDTH, 3)
    dark, bright = bytes_of("viridis", 0.0), bytes_of("viridis", 1.0)
    for left in (0, 6):
        assert sheet[0, left].tolist() == dark
        assert sheet[0, left + 3].tolist() == bright


# --------------------------------------------------------------------------------- figures


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
    figure = rendering.figure(cam(maps, signed=signed))
    assert bar_limits(figure) == limits
    drawn = [axis.images[-1] for axis in map_axes(figure)]
    assert [image.get_clim() for image in drawn] == [limits, limits]
    for image, values in zip(drawn, maps, strict=True):
        np.testing.assert_array_equal(
            np.ma.filled(image.get_array(), np.nan), np.where(np.isfinite(values), values, np.nan)
        )
    assert [axis.get_title() for axis in map_axes(figure)] == ["target 0: 1.5", "target 1: 1.5"]
    assert figure.axes[-1].get_ylabel() == "logit"


def test_figure_of_an_all_zero_signed_map_is_neutral():
    figure = rendering.figure(cam(np.zeros((1, 2, 2)), signed=True))
    low, high = bar_limits(figure)
    assert low == -high
    assert high > 0


@pytest.mark.parametrize("shape", [(8, 8), (4, 4), (2, 3)])
def test_figure_lays_each_map_over_exactly_its_image(shape):
    images = np.random.default_rng(0).random((3, 8, 8, 1))
    figure = rendering.figure(cam(np.ones((3, *shape))), images, alpha=0.5)
    for i, axis in enumerate(map_axes(figure)):
        below, above = axis.images
        assert below.get_extent() == above.get_extent()
        assert above.get_alpha() == 0.5
        np.testing.assert_array_equal(
            below.get_array()[..., 0], np.round(255 * images[i, ..., 0]).astype(np.uint8)
        )


def test_figure_keeps_the_shape_of_the_image():
    """A 7 x 7 map of a wide image covers the wide image."""
    figure = rendering.figure(cam(np.ones((1, 7, 7))), np.zeros((1, 20, 60)))
    (axis,) = map_axes(figure)
    left, right, bottom, top = axis.images[-1].get_extent()
    height = abs(bottom - top) * (1 if axis.get_aspect() == "auto" else axis.get_aspect())
    assert abs(right - left) / height == pytest.approx(3)


def test_figure_without_images_draws_opaque_maps():
    (axis,) = map_axes(rendering.figure(cam(np.ones((1, 2, 2)))))
    assert [image.get_alpha() for image in axis.images] == [1.0]


def test_figure_shows_images_of_channels_first_models():
    values = np.ones((1, 3, 4, 5))
    images = np.random.default_rng(0).random((1, 3, 4, 5))
    figure = rendering.figure(cam(values, channel_axis=1, signed=True), images)
    (axis,) = map_axes(figure)
    assert axis.images[0].get_array().shape == (4, 5, 3)
    assert axis.images[1].get_array().shape == (4, 5)


def test_figure_of_feature_maps_names_channels_and_marks_the_dead():
    values = np.zeros((2, 3, 3, 2))
    values[0, ..., 0], values[1, ..., 0] = 2.0, 9.0
    figure = rendering.figure(feature_maps(values, [False, True]), np.zeros((2, 3, 3)))
    assert [axis.get_title() for axis in map_axes(figure)] == ["channel 0", "channel 10 (dead)"]
    assert bar_limits(figure) == (0, 2)  # of the first sample, which is drawn
    assert figure.axes[-1].get_ylabel() == "activation"


def test_figure_of_features_is_a_strip():
    (axis,) = map_axes(rendering.figure(cam([[1.0, -2.0, 3.0]], signed=True)))
    assert axis.images[0].get_array().shape == (1, 3)


@pytest.mark.parametrize(("count", "columns", "cells"), [(3, 8, 3), (3, 2, 4), (9, 8, 16)])
def test_figure_arranges_samples_in_rows(count, columns, cells):
    figure = rendering.figure(cam(np.ones((count, 2, 2))), columns=columns)
    assert len(figure.axes) == cells + 1
    assert len(map_axes(figure)) == count
    assert not any(axis.axison for axis in figure.axes[:-1])


def test_a_sheet_holds_all_slices_in_rows():
    volume = np.arange(1, 6, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 3, 1), np.uint8)
    found = rendering.sheet(volume)[..., 0]
    assert found.shape == (4, 9)
    assert found[::2, ::3].tolist() == [[1, 2, 3], [4, 5, 0]]
    assert (np.kron(found[::2, ::3], np.ones((2, 3))) == found).all()
