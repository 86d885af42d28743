"""Tiles of feature maps stand in the order of their shares, and keep their places."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from support.logs import LogWriter, png
from support.server import Server, serve

from e2e.conftest import OpenPage
from e2e.page import ExplainPage, point
from tfexplain.wire import schema

pytestmark = [pytest.mark.browser, pytest.mark.process]

COUNT, EPOCHS, TILES = 20, 4, 8
# Channel 3 is dead at the last epoch, the first two have no maps but at the first.
DEAD = 3


def shares(epoch: int) -> np.ndarray:
    sizes = np.arange(COUNT, 0, -1.0)
    sizes[DEAD] *= epoch < EPOCHS - 1
    return np.where(np.arange(COUNT) == 2, -1, 1) * sizes / sizes.sum()


def order() -> list[int]:
    means = np.mean([np.abs(shares(epoch)) for epoch in range(EPOCHS)], axis=0)
    return np.argsort(-means, kind="stable").tolist()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log_dir = tmp_path_factory.mktemp("features")
    write(log_dir / "run")
    with serve(log_dir, "--host", "127.0.0.1") as started:
        started.wait_for(lambda runs: sum(len(run["groups"]) == 3 for run in runs.values()) == 1)
        yield started


def write(run: Path) -> None:
    """Maps that rise from the left to the right, of a layer of 8 x 8 and of one of 3 x 3."""
    log = LogWriter(run / "explain")
    picture = png(np.zeros((64, 64), np.uint8))
    log.write("inputs/image", 0, [picture], schema.Content("inputs").encode())
    samples = schema.Samples(
        np.zeros(1), np.arange(1), "class", layers={"FeatureMaps": ["conv", "deep"]}
    )
    log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
    for epoch in range(EPOCHS):
        for layer, side in (("conv", 8), ("deep", 3)):
            kept = np.arange(18) + (2 if epoch else 0)
            maps = np.broadcast_to(np.linspace(0, 1, side), (18, side, side))
            dead = (kept == DEAD) & (epoch == EPOCHS - 1)
            known = shares(epoch) if layer == "conv" else None
            record = schema.Channels(maps * ~dead[:, None, None], kept, dead, known)
            total = COUNT if layer == "conv" else 2 * COUNT
            content = schema.Content("channels", "activation", False, maps.shape, "image", total)
            log.record(schema.Tag("channels", "FeatureMaps", layer, 0), epoch, record, content)
    log.close()


def tile(page: ExplainPage, cell: Locator, place: int) -> str:
    """What is told of a tile, counted as it is drawn: two rows."""
    columns = TILES // 2
    x, y = (place % columns + 0.45) / columns, (place // columns + 0.3) / 2
    return point(page, cell.locator("canvas"), x, y)


def test_tiles_keep_their_places_and_say_what_channels_are_and_were(
    open_tab: OpenPage, server: Server, artifacts: Path
) -> None:
    with open_tab(server) as page:
        cell = page.frame.locator("tfx-tiles-cell")
        expect(cell).to_have_count(1)
        expect(cell.locator("button.map")).to_have_attribute(
            "aria-label", "Enlarge the channels of conv, sample 0, run run"
        )
        shown = order()[:TILES]
        made = np.abs(shares(EPOCHS - 1))[shown].sum()
        told = f"these 8 of 20 make {made:.0%} of the evidence"
        expect(cell.locator(".told")).to_have_text(told)
        cell.scroll_into_view_if_needed()
        page.settle()
        page.page.screenshot(path=artifacts / "feature-maps-light.png")
        first = tile(page, cell, 0)
        assert first.startswith("channel 0: 10.4% of the evidence; its map is not logged at this")
        against = tile(page, cell, shown.index(2))
        assert against.startswith("channel 2: −9.33% of the evidence; max |value| 1.00 activation")
        dead = tile(page, cell, shown.index(DEAD))
        assert dead.startswith(
            "channel 3: dead, never above zero on the validation batch; was 8.1%"
        )
        page.press("Home")
        now = np.abs(shares(0))[shown].sum()
        told = f"these 8 of 20 make {now:.0%} of the evidence"
        expect(cell.locator(".told")).to_have_text(told)
        first = tile(page, cell, 0)
        assert first.startswith("channel 0: 9.52% of the evidence; max |value| 1.00 activation")
        assert tile(page, cell, shown.index(DEAD)).startswith("channel 3: 8.10% of the evidence")


def test_the_table_has_all_channels_in_the_order_of_the_tiles(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server) as page:
        page.frame.locator("tfx-tiles-cell").get_by_role("button").click()
        page.settle()
        page.frame.get_by_text("Values as a table").click()
        rows = page.frame.locator("tfx-enlarged tbody tr")
        expect(rows).to_have_count(COUNT)
        cells = [row.locator("th, td").all_inner_texts() for row in rows.all()]
        assert [int(row[0]) for row in cells] == order()
        assert cells[0][1:] == ["not logged", "", "10.4%"]
        assert cells[order().index(DEAD)][1:] == ["0", "dead", "0%"]
        canvas = page.frame.locator("tfx-enlarged .stage canvas")
        canvas.press("ArrowRight")
        assert page.text("tfx-enlarged .readout").startswith("channel 1: 9.8")


def test_without_shares_the_head_says_how_channels_were_chosen(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server, "&p.tfexplain.groups=channels%2FFeatureMaps%2Fdeep") as page:
        told = page.frame.locator("tfx-tiles-cell .told")
        expect(told).to_have_text("20 of 40 channels, evenly spaced")
