"""How a person shares out the window: two views, dividers, what the timeline spans and shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from support.server import Server

from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from e2e.page import ExplainPage, point

pytestmark = [pytest.mark.browser, pytest.mark.process]


def box_of(part: Locator) -> dict[str, float]:
    box = None
    for _ in range(20):  # plots are made anew where their room changes
        expect(part).to_be_visible()
        if box := part.bounding_box():
            break
    assert box
    return dict(box)


def drag(page: ExplainPage, divider: Locator, x: float = 0, y: float = 0) -> None:
    """Drag a divider by a number of pixels."""
    box = box_of(divider)
    left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.page.mouse.move(left, top)
    page.page.mouse.down()
    page.page.mouse.move(left + x / 2, top + y / 2)
    page.page.mouse.move(left + x, top + y)
    page.page.mouse.up()
    page.settle()


def test_two_views_share_the_page_as_the_link_says(
    open_tab: OpenPage, fit_server: Server, artifacts: Path
) -> None:
    with open_tab(fit_server) as page:
        page.frame.get_by_role("button", name="Split", exact=True).click()
        samples = page.frame.locator("tfx-samples-view")
        model = page.frame.locator("tfx-compression")
        # What is known of the weights is not shown below the maps as well.
        expect(model).to_have_count(1)
        before = box_of(samples)["width"]
        divider = page.frame.get_by_role("separator", name="Width of Samples")
        drag(page, divider, x=-144)
        assert box_of(samples)["width"] == pytest.approx(before - 144, abs=8)
        assert box_of(model)["x"] >= box_of(samples)["x"] + box_of(samples)["width"]
        page.wait_for_link("p.tfexplain.share=50")
        epoch = page.epoch
        divider.press("ArrowRight")
        page.wait_for_link("p.tfexplain.share=52")
        expect(divider).to_have_attribute("aria-valuenow", "52")
        assert page.epoch == epoch
        page.page.screenshot(path=artifacts / "split-light.png")
        page.reload()
        samples = page.frame.locator("tfx-samples-view")
        model = page.frame.locator("tfx-compression")
        assert box_of(samples)["width"] == pytest.approx(0.52 * 1440, abs=2)
        page.frame.get_by_role("tab", name="Model").click()
        assert box_of(model)["x"] < box_of(samples)["x"]
        page.frame.get_by_role("button", name="Split", exact=True).click()
        expect(samples).to_have_count(0)


def test_the_timeline_takes_the_height_that_it_is_given(
    open_tab: OpenPage, fit_server: Server
) -> None:
    with open_tab(fit_server) as page:
        timeline = page.frame.locator("tfx-timeline")
        plot = timeline.locator(".uplot").first
        before, usual = box_of(plot)["height"], box_of(timeline)["height"]
        divider = page.frame.get_by_role("separator", name="Height of the timeline")
        drag(page, divider, y=-150)
        assert page.until(lambda: box_of(plot)["height"] > before + 20)
        assert box_of(timeline)["height"] == pytest.approx(usual + 150, abs=12)
        divider.press("ArrowDown")
        page.settle()
        smaller = box_of(timeline)["height"]
        assert smaller < usual + 150
        page.wait_for_link("p.tfexplain.bottom=")
        page.reload()
        timeline = page.frame.locator("tfx-timeline")
        assert page.until(lambda: abs(box_of(timeline)["height"] - smaller) < 2)
        divider = page.frame.get_by_role("separator", name="Height of the timeline")
        divider.dblclick()
        assert page.until(lambda: abs(box_of(timeline)["height"] - usual) < 2)


@pytest.mark.parametrize(("width", "height"), [(1000, 800), (1440, 900), (1920, 1080)])
def test_maps_have_two_thirds_and_the_toolbar_two_rows(
    open_tab: OpenPage, fit_server: Server, width: int, height: int
) -> None:
    with open_tab(fit_server) as page:
        page.frame.get_by_role("tab", name="Layers").or_(
            page.frame.get_by_role("tab", name="Focus")
        ).first.click()
        page.page.set_viewport_size({"width": width, "height": height})
        page.settle()
        whole = page.frame.evaluate("innerHeight")
        views = page.frame.locator("tfx-samples-view")
        assert page.until(lambda: box_of(views)["height"] > 2 / 3 * whole)
        assert box_of(page.frame.locator("tfx-toolbar"))["height"] < 80


def test_zooming_to_epochs(open_tab: OpenPage, fit_server: Server) -> None:
    with open_tab(fit_server) as page:
        page.seek(3)
        plot = page.frame.locator("tfx-timeline .u-over").first
        chosen = page.frame.locator("tfx-timeline .all")
        page.press("+", "+")
        page.wait_for_link("p.tfexplain.zoom=")
        expect(chosen).to_contain_text("2–4")
        assert point(page, plot, 0.02, 0.5).startswith("epoch 2:")
        assert point(page, plot, 0.98, 0.5).startswith("epoch 4:")
        page.reload()
        plot = page.frame.locator("tfx-timeline .u-over").first
        chosen = page.frame.locator("tfx-timeline .all")
        expect(chosen).to_contain_text("2–4")
        page.press("ArrowRight", "ArrowRight")
        assert page.epoch == 5
        expect(chosen).to_contain_text("3–5")
        page.press("Escape")
        expect(chosen).to_have_count(0)
        assert page.epoch == 5
        plot.hover(position={"x": 1, "y": 5})
        page.page.mouse.wheel(0, -100)
        expect(chosen).to_contain_text("0–3")
        plot.dblclick()
        expect(chosen).to_have_count(0)


def test_dragging_with_shift_zooms_to_what_was_dragged_over(
    open_tab: OpenPage, fit_server: Server
) -> None:
    with open_tab(fit_server) as page:
        box = box_of(page.frame.locator("tfx-timeline .u-over").first)
        epoch = page.epoch
        page.page.keyboard.down("Shift")
        page.page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 5)
        page.page.mouse.down()
        page.page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 5)
        expect(page.frame.locator("tfx-timeline .selection")).to_be_visible()
        page.page.mouse.up()
        page.page.keyboard.up("Shift")
        expect(page.frame.locator("tfx-timeline .all")).to_contain_text("1–4")
        assert page.epoch == epoch


def test_choosing_what_is_drawn_over_the_epochs(open_tab: OpenPage, fit_server: Server) -> None:
    with open_tab(fit_server) as page:
        titles = page.frame.locator("tfx-timeline .title")
        expect(titles.filter(has_text="similarity")).to_be_visible()  # the last to come
        before = titles.all_inner_texts()
        assert before[:2] == ["accuracy", "loss"]
        page.frame.get_by_role("button", name="Curves").click()
        page.frame.get_by_role("checkbox", name="loss").uncheck()
        expect(titles).to_have_text([name for name in before if name != "loss"])
        page.wait_for_link("p.tfexplain.tracks=")
        page.reload()
        titles = page.frame.locator("tfx-timeline .title")
        expect(titles).to_have_text([name for name in before if name != "loss"])
        page.frame.get_by_role("button", name="Curves").click()
        page.frame.get_by_role("button", name="The usual").click()
        expect(titles).to_have_text(before)


def test_names_cover_no_curve(open_tab: OpenPage, fit_server: Server) -> None:
    with open_tab(fit_server) as page:
        for track in page.frame.locator("tfx-timeline .uplot").all():
            name, plot = box_of(track.locator(".title")), box_of(track.locator(".u-over"))
            assert name["x"] + name["width"] <= plot["x"]
            assert name["height"] <= box_of(track)["height"]


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious_in_a_split(
    open_tab: OpenPage, fit_server: Server, dark: bool
) -> None:
    with open_tab(fit_server, "&p.tfexplain.beside=model&p.tfexplain.zoom=1-4") as page:
        if dark:
            page.page.evaluate("document.body.classList.add('dark-mode')")
        page.frame.get_by_role("button", name="Curves").click()
        page.settle()
        assert_nothing_serious(page)


def enlarged(page: ExplainPage, run: str) -> Locator:
    """The button of another run's map beside the enlarged one."""
    name = re.compile(f"^Enlarge GradCAM .* run {run}$")
    return page.frame.locator("tfx-enlarged").get_by_role("button", name=name)


def test_an_enlarged_map_stands_beside_its_input_and_all_runs(
    open_tab: OpenPage, fit_server: Server, artifacts: Path
) -> None:
    with open_tab(fit_server) as page:
        page.page.set_viewport_size({"width": 1440, "height": 900})
        before = box_of(page.frame.locator("tfx-map-cell canvas").first)["width"]
        opener = page.frame.locator("tfx-map-cell button.map").first
        opener.click()
        stage = page.frame.locator("tfx-enlarged .stage canvas")
        assert page.until(lambda: box_of(stage)["width"] > 2 * before)
        size = box_of(stage)["width"], box_of(stage)["height"]
        others = (enlarged(page, "second"), page.frame.locator("tfx-enlarged tfx-picture"))
        for other in others:
            box = box_of(other)
            assert (box["width"], box["height"]) == size
            assert box["y"] == pytest.approx(box_of(stage)["y"], abs=1)
            expect(other).to_be_in_viewport(ratio=1)
        last = page.frame.locator("tfx-film-strip button").last
        expect(last).to_be_in_viewport(ratio=1)
        page.page.screenshot(path=artifacts / "enlarged-runs-light.png")
        enlarged(page, "second").click()
        expect(enlarged(page, "first")).to_be_visible()
        page.wait_for_link("p.tfexplain.opened=second")


def test_from_sample_to_sample_and_back(open_tab: OpenPage, fit_server: Server) -> None:
    with open_tab(fit_server) as page:
        page.frame.locator("tfx-map-cell button.map").first.press("Enter")
        head = page.frame.locator("tfx-enlarged header")
        expect(head).to_contain_text("sample 0")
        expect(head.get_by_role("button", name="Previous sample")).to_be_disabled()
        head.get_by_role("button", name="Next sample").click()
        expect(head).to_contain_text("sample 1")
        epoch = page.epoch
        page.page.keyboard.press("ArrowDown")
        expect(head).to_contain_text("sample 2")
        page.page.keyboard.press("ArrowUp")
        page.page.keyboard.press("ArrowUp")
        expect(head).to_contain_text("sample 0")
        page.page.keyboard.press("ArrowUp")
        expect(head).to_contain_text("sample 0")
        assert page.epoch == epoch
        page.page.keyboard.press("Escape")
        expect(page.frame.locator("tfx-map-cell button.map").first).to_be_focused()
