"""What is in sight as a file: PNG and SVG, wherever the page stands."""

from __future__ import annotations

import base64
import io
import re
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect
from support.compressed_logs import write_compressed_log
from support.overview_log import EPOCHS as STORY_EPOCHS
from support.overview_log import FOLLOWED, write_overview_log
from support.server import Server, serve

from e2e.axe import assert_nothing_serious
from e2e.conftest import EPOCHS, OpenPage
from e2e.figures import SVG, export, texts
from e2e.page import ExplainPage, wait_loaded
from tfexplain import __version__, cli

pytestmark = [pytest.mark.browser, pytest.mark.process]

HREF = "{http://www.w3.org/1999/xlink}href"
# What a file may name without asking for it.
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def rasters(figure: ElementTree.Element) -> list[tuple[tuple[float, ...], Image.Image, bool]]:
    """Where each picture lies, its own pixels, and whether these stay sharp."""
    found = []
    for image in figure.iter(f"{SVG}image"):
        kind, _, data = image.attrib[HREF].partition(",")
        assert kind == "data:image/png;base64"
        place = tuple(float(image.attrib[name]) for name in ("x", "y", "width", "height"))
        pixels = Image.open(io.BytesIO(base64.b64decode(data)))
        found.append((place, pixels, "pixelated" in image.get("style", "")))
    return found


def test_the_files_hold_what_is_in_sight_and_say_what_it_is(
    open_tab: OpenPage, fit_server: Server
) -> None:
    place = "&p.tfexplain.view=samples&p.tfexplain.samples=0&p.tfexplain.scale=all"
    with open_tab(fit_server, place, color_scheme="dark") as page:
        page.seek(EPOCHS - 2)
        cell = page.map("GradCAM", "conv2", 0, "first")
        cell.draw()
        scale = page.frame.locator("tfx-legend .ends").first.locator("span").last.inner_text()
        background = page.frame.locator("tfx-app").evaluate(
            "app => getComputedStyle(app).backgroundColor"
        )
        name, svg = export(page, "SVG")
        assert name == f"tfexplain-samples-epoch-{EPOCHS - 2}.svg"
        name, png = export(page, "PNG")
        assert name == f"tfexplain-samples-epoch-{EPOCHS - 2}.png"
        wanted = np.array([[cell.colour(row, x, 8, 8) for x in range(8)] for row in range(8)])
        # Nothing of the page has changed.
        after = page.frame.locator("tfx-app").evaluate(
            "app => getComputedStyle(app).backgroundColor"
        )
        assert after == background

    figure = ElementTree.fromstring(svg)
    assert set(re.findall(r"https?://[^\"]+", svg.decode())) == NAMESPACES
    assert {part.tag.removeprefix(SVG) for part in figure.iter()} <= {
        *("svg", "title", "defs", "linearGradient", "stop", "clipPath"),
        *("g", "path", "rect", "text", "image"),
    }
    told = texts(figure)
    caption = " ".join(told)
    assert f"Runs first and second: epoch {EPOCHS - 2}, with the weights at its end" in told
    assert "GradCAM of conv2 (" in caption
    assert "Explained target: digit" in caption
    assert scale in told
    assert "all samples, shown runs, all epochs" in told
    assert f"Made with tfexplain {__version__} " in caption
    for title in ("GradCAM", "conv2", "first", "second", "first minus second"):
        assert title in told

    # The map at its own resolution, and in the other file, over its input, at the same place.
    maps = [(place, pixels) for place, pixels, sharp in rasters(figure) if pixels.size == (4, 4)]
    (x, y, width, height), own = maps[0]
    assert own.mode == "RGBA"
    image = Image.open(io.BytesIO(png)).convert("RGB")
    assert image.size == tuple(2 * int(figure.attrib[side]) for side in ("width", "height"))
    pixels = np.asarray(image).astype(int)
    rows = [int(2 * (y + height * (row + 0.5) / 8)) for row in range(8)]
    columns = [int(2 * (x + width * (column + 0.5) / 8)) for column in range(8)]
    assert np.abs(pixels[np.ix_(rows, columns)] - wanted).max() <= 3
    # On white, whatever the theme; the legend's bar goes from the darkest to the brightest colour.
    assert (pixels[[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()
    bar = next(path for path in figure.iter(f"{SVG}path") if "url(" in path.attrib["fill"])
    left, top, length, _ = map(float, re.findall(r"-?[\d.]+", bar.attrib["d"])[:4])
    line = pixels[int(2 * (top + 4)), [int(2 * left) + 4, int(2 * (left + length)) - 4]]
    assert line[0].max() < 40
    assert line[1].min() > 100


def test_layers_and_histograms_are_shapes(open_tab: OpenPage, tmp_path: Path) -> None:
    write_compressed_log(tmp_path / "pruned", epochs=3, maps=False)
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: len(runs) == 1)
        with open_tab(server, "&p.tfexplain.view=model&p.tfexplain.layer=conv1") as page:
            expect(page.frame.locator("tfx-kernel canvas.bars")).to_be_visible()
            page.settle()
            figure = ElementTree.fromstring(export(page, "SVG")[1])
            values = page.frame.locator("tfx-layer-strip .values span").all_inner_texts()
            colours = page.frame.locator("tfx-metric-bar .legend span").all_inner_texts()
    told = texts(figure)
    assert {"conv1", "conv2", *values, colours[0]} <= set(told)
    assert "Layers over epochs: sparsity, weights that are zero when the layer computes." in told
    assert any(text.startswith("conv1: histogram of what is not zero") for text in told)
    # The histogram's outline has two corners a bin; only its history below is made of pixels.
    lines = [path for path in figure.iter(f"{SVG}path") if "stroke" in path.attrib]
    outlines = [path.attrib["d"].count("L") for path in lines]
    assert max(outlines) > 40
    assert all(pixels.size[1] == 1 for _, pixels, _ in rasters(figure))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    write_overview_log(folder / "logs")
    out = folder / "report.html"
    assert cli.main(["report", str(folder / "logs"), "-o", str(out)]) == 0
    return out


@pytest.mark.parametrize("where", ["file", "srcdoc", "sandbox"])
def test_it_works_in_a_report_and_in_the_cell_of_a_notebook(
    browser: Browser, report: Path, tmp_path: Path, where: str
) -> None:
    around = report
    if where != "file":
        around = tmp_path / "cell.html"
        frame = f'<iframe srcdoc="{escape(report.read_text("utf-8"))}" width=1200 height=700'
        sandbox = ' sandbox="allow-scripts"' if where == "sandbox" else ""
        around.write_text(f"<!doctype html><body>{frame}{sandbox}></iframe>", "utf-8")
    context = browser.new_context(offline=True, viewport={"width": 1300, "height": 760})
    page = context.new_page()
    page.goto(around.as_uri())
    found = wait_loaded(ExplainPage(page, page.frames[-1], [], []))
    if where == "sandbox":
        found.frame.get_by_role("button", name="Export", exact=True).click()
        found.frame.get_by_role("button", name="PNG", exact=True).click()
        menu = found.frame.locator("tfx-export")
        expect(menu.get_by_role("status")).to_contain_text("to save it")
        expect(menu.get_by_role("img")).to_be_visible()
        size = menu.get_by_role("img").evaluate("async (e) => (await e.decode(), e.naturalWidth)")
        assert size > 1000
        assert_nothing_serious(found)
    else:
        # A file has an address, a cell has none.
        link = found.frame.get_by_role("button", name="Copy link")
        expect(link).to_have_count(int(where == "file"))
        _, svg = export(found, "SVG")
        told = texts(ElementTree.fromstring(svg))
        assert f"{FOLLOWED['shortcut']:.0%} follow the left edge" in " ".join(told)
        # The wall has no legend on the page; without one, nobody could read it.
        assert any(text.startswith("max of each sample over") for text in told)
        assert f"epoch {STORY_EPOCHS - 1}" in " ".join(told)
    context.close()
