"""The stages of a model as a person reads them: maps from input to prediction, dense and pruned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Locator, expect
from support.server import Server, serve
from support.stages_log import EPOCHS, RUNS, STAGES, write_stages_log

from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from e2e.figures import export, texts
from e2e.page import ExplainPage, wait_loaded
from tfexplain import cli

pytestmark = [pytest.mark.browser, pytest.mark.process]
PLACE = "&p.tfexplain.view=model&p.tfexplain.panel=stages"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("stages")
    write_stages_log(log_dir)
    return log_dir


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[Server]:
    with serve(log, "--host", "127.0.0.1") as server:
        server.wait_for_runs(2 * len(RUNS), EPOCHS - 1)
        yield server


def cells(page: ExplainPage, row: str) -> Locator:
    """What stands beside a row's name: a cell for each run, and how alike they are."""
    head = page.frame.locator(f'th[title="{row}"]')
    return page.frame.locator("tfx-stages tbody tr").filter(has=head).locator("td")


def facts(page: ExplainPage, row: str, run: int) -> list[str]:
    told = cells(page, row).nth(run).locator(".facts span").all_inner_texts()
    return [text for text in told if text]


def test_it_says_where_pruning_broke_the_evidence(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server, PLACE) as page:
        page.settle()
        heads = page.frame.locator("tfx-stages tbody th")
        titles = [head.get_attribute("title") for head in heads.all()]
        assert titles == ["input", *STAGES, "prediction"]
        expect(heads.nth(2)).to_contain_text("4 × 4, 16 channels")
        # Three of four parts lie in 8 of 64 positions, of which six have more than half.
        map_facts = ["half in 9.4% of area", "half from 2 channels", "max 1.13 logit"]
        assert facts(page, "stem", 0) == ["sparsity 0%", *map_facts]
        assert facts(page, "stem", 1) == ["sparsity 25.0%", *map_facts]
        nothing = "no positive evidence (all zero after ReLU)"
        assert facts(page, "top_relu", 1) == ["sparsity 75.0%", nothing]
        alike = [cells(page, row).last.locator(".r").inner_text() for row in STAGES]
        assert alike[0] == "1.00"
        assert float(alike[1].replace("−", "-")) < 0
        assert alike[2] == "–"
        for run, told in enumerate(("cat", "dog")):
            expect(cells(page, "prediction").nth(run)).to_contain_text(told)
        widths = [
            cells(page, row).first.locator(".width").evaluate("e => e.offsetWidth")
            for row in STAGES
        ]
        assert widths == [34, 68, 96]  # by the root of 4, 16 and 32 channels
        page.seek(0)
        assert facts(page, "top_relu", 1)[0] == "sparsity 0%"
        assert cells(page, "top_relu").last.locator(".r").inner_text() == "1.00"
        assert_nothing_serious(page)


def test_a_stage_is_chosen_everywhere_and_a_sample_too(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server, PLACE) as page:
        chosen = page.frame.locator("tfx-stages [aria-pressed=true]")
        page.frame.locator("tfx-stages th button").filter(has_text="sum").click()
        page.wait_for_link("p.tfexplain.layer=body%2Fconv")
        page.frame.get_by_role("tab", name="Layers").click()
        page.frame.locator('tfx-layer-strip li button[title="top"]').click()
        page.frame.get_by_role("tab", name="Stages").click()
        expect(chosen).to_have_text("top_relu")
        before = facts(page, "stem", 0)
        page.frame.locator("tfx-stages").get_by_label("Sample", exact=True).select_option("2")
        page.settle()
        page.wait_for_link("p.tfexplain.samples=2")
        assert facts(page, "stem", 0) != before
        page.frame.get_by_role(
            "button", name="Enlarge LayerCAM of stem, sample 2, run pruned"
        ).click()
        expect(page.frame.get_by_role("heading", name="LayerCAM · stem")).to_be_visible()


def test_samples_open_on_the_last_stage(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server, "&p.tfexplain.view=samples&p.tfexplain.samples=0") as page:
        maps = page.frame.locator("tfx-map-cell button.map")
        expect(maps).to_have_count(2)
        expect(maps.first).to_have_attribute(
            "aria-label", "Enlarge LayerCAM of top_relu, sample 0, run dense"
        )


def test_it_is_a_figure_and_a_page_of_a_report(
    open_tab: OpenPage, server: Server, browser: Browser, log: Path, tmp_path: Path
) -> None:
    with open_tab(server, PLACE) as page:
        page.settle()
        told = texts(ElementTree.fromstring(export(page, "SVG")[1]))
    assert {"stem", "sum", "half in 9.4% of area", "sparsity 25.0%"} <= set(told)
    assert any("Stages" in text for text in told)
    out = tmp_path / "report.html"
    assert cli.main(["report", str(log), "-o", str(out)]) == 0
    context = browser.new_context(offline=True)
    opened = context.new_page()
    opened.set_viewport_size({"width": 1000, "height": 800})
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(out.as_uri())
    page = wait_loaded(ExplainPage(opened, opened.main_frame, errors, []))
    for name in ("Model", "Stages"):
        page.frame.get_by_role("tab", name=name, exact=True).click()
    page.settle()
    assert facts(page, "stem", 1)[0] == "sparsity 25.0%"
    assert errors == []
    context.close()
