"""Pictures of maps against closed forms: colours, overlays, grids."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
import pytest
from PIL import Image
from support.attributions import cam, feature_maps

from tfexplain import coloring, rendering, resampling

MAGENTA = (255, 0, 255)
GAP = 2
WIDTH, CAPTION = 320, 14  # of a grid: at least, and of the line below it


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


PLATE = (0, 0, 0)


def color(share: float, *, signed: bool = False) -> list[int]:
    """The opaque color of a share, one number a call."""
    values = np.array([share])
    return rendering.tinted(values, 1.0, signed=signed)[0, :3].tolist()


def test_tinted_is_clear_at_zero_and_opaque_from_a_quarter_of_the_scale():
    shares = np.array([0.0, 0.125, 0.25, 0.5, 1.0, 2.0])
    alpha = rendering.tinted(3 * shares, 3.0, signed=False)[:, 3]
    assert alpha.tolist() == [0, pytest.approx(128, abs=2), 255, 255, 255, 255]
    both = rendering.tinted(np.concatenate([-shares, shares]), 1.0, signed=True)[:, 3]
    np.testing.assert_array_equal(both[:6], both[6:])
    assert both[:6].tolist() == [0, pytest.approx(128, abs=2), 255, 255, 255, 255]


def test_unsigned_colors_are_infernos_without_the_part_that_is_darker_than_a_dimmed_input():
    assert color(1.0) == [round(255 * part) for part in matplotlib.colormaps["inferno"](1.0)[:3]]
    shares = np.linspace(0, 1, 64)
    bright = coloring.luminance(rendering.tinted(shares, 1.0, signed=False)[:, :3] / 255)
    assert (np.diff(bright) > 0).all()
    white = coloring.dimmed(np.full((1, 1, 3), 255, np.uint8))[0, 0]
    assert white.tolist() == [85, 85, 85]
    assert bright[0] > coloring.luminance(white / 255)


@pytest.mark.parametrize("colors", ["", "blueRed", "purpleGreen"])
def test_signed_colors_are_equally_bright_on_both_sides_and_never_pale(colors):
    shares = np.linspace(0.25, 1, 32)
    sides = [rendering.tinted(s, 1.0, signed=True, colors=colors)[:, :3] for s in (shares, -shares)]
    for side in sides:
        assert (np.ptp(side.astype(int), axis=1) > 120).all()  # saturated
        bright = coloring.luminance(side / 255)
        assert (np.diff(bright) >= 0).all()
        assert bright[0] > coloring.luminance(np.full(3, 85 / 255))
    if colors != "purpleGreen":
        evidence, against = sides
        assert (evidence[:, 0] > evidence[:, 2]).all()  # red
        assert (against[:, 2] > against[:, 0]).all()  # blue


@pytest.mark.parametrize("signed", [False, True])
def test_colored_shows_what_is_not_finite_in_a_color_of_no_map(signed):
    values = np.array([np.nan, np.inf, -np.inf, 0.5])
    found = rendering.colored(values, 1.0, signed=signed)
    assert [tuple(pixel) for pixel in found[:3].tolist()] == [MAGENTA] * 3
    assert tuple(found[3]) != MAGENTA
    ramp = np.linspace(-1 if signed else 0, 1, 999)
    every = rendering.colored(ramp, 1.0, signed=signed).astype(int)
    assert np.abs(every - MAGENTA).sum(axis=1).min() > 100


@pytest.mark.parametrize("signed", [False, True])
def test_colored_of_an_all_zero_map_is_the_plate(signed):
    for scale in (0.0, 1.0):
        found = rendering.colored(np.zeros((2, 2)), scale, signed=signed)
        np.testing.assert_array_equal(found, np.broadcast_to(PLATE, (2, 2, 3)))


def test_colored_takes_another_color_map():
    assert rendering.colored(np.array([1.0]), 1.0, signed=False, colors="gray").tolist() == [
        [255, 255, 255]
    ]
    found = rendering.colored(np.array([-1.0, 1.0]), 1.0, signed=True, colors="RdBu_r")
    assert found[0, 2] > found[0, 0]
    assert found[1, 0] > found[1, 2]


def test_scale_of_is_the_largest_finite_magnitude():
    assert rendering.scale_of(np.array([1.0, -3.0, np.nan, np.inf])) == 3.0
    assert rendering.scale_of(np.array([np.nan, -np.inf])) == 0.0
    assert rendering.scale_of(np.zeros(3)) == 0.0


# -------------------------------------------------------------------------------- overlays


def random_bytes(*shape: int) -> Any:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("size", [(8, 8), (64, 64)])
def test_equal_values_have_equal_colors_on_black_and_on_white_from_a_quarter_of_the_scale(
    signed, size
):
    values = np.linspace(-1 if signed else 0, 1, 64).reshape(8, 8)
    black, white = (np.full((*size, 1), shade, np.uint8) for shade in (0, 255))
    on_black, on_white = (
        rendering.overlay(p, values, 1.0, signed=signed).astype(int) for p in (black, white)
    )
    large = np.abs(np.repeat(np.repeat(values, size[0] // 8, 0), size[0] // 8, 1)) >= 0.25
    if size != (8, 8):
        large[1:] &= large[:-1]  # smooth between rows
        large[:-1] &= large[1:]
    equal = (on_black == on_white).all(axis=-1)
    assert equal[large].mean() == 1 if size == (8, 8) else equal[large].mean() > 0.8
    assert not equal[np.abs(on_white - 85).max(axis=-1) == 0].any()


def test_zero_shows_the_input_grey_at_a_third_of_its_lightness():
    picture = np.array([[[0, 0, 0], [255, 255, 255], [240, 30, 60]]], np.uint8)
    found = rendering.overlay(picture, np.zeros((1, 3)), 1.0, signed=True)
    grey = round((0.3 * 240 + 0.59 * 30 + 0.11 * 60) / 3)
    assert found.tolist() == [[[0] * 3, [85] * 3, [grey] * 3]]


def test_overlay_smooths_a_coarse_map_over_a_picture_and_never_the_picture():
    picture = random_bytes(64, 64, 3)
    values = np.zeros((4, 4))
    values[0, 0] = 1.0
    found = rendering.overlay(picture, values, 1.0, signed=False)
    assert len(np.unique(found[:24, :24].reshape(-1, 3), axis=0)) > 200
    np.testing.assert_array_equal(found[32:, 32:], coloring.dimmed(picture)[32:, 32:])
    twice = rendering.overlay(picture, np.zeros((4, 4)), 1.0, signed=False, size=(128, 128))
    np.testing.assert_array_equal(twice[::2, 1::2], coloring.dimmed(picture))


def test_overlay_keeps_the_cells_of_a_map_over_a_tiny_input():
    found = rendering.overlay(
        np.zeros((8, 8, 1), np.uint8), np.eye(2), 1.0, signed=False, size=(32, 32)
    )
    assert len(np.unique(found.reshape(-1, 3), axis=0)) == 2
    assert (found[:16, :16] == color(1.0)).all()
    assert (found[:16, 16:] == 0).all()


def test_overlay_marks_what_is_not_finite_at_its_place():
    values = np.zeros((4, 4))
    values[1, 2] = np.nan
    found = rendering.overlay(np.zeros((64, 64, 1), np.uint8), values, 1.0, signed=False)
    assert (found[16:32, 32:48] == MAGENTA).all()
    assert (found == 0).all(axis=-1).sum() == 64 * 64 - 256


def test_resize_without_smoothing_repeats_pixels():
    picture = np.array([[[1], [2]]], np.uint8)
    found = resampling.resize(picture, (2, 4), smooth=False)
    assert found[..., 0].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2]]
    assert resampling.resize(random_bytes(2, 3, 4), (4, 6), smooth=False).shape == (4, 6, 4)


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
    maps[0], maps[1] = 1.0, 2.0
    sheet = rendering.overlay_grid([cam(maps), cam(maps, signed=True)], under, side=16)
    assert sheet.shape == (3 * (16 + GAP) + CAPTION, WIDTH, 3)
    first = resampling.resize(rendering.to_rgb(under[0]), (16, 16), smooth=False)
    np.testing.assert_array_equal(sheet[:16, :16], first)
    for row, signed in enumerate([False, True], 1):
        for column, share in enumerate((0.5, 1.0)):
            cell = sheet[row * 18 : row * 18 + 16, column * 18 : column * 18 + 16]
            assert (cell == color(share, signed=signed)).all()


def test_the_scale_of_a_pixel_map_ends_below_its_largest_hundredth_and_says_so():
    values = np.linspace(0.001, 1, 1000).reshape(1, 25, 40)
    values[0, 0, :5] = 50.0
    scale = rendering.map_scale(cam(values), (25, 40))
    assert scale.limit == pytest.approx(0.99, rel=0.01)
    assert scale.above == pytest.approx((values > scale.limit).mean())
    assert 0.005 < scale.above <= 0.01
    told = f"±{scale.limit:.3g} logit (above: {100 * scale.above:.1g}%)"
    assert scale.text("logit", signed=True) == told
    assert rendering.map_scale(cam(values), (50, 80)).limit == 50.0
    flat = rendering.map_scale(cam(np.full((1, 4, 4), 3.0)), (4, 4))
    assert (flat.limit, flat.above) == (3.0, 0.0)


def test_maps_that_tell_nothing_are_remarked():
    maps = np.random.default_rng(0).random((2, 3, 3))
    assert rendering.remark(cam(maps)) == ""
    assert rendering.remark(cam(maps[:1])) == ""
    assert rendering.remark(cam(maps[[0, 0]] + [[[0.0]], [[1e-5]]])) == ", the same for all samples"
    assert rendering.remark(cam(1e-9 * maps)) == ", all zero"
    assert rendering.remark(cam(np.full((2, 2, 2), np.nan))) == ""


def test_rounding_errors_make_no_scale():
    maps = np.stack([np.full((2, 2), 1e-9), np.full((2, 2), 0.5)]).astype("f4")
    found = cam(maps)
    assert [rendering.is_zero(found, i) for i in range(2)] == [True, False]
    assert rendering.map_scale(found, ()).limit == 0.5
    assert rendering.map_scale(cam(maps[:1]), ()).limit == 0.0
    gradient = cam(maps, unit="logit per unit of input")
    assert not rendering.is_zero(gradient, 0)


@pytest.mark.parametrize(("side", "colors"), [(32, 2), (4, 20)])
def test_overlay_grid_keeps_the_inputs_own_pixels_and_smooths_coarse_maps(side, colors):
    maps = np.zeros((1, side, side))
    maps[0, 2, 2] = 1.0
    sheet = rendering.overlay_grid([cam(maps)], np.zeros((1, 32, 32, 1), np.uint8), side=32)
    cell = sheet[34:66, :32].reshape(-1, 3)
    found = len(np.unique(cell, axis=0))
    assert found == colors if side == 32 else found > colors


@pytest.mark.parametrize("size", [(64, 48), (40, 60)])
@pytest.mark.parametrize("signed", [False, True])
def test_coarse_maps_are_smoothed_as_pillow_does(size, signed):
    values = np.random.default_rng(0).random((3, 7, 5)).astype("f4") - (0.5 if signed else 0)
    pictures = random_bytes(3, *size, 3)
    sheet = rendering.overlay_grid([cam(values, signed=signed)], pictures, side=64)
    limit = rendering.map_scale(cam(values, signed=signed), size).limit
    for column, (picture, one) in enumerate(zip(pictures, values, strict=True)):
        image = Image.fromarray(one).resize(size[::-1], Image.Resampling.BILINEAR)
        over = rendering.tinted(np.asarray(image), limit, signed=signed)
        alpha = over[..., 3:] / 255
        expected = alpha * over[..., :3] + (1 - alpha) * coloring.dimmed(picture)
        left = column * (size[1] + GAP)
        cell = sheet[size[0] + GAP : 2 * size[0] + GAP, left : left + size[1]]
        assert np.abs(cell - expected).max() <= 3  # a step of the table, where weights round


def test_channel_grid_gives_each_channel_its_own_scale():
    values = np.zeros((2, 1, 2, 2))
    values[0, 0, 1] = (0.001, 1000.0)
    sheet = rendering.channel_grid([feature_maps(values, [False, False])], side=4)
    assert sheet.shape == (4 + GAP + CAPTION, WIDTH, 3)
    for left in (0, 6):
        assert tuple(sheet[0, left]) == PLATE
        assert sheet[0, left + 3].tolist() == color(1.0)


def test_channels_stand_in_the_order_of_their_share_and_the_rest_is_told():
    shares = np.zeros((2, 20), np.float32)
    shares[0, [0, 10, 5]] = (0.25, -0.5, 0.25)
    maps = feature_maps(np.zeros((2, 1, 1, 2)), [False, False], shares=shares)
    assert rendering.by_share(maps, 0).tolist() == [1, 0]
    assert rendering.channel_text(maps, 0) == "these 2 of 20 make 75% of the evidence"
    known = feature_maps(np.zeros((2, 1, 1, 2)), [False, False])
    assert rendering.by_share(known, 0).tolist() == [0, 1]
    assert rendering.channel_text(known, 0) == "2 of 20 channels, evenly spaced"


def test_a_sheet_holds_all_slices_in_rows():
    volume = np.arange(1, 6, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 3, 1), np.uint8)
    found = rendering.sheet(volume)[..., 0]
    assert found.shape == (4, 9)
    assert found[::2, ::3].tolist() == [[1, 2, 3], [4, 5, 0]]
    assert (np.kron(found[::2, ::3], np.ones((2, 3))) == found).all()
