"""Why 3 and not 8: of a sample that is predicted wrongly the map of either class or both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect
from support.server import Server, serve
from support.two_classes_log import EPOCHS, RIGHT, RUNS, SIDE, WRONG, write_two_classes_log

from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from e2e.page import ExplainPage, MapCell, point

pytestmark = [pytest.mark.browser, pytest.mark.process]

LEFT, RIGHT_HALF, SHARED = (1, 0), (1, 3), (3, 0)
BOTH = f"&p.tfexplain.samples={WRONG}.{RIGHT}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log_dir = tmp_path_factory.mktemp("two_classes")
    write_two_classes_log(log_dir)
    with serve(log_dir, "--host", "127.0.0.1") as server:
        server.wait_for_runs(len(RUNS), EPOCHS - 1)
        yield server


def row(page: ExplainPage, sample: int) -> Locator:
    return page.frame.get_by_role("region", name=f"Sample {sample}", exact=True)


def choice(page: ExplainPage, name: str) -> Locator:
    return row(page, WRONG).get_by_role("radio", name=name, exact=True)


def cam(page: ExplainPage, run: str, sample: int = WRONG) -> MapCell:
    return page.map("GradCAM", "conv", sample, run)


def is_red(colour: tuple[int, int, int]) -> bool:
    return colour[0] > colour[2] + 100


def is_blue(colour: tuple[int, int, int]) -> bool:
    return colour[2] > colour[0] + 100


def assert_difference(page: ExplainPage) -> None:
    """What the row says and draws of 3 − 8, in both runs, on one scale."""
    for run, strength in RUNS.items():
        cell = cam(page, run)
        assert cell.fact("score") == "−1.25 logit"
        assert cell.cell.locator(".score-name").inner_text() == "score, 3 − 8"
        assert is_red(cell.colour(*LEFT, SIDE, SIDE))
        assert is_blue(cell.colour(*RIGHT_HALF, SIDE, SIDE))
        # What both classes share is clear: the black input shows.
        assert max(cell.colour(*SHARED, SIDE, SIDE)) < 20
        text = f"{'1.00' if strength == 1 else '0.500'} logit at row 1, column"
        assert cell.hover(*LEFT, SIDE, SIDE).startswith(f"{text} 0")
        assert cell.hover(*RIGHT_HALF, SIDE, SIDE).startswith(f"−{text} 3")
    legend = row(page, WRONG).locator("tfx-legend").filter(has_text="GradCAM")
    expect(legend.locator(".ends").first.locator("span")).to_have_text(["−1.00", "0", "1.00 logit"])
    expect(legend.locator("tfx-class-ends span")).to_have_text(["← 8", "3 →"])


def test_a_wrong_sample_offers_its_two_classes_and_their_difference(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server, BOTH) as page:
        radios = row(page, WRONG).get_by_role("radio")
        assert [radio.get_attribute("name") for radio in radios.all()] == ["classes"] * 3
        labels = row(page, WRONG).locator("tfx-class-choice label")
        expect(labels).to_have_text(["3", "8", "3 − 8"])
        expect(row(page, RIGHT).get_by_role("radio")).to_have_count(0)
        expect(choice(page, "3")).to_be_checked()
        assert cam(page, "a").hover(*LEFT, SIDE, SIDE).startswith("1.00 logit")
        before = cam(page, "a").colour(*LEFT, SIDE, SIDE)

        choice(page, "8").check()
        page.settle()
        assert cam(page, "a").fact("score") == "2.50 logit"
        assert cam(page, "a").hover(*LEFT, SIDE, SIDE).startswith("0 logit")
        # On the scale of the first one.
        assert cam(page, "a").colour(*RIGHT_HALF, SIDE, SIDE) == before

        choice(page, "3 − 8").check()
        page.settle()
        assert_difference(page)
        between = row(page, WRONG).locator("tfx-difference-cell").first
        page.settle()
        read = point(page, between.locator("canvas"), 0.125, 0.375)
        assert read.startswith("0.500 logit at row 1, column 0")
        # Samples that are right stay as they are, and a method with one class says so.
        assert cam(page, "a", RIGHT).fact("score") == "1.25 logit"
        assert cam(page, "a", RIGHT).flag == ""
        paths = page.map("IntegratedGradients", "image", WRONG, "a")
        assert paths.flag == "map of 3 only"


def test_the_link_holds_what_is_shown(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server, BOTH) as page:
        choice(page, "3 − 8").check()
        page.wait_for_link("classes=difference")
        link = page.hash
    with open_tab(server, link=f"{server.address}{link}") as page:
        expect(choice(page, "3 − 8")).to_be_checked()
        assert_difference(page)


def test_an_epoch_that_is_right_has_no_difference_and_says_so(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server, f"&p.tfexplain.samples={WRONG}&p.tfexplain.classes=difference") as page:
        page.seek(0)
        assert is_red(cam(page, "a").colour(*LEFT, SIDE, SIDE))
        expect(cam(page, "b").cell.locator(".flag")).to_have_text(
            "predicted rightly here, so of one class only"
        )
        between = row(page, WRONG).locator("tfx-difference-cell").first
        expect(between.locator(".flag")).to_contain_text("no difference: b has no map here")
        expect(row(page, WRONG).locator("tfx-class-choice label").last).to_have_text("3 − 8")


def test_keys_choose_and_the_enlarged_map_is_of_the_same_class(
    open_tab: OpenPage, server: Server
) -> None:
    with open_tab(server, f"&p.tfexplain.samples={WRONG}") as page:
        choice(page, "3").focus()
        page.page.keyboard.press("ArrowRight")
        expect(choice(page, "8")).to_be_checked()
        page.page.keyboard.press("ArrowRight")
        expect(choice(page, "3 − 8")).to_be_checked()
        assert page.epoch == EPOCHS - 1
        cam(page, "a").cell.locator("button.map").click()
        enlarged = page.frame.locator("tfx-enlarged")
        expect(enlarged.get_by_role("radio", name="3 − 8")).to_be_checked()
        expect(enlarged.locator("dl").first).to_contain_text("3 − 8")
        enlarged.get_by_text("Values as a table").click()
        expect(enlarged.locator("table")).to_contain_text("−1")
        enlarged.get_by_role("radio", name="8", exact=True).check()
        expect(enlarged.locator("table")).not_to_contain_text("−1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_choice_is_accessible(open_tab: OpenPage, server: Server, scheme: str) -> None:
    place = f"{BOTH}&p.tfexplain.classes=difference"
    with open_tab(server, place, color_scheme=scheme) as page:
        group = row(page, WRONG).get_by_role("radiogroup", name="Class of the maps of sample 0")
        expect(group).to_be_visible()
        titles = [label.get_attribute("title") for label in group.locator("label").all()]
        assert titles[0] == "The maps of 3, the explained class"
        assert "red where that of 3 is larger, blue where that of 8 is" in str(titles[2])
        assert_nothing_serious(page)
