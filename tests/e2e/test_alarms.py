"""Alarms on the page: where the log has one, the timeline says so, and leads there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from support.marked import fit, marked
from support.server import Server, serve

import tfexplain
from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs `marked`, and `other` whose labels the mark does not tell."""
    log_dir = tmp_path_factory.mktemp("alarms")
    x, y = marked()
    fit(log_dir / "marked", 6)
    fit(log_dir / "other", 6, (x, np.random.default_rng(1).permutation(y)))
    return log_dir


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[Server]:
    with serve(log, "--host", "127.0.0.1") as server:
        server.wait_for_runs(2, 5)
        yield server


def test_an_alarm_is_marked_at_its_epoch_and_leads_there(
    open_tab: OpenPage, server: Server, log: Path
) -> None:
    (found,) = [f for f in tfexplain.findings(log) if f.kind == "gathers"]
    with open_tab(server, "&p.tfexplain.view=samples") as page:
        (button, line) = (
            page.frame.locator(f"tfx-timeline {name}") for name in ("button.alarm", ".alarm-line")
        )
        expect(button).to_have_count(1)
        expect(button).to_contain_text(re.compile(rf"Alarm in epoch {found.step:g} of 5"))
        expect(button).to_have_attribute("title", found.text)
        button.click()
        page.settle()
        assert page.epoch == found.step
        # Where the playhead is now; a narrow window moves both.
        for width in (1440, 1000):
            page.page.set_viewport_size({"width": width, "height": 900})
            page.settle()
            head = page.frame.locator("tfx-timeline .playhead")
            at = head.evaluate("e => parseFloat(getComputedStyle(e).getPropertyValue('--x'))")
            left = page.frame.locator("tfx-timeline .tracks").bounding_box()["x"]
            assert line.bounding_box()["x"] - left == pytest.approx(at, abs=2.5)
        # It leads to the place: a box of it is added.
        expect(page.frame.get_by_role("tab", name="Overview")).to_have_attribute(
            "aria-selected", "true"
        )
        assert_nothing_serious(page)
        page.frame.get_by_role("checkbox", name="marked").uncheck()
        expect(button).to_have_count(0)
