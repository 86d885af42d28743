"""What is drawn and written is what the log holds, epoch by epoch."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from support.read import Run, read_run
from support.server import Server

from e2e.conftest import EPOCHS, OpenPage
from e2e.page import ExplainPage
from tfexplain.coloring import Magnitudes
from tfexplain.rendering import overlay
from tfexplain.wire import schema

pytestmark = [pytest.mark.browser, pytest.mark.process]

CAM, IG = ("GradCAM", "conv2"), ("IntegratedGradients", "input")
ALL = "&p.tfexplain.scale=all&p.tfexplain.size=192"
MINUS = "\u2212"


@pytest.fixture(scope="module")
def logged(fit_log: Path) -> dict[str, Run]:
    return {name: read_run(fit_log / name) for name in ("first", "second")}


def number(text: str) -> float:
    return float(text.replace(MINUS, "-").split()[0])


def shared_limit(logged: dict[str, Run], explainer: str, layer: str) -> float:
    """The largest magnitude of any map, those of second classes too."""
    maps = [
        of_class.values
        for run in logged.values()
        for epoch in range(EPOCHS)
        for m in run.maps(explainer, layer, epoch)
        for of_class in (m, m.other)
        if of_class is not None
    ]
    return float(np.abs(np.stack(maps)).max())


def picture(run: Run, sample: int) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(run.pictures()[sample])).convert("RGB"))


def assert_map(
    page: ExplainPage, logged: dict[str, Run], run: str, sample: int, epoch: int
) -> None:
    """Numbers and pixels of the Grad-CAM cell are those of the record of this epoch."""
    record = logged[run].maps(*CAM, epoch)[sample]
    cell = page.map(*CAM, sample, run)
    scale = float(np.abs(record.values).max())
    assert number(cell.fact("score")) == pytest.approx(record.score, rel=6e-3, abs=1e-9)
    assert number(cell.fact("scale")) == pytest.approx(scale, rel=6e-3, abs=1e-9)
    limit = shared_limit(logged, *CAM)
    height, width = record.values.shape
    over = picture(logged[run], sample)
    expected = overlay(over, record.values, limit, signed=False, size=(8 * height, 8 * width))
    for row in range(height):
        for column in range(width):
            # Not at the middle, which is the edge of one of the picture's pixels.
            drawn = cell.colour(row - 0.25, column - 0.25, height, width)
            same = expected[8 * row + 2, 8 * column + 2]
            np.testing.assert_allclose(drawn, same, atol=4, err_msg=f"{row}, {column}")


def test_every_epoch_by_keyboard(
    open_tab: OpenPage, fit_server: Server, logged: dict[str, Run]
) -> None:
    with open_tab(fit_server, ALL) as page:
        assert page.epoch == EPOCHS - 1
        page.press("Home")
        for epoch in range(EPOCHS):
            assert page.epoch == epoch
            for run in logged:
                assert_map(page, logged, run, 0, epoch)
            page.press("ArrowRight")
        page.press("Home")
        assert page.epoch == 0
        page.press("End")
        assert page.epoch == EPOCHS - 1


def test_scrubbing_by_mouse_needs_no_network(
    open_tab: OpenPage, fit_server: Server, logged: dict[str, Run]
) -> None:
    with open_tab(fit_server, ALL) as page:
        slider = page.frame.get_by_role("slider", name="Epoch")
        box = slider.bounding_box()
        assert box
        before = list(page.requests)
        mouse, y = page.page.mouse, box["y"] + box["height"] / 2
        mouse.move(box["x"] + box["width"] - 4, y)
        mouse.down()
        seen = {page.epoch}
        for share in np.linspace(1, 0, 40):
            mouse.move(box["x"] + 4 + share * (box["width"] - 8), y)
            page.settle()
            seen.add(page.epoch)
        mouse.up()
        assert seen == set(range(EPOCHS))
        assert page.epoch == 0
        assert_map(page, logged, "first", 0, 0)
        assert page.requests == before


def test_value_under_the_cursor(
    open_tab: OpenPage, fit_server: Server, logged: dict[str, Run]
) -> None:
    with open_tab(fit_server) as page:
        page.seek(3)
        record = logged["second"].maps(*IG, 3)[1]
        row, column = np.unravel_index(np.abs(record.values).argmax(), record.values.shape)
        cell = page.map(*IG, 1, "second")
        cell.cell.scroll_into_view_if_needed()
        told = cell.hover(int(row), int(column), *record.values.shape)
        assert told.endswith(f"logit at row {row}, column {column}")
        assert number(told) == pytest.approx(record.values[row, column], rel=6e-3)
        gap = number(cell.fact("gap"))
        assert gap == pytest.approx(record.gap, rel=6e-2, abs=1e-9)
        assert cell.cell.locator(".gap-name").inner_text() == "compl. gap"


def test_metrics_and_predictions_at_the_playhead(
    open_tab: OpenPage, fit_server: Server, logged: dict[str, Run]
) -> None:
    with open_tab(fit_server) as page:
        for epoch in (0, 4):
            page.seek(epoch)
            metrics = dict(logged["first"].record("metrics", epoch).values)
            assert metrics.pop("learning_rate") > 0  # shown where it is chosen
            rows = page.frame.locator("tfx-timeline tbody tr")
            shown = {
                row.locator("th").inner_text(): number(row.locator("td").first.inner_text())
                for row in rows.all()
            }
            # Similarity to the first epoch's maps is in the table too, and tested elsewhere.
            assert {name: shown[name] for name in metrics} == pytest.approx(metrics, rel=6e-3)
            predictions = logged["first"].record("predictions", epoch)
            first = page.frame.locator("tfx-samples tfx-prediction").first
            predicted = int(predictions.predicted[0])
            assert first.locator(".class").inner_text() == f"digit {predicted}"
            told = float(first.locator(".number").inner_text().rstrip("%"))
            assert told == pytest.approx(100 * predictions.outputs[0, predicted], abs=0.06)


def test_each_map_on_a_scale_of_its_own(
    open_tab: OpenPage, fit_server: Server, logged: dict[str, Run]
) -> None:
    with open_tab(fit_server) as page:
        page.frame.get_by_role("button", name="Look").click()
        page.frame.get_by_role("radio", name="each map").check()
        page.settle()
        record = logged["first"].maps(*IG, EPOCHS - 1)[0]
        cell = page.map(*IG, 0, "first")
        values = record.values
        row, column = np.unravel_index(np.abs(values).argmax(), values.shape)
        strongest = cell.colour(int(row), int(column), *values.shape)
        ends = [(0xFE, 0x81, 0x6E), (0x62, 0xB0, 0xFD)]
        np.testing.assert_allclose(strongest, ends[0] if values[row, column] > 0 else ends[1])
        assert number(cell.fact("limit").lstrip("±")) == number(cell.fact("scale"))


def test_the_scale_of_a_sample_is_told_and_drawn(
    open_tab: OpenPage, fit_server: Server, logged: dict[str, Run]
) -> None:
    with open_tab(fit_server) as page:
        told = {}
        for sample in (0, 1):
            sizes = Magnitudes()
            for run in logged.values():
                for epoch in range(EPOCHS):
                    sizes.add(run.maps(*IG, epoch)[sample].values)
            scale = sizes.scale(pixels=True)
            for run in logged:
                cell = page.map(*IG, sample, run)
                cell.cell.scroll_into_view_if_needed()
                page.settle()
                told[sample] = cell.fact("limit")
                assert number(told[sample].lstrip("±").replace(",", " ")) == pytest.approx(
                    scale.limit, rel=6e-3
                )
                assert ("above" in told[sample]) == (scale.above > 0)
                values = logged[run].maps(*IG, EPOCHS - 1)[sample].values
                expected = overlay(picture(logged[run], sample), values, scale.limit, signed=True)
                drawn = [
                    [cell.colour(row, column, *values.shape) for column in range(8)]
                    for row in range(8)
                ]
                np.testing.assert_allclose(drawn, expected, atol=4)
        assert told[0] != told[1]


def test_the_bar_beside_a_map_tells_how_faint_it_is(
    open_tab: OpenPage, fit_server: Server, logged: dict[str, Run]
) -> None:
    largest = shared_limit(logged, *IG)
    with open_tab(fit_server) as page:
        for sample in (0, 1):
            cell = page.map(*IG, sample, "second")
            cell.cell.scroll_into_view_if_needed()
            page.settle()
            own = np.abs(logged["second"].maps(*IG, EPOCHS - 1)[sample].values).max()
            assert cell.level == pytest.approx(own / largest, abs=0.01)


def test_channels_with_dead_ones_marked(
    open_tab: OpenPage, demo_server: Server, artifacts: Path
) -> None:
    with open_tab(demo_server) as page:
        cell = page.frame.locator("tfx-tiles-cell").first
        cell.scroll_into_view_if_needed()
        expect(cell.locator(".dead")).to_have_text("3 of 6: 1, 2, 5")
        cell.locator("button.map").click()
        page.settle()
        page.frame.get_by_text("Values as a table").click()
        rows = page.frame.locator("tfx-enlarged tbody tr")
        expect(rows).to_have_count(6)
        dead = [row.locator("td").nth(1).inner_text() for row in rows.all()]
        assert dead == ["", "dead", "dead", "", "", "dead"]
        page.page.screenshot(path=artifacts / "tiles-light.png")


def test_an_open_table_is_rendered_only_when_its_numbers_change(
    open_tab: OpenPage, fit_server: Server
) -> None:
    count = """part => new Promise(done => {
        let [renderings, frames] = [0, 0];
        const updated = part.updated;
        part.updated = (...all) => {
            renderings += 1;
            updated.apply(part, all);
        };
        const next = () => ++frames < 12 ? requestAnimationFrame(next) : done(renderings);
        requestAnimationFrame(next);
    })"""
    with open_tab(fit_server) as page:
        page.map(*CAM, 0, "first").cell.locator("button.map").click()
        page.frame.get_by_text("Values as a table").click()
        expect(page.frame.locator("tfx-enlarged tbody td").first).not_to_be_empty()
        page.settle()
        part = page.frame.locator("tfx-enlarged")
        # A pointer over the map has it painted anew, with the same numbers.
        part.locator("canvas").first.hover()
        assert part.evaluate(count) == 0
        before = part.locator("tbody").inner_text()
        page.press("Home")
        assert part.locator("tbody").inner_text() != before


def test_nan_is_shown_as_such(open_tab: OpenPage, demo_server: Server, demo_log: Path) -> None:
    with open_tab(demo_server) as page:
        record = read_run(demo_log / "dense").record("map/IntegratedGradients/image/1", 19)
        assert isinstance(record, schema.Map)
        assert np.isnan(record.values[0, 0])
        cell = page.map("IntegratedGradients", "image", 1, "dense")
        cell.cell.scroll_into_view_if_needed()
        page.settle()
        assert cell.flag == "1 NaN (hatched)"
        assert cell.hover(0, 0, 8, 8).startswith("NaN")
        red, green, blue = cell.colour(0, 0, 8, 8)
        assert red > green or (red, green, blue) == (29, 0, 24)
        assert blue > green
