"""What a person reads off the first screen, and asks of it: boxes, samples, findings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Locator, Route, expect
from support.overview_log import (
    DIFFERS,
    EPOCHS,
    RUNS,
    SAMPLES,
    SIDE,
    write_flat_log,
    write_overview_log,
    write_table_log,
    write_volume_log,
)
from support.read import read_run
from support.server import Server, serve

from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from e2e.page import ExplainPage, point

pytestmark = [pytest.mark.browser, pytest.mark.process]

ROWS, COLUMN = slice(2, 6), 0


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("overview")
    write_overview_log(log_dir)
    return log_dir


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[Server]:
    with serve(log, "--host", "127.0.0.1") as server:
        server.wait_for_runs(len(RUNS), EPOCHS - 1)
        yield server


def maps(log: Path, run: str, epoch: int) -> npt.NDArray[np.float64]:
    """Maps of all samples as they are logged, float64 [N, H, W]."""
    found = read_run(log / run).maps("IntegratedGradients", "image", epoch)
    return np.stack([record.values for record in found]).astype(np.float64)


def in_box(log: Path, run: str, epoch: int) -> str:
    """The share of the maps' magnitudes in the box, as the page writes it."""
    sizes = np.abs(maps(log, run, epoch))
    shares = sizes[:, ROWS, COLUMN].sum(1) / sizes.sum((1, 2))
    return f"{shares.mean():.1%}"


def place(page: ExplainPage, run: str) -> Locator:
    return page.frame.get_by_role("region", name=f"Where the label lives, {run}")


def told_of_box(page: ExplainPage) -> list[str]:
    """What the table beside the timeline says of the box, for both runs."""
    row = page.frame.locator("tfx-timeline tr", has_text="in rows 2 to 5, column 0")
    return row.locator(".number").all_inner_texts()


def draw_box(page: ExplainPage, layer: Locator) -> None:
    """Drag over rows 2 to 5 of column 0."""
    box = layer.bounding_box()
    assert box
    cell = box["width"] / SIDE
    page.page.mouse.move(box["x"] + 0.3 * cell, box["y"] + 2.3 * cell)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 0.5 * cell, box["y"] + 4 * cell)
    page.page.mouse.move(box["x"] + 0.7 * cell, box["y"] + 5.7 * cell)
    page.page.mouse.up()
    page.settle()


def test_the_first_screen_says_where_the_label_lives(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server, None) as page:
        page.page.set_viewport_size({"width": 1440, "height": 900})
        expect(page.frame.get_by_role("tab", selected=True)).to_have_text("Overview")
        expect(place(page, "plain")).to_contain_text("36% follow the middle")
        expect(place(page, "shortcut")).to_contain_text("61% follow the left edge")
        expect(place(page, "shortcut")).to_contain_text("chance 5% · 200 pairs")
        finding = page.frame.get_by_role(
            "button", name=re.compile("^Show it|shortcut: predictions")
        )
        expect(finding).to_contain_text("follow the left edge in 61% of exchanges")
        # All of it is in sight, and so is the last sample of the wall.
        room = page.frame.locator("tfx-overview").bounding_box()
        assert room
        for part in (place(page, "shortcut"), page.frame.locator("tfx-wall canvas")):
            box = part.bounding_box()
            assert box
            assert box["y"] + box["height"] <= room["y"] + room["height"]


def test_exchanges_follow_the_playhead_and_say_of_which_epoch_they_are(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server, "&p.tfexplain.view=overview") as page:
        page.seek(3)
        # 0.61 times 3 / 5, of epoch 2.
        expect(place(page, "shortcut")).to_contain_text("37% follow the left edge")
        expect(place(page, "shortcut")).to_contain_text("from epoch 2")
        page.seek(4)
        expect(place(page, "shortcut")).not_to_contain_text("from epoch")


def test_exchanges_by_class_and_as_numbers(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server, "&p.tfexplain.view=overview") as page:
        page.frame.get_by_role("button", name="Numbers").click()
        table = page.frame.get_by_role("table", name=re.compile("^shortcut"))
        # 0.7 times 0.61 at the left edge, 0.08 elsewhere.
        expect(table.get_by_role("row").nth(3).get_by_role("cell").first).to_have_text("43%")
        expect(table.get_by_role("row").nth(3).get_by_role("cell").last).to_have_text("8%")
        page.page.keyboard.press("Escape")
        page.choose("Windows of class", "1")
        expect(place(page, "shortcut")).to_contain_text("up to 21% follow dog")
        page.wait_for_link("p.tfexplain.given=1")


def test_a_box_draws_its_share_of_the_maps_and_is_part_of_the_link(
    open_tab: OpenPage, server: Server, log: Path
) -> None:
    with open_tab(server, "&p.tfexplain.view=overview") as page:
        draw_box(page, page.frame.locator("tfx-mean-input tfx-boxes"))
        for epoch in (0, EPOCHS - 1):
            page.seek(epoch)
            assert page.until(lambda: told_of_box(page) == [in_box(log, r, epoch) for r in RUNS])  # noqa: B023
        page.seek(1)
        page.wait_for_link("p.tfexplain.boxes=2x4x0x1")
        page.wait_for_link("p.tfexplain.step=1")
        link = page.page.url
        with open_tab(server, link=link) as other:
            assert other.epoch == 1
            assert other.until(lambda: told_of_box(other) == [in_box(log, r, 1) for r in RUNS])
            expect(place(other, "plain")).to_contain_text("from epoch 0")
        group = page.frame.get_by_role("group", name="Box 1")
        group.get_by_label("rows", exact=True).fill("2")
        group.get_by_label("rows", exact=True).press("Enter")
        page.wait_for_link("p.tfexplain.boxes=2x2x0x1")
        group.get_by_role("button", name="Remove box 1").click()
        expect(page.frame.locator("tfx-timeline tr", has_text="column 0")).to_have_count(0)


def test_a_box_is_drawn_on_a_sample_too(open_tab: OpenPage, server: Server, log: Path) -> None:
    with open_tab(server) as page:
        draw_box(page, page.frame.locator("tfx-grid tfx-boxes").first)
        last = [in_box(log, run, EPOCHS - 1) for run in RUNS]
        assert page.until(lambda: told_of_box(page) == last)


def test_the_sample_that_runs_disagree_on_most_comes_first(
    open_tab: OpenPage, server: Server, log: Path
) -> None:
    a, b = (maps(log, run, EPOCHS - 1).reshape(SAMPLES, -1) for run in RUNS)
    differences = [1 - np.corrcoef(x, y)[0, 1] for x, y in zip(a, b, strict=True)]
    order = np.argsort(differences)[::-1].tolist()
    assert order[0] == DIFFERS
    with open_tab(server, "&p.tfexplain.view=overview") as page:
        wall = page.frame.get_by_role("grid", name="Maps of all samples")
        names = wall.get_by_role("row").first.get_by_role("gridcell")
        expect(names.first).to_contain_text(f"plain, sample {DIFFERS}, label cat")
        assert [_sample(name) for name in names.all_inner_texts()] == order
        expect(names.first).to_contain_text("right")
        epoch = page.epoch
        wall.press("ArrowRight")
        wall.press("ArrowDown")
        active = wall.get_attribute("aria-activedescendant")
        name = page.frame.locator(f"#{active}").inner_text()
        assert name.startswith(f"shortcut, sample {order[1]},")
        assert page.epoch == epoch
        wall.press("Enter")
        expect(page.frame.get_by_role("region", name=f"Sample {order[1]}")).to_be_visible()


def _sample(name: str) -> int:
    found = re.search(r"sample (\d+)", name)
    assert found
    return int(found[1])


def test_the_wall_is_sorted_and_filtered(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server, "&p.tfexplain.view=overview") as page:
        names = page.frame.get_by_role("grid").get_by_role("row").first.get_by_role("gridcell")
        page.choose("Sorted by", "class")
        assert [_sample(name) for name in names.all_inner_texts()] == [0, 2, 4, 1, 3, 5]
        page.choose("Samples", "1")
        assert sorted(_sample(name) for name in names.all_inner_texts()) == [1, 3, 5]
        expect(page.frame.locator("tfx-wall")).to_contain_text(f"3 of {SAMPLES} samples")
        expect(page.frame.locator("tfx-mean-maps")).to_contain_text("of 3 samples")
        page.choose("Samples", "wrong")
        expect(page.frame.locator("tfx-wall")).to_contain_text("No sample is left by the filter.")
        expect(page.frame.locator("tfx-wall")).to_contain_text(f"0 of {SAMPLES} samples")


def test_a_finding_leads_to_its_place(open_tab: OpenPage, server: Server, log: Path) -> None:
    with open_tab(server, "&p.tfexplain.view=overview&p.tfexplain.step=0") as page:
        page.frame.get_by_role("button", name=re.compile("shortcut: predictions")).click()
        expect(page.frame.get_by_role("group", name="Box 1")).to_be_visible()
        assert page.epoch == EPOCHS - 1
        page.wait_for_link("p.tfexplain.boxes=2x4x0x4")


def test_where_no_place_is_followed_one_line_says_so_and_the_samples_have_the_room(
    open_tab: OpenPage, tmp_path: Path
) -> None:
    write_flat_log(tmp_path)
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: len(runs) == 1)
        with open_tab(server, "&p.tfexplain.view=overview") as page:
            overview = page.frame.locator("tfx-overview")
            expect(overview).to_contain_text("no place is followed more often than by chance")
            expect(page.frame.locator("tfx-exchange")).to_have_count(0)
            room, wall = overview.bounding_box(), page.frame.locator("tfx-wall").bounding_box()
            assert room
            assert wall
            assert wall["width"] == room["width"]


def test_of_volumes_the_most_of_any_slice_is_shown(open_tab: OpenPage, tmp_path: Path) -> None:
    write_volume_log(tmp_path)
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: len(runs) == 1)
        with open_tab(server, "&p.tfexplain.view=overview") as page:
            expect(place(page, "shortcut")).to_contain_text("61% follow the left edge")
            expect(place(page, "shortcut")).to_contain_text("200 pairs · the most of any slice")
            expect(page.frame.locator("tfx-mean-input h3")).to_have_text("mean of all slices")
            # A box is the same place in all slices: 1 of 4.
            draw_box(page, page.frame.locator("tfx-mean-input tfx-boxes"))
            told = page.frame.get_by_role("group", name="Values at this epoch")
            expect(told).to_contain_text("in rows 2 to 5, column 0")
            expect(told).to_contain_text("25.0%")
            assert_nothing_serious(page)


def test_columns_of_a_table_are_bars_by_name(open_tab: OpenPage, tmp_path: Path) -> None:
    write_table_log(tmp_path)
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: len(runs) == 1)
        with open_tab(server, "&p.tfexplain.view=overview") as page:
            table = place(page, "table")
            expect(table).to_contain_text("70% follow column “hospital”")
            expect(table).to_contain_text("few pairs where hatched")
            bars = table.locator("canvas")
            assert point(page, bars, 0.5, 0.5) == "hospital: 70% follow (68% to 72%)"
            page.frame.get_by_role("button", name="Numbers").click()
            row = page.frame.get_by_role("row", name="hospital")
            expect(row.get_by_role("cell")).to_have_text("70%")
            assert_nothing_serious(page)
            page.page.keyboard.press("Escape")
            # Columns are chosen by name; there is nothing to be dragged: 2 of 3.5, in all samples.
            expect(page.frame.get_by_role("button", name="Add a box")).to_have_count(0)
            page.frame.get_by_role("button", name="Add a column").click()
            column = page.frame.get_by_role("group", name="Column 1").get_by_label("Which column")
            assert column.locator("option").all_inner_texts() == ["age", "hospital", "dose"]
            column.select_option("hospital")
            told = page.frame.get_by_role("group", name="Values at this epoch")
            expect(told).to_contain_text("in column “hospital”")
            expect(told).to_contain_text("57.1%")
            page.wait_for_link("p.tfexplain.boxes=1x1")
            # The next one is of another column: 0.5 of 3.5.
            page.frame.get_by_role("button", name="Add a column").click()
            expect(told).to_contain_text("in column “age”")
            expect(told).to_contain_text("14.3%")
            assert_nothing_serious(page)


def test_findings_take_one_line_of_a_low_frame(open_tab: OpenPage, server: Server) -> None:
    texts = [f"{run}: {what}." for run in RUNS for what in ("one thing", "another thing")]
    told = {"findings": [{"kind": "slow", "run": t[:5], "text": t, "step": 0} for t in texts]}
    with open_tab(server, "&p.tfexplain.view=overview") as page:
        page.page.route("**/findings", lambda route: route.fulfill(json=told))
        page.page.set_viewport_size({"width": 1440, "height": 660})
        page.reload()
        strip = page.frame.get_by_role("list", name="Findings")
        expect(strip.get_by_text(texts[0])).to_be_visible()
        expect(strip.get_by_text(texts[1])).to_be_hidden()
        strip.get_by_role("button", name="3 more").click()
        for text in texts:
            expect(strip.get_by_text(text)).to_be_visible()
        page.page.set_viewport_size({"width": 1440, "height": 900})
        expect(strip.get_by_role("button", name="Less")).to_be_hidden()


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_moves_when_findings_come(open_tab: OpenPage, server: Server, count: int) -> None:
    found = [{"kind": "slow", "run": RUNS[0], "text": "one thing.", "step": 0}] * count
    held: list[Route] = []
    with open_tab(server, "&p.tfexplain.view=overview") as page:
        page.page.route("**/findings", lambda route: held.append(route))
        page.page.reload()
        frame = page.page.frame_locator("iframe[src*='name=tfexplain']")
        expect(frame.get_by_text("Looking for what stands out")).to_be_visible()
        # What the exchanges say beside the wall has a size of its own.
        expect(frame.locator("tfx-exchange .scale")).to_be_visible()
        wall = frame.locator("tfx-wall")
        before = wall.bounding_box()
        held[0].fulfill(json={"findings": found})
        expect(frame.get_by_text("one thing." if found else "No findings.")).to_be_visible()
        assert before
        assert wall.bounding_box() == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_overview_is_accessible(open_tab: OpenPage, server: Server, scheme: str) -> None:
    place = "&p.tfexplain.view=overview&p.tfexplain.boxes=2x4x0x1"
    with open_tab(server, place, color_scheme=scheme) as page:
        expect(page.frame.get_by_role("list", name="Findings")).to_be_visible()
        assert_nothing_serious(page)
