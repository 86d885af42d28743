"""Colours mean the map and nothing else: given values, read off the canvas."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, expect
from support.logs import LogWriter, png
from support.server import Server, serve

from e2e.conftest import OpenPage
from e2e.page import ExplainPage, MapCell
from tfexplain.rendering import overlay
from tfexplain.wire import schema

pytestmark = [pytest.mark.browser, pytest.mark.process]

SIDE, CELL = 64, 192
BLACK, WHITE, FAINT = range(3)
PICTURES = [np.full((SIDE, SIDE), shade, np.uint8) for shade in (0, 255, 0)]
RISING = np.linspace(-1, 1, 64, dtype=np.float32).reshape(8, 8)
RISING[4, :] = 0.0
COARSE = np.abs(RISING)
FINE = np.kron(RISING, np.ones((8, 8), np.float32))
STRENGTH = {BLACK: 1.0, WHITE: 1.0, FAINT: 0.2}


def write(log_dir: Path, factor: float = 1.0) -> None:
    """Maps of given values over a black, a white and another black picture, the last ones faint."""
    log = LogWriter(log_dir / "explain")
    log.write("inputs/image", 0, [png(p) for p in PICTURES], schema.Content("inputs").encode())
    samples = schema.Samples(np.zeros(3), np.arange(3), "class")
    log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
    outputs = np.array([[0.338, 0.662]] * 3)
    same = schema.Predictions(outputs, outputs.argmax(1), 1, "softmax")
    log.record(schema.Tag("predictions"), 0, same, schema.Content("predictions"))
    for sample, strength in STRENGTH.items():
        size = np.float32(strength * factor)
        for name, layer, values in (
            ("GradCAM", "conv", COARSE * size),
            ("IG", "image", FINE * size),
            ("Noise", "image", FINE * np.float32(1e-9)),
            ("Zero", "image", FINE * 0),
            ("Same", "conv", COARSE),
        ):
            signed = layer == "image"
            content = schema.Content("map", "logit", signed, values.shape, "image")
            record = schema.Map(values, 1.5, 0)
            log.record(schema.Tag("map", name, layer, sample), 0, record, content)
        channels = schema.Channels(np.full((40, 4, 4), 0.00188), np.arange(40) * 33, np.zeros(40))
        content = schema.Content("channels", "activation", False, (40, 4, 4), "image", 1280)
        log.record(schema.Tag("channels", "FeatureMaps", "conv", sample), 0, channels, content)
    log.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log_dir = tmp_path_factory.mktemp("legible")
    write(log_dir / "a")
    write(log_dir / "b", 0.5)
    with serve(log_dir, "--host", "127.0.0.1") as started:
        started.wait_for(lambda runs: sum(len(run["groups"]) == 8 for run in runs.values()) == 2)
        yield started


def drawn(cell: MapCell) -> Any:
    """Every pixel of a map, [height, width, 3]."""
    cell.draw()
    return pixels(cell.cell)


def pixels(part: Locator) -> Any:
    """Every pixel of a part's canvas, [height, width, 3]."""
    url = part.locator("canvas").evaluate("c => c.toDataURL('image/png')")
    picture = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    return np.asarray(picture.convert("RGB")).astype(int)


def place(*, names: str = "map/GradCAM/conv,map/IG/image", **view: str) -> str:
    view = {"groups": names.replace("/", "%2F"), "samples": "0.1.2", "size": str(CELL), **view}
    return "".join(f"&p.tfexplain.{key}={value}" for key, value in view.items())


def limits_of(scale: str, sample: int, run: str) -> float:
    """The end of the scale: of a sample the largest of both runs, of which `a` has twice `b`'s."""
    if scale == "all":
        return 1.0
    own = STRENGTH[sample]
    return own if scale == "sample" else own * (1.0 if run == "a" else 0.5)


@pytest.mark.parametrize(
    ("scale", "pixels"),
    [
        ("sample", "auto"),
        ("all", "auto"),
        ("map", "auto"),
        ("sample", "nearest"),
        ("all", "smooth"),
    ],
)
def test_equal_values_have_equal_colours_and_zero_shows_the_input(
    open_tab: OpenPage, server: Server, scale: str, pixels: str
) -> None:
    with open_tab(server, place(scale=scale, pixels=pixels)) as page:
        for explainer, layer, signed, values in (
            ("GradCAM", "conv", False, COARSE),
            ("IG", "image", True, FINE),
        ):
            found = {
                (run, sample): drawn(page.map(explainer, layer, sample, run))
                for run in "ab"
                for sample in STRENGTH
            }
            smooth = pixels == "smooth" or (pixels == "auto" and explainer == "GradCAM")
            for (run, sample), colours in found.items():
                limit = limits_of(scale, sample, run)
                own = values * STRENGTH[sample] * (1.0 if run == "a" else 0.5)
                if smooth:
                    continue
                own = np.kron(own, np.ones((SIDE // len(own),) * 2))
                expected = overlay(PICTURES[sample][..., None], own, limit, signed=signed)
                assert np.abs(colours[1::3, 1::3] - expected).max() <= 3, (run, sample)
            large = np.kron(np.abs(values), np.ones((CELL // len(values),) * 2)) > 0.3
            inside = large.copy()
            for axis in (0, 1):
                for by in range(-24, 25, 4):
                    inside &= np.roll(large, by, axis)
            black, white = found["a", BLACK], found["a", WHITE]
            assert inside.any()
            np.testing.assert_array_equal(black[inside], white[inside])
            # Values that are spread are zero at the middle of their row alone.
            middle, near = (slice(107, 109), 40) if smooth else (slice(97, 119), 1)
            assert np.abs(black[middle]).max() <= near
            assert np.abs(white[middle] - 85).max() <= near
            if explainer == "GradCAM":
                shades = len(np.unique(black.reshape(-1, 3), axis=0))
                assert shades > 150 if smooth else shades <= 64


def test_where_no_worker_can_draw_the_page_does(open_tab: OpenPage, server: Server) -> None:
    names = "map/GradCAM/conv,map/IG/image,channels/FeatureMaps/conv"
    with open_tab(server, place(names=names)) as page:
        seen = []
        for is_here in (False, True):
            maps = [page.map(*name, BLACK, "a") for name in (("GradCAM", "conv"), ("IG", "image"))]
            tiles = page.frame.locator("tfx-tiles-cell").first
            tiles.scroll_into_view_if_needed()
            expect(tiles.locator(".dead")).not_to_be_empty()
            page.settle()
            seen.append([*(drawn(cell) for cell in maps), pixels(tiles)])
            loaded = any("/draw-" in url for url in page.requests)
            assert loaded == is_here
            page.page.route("**/drawing-worker.js", lambda route: route.abort())
            page.reload()
        for ours, theirs in zip(*seen, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1)
        page.errors.clear()  # that the worker's script could not be loaded


def test_rounding_errors_zeros_and_what_is_the_same_for_all_are_told(
    open_tab: OpenPage, server: Server
) -> None:
    names = "map/Noise/image,map/Zero/image,map/Same/conv,map/GradCAM/conv"
    with open_tab(server, place(names=names, runs="a%2Fexplain", scale="map")) as page:
        alone = "the model predicts the same for all"
        noise = page.map("Noise", "image", WHITE, "a")
        assert np.abs(drawn(noise) - 85).max() <= 1  # never stretched into a picture
        assert noise.flag == f"zero but for rounding errors · {alone}"
        assert page.map("Zero", "image", WHITE, "a").flag == f"all zero · {alone}"
        same = page.map("Same", "conv", WHITE, "a").flag
        assert same == f"the same for all samples · {alone}"
        assert page.map("GradCAM", "conv", WHITE, "a").flag == alone
        legend = page.frame.locator("tfx-legend").first
        expect(legend.locator(".scope:not(.level)")).to_have_text("max of each map")


def test_the_legend_says_what_the_scale_is_and_the_bar_how_faint_a_map_is(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server, place(samples=str(FAINT))) as page:
        cam, gradients = (page.frame.locator("tfx-legend").nth(i) for i in (0, 1))
        expect(cam.locator(".ends")).to_have_text("00.200 logit")
        expect(cam.locator(".scope:not(.level)")).to_have_text("this sample, shown runs")
        expect(gradients.locator(".ends")).to_contain_text("logit")
        cell = page.map("GradCAM", "conv", FAINT, "a")
        assert cell.fact("limit") == "0.200 logit"
        assert cell.level == pytest.approx(0.2, abs=0.01)
    with open_tab(server, place(samples=str(FAINT), scale="all")) as page:
        legend = page.frame.locator("tfx-legend").first
        expect(legend.locator(".ends")).to_have_text("01.00 logit")
        expect(legend.locator(".scope:not(.level)")).to_have_text("all samples, shown runs")


def test_every_difference_has_a_legend_or_a_reason(
    open_tab: OpenPage, server: Server, artifacts: Path
) -> None:
    names = "map/GradCAM/conv,channels/FeatureMaps/conv"
    with open_tab(server, place(names=names, samples=str(WHITE))) as page:
        cell = page.frame.locator("tfx-difference-cell")
        cell.scroll_into_view_if_needed()
        expect(cell.locator(".ends").first).to_have_text("−1.0001.00 logit")
        expect(cell.locator(".ends").nth(1)).to_contain_text("a →")
        row = page.frame.locator("tfx-grid")
        expect(row).to_contain_text("No difference: each training has channels of its own.")
        show(page, artifacts / "legible-difference.png")


def show(page: ExplainPage, path: Path) -> None:
    page.settle()
    page.page.screenshot(path=path)
