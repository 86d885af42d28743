"""Regions on the page: outlines over maps, shares over epochs and beside a map, as the log says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect
from support.models import digits, small_cnn
from support.server import Server, serve

import tfexplain
from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from tfexplain import Explain, IntegratedGradients, Predictions
from tfexplain.trust import Avoid, Boxes

pytestmark = [pytest.mark.browser, pytest.mark.process]

EPOCHS = 2
SQUARE = Boxes([2, 2, 6, 6])
# How much of a line is drawn: of one that is, one that is dashed, and where none is.
LINES = """(canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const isWhite = (x, y) => {
        const at = 4 * (Math.round(y) * width + Math.round(x));
        return Math.min(data[at], data[at + 1], data[at + 2]) > 100;
    };
    const near = (x, y) => [-1, 0, 1].some((by) => isWhite(x + by, y));
    // Down a border between columns, from one row to another.
    const along = (column, from, to) => {
        const lit = Array.from({ length: 101 }, (_, i) =>
            near(column * width / 8, (from + (to - from) * i / 100) * height / 8));
        return lit.filter(Boolean).length / lit.length;
    };
    return [along(2, 2.1, 5.9), along(1, 0.1, 7.9), along(4, 2.2, 5.8)];
}"""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run `marked`, with a region to look at and one to avoid, and groups."""
    log_dir = tmp_path_factory.mktemp("regions")
    x, y = digits()
    regions = {"square": SQUARE, "ruler": Avoid("left edge")}
    kinds = ["even" if label % 2 == 0 else "odd" for label in y]
    given: dict[str, Any] = {"log_dir": log_dir / "marked", "verbose": False}
    explainers = [IntegratedGradients(steps=4)]
    callbacks = [
        Explain((x, y), explainers=explainers, regions=regions, write_images=False, **given),
        Predictions((x, y), groups=kinds, **given),
    ]
    small_cnn().fit(x, y, epochs=EPOCHS, verbose=0, callbacks=callbacks)
    return log_dir


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[Server]:
    with serve(log, "--host", "127.0.0.1") as server:
        server.wait_for_runs(2, EPOCHS - 1)
        yield server


def test_regions_are_seen_and_told_as_the_log_has_them(
    open_tab: OpenPage, server: Server, log: Path
) -> None:
    table = tfexplain.read(log)["marked"].regions

    def told(column: str, region: str, epoch: int, **wanted: Any) -> str:
        of = (table["region"] == region) & (table["epoch"] == epoch)
        for name, value in wanted.items():
            of &= table[name] == value
        return f"{100 * np.nanmean(table[column][of]):.1f}%"

    with open_tab(server, "&p.tfexplain.view=samples") as page:

        def value(metric: str) -> Any:
            row = page.frame.locator("tfx-timeline .values tbody tr").filter(
                has=page.frame.get_by_role("rowheader", name=metric, exact=True)
            )
            return row.locator(".number").first

        for epoch in range(EPOCHS):
            page.seek(epoch)
            for region in ("square", "ruler"):
                expect(value(f"mass, {region}")).to_have_text(told("mass", region, epoch))
        # What is drawn only where it is chosen.
        page.frame.get_by_text("Curves", exact=True).first.click()
        for name in ("strongest position in ruler", "evidence in ruler (avoid) by class"):
            page.frame.get_by_label(name).check()
        page.frame.get_by_label("evidence in ruler (avoid) by group").check()
        page.press("Escape")
        last = EPOCHS - 1
        expect(value("pointing, ruler")).to_have_text(told("pointing", "ruler", last))
        expect(value("ruler, even")).to_have_text(told("mass", "ruler", last, group="even"))
        label = int(table["label"][0])
        expect(value(f"ruler, class {label}")).to_have_text(
            told("mass", "ruler", last, label=label)
        )
        sample = page.items()[0]
        cell = page.map("IntegratedGradients", "input", sample, "marked")
        cell.draw()
        cell.cell.locator("button.map").click()
        page.settle()
        facts = page.frame.locator("tfx-enlarged dl")
        mass = told("mass", "ruler", last, sample=sample)
        pointing = told("pointing", "ruler", last, sample=sample)
        where = {"100.0%": "inside", "0.0%": "outside"}[pointing]
        expect(facts).to_contain_text("evidence in ruler, to be avoided")
        expect(facts).to_contain_text(
            f"{mass} (chance, its area: 12.5%). Strongest position: {where}."
        )
        solid, dashed, nothing = page.frame.locator("tfx-enlarged .stage canvas").evaluate(LINES)
        assert solid > 0.95
        assert 0.3 < dashed < 0.9
        assert nothing < 0.3
        assert_nothing_serious(page)
