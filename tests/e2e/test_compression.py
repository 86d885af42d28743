"""The compression half of the page: which layer lost most, and what that did to its maps."""

from __future__ import annotations

import csv
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, expect
from support import compressed_logs
from support.compressed_logs import UNKNOWN, WRAPPED, write_compressed_log
from support.logs import write_demo_log
from support.read import read_run
from support.server import Server, serve

from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from e2e.page import ExplainPage, assert_first_maps_in_sight
from tfexplain.wire import schema

pytestmark = [pytest.mark.browser, pytest.mark.process]

EPOCHS = 12
# As the page calls the kernel, whether the model is wrapped or not.
PRUNED = "conv2"
KERNELS = ("conv1", PRUNED, "lstm.recurrent_kernel", UNKNOWN)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two trainings with maps and kernels; the run `pruned` loses weights."""
    log_dir = tmp_path_factory.mktemp("compressed")
    write_compressed_log(log_dir / "dense", epochs=EPOCHS, pruned=False)
    write_compressed_log(log_dir / "pruned", epochs=EPOCHS)
    return log_dir


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[Server]:
    with serve(log, "--host", "127.0.0.1") as found:
        found.wait_for(lambda runs: len(runs) == 4 and _is_read(runs, EPOCHS - 1))
        yield found


@pytest.fixture(scope="module")
def lone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Kernels without any maps."""
    log_dir = tmp_path_factory.mktemp("lone")
    write_compressed_log(log_dir / "pruned", epochs=3, maps=False)
    with serve(log_dir, "--host", "127.0.0.1") as found:
        found.wait_for(lambda runs: len(runs) == 1 and _is_read(runs, 2))
        yield found


def _is_read(runs: dict[str, Any], last: int) -> bool:
    ends = {"metrics", "kernels"}
    return all(
        any(g["kind"] in ends and g["last_step"] == last for g in run["groups"])
        for run in runs.values()
    )


def kernels(log: Path, run: str, epoch: int) -> dict[str, dict[str, float]]:
    """The logged numbers by kernel, without wrappers, and metric."""
    record = read_run(log / run, "compression").record("kernels", epoch)
    assert isinstance(record, schema.Kernels)
    lines = [dict(zip(record.metrics, line, strict=True)) for line in record.values]
    names = [row["name"].removeprefix(f"{WRAPPED}/") for row in record.rows]
    return dict(zip(names, lines, strict=True))


def open_table(page: ExplainPage) -> Locator:
    """The table's rows."""
    page.frame.get_by_role("tab", name="Table").click()
    return page.frame.locator("tfx-kernel-table tbody tr")


def cells(row: Locator) -> list[str]:
    """The texts of a row; a path is drawn in two pieces."""
    return [text.replace("\n", "").strip() for text in row.locator("th, td").all_inner_texts()]


def hover(page: ExplainPage, run: int, row: int, epoch: int) -> str:
    """Point at one cell of a strip and read what the page says about it."""
    page.frame.locator("tfx-layer-strip li button").nth(row).scroll_into_view_if_needed()
    strip = page.frame.locator("tfx-layer-strip .strip").nth(run)
    box = strip.bounding_box()
    assert box
    x = box["x"] + (epoch + 0.5) / EPOCHS * box["width"]
    page.page.mouse.move(x - 1, box["y"] + 22 * row + 11)
    page.page.mouse.move(x, box["y"] + 22 * row + 11)
    page.settle()
    return page.text("tfx-readout")


def test_the_table_finds_the_layer_that_lost_most(
    open_tab: OpenPage, server: Server, log: Path, artifacts: Path
) -> None:
    with open_tab(server) as page:
        rows = open_table(page)
        expect(rows).to_have_count(2 * len(KERNELS))
        assert [cells(row)[0] for row in rows.all()] == [name for name in KERNELS for _ in "ab"]
        header = page.frame.get_by_role("columnheader", name="sparsity", exact=True)
        header.get_by_role("button").click()
        expect(header).to_have_attribute("aria-sort", "descending")
        first = cells(rows.first)
        assert first[:2] == [PRUNED, "pruned"]
        share = kernels(log, "pruned", EPOCHS - 1)[PRUNED]["sparsity"]
        assert shown_share(share) in first
        page.page.screenshot(path=artifacts / "compression-table-light.png")
        header.get_by_role("button").click()
        expect(header).to_have_attribute("aria-sort", "ascending")
        # What is not known is last in either order.
        assert [cells(row)[0] for row in rows.all()[-2:]] == [UNKNOWN, UNKNOWN]
        header.get_by_role("button").click()
        expect(header).to_have_attribute("aria-sort", "none")


def test_the_table_follows_the_playhead(open_tab: OpenPage, server: Server, log: Path) -> None:
    with open_tab(server) as page:
        rows = open_table(page)
        for epoch in (0, 6):
            page.seek(epoch)
            expect(page.frame.locator("tfx-kernel-table .when")).to_have_text(f"Epoch {epoch}")
            share = kernels(log, "pruned", epoch)[PRUNED]["sparsity"]
            assert cells(rows.nth(3))[5] == shown_share(share)
        page.press("End")
        expect(page.frame.locator("tfx-kernel-table .when")).to_contain_text("after training")
        total = page.frame.locator("tfx-kernel-table tfoot tr").nth(2)
        record = read_run(log / "pruned", "compression").record("kernels", EPOCHS - 1)
        assert cells(total)[5] == shown_share(record.totals[""]["sparsity"])
        of = page.frame.locator("tfx-kernel-table tfoot tr").nth(3)
        expect(of).to_contain_text(record.denominators[""])


def test_csv_holds_every_number(
    open_tab: OpenPage, server: Server, log: Path, tmp_path: Path
) -> None:
    with open_tab(server) as page:
        open_table(page)
        page.seek(7)
        with page.page.expect_download() as started:
            page.frame.get_by_role("button", name="Download CSV").click()
        assert started.value.suggested_filename == "compression-epoch-7.csv"
        started.value.save_as(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 2 * len(KERNELS)
    assert {line["name"] for line in lines} == {*KERNELS, f"{WRAPPED}/{PRUNED}"}
    for line in lines:
        assert line["epoch"] == "7"
        expected = kernels(log, line["run"], 7)[line["name"].removeprefix(f"{WRAPPED}/")]
        for header, text in line.items():
            metric = header.partition(" [")[0]
            if metric in expected:
                found = float(text) if text else np.nan
                np.testing.assert_equal(found, expected[metric])
    assert {"sparsity [share]", "size_csr [bytes]", "sqnr [dB]", "mean"} <= set(lines[0])


def test_the_strip_tells_every_number(
    open_tab: OpenPage, server: Server, log: Path, artifacts: Path
) -> None:
    with open_tab(server) as page:
        for epoch in (0, 8, EPOCHS - 1):
            page.seek(epoch)
            for run, name in enumerate(("dense", "pruned")):
                known = kernels(log, name, epoch)
                column = page.frame.locator("tfx-layer-strip .values").nth(run)
                expected = [shown_share(known[kernel]["sparsity"]) for kernel in KERNELS]
                assert column.locator("span").all_inner_texts() == expected
        line = kernels(log, "pruned", 8)[PRUNED]
        zeros, size = int(line["weights"] - line["nonzeros"]), int(line["weights"])
        told = hover(page, 1, 1, 8)
        assert told == (
            f"{PRUNED}, pruned, epoch 8: sparsity {shown_share(line['sparsity'])}, "
            f"{zeros} of {size} weights zero"
        )
        assert hover(page, 0, 3, 2).endswith("sparsity not known")
        page.page.screenshot(path=artifacts / "compression-light.png")


def shown_share(share: float) -> str:
    """A share as the page writes it, which rounds halves up."""
    if np.isnan(share):
        return "–"
    percent = Decimal(100 * share).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return "0%" if share == 0 else f"{percent}%"


def test_other_metrics_have_their_units(open_tab: OpenPage, server: Server, log: Path) -> None:
    with open_tab(server) as page:
        page.choose("Metric", "sqnr")
        page.seek(0)
        values = page.frame.locator("tfx-layer-strip .values").nth(1).locator("span")
        assert values.all_inner_texts() == ["–", "–", "∞ dB", "–"]
        assert hover(page, 1, 2, 0).endswith("SQNR infinite (no error)")
        page.seek(5)
        assert values.nth(2).inner_text() == f"{48 - 0.25 * 5:.1f} dB"
        page.choose("Metric", "size_csr")
        expected = kernels(log, "pruned", 5)["conv1"]["size_csr"]
        assert values.first.inner_text() == f"{expected:.0f} B"
        told = page.frame.locator("tfx-timeline .values tbody tr", has_text="CSR size, total")
        record = read_run(log / "pruned", "compression").record("kernels", 5)
        total = record.totals[""]["size_csr"] / 1024
        assert cells(told)[2] == f"{total:.2f} KiB"


def test_rows_are_walked_with_the_keyboard(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server) as page:
        page.seek(EPOCHS - 1)
        row = page.frame.locator("tfx-layer-strip li button")
        row.first.focus()
        row.first.press("ArrowDown")
        expect(row.nth(1)).to_be_focused()
        page.settle()
        told = page.text("tfx-metric-bar .told")
        assert told.startswith(f"{PRUNED}, dense, epoch {EPOCHS - 1}")
        assert "pruned, epoch 11, after training: sparsity 75.0%, 324 of 432 weights zero" in told
        row.nth(1).press("ArrowLeft")
        page.settle()
        assert page.epoch == EPOCHS - 2
        row.nth(1).press("Enter")
        expect(row.nth(1)).to_have_attribute("aria-pressed", "true")
        tabs = page.frame.get_by_role("tablist", name="Compression").get_by_role("tab")
        tabs.first.focus()
        tabs.first.press("ArrowRight")
        expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")
        expect(tabs.nth(1)).to_be_focused()
        assert page.epoch == EPOCHS - 2


def test_a_layer_is_selected_everywhere(
    open_tab: OpenPage, server: Server, log: Path, artifacts: Path
) -> None:
    with open_tab(server, "&p.tfexplain.samples=0") as page:
        rows = open_table(page)
        rows.first.click()
        tiles = page.frame.locator("tfx-tiles-cell")
        expect(page.frame.get_by_label("Enlarge the channels of conv1")).to_have_count(2)
        page.frame.get_by_role("tab", name="Layers").click()
        page.frame.locator("tfx-layer-strip .strip").nth(1).click(position={"x": 40, "y": 33})
        expect(page.frame.get_by_label(f"Enlarge the channels of {WRAPPED}")).to_have_count(2)
        page.press("End")
        record = read_run(log / "pruned", "compression").record(
            f"kernel/{WRAPPED}/{PRUNED}", EPOCHS - 1
        )
        gone = np.flatnonzero(record.pruned)
        assert gone.tolist() == [3, 4]
        tiles.nth(1).scroll_into_view_if_needed()
        expect(tiles.nth(1).locator(".pruned")).to_have_text("2 of 12: 3, 4")
        expect(tiles.first.locator(".pruned")).to_have_text("0 of 12")
        page.press("Home")
        expect(tiles.nth(1).locator(".pruned")).to_have_text("0 of 12")
        page.press("End")
        tiles.nth(1).get_by_role("button").click()
        canvas = page.frame.locator("tfx-enlarged .stage canvas")
        for _ in range(3):
            canvas.press("ArrowRight")
        told = page.text("tfx-enlarged .readout")
        assert told.startswith("channel 3: pruned, all its weights are zero")
        page.page.screenshot(path=artifacts / "compression-tiles-light.png")
        page.page.keyboard.press("Escape")
        head = page.frame.locator("tfx-grid tfx-legend button.layer").last
        expect(head).to_have_attribute("aria-pressed", "true")


def test_a_column_selects_its_kernel(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server) as page:
        selected = page.frame.locator("tfx-layer-strip li button[aria-pressed=true]")
        # That of the first maps, which are in sight.
        expect(selected).to_have_attribute("title", PRUNED)
        page.frame.locator("tfx-layer-strip li button", has_text="conv1").click()
        expect(selected).to_have_attribute("title", "conv1")
        page.frame.locator("tfx-grid tfx-legend button.layer", has_text=WRAPPED).first.click()
        expect(selected).to_have_attribute("title", PRUNED)
        expect(page.frame.locator("tfx-kernel h2")).to_have_text(PRUNED)


def test_the_selected_kernel_is_told(open_tab: OpenPage, server: Server, log: Path) -> None:
    with open_tab(server, f"&p.tfexplain.layer={PRUNED}") as page:
        page.page.set_viewport_size({"width": 2000, "height": 1000})
        zeros = page.frame.locator("tfx-kernel .zeros").nth(1)
        for epoch in (EPOCHS - 1, 0):
            page.seek(epoch)
            found = read_run(log / "pruned", "compression").record(
                f"kernel/{WRAPPED}/{PRUNED}", epoch
            )
            size = int(found.counts.sum()) + found.zeros
            share = shown_share(found.zeros / size)
            expect(zeros).to_have_text(f"{found.zeros} of {size} zero ({share})")
        facts = page.frame.locator("tfx-kernel tbody tr")
        by_name = {cells(fact)[0]: cells(fact)[1:] for fact in facts.all()}
        assert by_name["wrapper"] == ["–", "PruneLowMagnitude"]
        assert by_name["logged as"] == ["–", f"{WRAPPED}/{PRUNED}"]
        assert by_name["mask sparsity"] == ["–", "0%"]
        assert by_name["CSR size"][0].endswith("KiB")
        page.frame.locator("tfx-layer-strip li button").last.click()
        expect(zeros).to_contain_text("mode nvfp4 is not known")


def test_links_keep_the_place(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server) as page:
        page.choose("Metric", "filter_sparsity")
        rows = open_table(page)
        page.frame.get_by_role("columnheader", name="SQNR").get_by_role("button").click()
        rows.last.click()
        page.seek(4)
        page.wait_for_link("p.tfexplain.step=4")
        before = [cells(row) for row in rows.all()]
        place = page.hash.removeprefix("#tfexplain")
    with open_tab(server, place) as page:
        rows = page.frame.locator("tfx-kernel-table tbody tr")
        expect(rows.last).to_be_visible()
        assert [cells(row) for row in rows.all()] == before
        assert page.epoch == 4
        header = page.frame.get_by_role("columnheader", name="SQNR")
        expect(header).to_have_attribute("aria-sort", "descending")
        page.frame.get_by_role("tab", name="Layers").click()
        expect(page.frame.get_by_label("Metric", exact=True)).to_have_value("filter_sparsity")
        selected = page.frame.locator("tfx-layer-strip li button[aria-pressed=true]")
        expect(selected).to_have_attribute("title", before[-1][0])


def test_the_panel_folds_away(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server) as page:
        width = "e => e.getBoundingClientRect().width"
        timeline = page.frame.locator("tfx-timeline")
        expect(page.frame.locator("tfx-layer-strip")).to_be_visible()
        before = timeline.evaluate(width)
        page.frame.get_by_role("button", name="Hide", exact=True).click()
        expect(page.frame.locator("tfx-layer-strip")).to_have_count(0)
        assert timeline.evaluate(width) > before + 400
        page.wait_for_link("p.tfexplain.panel=closed")
        page.frame.get_by_role("tab", name="Layers").click()
        expect(page.frame.locator("tfx-layer-strip")).to_be_visible()


def test_the_model_has_a_view_of_its_own(
    open_tab: OpenPage, server: Server, artifacts: Path
) -> None:
    with open_tab(server) as page:
        views = page.frame.get_by_role("tablist", name="View")
        views.get_by_role("tab", name="Model").click()
        expect(page.frame.locator("tfx-grid, tfx-samples")).to_have_count(0)
        box = page.frame.locator("tfx-compression").bounding_box()
        assert box
        assert box["height"] > 500
        expect(page.frame.locator("tfx-kernel")).to_be_visible()
        page.wait_for_link("p.tfexplain.view=model")
        page.page.screenshot(path=artifacts / "model-light.png")
        page.reload()
        expect(page.frame.locator("tfx-kernel")).to_be_visible()
        epoch = page.epoch
        views = page.frame.get_by_role("tablist", name="View")
        chosen = views.get_by_role("tab", selected=True)
        chosen.press("ArrowLeft")
        expect(chosen).to_have_text("Samples")
        expect(chosen).to_be_focused()
        expect(page.frame.locator("tfx-map-cell").first).to_be_visible()
        assert page.epoch == epoch


def test_both_runs_of_the_first_sample_are_in_sight(open_tab: OpenPage, server: Server) -> None:
    """With the panel open, and notes of problems above."""
    with open_tab(server) as page:
        page.page.set_viewport_size({"width": 1440, "height": 900})
        page.settle()
        expect(page.frame.locator("tfx-layer-strip")).to_be_visible()
        height, whole = page.frame.locator("tfx-grid").evaluate(
            "e => [e.getBoundingClientRect().height, innerHeight]"
        )
        assert height > whole / 2
        assert_first_maps_in_sight(page, ["dense", "pruned"])


def test_scrubbing_the_strips_asks_for_nothing(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server) as page:
        before = len(page.requests)
        page.press("Home", *["ArrowRight"] * (EPOCHS - 1))
        assert page.requests[before:] == []


def test_kernels_without_maps_fill_the_page(
    open_tab: OpenPage, lone_server: Server, artifacts: Path
) -> None:
    with open_tab(lone_server) as page:
        expect(page.frame.locator("tfx-grid, tfx-samples")).to_have_count(0)
        box = page.frame.locator("tfx-compression").bounding_box()
        assert box
        assert box["height"] > 500
        expect(page.frame.locator("tfx-layer-strip li button")).to_have_count(len(KERNELS))
        expect(page.frame.locator("tfx-timeline .epoch")).to_have_text("Epoch 2 of 2")
        assert "activity: ValueError, 1 time, last at epoch 2" in page.text("tfx-notes")
        page.page.screenshot(path=artifacts / "compression-only-light.png")


def test_problems_of_compression_are_told_once(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server) as page:
        page.frame.get_by_role("button", name=re.compile("^Show .* more")).click()
        assert page.text("tfx-notes").count("activity: ValueError") == 2
        page.frame.get_by_role("button", name="Details").click()
        details = page.frame.get_by_role("dialog", name="Details")
        expect(details).to_contain_text("4: 2 float, 1 int8, 1 nvfp4")
        expect(details).to_contain_text("12 ms")


def test_maps_alone_look_as_ever(open_tab: OpenPage, tmp_path: Path) -> None:
    write_demo_log(tmp_path / "maps", epochs=2, samples=2)
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: len(runs) == 1 and _is_read(runs, 1))
        with open_tab(server) as page:
            expect(page.frame.locator("tfx-compression")).to_have_count(0)
            page.frame.get_by_role("button", name="Details").click()
            details = page.frame.get_by_role("dialog", name="Details")
            expect(details).to_contain_text("No compression was logged")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("place", ["layers", "table", "model", "alone"])
def test_axe_finds_nothing_serious(
    open_tab: OpenPage,
    server: Server,
    lone_server: Server,
    place: str,
    dark: bool,
    artifacts: Path,
) -> None:
    where = lone_server if place == "alone" else server
    with open_tab(where) as page:
        if dark:
            page.page.evaluate("document.body.classList.add('dark-mode')")
        if place == "table":
            open_table(page)
        if place == "model":
            page.frame.get_by_role("tab", name="Model").click()
        page.settle()
        theme = "dark" if dark else "light"
        page.page.screenshot(path=artifacts / f"compression-{place}-{theme}.png")
        assert_nothing_serious(page)


@pytest.mark.parametrize("width", [900, 1100, 2000])
def test_no_width_overflows(open_tab: OpenPage, server: Server, width: int) -> None:
    with open_tab(server) as page:
        page.page.set_viewport_size({"width": width, "height": 1000})
        page.settle()
        assert page.frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        parts = ("tfx-compression", "tfx-layer-strip", "tfx-kernel")
        # Where two do not fit, the chosen layer has its own tab.
        for part in parts if width == 2000 else parts[:2]:
            box = page.frame.locator(part).bounding_box()
            assert box
            assert box["x"] + box["width"] <= width + 0.5


NOT_ALLOWED = "allow-scripts allow-same-origin allow-forms"


@contextmanager
def page_around(address: str, sandbox: str) -> Iterator[str]:
    """The address of a page of another origin, with a sandboxed frame of ours in it."""
    style = "width: 1400px; height: 900px"
    body = f'<iframe style="{style}" sandbox="{sandbox}" src="{address}"></iframe>'.encode()

    class Around(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Around) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}/around.html"
        found.shutdown()
        thread.join()


@pytest.mark.parametrize("origin", ["same", "other"])
def test_where_downloads_are_not_allowed_the_text_is_offered(
    browser: Browser, server: Server, origin: str
) -> None:
    """A browser says nothing to a page whose download it drops, as in VS Code's frames."""
    address = f"{server.address}#tfexplain&p.tfexplain.view=samples&p.tfexplain.panel=table"
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    try:
        page = context.new_page()
        downloads: list[object] = []
        page.on("download", lambda download: downloads.append(download))
        with page_around(address, NOT_ALLOWED) as around:
            if origin == "same":
                body = page.request.get(around).body()
                around = f"{server.address}around.html"
                page.route(around, lambda r: r.fulfill(body=body, content_type="text/html"))
            page.goto(around)
        ours = page.frame_locator("iframe").frame_locator("iframe[src*='name=tfexplain']")
        button = ours.get_by_role("button", name="Download CSV")
        expect(button).to_be_enabled(timeout=60_000)
        button.click()
        dialog = ours.locator("tfx-kernel-table tfx-offer dialog")
        says = {"same": "does not allow downloads", "other": "may not have allowed the download"}
        expect(dialog).to_contain_text(says[origin])
        area = dialog.get_by_role("textbox", name="Text to copy")
        lines = list(csv.DictReader(area.input_value().splitlines()))
        assert len(lines) == 2 * len(KERNELS)
        assert area.evaluate("a => a.value.slice(a.selectionStart, a.selectionEnd) === a.value")
        dialog.get_by_role("button", name="Close").click()
        expect(dialog).to_be_hidden()
        assert downloads == []
    finally:
        context.close()


@pytest.fixture
def counted_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Two runs of one process: Keras counted the layers of the second one on."""
    first, other = compressed_logs.KERNELS[0], compressed_logs.KERNELS[2]
    for run, names in (("a", ("conv2d", "lstm.kernel")), ("b", ("conv2d_4", "lstm_1.kernel"))):
        kernels = [
            replace(kernel, name=name) for kernel, name in zip((first, other), names, strict=True)
        ]
        monkeypatch.setattr(compressed_logs, "KERNELS", tuple(kernels))
        write_compressed_log(tmp_path / run, epochs=3, maps=False, seed=ord(run))
    with serve(tmp_path, "--host", "127.0.0.1") as found:
        found.wait_for(lambda runs: len(runs) == 2 and _is_read(runs, 2))
        yield found


def test_kernels_that_only_counting_tells_apart_share_a_row(
    open_tab: OpenPage, counted_server: Server
) -> None:
    with open_tab(counted_server) as page:
        names = page.frame.locator("tfx-layer-strip li button")
        expect(names).to_have_count(2)
        assert [name.get_attribute("title") for name in names.all()] == ["conv2d", "lstm.kernel"]
        for run in range(2):
            values = page.frame.locator("tfx-layer-strip .values").nth(run).locator("span")
            assert all(text.endswith("%") for text in values.all_inner_texts())
        # What is known of one kernel is found under its own name.
        expect(page.frame.locator("tfx-kernel thead .who")).to_have_count(2)
        rows = open_table(page)
        expect(rows).to_have_count(4)
        buttons = rows.locator("button.kernel")
        logged = [button.get_attribute("title") for button in buttons.all()]
        assert logged == ["conv2d", "conv2d_4", "lstm.kernel", "lstm_1.kernel"]
        assert [cells(row)[0] for row in rows.all()] == ["conv2d"] * 2 + ["lstm.kernel"] * 2
