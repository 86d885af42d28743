"""Themes, widths, accessibility; screenshots for people to look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from support.server import Server, serve

from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from e2e.page import ExplainPage, assert_first_maps_in_sight

pytestmark = [pytest.mark.browser, pytest.mark.process]

DARK = "localStorage.setItem('_tb_global_settings', JSON.stringify({theme: 'dark'}))"


def background(page: ExplainPage) -> str:
    script = "getComputedStyle(document.querySelector('tfx-app')).backgroundColor"
    return str(page.frame.evaluate(script))


def test_themes(open_tab: OpenPage, fit_server: Server, artifacts: Path) -> None:
    with open_tab(fit_server) as page:
        assert background(page) == "rgb(245, 246, 248)"
        page.page.screenshot(path=artifacts / "light.png")
        page.page.evaluate(DARK)
        page.reload()
        expect(page.frame.locator("tfx-map-cell").first).to_be_visible()
        assert page.until(lambda: background(page) == "rgb(21, 24, 29)")
        page.page.screenshot(path=artifacts / "dark.png")


def test_theme_follows_tensorboard_at_once(open_tab: OpenPage, demo_server: Server) -> None:
    with open_tab(demo_server) as page:
        page.page.evaluate("document.body.classList.add('dark-mode')")
        page.settle()
        assert background(page) == "rgb(21, 24, 29)"


@pytest.mark.parametrize("width", [900, 1280, 2000])
def test_no_width_overflows(
    open_tab: OpenPage, fit_server: Server, artifacts: Path, width: int
) -> None:
    with open_tab(fit_server) as page:
        page.page.set_viewport_size({"width": width, "height": 1000})
        page.settle()
        assert page.frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for part in ("tfx-toolbar", "tfx-samples", "tfx-grid", "tfx-timeline"):
            box = page.frame.locator(part).bounding_box()
            assert box
            assert box["x"] + box["width"] <= width + 0.5
        page.page.screenshot(path=artifacts / f"width-{width}.png")


@pytest.mark.parametrize(("width", "share"), [(1000, 0.6), (1440, 2 / 3), (1920, 2 / 3)])
def test_maps_have_two_thirds_of_the_height(
    open_tab: OpenPage, fit_server: Server, width: int, share: float
) -> None:
    with open_tab(fit_server) as page:
        page.page.set_viewport_size({"width": width, "height": 900})
        page.settle()
        height, whole = page.frame.locator("tfx-grid").evaluate(
            "e => [e.getBoundingClientRect().height, innerHeight]"
        )
        assert height > share * whole
        assert_first_maps_in_sight(page, ["first", "second"])


def test_pointing_at_a_track_tells_its_values(open_tab: OpenPage, fit_server: Server) -> None:
    with open_tab(fit_server) as page:
        track = page.frame.locator("tfx-timeline .uplot").first
        # It is plotted anew where its room changes.
        assert page.until(lambda: track.bounding_box() is not None)
        page.settle()
        box = track.bounding_box()
        assert box
        page.page.mouse.move(box["x"] + 120, box["y"] + 10)
        told = page.text("tfx-readout")
        assert told.startswith("epoch 0: accuracy first 0.")
        assert "val_accuracy" in told
        before = page.epoch
        page.frame.get_by_role("heading", name="Explain").hover()
        assert page.text("tfx-readout") == ""
        assert page.epoch == before


def test_sharp_on_dense_displays(open_tab: OpenPage, demo_server: Server) -> None:
    with open_tab(demo_server, device_scale_factor=2) as page:
        canvas = page.frame.locator("tfx-map-cell canvas").first
        size = canvas.evaluate("c => [c.width, c.clientWidth]")
        assert size[0] == 2 * size[1]


def test_page_and_frame_have_names(open_tab: OpenPage, demo_server: Server) -> None:
    with open_tab(demo_server) as page:
        assert page.frame.title() == "Explain · tfexplain"
        handle = page.frame.frame_element()
        assert handle.get_attribute("title") == "Explain · tfexplain"
        expect(page.frame.get_by_role("heading", level=1)).to_have_text("Explain")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("place", ["grid", "map", "tiles", "details", "help"])
def test_axe_finds_nothing_serious(
    open_tab: OpenPage, demo_server: Server, place: str, dark: bool, artifacts: Path
) -> None:
    with open_tab(demo_server) as page:
        if dark:
            page.page.evaluate("document.body.classList.add('dark-mode')")
        if place == "map":
            page.frame.locator("tfx-map-cell button.map").nth(1).click()
        if place == "tiles":
            page.frame.locator("tfx-tiles-cell button").first.click()
        if place == "details":
            page.frame.get_by_role("button", name="Details").click()
        if place == "help":
            page.frame.locator("tfx-legend .help").nth(1).click()
            expect(page.frame.locator("tfx-legend [popover]").nth(1)).to_be_visible()
        page.settle()
        theme = "dark" if dark else "light"
        page.page.screenshot(path=artifacts / f"demo-{place}-{theme}.png")
        assert_nothing_serious(page)


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious_where_nothing_is_logged(
    open_tab: OpenPage, tmp_path: Path, dark: bool, artifacts: Path
) -> None:
    with serve(tmp_path, "--host", "127.0.0.1") as server, open_tab(server, empty=True) as page:
        expect(page.frame.get_by_role("heading")).to_contain_text("No explanations")
        if dark:
            page.page.evaluate("document.body.classList.add('dark-mode')")
            page.settle()
            assert background(page) == "rgb(21, 24, 29)"
        page.page.screenshot(path=artifacts / f"empty-{'dark' if dark else 'light'}.png")
        assert_nothing_serious(page)


@pytest.mark.parametrize("height", [900, 1000])
def test_film_strip_and_toolbar_fit_the_window(
    open_tab: OpenPage, fit_server: Server, height: int
) -> None:
    with open_tab(fit_server) as page:
        page.page.set_viewport_size({"width": 1440, "height": height})
        page.frame.locator("tfx-map-cell button.map").first.click()
        expect(page.frame.locator("tfx-film-strip")).to_be_visible()
        expect(page.frame.locator("tfx-film-strip button").first).to_be_in_viewport(ratio=1)
        strip = page.frame.locator("tfx-film-strip").bounding_box()
        timeline = page.frame.locator("tfx-timeline").bounding_box()
        assert strip
        assert timeline
        assert strip["y"] + strip["height"] <= timeline["y"]
        page.frame.get_by_role("button", name="Look").click()
        controls = page.frame.locator("tfx-toolbar .how .control")
        middles = [c.evaluate("e => e.offsetTop + e.offsetHeight / 2") for c in controls.all()]
        assert max(middles) - min(middles) < 4
