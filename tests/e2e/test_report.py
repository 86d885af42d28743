"""A report, opened as the file that it is, without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from support.logs import write_demo_log
from support.overview_log import EPOCHS, FOLLOWED, write_overview_log

from e2e.axe import assert_nothing_serious
from e2e.page import ExplainPage, wait_loaded
from tfexplain import cli

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_overview_log(folder / "logs")
    out = folder / "a report.html"
    assert cli.main(["report", str(folder / "logs"), "-o", str(out)]) == 0
    return out


@pytest.fixture(params=["light", "dark"])
def opened(browser: Browser, report: Path, request: pytest.FixtureRequest) -> Iterator[ExplainPage]:
    """The report; afterwards it has asked for nothing but itself, and logged no error."""
    context = browser.new_context(offline=True, color_scheme=request.param)
    page = context.new_page()
    page.set_viewport_size({"width": 1440, "height": 1000})
    told: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("console", lambda message: told.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    found = ExplainPage(page, page.main_frame, told, asked)
    yield wait_loaded(found)
    assert told == []
    assert {url for url in asked if not url.startswith("blob:")} == {report.as_uri()}
    context.close()


def test_it_opens_with_the_story_and_scrubs(opened: ExplainPage) -> None:
    frame = opened.frame
    expect(frame.locator("tfx-findings")).to_contain_text("shortcut: predictions follow")
    share = f"{FOLLOWED['shortcut']:.0%}"
    expect(frame.locator("tfx-overview")).to_contain_text(f"{share} follow the left edge")
    assert opened.epoch == EPOCHS - 1
    opened.press("Home")
    assert opened.epoch == 0
    expect(frame.locator("tfx-overview")).to_contain_text(f"{0.61 / EPOCHS:.0%} follow")
    expect(opened.page).to_have_title("logs · tfexplain report")
    assert_nothing_serious(opened)


def test_samples_draw_their_maps(opened: ExplainPage) -> None:
    opened.frame.get_by_role("tab", name="Samples").click()
    wait_loaded(opened)
    cell = opened.map("IntegratedGradients", "image", 0, "plain")
    assert "logit" in cell.fact("score")
    drawn = cell.cell.locator("canvas").first.evaluate(
        """canvas => [...canvas.getContext("2d")
            .getImageData(0, 0, canvas.width, canvas.height).data]"""
    )
    assert len(np.unique(np.reshape(drawn, (-1, 4)), axis=0)) > 8


def test_printed_it_is_the_summary(opened: ExplainPage) -> None:
    summary, app = opened.frame.locator("main.summary"), opened.frame.locator("tfx-app")
    expect(summary).to_be_hidden()
    opened.page.emulate_media(media="print")
    expect(app).to_be_hidden()
    expect(summary.get_by_role("heading", name="What stands out")).to_be_visible()
    # As wide as paper: nothing is cut off.
    opened.page.set_viewport_size({"width": 794, "height": 1123})
    assert summary.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_epochs_without_maps_say_so(browser: Browser, tmp_path: Path) -> None:
    write_demo_log(tmp_path / "logs" / "run", epochs=30, samples=16, side=24)
    out = tmp_path / "r.html"
    command = ["report", str(tmp_path / "logs"), "-o", str(out)]
    assert cli.main(command) == 0
    assert cli.main([*command, "--max-mb", f"{0.7 * out.stat().st_size / 1e6:.3f}"]) == 0
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(f"{out.as_uri()}#tfexplain&p.tfexplain.view=samples")
    found = wait_loaded(ExplainPage(page, page.main_frame, [], []))
    told = found.frame.locator("tfx-notes").get_by_text("This file holds the maps")
    held = [int(step) for step in re.findall(r"\d+", told.inner_text().split("(")[1].split(")")[0])]
    assert held[0] == 0
    assert held[-1] == 29
    missing = max(set(range(29)) - set(held))
    found.seek(missing)
    before = max(step for step in held if step < missing)
    cell = found.map("GradCAM", "backbone/conv2", 0, "run")
    cell.draw()
    expect(cell.cell).to_contain_text(f"from epoch {before}")
    context.close()


def test_without_scripts_the_summary_is_shown(browser: Browser, report: Path) -> None:
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    expect(page.get_by_role("heading", name="What stands out")).to_be_visible()
    context.close()
