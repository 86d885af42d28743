"""Whether a map can be believed, beside it: as logs of a real training and a made-up one say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from support.server import Server, serve
from support.trust_log import EPOCHS as MADE_UP
from support.trust_log import LIKE_OTHERS, LIKE_START, write_trust_log

import tfexplain
from e2e.axe import assert_nothing_serious
from e2e.conftest import EPOCHS, OpenPage
from e2e.page import ExplainPage, wait_loaded
from tfexplain import cli

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("trust")
    write_trust_log(log_dir)
    return log_dir


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[Server]:
    with serve(log, "--host", "127.0.0.1") as started:
        started.wait_for_runs(1, MADE_UP - 1)
        yield started


def numbers(page: ExplainPage, sample: int, explainer: str = "GradCAM") -> list[str]:
    """What the badge of a map tells: names and numbers in turn."""
    cell = page.map(explainer, "conv", sample, "run")
    cell.draw()
    return cell.cell.locator(".trust > span:not(.meter, .hidden)").all_inner_texts()


def test_a_map_says_how_like_it_is_to_that_of_the_start(
    open_tab: OpenPage, fit_log: Path, fit_server: Server
) -> None:
    rows = tfexplain.read(fit_log)["first"].trust
    with open_tab(fit_server, "&p.tfexplain.view=samples") as page:
        sample = page.items()[0]
        layer = next(
            layer
            for layer, name in zip(rows["layer"], rows["explainer"], strict=True)
            if name == "GradCAM"
        )
        of = (rows["explainer"] == "GradCAM") & (rows["sample"] == sample)
        of &= rows["metric"] == "start similarity"
        for epoch in (EPOCHS - 1, 0):
            (own,) = [i for i in range(len(of)) if of[i] and rows["epoch"][i] == epoch]
            page.seek(epoch)
            cell = page.map("GradCAM", layer, sample, "first")
            cell.draw()
            value, chance = (
                f"{rows[name][own]:.2f}".replace("-", "−") for name in ("value", "chance")
            )
            badge = cell.cell.locator(".trust")
            assert value in badge.inner_text()
            title = badge.get_attribute("title")
            assert title
            assert "shows the input, not what was learnt" in title
            assert f"another sample’s map at the start ({chance})" in title
        badge.click()
        page.settle()
        told = page.frame.get_by_role("region", name="With re-drawn weights")
        drawn = tfexplain.read(fit_log)["first"].sanity
        of = (drawn["explainer"] == "GradCAM") & (drawn["layer"] == layer)
        last = np.flatnonzero(of & (drawn["sample"] == sample))[-1]
        value = f"{drawn['value'][last]:.2f}".replace("-", "−")
        expect(told).to_contain_text("With the weights of all 3 layers re-drawn")
        expect(told).to_contain_text(f"is {value}")
        expect(told.get_by_role("img")).to_be_visible()
        assert_nothing_serious(page)


def test_a_badge_opens_what_explains_it_beside_its_curves(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server, "&p.tfexplain.view=samples") as page:
        assert numbers(page, 0) == ["like start", "0.20", "Deletion", "0.25"]
        assert numbers(page, 1) == ["like start", "0.90", "Deletion", "0.38"]
        dots = page.map("GradCAM", "conv", 1, "run").cell.locator(".trust .value")
        # On lines from 0 to 1.
        styles = [dot.get_attribute("style") for dot in dots.all()]
        assert styles == ["left: 90%;", "left: 37.5%;"]
        page.seek(1)
        assert numbers(page, 0) == ["like start", "0.20"]
        page.press("End")
        page.map("GradCAM", "conv", 1, "run").cell.locator(".trust").click()
        page.settle()
        trust = page.frame.locator("tfx-enlarged tfx-trust")
        start, deletion = (
            trust.get_by_role("region", name=name) for name in ("like the start", "Deletion")
        )
        expect(start).to_contain_text("worse than another sample’s map at the start (0.10).")
        expect(deletion).to_contain_text("Here 0.38 probability: lower is better")
        expect(deletion).to_contain_text("better than a random order (0.50).")
        expect(deletion).to_contain_text("The input’s own edges reach 0.63.")
        areas = deletion.locator("li").all_inner_texts()
        assert [text.strip().rpartition(" ")[2] for text in areas] == ["0.38", "0.50", "0.63"]
        assert_nothing_serious(page)
        # The curve of an earlier epoch says so, and the number is not told there.
        page.press("ArrowLeft")
        expect(deletion).to_contain_text("Deletion from epoch 0")
        expect(deletion).not_to_contain_text("Here")
        page.page.keyboard.press("Escape")


def test_the_wall_has_the_worst_first_and_the_timeline_a_track_of_each(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server, "&p.tfexplain.view=overview") as page:
        names = page.frame.locator("tfx-wall [role=gridcell]")
        for order, samples, first in (
            ("start", [1, 2, 0], "likeness to the start 0.90"),
            ("faithful", [2, 1, 0], "faithfulness 0.75"),
        ):
            page.choose("Sorted by", order)
            expect(names.first).to_contain_text(first)
            shown = [int(text.split("sample ")[1][0]) for text in names.all_inner_texts()]
            assert shown == samples
        page.frame.get_by_role("button", name="Curves").click()
        page.frame.get_by_label("like the start, mean of GradCAM; dotted: chance").check()
        page.page.keyboard.press("Escape")
        page.press("End")
        told = page.frame.locator("tfx-timeline .values tr", has_text="like the start")
        expected = [sum(own) / len(own) for own in (LIKE_START, LIKE_OTHERS)]
        assert [row.locator(".number").inner_text() for row in told.all()] == [
            f"{mean:.2f}" for mean in expected
        ]
        page.wait_for_link("tracks")
        page.reload()
        again = page.frame.locator("tfx-timeline .values tr", has_text="like the start")
        expect(again.first).to_be_visible()


def test_a_report_tells_it_without_a_network(browser: Browser, log: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    assert cli.main(["report", str(log), "-o", str(out)]) == 0
    context = browser.new_context(offline=True)
    page = context.new_page()
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(out.as_uri())
    opened = wait_loaded(ExplainPage(page, page.main_frame, told, []))
    opened.frame.get_by_role("tab", name="Samples").click()
    assert numbers(opened, 1) == ["like start", "0.90", "Deletion", "0.38"]
    assert told == []
    context.close()
