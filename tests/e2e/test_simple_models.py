"""Simple models and robustness as a person reads them: the numbers of the library, two runs beside
each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from support.server import Server, serve
from support.shared import made_once
from support.simple_log import COLUMNS, EPOCHS, EXPLAINED, RUNS, write_simple_log

import tfexplain
from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from e2e.page import ExplainPage, wait_loaded
from tfexplain.wire import schema

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "simple", write_simple_log)


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[Server]:
    with serve(log, "--host", "127.0.0.1") as server:
        server.wait_for_runs(len(RUNS), EPOCHS[-1])
        yield server


def fidelity(record: schema.SimpleModels) -> str:
    """As the page writes it."""
    value, low, high = 100 * record.fidelity[1]
    return f"{value:.0f}% [{low:.0f}–{high:.0f}] of its decisions"


def choose(page: ExplainPage, name: str) -> None:
    page.frame.get_by_role("tab", name=name, exact=True).click()
    wait_loaded(page)


def test_rules_coefficients_and_smallest_steps_are_the_library_s(
    log: Path, server: Server, open_tab: OpenPage
) -> None:
    runs = tfexplain.read(log)
    with open_tab(server, "&p.tfexplain.view=data") as page:
        frame = page.frame
        for run in RUNS:
            record = runs[run].simple_models()
            own = frame.locator(f"[data-network={run}]")
            expect(own.locator("[data-fidelity=tree]")).to_contain_text(fidelity(record))
            constant = f"a constant answer {100 * record.constant:.0f}%"
            expect(own.locator("[data-fidelity=tree]")).to_contain_text(constant)
            leaves = own.locator(".tree .end")
            expect(leaves).to_have_count(len(record.rules))
            # As the rules do, each leaf says its answer and how often the network answers so.
            for leaf, rule in zip(leaves.all_inner_texts(), record.rules, strict=True):
                how = rule[rule.index("(") + 1 : -1]
                assert leaf.split()[-len(how.split()) :] == how.split()
        table = frame.get_by_role("table", name="Coefficients of the linear model")
        sizes = np.abs([runs[run].simple_models().coefficients[0] for run in RUNS]).max(axis=0)
        order = [COLUMNS[i] for i in np.argsort(-sizes)]
        assert table.locator("tbody th").all_inner_texts() == order
        assert_nothing_serious(page)
        page.press("Home")
        first = fidelity(runs["plain"].simple_models(epoch=0))
        expect(frame.locator("[data-network=plain] [data-fidelity=tree]")).to_contain_text(first)
        page.press("End")
        choose(page, "Robustness")
        plain, pruned = (runs[run].robustness() for run in RUNS)
        own = np.sort(plain.steps[plain.right > 0])
        half = own[(len(own) + 1) // 2 - 1]
        told = frame.locator("[data-robustness=plain]")
        expect(told).to_contain_text(f"half of the {len(own)} rows that are right")
        expect(told).to_contain_text(f"flip within {half:#.3g} standard deviations")
        both = (plain.right > 0) & (pruned.right > 0)
        earlier = int((pruned.steps < plain.steps)[both].sum())
        expect(frame.locator("[data-difference]")).to_contain_text(
            f"Of the {both.sum()} rows that both predict rightly, {earlier} flip"
        )
        rows = frame.locator("tfx-robustness tbody th").all_inner_texts()
        right = np.where(plain.right > 0, plain.steps, np.inf)
        assert [int(row) for row in rows] == plain.rows[np.argsort(right)[:20]].tolist()
        assert_nothing_serious(page)
        row = next(row for row in map(int, rows) if row < EXPLAINED)
        frame.get_by_role("button", name=f"sample {row}", exact=True).click()
        page.wait_for_link(f"p.tfexplain.samples={row}")
