"""The README's pictures, made anew from the demo's log: they show what the README says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import expect
from support.examples import run_example
from support.read import read_run
from support.server import Server, serve

from e2e.conftest import OpenPage
from e2e.page import ExplainPage
from e2e.pictures import DOCS, SIZE, screenshot, scrubbing
from tfexplain.story.finding import percent

pytestmark = [pytest.mark.browser, pytest.mark.process]

EPOCHS = 8
RUNS = ("plain", "shortcut")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    arguments = ("--no-serve", "--epochs", EPOCHS, "--log-dir", folder / "logs")
    done = run_example("demo.py", *arguments, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "logs"


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[Server]:
    with serve(log, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: len(runs) >= 4)
        yield server


def pixels(path: Path) -> npt.NDArray[np.int64]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), np.int64)


def told(page: ExplainPage, run: str) -> str:
    """What stands below the exchange map of a run."""
    region = page.frame.get_by_role("region", name=f"Where the label lives, {run}")
    return str(region.locator("p").inner_text())


def row(page: ExplainPage, name: str) -> list[float]:
    """What the table beside the timeline says of a metric, for both runs."""
    found = page.frame.locator("tfx-timeline tr", has_text=re.compile(rf"^\s*{name}"))
    return [float(text.rstrip("%")) for text in found.first.locator(".number").all_inner_texts()]


def coloured(picture: npt.NDArray[np.int64]) -> float:
    """The share of pixels that are no grey, below TensorBoard's own bar."""
    below = picture[100:]
    return float((below.max(axis=2) - below.min(axis=2) > 60).mean())


def drawn(page: ExplainPage, run: str, picture: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The part of the picture that shows the exchange map of a run."""
    region = page.frame.get_by_role("region", name=f"Where the label lives, {run}")
    box: Any = region.locator("canvas").first.bounding_box()
    top, left = round(box["y"]), round(box["x"])
    return picture[top : top + round(box["height"]), left : left + round(box["width"])]


def test_the_picture_shows_what_the_readme_says(
    open_tab: OpenPage, server: Server, log: Path, tmp_path: Path
) -> None:
    with open_tab(server, None) as page:
        picture = pixels(screenshot(page, tmp_path))
        expect(page.frame.get_by_role("tab", selected=True)).to_have_text("Overview")
        assert page.epoch == EPOCHS - 1
        # The place and the number of each run, as they are logged.
        for run in RUNS:
            record = read_run(log / run).record("exchange/input")
            assert f"{percent(record.share)} follow the" in told(page, run)
            assert f"{record.pairs} pairs" in told(page, run)
        share = re.search(r"(\d+)% follow the left edge", told(page, "shortcut"))
        assert share
        assert int(share[1]) > 50, "the README says that most predictions follow"
        assert "left edge" not in told(page, "plain")
        finding = f"shortcut: predictions follow the left edge in {share[1]}% of exchanges"
        expect(page.frame.get_by_text(finding).first).to_be_visible()
        # By accuracy the other run is the better one; four fifths of the weights are pruned.
        plain, shortcut = row(page, "val_accuracy")
        assert shortcut > plain
        assert row(page, "sparsity, total") == pytest.approx([80, 80], abs=0.5)
        # Drawn, and bright where the text says: at the left edge, in the rows of the mark.
        for run in RUNS:
            assert len(np.unique(drawn(page, run, picture).reshape(-1, 3), axis=0)) > 20
        light = drawn(page, "shortcut", picture).mean(axis=2)
        side = light.shape[0] / 8
        rows = light[round(2.5 * side) : round(5.5 * side)]
        assert rows[:, : round(0.8 * side)].mean() > 2 * rows[:, round(4 * side) :].mean()
        walls = page.frame.locator("tfx-wall canvas").bounding_box()
        assert walls
        assert walls["y"] + 100 < SIZE[1]


def test_the_kept_picture_has_the_size_and_scheme_of_one_made_now(
    open_tab: OpenPage, server: Server, tmp_path: Path
) -> None:
    kept = pixels(DOCS / "screenshot.png")
    with open_tab(server, None) as page:
        made = pixels(screenshot(page, tmp_path))
    assert kept.shape == made.shape == (SIZE[1], SIZE[0], 3)
    # Most of the page is its background, light in both; and about as much of it is coloured.
    assert np.median(kept, axis=(0, 1)) == pytest.approx(np.median(made, axis=(0, 1)), abs=8)
    assert np.median(made) > 200
    assert coloured(kept) == pytest.approx(coloured(made), rel=0.5)
    assert coloured(made) > 0.05


def test_the_moving_picture_has_a_frame_for_each_epoch(
    open_tab: OpenPage, server: Server, tmp_path: Path
) -> None:
    with open_tab(server, None) as page:
        screenshot(page, tmp_path)
        path = scrubbing(page, tmp_path)
    with Image.open(path) as moving, Image.open(DOCS / "scrubbing.gif") as kept:
        assert moving.n_frames == EPOCHS
        assert moving.size == kept.size
        assert kept.n_frames == 24, "the demo's epochs"
        first = np.asarray(moving.convert("L"), np.int64)
        moving.seek(EPOCHS - 1)
        assert np.abs(np.asarray(moving.convert("L"), np.int64) - first).max() > 50
