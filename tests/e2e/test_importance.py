"""What models use in general, as a person reads it: its numbers are those of the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, expect
from support.importance_log import (
    COLUMNS,
    EPOCHS,
    RUNS,
    dependence,
    importance,
    write_importance_log,
)
from support.server import Server, serve

from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from e2e.page import ExplainPage, point, wait_loaded
from tfexplain import cli

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("importance")
    write_importance_log(log_dir)
    return log_dir


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[Server]:
    with serve(log, "--host", "127.0.0.1") as server:
        server.wait_for_runs(len(RUNS), EPOCHS[-1])
        yield server


def texts(cells: Locator) -> list[str]:
    return [" ".join(text.split()) for text in cells.all_inner_texts()]


def numbers(page: ExplainPage, row: str, column: int) -> list[float]:
    """What a column of the list says of a feature, for each run."""
    cells = page.frame.locator("tfx-importance .ranking tbody tr")
    own = cells.filter(has=page.frame.get_by_role("rowheader", name=row)).locator("td")
    found = own.nth(column).locator(".value > span:last-child").all_inner_texts()
    return [float(text.split()[0]) for text in found]


def read(number: float) -> float:
    """As the page writes it: three digits."""
    return float(f"{number:.3g}")


def test_a_table_says_what_is_used_what_values_do_and_what_could_be_dropped(
    server: Server, open_tab: OpenPage
) -> None:
    last = {run: importance("table", EPOCHS[-1], steep=run == "narrow") for run in RUNS}
    with open_tab(server, "&p.tfexplain.view=data") as page:
        frame = page.frame
        # Without predictions the view opens with what there is.
        expect(frame.get_by_role("tab", name="Importance")).to_have_attribute(
            "aria-selected", "true"
        )
        page.choose("Input", "table")
        headlines = texts(frame.locator("tfx-importance .headlines p"))
        shares = last["narrow"].values / last["narrow"].values.sum()
        assert headlines[0] == (
            f"narrow uses mostly age ({shares[0]:.0%}), income ({shares[1]:.0%}) "
            f"and tenure ({shares[2]:.0%})"
        )
        assert "48 rows, epoch 5" in headlines[2]
        rows = frame.locator("tfx-importance .ranking tbody th")
        assert texts(rows) == COLUMNS
        for i, name in enumerate(COLUMNS):
            assert numbers(page, name, 0) == [read(one.values[i]) for one in last.values()]
            falls = [round(100 * one.permuted[i], 1) for one in last.values()]
            assert numbers(page, name, 1) == falls
        assert_nothing_serious(page)
        # The dot of the least value is at the left end, and says whose it is.
        swarm = frame.locator("tfx-importance tfx-plot canvas").first
        expect(frame.get_by_text("What could be dropped")).to_be_visible()
        told = frame.locator("tfx-importance .hiding .told")
        expect(told.first).to_contain_text("of 5 columns hidden")
        assert "attribution" in swarm_text(page, swarm)
        curve = frame.get_by_role("img", name="probability of no by age")
        curve.scroll_into_view_if_needed()
        own = dependence(EPOCHS[-1]).partial[0, 0, 4]
        said = point(page, curve, 0.56, 0.4)
        assert said.startswith(f"narrow: probability of no {own:#.3g} [")
        assert said.endswith("at age 40.0, 10 rows near")
        # Of a class, and at another epoch.
        page.choose("Rows of class", "yes")
        of_class = last["wide"].by_class
        assert of_class is not None
        assert numbers(page, "income", 0)[1] == read(of_class[1][1])
        expect(frame.get_by_role("img", name="probability of yes by age")).to_be_visible()
        page.wait_for_link("p.tfexplain.ranked=1")
        page.press("Home")
        first = importance("table", EPOCHS[0], steep=True)
        assert first.by_class is not None
        assert page.until(lambda: numbers(page, "age", 0)[0] == read(first.by_class[1][0]))


def swarm_text(page: ExplainPage, swarm: Locator) -> str:
    """What the page says of some dot of the first feature."""
    for x in np.linspace(0.2, 0.95, 40):
        said = point(page, swarm, float(x), 0.09)
        if "row" in said:
            return said
    return ""


def test_pictures_show_where_texts_which_words(server: Server, open_tab: OpenPage) -> None:
    place = "&p.tfexplain.view=data&p.tfexplain.data=importance"
    with open_tab(server, place) as page:
        frame = page.frame
        page.choose("Input", "picture")
        expect(frame.locator("tfx-importance .headlines p").first).to_have_text(
            "narrow has half of its evidence in 2 places of 64"
        )
        map_of = frame.get_by_role("img", name="Mean map of narrow")
        values = importance("picture", EPOCHS[-1]).values
        said = point(page, map_of, 0.5 / 8 + 1 / 8, 0.5 / 8)
        assert said == f"row 0, column 1: {values[1]:#.3g}"
        frame.get_by_role("button", name="All 64 places").click()
        page.settle()
        assert len(texts(frame.locator("tfx-importance .ranking tbody th"))) == 64
        page.choose("Input", "text")
        heads = texts(frame.locator("tfx-importance .words thead th:first-child"))
        assert heads == ["For no", "For yes", "For no", "For yes"]
        words = frame.locator("tfx-importance .words table").nth(1).locator("tbody th")
        assert texts(words)[:2] == ["great", "boring"]
        assert_nothing_serious(page)


def test_a_report_shows_it_without_a_server(browser: Browser, log: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    assert cli.main(["report", str(log), "-o", str(out)]) == 0
    context = browser.new_context(offline=True, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(out.as_uri())
    opened = wait_loaded(ExplainPage(page, page.main_frame, told, []))
    opened.frame.get_by_role("tab", name="Data").click()
    opened.choose("Input", "table")
    assert numbers(opened, "age", 0)[0] == read(importance("table", EPOCHS[-1]).values[0])
    assert told == []
    context.close()
