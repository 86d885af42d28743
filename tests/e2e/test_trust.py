"""Whether a map can be believed, beside it: as the log of a real training says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from support.server import Server

import tfexplain
from e2e.axe import assert_nothing_serious
from e2e.conftest import EPOCHS, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.process]


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
        for epoch in (EPOCHS - 1, 0):
            (own,) = [i for i in range(len(of)) if of[i] and rows["epoch"][i] == epoch]
            page.seek(epoch)
            cell = page.map("GradCAM", layer, sample, "first")
            cell.draw()
            value, chance = (
                f"{rows[name][own]:.2f}".replace("-", "−") for name in ("value", "chance")
            )
            expect(cell.cell.locator(".start")).to_have_text(f"{value} (chance {chance})")
            title = cell.cell.locator(".start-name").get_attribute("title")
            assert title
            assert "shows the input, not what was learnt" in title
        cell.cell.get_by_role("button").first.click()
        page.settle()
        told = page.frame.locator("tfx-enlarged dd", has_text=re.compile("rank correlation"))
        expect(told.first).to_contain_text(f"{value} rank correlation, lower is better.")
        expect(told.first).to_contain_text(f"Another sample’s map at the start: {chance}.")
        told = page.frame.locator(".sanity")
        drawn = tfexplain.read(fit_log)["first"].sanity
        of = (drawn["explainer"] == "GradCAM") & (drawn["layer"] == layer)
        last = np.flatnonzero(of & (drawn["sample"] == sample))[-1]
        value = f"{drawn['value'][last]:.2f}".replace("-", "−")
        expect(told).to_contain_text("With the weights of all 3 layers re-drawn")
        expect(told).to_contain_text(f"is {value}")
        plot = told.get_by_role("img")
        expect(plot).to_be_visible()
        assert_nothing_serious(page)
