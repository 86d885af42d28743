"""The view of the validation rows as a person reads it: its numbers are those of the library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, expect
from scipy import stats
from support.models import digits
from support.predictions_log import (
    EPOCHS,
    EXPLAINED,
    NAMES,
    RUNS,
    write_labels_log,
    write_pixels_log,
    write_predictions_log,
    write_values_log,
)
from support.server import Server, serve
from support.shared import made_once

import tfexplain
from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from e2e.page import ExplainPage, wait_loaded
from tfexplain import cli
from tfexplain.evaluation import Evaluated

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "predictions", write_predictions_log)


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[Server]:
    with serve(log, "--host", "127.0.0.1") as server:
        server.wait_for_runs(len(RUNS) + 1, EPOCHS - 1)
        yield server


PIXELS = """(canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const at = (i) => Math.floor((i + 0.5) * width / 8);
    return Array.from({ length: 8 }, (_, y) =>
        Array.from({ length: 8 }, (_, x) => data[4 * (at(y) * width + at(x))]));
}"""


def evaluated(log: Path, run: str, epoch: int | None = None) -> Evaluated:
    return tfexplain.read(log)[run].evaluated(epoch)


def accuracy(one: Evaluated) -> str:
    """As the page writes it."""
    return f"accuracy {100 * one.right[one.known].mean():.1f}% ["


def totals(page: ExplainPage) -> list[str]:
    return page.frame.locator("tfx-data .total").all_inner_texts()


def choose(page: ExplainPage, name: str) -> None:
    page.frame.get_by_role("tab", name=name, exact=True).click()
    wait_loaded(page)


def texts(cells: Locator) -> list[str]:
    return [text.strip() for text in cells.all_inner_texts()]


def test_confusion_is_the_library_s_at_every_epoch(
    log: Path, server: Server, open_tab: OpenPage
) -> None:
    with open_tab(server, None) as page:
        frame = page.frame
        choose(page, "Data")
        last = {run: evaluated(log, run) for run in RUNS}
        for text, (run, one) in zip(totals(page), last.items(), strict=True):
            assert run in text
            assert accuracy(one) in text
            assert "300 of 300 validation rows, epoch 2" in text
        for run, one in last.items():
            table = frame.get_by_role("table", name=f"Confusion matrix, {run}")
            counts = np.reshape([int(text or 0) for text in texts(table.locator("td"))], (10, 10))
            np.testing.assert_array_equal(counts, one.confusion())
        f1 = last["wide"].hits().total().rate("f1")
        cells = frame.locator("tfx-classes .classes tbody:first-of-type [data-rate=f1]")
        said = [text.split()[1] for text in texts(cells)]
        assert said == [f"{value:.2f}" for value in f1]
        assert_nothing_serious(page)
        values = frame.get_by_role("group", name="Values at this epoch")
        curve = values.locator("tr").filter(has_text="accuracy, rows")
        assert texts(curve.locator("td")) == [
            f"{100 * one.right[one.known].mean():.1f}%" for one in last.values()
        ]
        page.press("Home")
        page.until(lambda: "epoch 0" in totals(page)[0])
        for run, text in zip(RUNS, totals(page), strict=True):
            assert accuracy(evaluated(log, run, 0)) in text


def test_a_cell_lists_its_rows_and_these_lead_to_their_maps(
    log: Path, server: Server, open_tab: OpenPage
) -> None:
    one = evaluated(log, "narrow")
    label = int(one.validation.labels[EXPLAINED - 1])
    predicted = int(one.predicted[EXPLAINED - 1])
    inside = (one.validation.labels == label) & (one.predicted == predicted)
    with open_tab(server, "&p.tfexplain.view=data") as page:
        matrix = page.frame.get_by_role("table", name="Confusion matrix, narrow")
        name = re.compile(f"^{NAMES[label]} predicted as {NAMES[predicted]}: {inside.sum()}$")
        matrix.get_by_role("button", name=name).click()
        rows = page.frame.locator("tfx-classes .rows tbody tr")
        listed = [int(text) for text in texts(rows.locator("th"))]
        assert sorted(listed) == sorted(one.validation.rows[inside].tolist())
        page.wait_for_link("p.tfexplain.cell=")
        # Each picture is its row's: the digit's 8 x 8 values, each some pixels wide.
        images = 255 * digits(700)[0][400:, :, :, 0]
        for place in (0, len(listed) - 1):
            picture = rows.nth(place).locator("tfx-thumbnail canvas")
            picture.scroll_into_view_if_needed()
            page.settle()
            np.testing.assert_allclose(picture.evaluate(PIXELS), images[listed[place]], atol=1)
        own = rows.filter(has=page.frame.get_by_role("button", name=f"sample {EXPLAINED - 1}"))
        assert int(own.locator("th").inner_text()) == one.validation.rows[EXPLAINED - 1]
        own.get_by_role("button", name="sample").click()
        expect(page.frame.get_by_role("tab", name="Samples")).to_have_attribute(
            "aria-selected", "true"
        )
        page.wait_for_link(f"p.tfexplain.samples={EXPLAINED - 1}")


def test_curves_calibration_groups_and_the_data_map_say_what_the_library_says(
    log: Path, server: Server, open_tab: OpenPage
) -> None:
    one = evaluated(log, "wide")
    view = {"view": "data", "data": "curves", "ranked": "3", "boxes": "0x1x0x1"}
    place = "".join(f"&p.tfexplain.{key}={value}" for key, value in view.items())
    with open_tab(server, place) as page:
        frame = page.frame
        assert texts(frame.locator("[data-rate=auc]"))[1].startswith(f"{one.ranking(3).auc:.3f} [")
        before = texts(frame.locator("tfx-curves tbody tr").nth(1).locator("td"))
        frame.get_by_role("slider", name="Threshold").fill("90")
        page.settle()
        after = texts(frame.locator("tfx-curves tbody tr").nth(1).locator("td"))
        assert float(after[5]) < float(before[5])
        choose(page, "Calibration")
        error = texts(frame.locator("[data-rate=ece]"))[1]
        assert error.startswith(f"{one.calibration().error:.3f} [")
        choose(page, "Groups")
        phone = one.right[one.validation.groups == one.validation.group_names.index("phone")]
        row = frame.locator("tfx-groups tbody tr").filter(has_text="phone")
        expect(row.locator("[data-rate=group]").nth(1)).to_contain_text(
            f"{100 * phone.mean():.1f}% ["
        )
        # Of the rows that are explained, what their maps hold inside of the box.
        explained = one.validation.groups[:EXPLAINED]
        shares = (1 + np.arange(EXPLAINED)) / (4 + np.arange(EXPLAINED))
        own = shares[explained == one.validation.group_names.index("scanner")]
        half = stats.t.ppf(0.975, len(own) - 1) * stats.sem(own)
        low, high = max(own.mean() - half, 0), min(own.mean() + half, 1)
        expect(
            frame.locator("tfx-groups tbody tr", has_text="scanner").locator("[data-rate=evidence]")
        ).to_contain_text(
            f"{100 * own.mean():.1f}% [{100 * low:.1f}–{100 * high:.1f}] of {len(own)} rows"
        )
        frame.get_by_role("button", name="Curves", exact=True).click()
        for curve in ("accuracy by group", "row 0, column 0 by group: mean share"):
            frame.get_by_label(re.compile(curve)).check()
        values = frame.get_by_role("group", name="Values at this epoch")
        expect(values.locator("tr").filter(has_text="scanner").last).to_contain_text(
            f"{100 * own.mean():.1f}%"
        )
        choose(page, "Data map")
        narrow = evaluated(log, "narrow")
        suspects = narrow.validation.rows[narrow.dynamics().suspects()[:5]].tolist()
        rows = frame.locator("tfx-data-map .rows tbody th")
        assert [int(text) for text in texts(rows)[:5]] == suspects
        rows.first.get_by_role("button").click()
        facts = frame.get_by_role("table", name=f"Row {suspects[0]}")
        expect(facts).to_contain_text("never learned" if not narrow.right[0] else "of the epochs")
        assert_nothing_serious(page)


def test_classes_of_pixels_have_iou_and_counts_that_open_nothing_in_a_report_too(
    browser: Browser, tmp_path: Path
) -> None:
    write_pixels_log(tmp_path / "logs")
    out = tmp_path / "report.html"
    assert cli.main(["report", str(tmp_path / "logs"), "-o", str(out)]) == 0
    context = browser.new_context(offline=True, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(out.as_uri())
    opened = wait_loaded(ExplainPage(page, page.main_frame, told, []))
    frame, good = opened.frame, tfexplain.read(tmp_path / "logs")["good"].segmented()
    iou = frame.locator("tfx-classes .classes tbody:first-of-type [data-rate=iou] .rate")
    expected = [f"{value:.2f}" for value in good.hits().total().rate("iou")]
    assert texts(iou)[::2] == expected  # of two runs the first
    table = frame.get_by_role("table", name="Confusion matrix, good")
    assert texts(table.locator("td"))[0] == f"{good.confusion()[0, 0] / 1000:.0f}K"
    expect(table.locator("td button")).to_have_count(0)
    assert f"pixel accuracy {100 * good.totals()['accuracy']:.1f}% [" in totals(opened)[0]
    frame.get_by_text("% of label", exact=True).click()
    share = good.confusion()[2, 2] / good.confusion()[2].sum()
    expect(table.locator("td").last).to_have_text(f"{100 * share:.0f}%")
    assert told == []
    context.close()


def test_values_and_several_labels_of_a_row_are_told_in_a_report_too(
    browser: Browser, log: Path, tmp_path: Path
) -> None:
    write_values_log(tmp_path / "logs")
    write_labels_log(tmp_path / "logs")
    out = tmp_path / "report.html"
    assert cli.main(["report", str(tmp_path / "logs"), "-o", str(out)]) == 0
    context = browser.new_context(offline=True, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(out.as_uri())
    opened = wait_loaded(ExplainPage(page, page.main_frame, told, []))
    choose(opened, "Values")
    score = opened.frame.locator("tfx-values [data-rate='mean absolute error']")
    for epoch in (EPOCHS - 1, 0):
        true, said, _ = evaluated(tmp_path / "logs", "line", epoch).numbers()
        opened.seek(epoch)
        expect(score).to_contain_text(f"{np.abs(said - true).mean():#.3g} [")
    one = evaluated(tmp_path / "logs", "line", 0)
    true, said, _ = one.numbers()
    worst = np.argsort(-np.abs(said - true))[:5]
    rows = opened.frame.locator("tfx-values .rows tbody tr")
    assert [int(text) for text in texts(rows.locator("th"))[:5]] == one.validation.rows[
        worst
    ].tolist()
    rows.first.get_by_role("button").click()
    expect(
        opened.frame.get_by_role("group", name=f"Row {one.validation.rows[worst[0]]}")
    ).to_contain_text(f"true {true[worst[0]]:#.3g}".replace("-", "−"))
    choose(opened, "Classes")
    labels = evaluated(tmp_path / "logs", "labels", 0)
    sets = labels.validation.sets
    assert sets is not None
    missed = (sets[:, 2] > labels.predicted_sets[:, 2]).nonzero()[0]
    opened.frame.get_by_role("button", name=f"sand, missed by labels: {len(missed)}").click()
    listed = opened.frame.locator("tfx-classes .rows tbody tr")
    least = missed[np.argsort(labels.log_probabilities[missed, 2])]
    own = [int(text) for text in texts(listed.locator("th"))]
    assert own == labels.validation.rows[least].tolist()
    # Words or values stand where there is no picture.
    expect(listed.first.locator(".thumb-text")).to_contain_text(", ")
    assert told == []
    context.close()
