"""The page in the output of a notebook's cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from playwright.sync_api import Browser, expect
from support.logs import write_demo_log
from support.overview_log import EPOCHS, FOLLOWED, write_overview_log

import tfexplain
from e2e.page import ExplainPage, wait_loaded
from tfexplain.rendering import overlay

pytestmark = [pytest.mark.browser, pytest.mark.process]

Opened = Callable[..., ExplainPage]

PICTURES = np.linspace(0, 1, 2 * 16 * 16).reshape(2, 16, 16)
# Of the second sample one value is known to be the largest, one to be zero.
VALUES = np.arange(32, dtype=np.float32).reshape(2, 4, 4) / 8
VALUES[1, 0, 0] = 0


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shown")
    write_overview_log(folder / "logs")
    return folder / "logs"


@pytest.fixture(scope="module")
def cells(logs: Path) -> dict[str, str]:
    """The HTML that a notebook shows of its cells; temporary files go beside the logs."""
    temporary = logs.parent / "temporary"
    temporary.mkdir()
    np.savez(logs.parent / "arrays.npz", pictures=PICTURES, values=VALUES)
    sources = {
        "log": f"import tfexplain, numpy as np; log = tfexplain.read({str(logs)!r})\n"
        "log.show(height=700)",
        "run": "log['shortcut']['IntegratedGradients'].show(height=600)",
        "maps": f"import tempfile; tempfile.tempdir = {str(temporary)!r}\n"
        f"arrays = np.load({str(logs.parent / 'arrays.npz')!r})\n"
        "targets, scores = np.array([0, 1], 'i4'), np.array([2.5, 3.5], 'f4')\n"
        "maps = tfexplain.Attribution(\n"
        "    arrays['values'], targets, scores, 'conv', 'GradCAM', 'logit', False)\n"
        "maps.show(arrays['pictures'], class_names=['cat', 'dog'])",
    }
    notebook = nbformat.v4.new_notebook(
        cells=list(map(nbformat.v4.new_code_cell, sources.values()))
    )
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    assert list(temporary.iterdir()) == []
    return {
        name: cell.outputs[-1].data["text/html"]
        for name, cell in zip(sources, notebook.cells, strict=True)
    }


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens a page around cells, offline; afterwards nothing was logged."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.set_viewport_size({"width": 800, "height": 760})
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))

    def open_it(*shown: str, background: str = "white") -> ExplainPage:
        body = f'<!doctype html><body style="background: {background}">{"".join(shown)}'
        (tmp_path / "cell.html").write_text(body, "utf-8")
        page.goto(f"{(tmp_path / 'cell.html').as_uri()}#a-heading")
        return wait_loaded(ExplainPage(page, page.frames[1], told, []))

    yield open_it
    assert told == []
    context.close()


def test_a_cell_shows_the_page(opened: Opened, cells: dict[str, str]) -> None:
    shown = opened(cells["log"])
    share = f"{FOLLOWED['shortcut']:.0%}"
    expect(shown.frame.locator("tfx-overview")).to_contain_text(f"{share} follow the left edge")
    assert shown.epoch == EPOCHS - 1
    shown.press("Home")
    assert shown.epoch == 0
    box = shown.page.locator("iframe").bounding_box()
    assert box
    assert box["height"] == 700


def test_logged_maps_play_and_leave_the_notebook_its_address(
    opened: Opened, cells: dict[str, str]
) -> None:
    shown = opened(cells["run"], cells["log"])
    cell = shown.map("IntegratedGradients", "image", 0, "shortcut")
    now = cell.fact("scale")
    shown.press("Home")
    assert shown.epoch == 0
    assert cell.fact("scale") != now
    # The address is written a quarter of a second after a change.
    shown.frame.evaluate("() => new Promise((done) => setTimeout(done, 300))")
    assert shown.hash == "#a-heading"
    # The other cell is a page of its own: it did not open where this one is.
    expect(shown.page.frames[2].locator("tfx-overview")).to_be_visible()
    expect(shown.frame.locator("tfx-overview")).to_have_count(0)


@pytest.mark.parametrize("background", ["white", "rgb(20, 20, 20)"])
def test_maps_are_shown_over_their_inputs(
    opened: Opened, cells: dict[str, str], background: str
) -> None:
    shown = opened(cells["maps"], background=background)
    is_dark = shown.frame.locator("tfx-app").evaluate("app => app.dark")
    assert is_dark == (background != "white")
    expect(shown.frame.get_by_role("slider", name="Epoch")).to_be_hidden()
    assert shown.items() == [0, 1]
    cell = shown.map("GradCAM", "conv", 1, "maps")
    assert cell.fact("score") == "3.50 logit"
    legend = shown.frame.locator("tfx-legend").nth(1)
    expect(legend).to_contain_text("3.88 logit")
    expect(legend).not_to_contain_text("epoch")
    picture = np.round(255 * PICTURES[1]).astype(np.uint8)[..., None]
    expected = overlay(picture, VALUES[1], 31 / 8, signed=False)
    size = len(expected)
    for row, column in ((3, 3), (0, 0), (1, 2), (2, 0)):
        place = (np.array([row, column]) + 0.5) * size / 4
        drawn = cell.colour(row - 0.25, column - 0.25, 4, 4)
        same = expected[tuple((place - size / 16).astype(int))]
        np.testing.assert_allclose(drawn, same, atol=4, err_msg=f"{row}, {column}")
    assert cell.hover(3, 2, 4, 4).startswith("3.75 logit")
    cell.cell.locator("button.map").click()
    expect(shown.frame.locator("tfx-enlarged")).to_contain_text("dog")
    # Of one epoch there is nothing to play.
    expect(shown.frame.locator("tfx-film-strip")).to_have_count(0)


def test_one_run_is_shown_alone_and_its_size_is_bounded(logs: Path) -> None:
    log = tfexplain.read(logs)
    both, one = log.show().text, log["shortcut"].show().text
    assert "run=plain" in both
    assert "run=plain" not in one
    assert "run=shortcut" in one
    assert len(one) < len(both) < 10_000_000
    with pytest.raises(tfexplain.TfexplainError, match=r"expected at least \d"):
        log.show(max_mb=0.01)
    with pytest.raises(tfexplain.TfexplainError, match="height=0: expected a whole number"):
        log.show(height=0)


def test_logged_maps_hold_no_others(tmp_path: Path) -> None:
    write_demo_log(tmp_path / "logs" / "run", epochs=2, samples=2, side=8)
    run = tfexplain.read(tmp_path / "logs")["run"]
    held = re.compile(r"name=(map|channels)%2F(\w+)")
    assert set(held.findall(run.show().text)) > {("map", "GradCAM"), ("map", "IntegratedGradients")}
    assert set(held.findall(run["GradCAM"].show().text)) == {("map", "GradCAM")}
