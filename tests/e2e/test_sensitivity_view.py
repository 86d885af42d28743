"""The view of what compressing each layer alone costs: the strip, maps under a cell, a plan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from support.models import digits, small_cnn
from support.server import Server, serve

import tfexplain
from e2e.page import open_page, wait_loaded


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("sensitivity-log")
    data = digits(48)
    models = [small_cnn(seed=seed) for seed in (1, 2)]
    for model in models:
        model.fit(*data, epochs=2, verbose=0)
    tfexplain.sensitivity(
        models[0], data, settings=["8bit", "2bit", "50%", "filters-50%"], samples=4, joint=2,
        explainers=[tfexplain.GradCAM(), tfexplain.Saliency()], control={"other": models[1]},
        log_dir=log_dir,
    )  # fmt: skip
    return log_dir


@pytest.fixture(scope="module")
def server(log_dir: Path) -> Iterator[Server]:
    with serve(log_dir) as running:
        yield running


def test_a_cell_chooses_the_layer_and_shows_maps(browser: Browser, server: Server) -> None:
    with open_page(browser, server.address) as page:
        wait_loaded(page)
        frame = page.frame
        frame.get_by_role("tab", name="Model").click()
        frame.get_by_role("tab", name="Cost").click()
        view = frame.locator("tfx-sensitivity")
        expect(view.locator("tbody tr")).to_have_count(2)
        # KL and accuracy; the head has no filters that may go.
        expect(view.locator("tbody tr").nth(0).locator("td button")).to_have_count(8)
        expect(view.locator("tbody tr").nth(1).locator("td button")).to_have_count(6)
        view.get_by_role("button", name="2bit of head").first.click()
        expect(view.locator("tbody tr.chosen th")).to_have_text("head")
        expect(view.get_by_role("heading", name="2bit of head")).to_be_visible()
        expect(view.get_by_text("2 bits a weight, a scale per output")).to_be_visible()
        # Of both methods, each sample with the kernel as it is and changed.
        expect(view.locator("tfx-changed-map")).to_have_count(16)
        expect(view.locator("h4")).to_have_text(["GradCAM at conv", re.compile("Saliency at ")])
        # Small ones have no room for names and numbers: they stand at the pointer.
        view.locator("tfx-changed-map canvas").nth(1).hover()
        expect(frame.locator("tfx-readout")).to_contain_text(re.compile(r"\d logit at row \d"))
        view.get_by_label("Measure", exact=True).select_option(label="Maps alike: SSIM, GradCAM")
        expect(view.locator("thead .group").first).to_contain_text("Maps alike: SSIM, GradCAM")
        plan = view.locator("tfx-plan")
        expect(plan.get_by_role("status")).to_contain_text("at once")
        plan.get_by_label("Saved").select_option(label="multiply-adds")
        expect(plan.locator("pre")).to_contain_text('prune(model, {"conv": 0.5}')
        expect(plan.get_by_role("link", name="JSON")).to_have_attribute(
            "download", "plan-multiply-adds.json"
        )
        # What is chosen stands in the address.
        expect(page.page).to_have_url(re.compile("cost=2bit.*ssim.*plan=multiply-adds"))
        link = page.page.url
        frame.get_by_role("tab", name="Chosen layer").click()
        expect(frame.locator("tfx-kernel")).to_contain_text("head")
    with open_page(browser, link) as page:
        wait_loaded(page)
        view = page.frame.locator("tfx-sensitivity")
        expect(view.get_by_role("heading", name="2bit of head")).to_be_visible()
        expect(view.locator("thead .group").first).to_contain_text("Maps alike: SSIM, GradCAM")
        expect(view.locator("tfx-plan pre")).to_contain_text('prune(model, {"conv": 0.5}')
