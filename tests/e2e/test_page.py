"""What people do on the page besides scrubbing: choose, compare, link, reload, look up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from support.logs import LogWriter, write_demo_log
from support.read import read_run
from support.server import Server, serve

from e2e.conftest import EPOCHS, OpenPage
from tfexplain.wire import schema

pytestmark = [pytest.mark.browser, pytest.mark.process]


def test_choosing_runs_explainers_and_samples(open_tab: OpenPage, fit_server: Server) -> None:
    with open_tab(fit_server) as page:
        cells = page.frame.locator("tfx-map-cell")
        expect(cells).to_have_count(2 * 2 * 2)
        page.frame.get_by_role("checkbox", name="second").uncheck()
        expect(cells).to_have_count(2 * 2)
        layers = page.frame.get_by_role("group", name="Layers of IntegratedGradients")
        layers.get_by_role("checkbox").uncheck()
        expect(cells).to_have_count(2)
        page.frame.get_by_role("checkbox", name=re.compile("^Show sample 5")).check()
        expect(cells).to_have_count(3)
        page.frame.get_by_role("button", name=re.compile("^Show only sample 6")).click()
        expect(cells).to_have_count(1)
        assert page.map("GradCAM", "conv2", 6, "first").fact("score").endswith("logit")


def test_filters(open_tab: OpenPage, demo_server: Server, demo_log: Path) -> None:
    with open_tab(demo_server) as page:
        assert page.items() == list(range(8))
        page.frame.get_by_role("radio", name="Wrong now").check()
        for epoch in (0, 19):
            page.seek(epoch)
            wrong: set[int] = set()
            for name in ("dense", "pruned"):
                predicted = read_run(demo_log / name).record("predictions", epoch).predicted
                wrong |= set(np.flatnonzero(predicted != np.arange(8) % 4).tolist())
            assert page.items() == sorted(wrong)
        page.frame.get_by_role("radio", name="Changed").check()
        page.settle()
        assert 3 in page.items()
        page.frame.get_by_role("radio", name="All").check()
        page.choose("Class of the label", "2")
        assert page.items() == [2, 6]


def test_difference_between_two_runs(
    open_tab: OpenPage, fit_server: Server, fit_log: Path, artifacts: Path
) -> None:
    with open_tab(fit_server, "&p.tfexplain.samples=0") as page:
        page.seek(2)
        a, b = (
            read_run(fit_log / name).record("map/IntegratedGradients/input/0", 2).values
            for name in ("first", "second")
        )
        cell = page.frame.locator("tfx-difference-cell").nth(1)
        cell.scroll_into_view_if_needed()
        page.settle()
        shown = float(cell.locator(".r").inner_text().replace("\u2212", "-"))
        assert shown == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1], abs=0.006)
        overlap = float(cell.locator(".overlap").inner_text())
        assert overlap == pytest.approx(top_overlap(a, b), abs=0.006)
        largest = float(cell.locator(".largest").inner_text().split()[0])
        assert largest == pytest.approx(np.abs(a - b).max(), rel=6e-3)
        page.page.screenshot(path=artifacts / "difference-light.png")


def top_overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Jaccard index of the six largest magnitudes of each 8 x 8 map (a tenth, rounded)."""
    tops = [set(np.argsort(-np.abs(x).ravel())[:6].tolist()) for x in (a, b)]
    return len(tops[0] & tops[1]) / len(tops[0] | tops[1])


def test_no_difference_where_maps_cannot_be_subtracted(open_tab: OpenPage, tmp_path: Path) -> None:
    write_demo_log(tmp_path / "coarse", epochs=2, side=8)
    write_demo_log(tmp_path / "fine", epochs=2, side=12)
    with serving(tmp_path, 2) as server, open_tab(server) as page:
        flag = page.frame.locator("tfx-difference-cell .flag").first
        expect(flag).to_have_text("no difference: maps of different shapes: 4×4 and 6×6")


def test_links_and_reload_keep_the_place(open_tab: OpenPage, fit_server: Server) -> None:
    with open_tab(fit_server, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.frame.get_by_role("button", name=re.compile("^Show only sample 4")).click()
        page.frame.get_by_role("button", name="Look").click()
        page.choose("Colours of unsigned maps", "cividis")
        page.seek(2)
        page.wait_for_link("p.tfexplain.step=2")
        page.frame.get_by_role("button", name="Copy link").click()
        expect(page.frame.get_by_role("button", name="Link copied")).to_be_visible()
        link = page.page.evaluate("navigator.clipboard.readText()")
        assert link == page.page.url
        place = link.partition("#tfexplain")[2]
    for _ in ("another page", "a reload of it"):
        with open_tab(fit_server, place) as page:
            page.reload()
            expect(page.frame.locator("tfx-timeline .epoch")).to_have_text("Epoch 2 of 5")
            page.frame.get_by_role("button", name="Look").click()
            expect(page.frame.get_by_label("Colours of unsigned maps")).to_have_value("cividis")
            expect(page.frame.locator("tfx-map-cell")).to_have_count(4)


def test_enlarged_with_film_strip_and_keyboard(
    open_tab: OpenPage, fit_server: Server, fit_log: Path, artifacts: Path
) -> None:
    with open_tab(fit_server) as page:
        cell = page.map("IntegratedGradients", "input", 0, "first")
        cell.cell.locator("button.map").press("Enter")
        frames = page.frame.locator("tfx-film-strip button")
        expect(frames).to_have_count(EPOCHS)
        page.frame.get_by_role("button", name="Epoch 1", exact=True).click()
        page.settle()
        assert page.epoch == 1
        canvas = page.frame.locator("tfx-enlarged .stage canvas")
        for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
            canvas.press(key)
        page.settle()
        values = read_run(fit_log / "first").record("map/IntegratedGradients/input/0", 1).values
        told = page.text("tfx-enlarged .readout")
        assert told.endswith("at row 1, column 1")
        shown = float(told.split()[0].replace("\u2212", "-"))
        assert shown == pytest.approx(values[1, 1], rel=6e-3, abs=1e-9)
        assert page.epoch == 1
        page.frame.get_by_text("Values as a table").click()
        row = page.frame.locator("tfx-enlarged tbody tr").nth(1).locator("td")
        expect(row).to_have_count(8)
        table = row.all_inner_texts()
        numbers = [float(text.replace("\u2212", "-")) for text in table]
        np.testing.assert_allclose(numbers, values[1], rtol=6e-3, atol=1e-9)
        page.page.screenshot(path=artifacts / "enlarged-light.png")
        page.page.keyboard.press("Escape")
        expect(page.frame.locator("tfx-grid")).to_be_visible()


def test_play_runs_to_the_end(open_tab: OpenPage, fit_server: Server) -> None:
    with open_tab(fit_server) as page:
        page.press("Home")
        page.frame.get_by_role("button", name="Play").click()
        expect(page.frame.locator("tfx-timeline .epoch")).to_have_text("Epoch 5 of 5", timeout=9000)
        expect(page.frame.get_by_role("button", name="Play")).to_be_visible()


def test_problems_and_costs_are_told(open_tab: OpenPage, demo_server: Server) -> None:
    with open_tab(demo_server) as page:
        notes = page.text("tfx-notes")
        told = "IntegratedGradients: ResourceExhaustedError, 2 times, last at epoch 19: OOM"
        assert told in notes
        page.frame.get_by_role("button", name="Details").click()
        details = page.frame.get_by_role("dialog", name="Details")
        expect(details).to_contain_text("backbone/conv2")
        expect(details).to_contain_text("200 ms")
        expect(details).to_contain_text("20 of 20")


def test_what_explaining_took_is_told(open_tab: OpenPage, tmp_path: Path, artifacts: Path) -> None:
    for name in ("measured", "older"):
        write_demo_log(tmp_path / name, epochs=20, samples=2)
    log = LogWriter(tmp_path / "measured" / "explain")
    for step, seconds in ((0, 0.4), (8, 0.2), (19, 0.3)):
        cost = schema.Cost(40 * (step + 1), 2.5 * (step + 1), 3.5, step + 1, 3, 0.0625)
        status = schema.Status({"GradCAM": 0.01, "IntegratedGradients": seconds}, [], cost)
        log.record(schema.Tag("status"), step, status, schema.Content("status"))
    log.close()
    with serving(tmp_path, 2) as server, open_tab(server) as page:
        took = "3 of 20 epochs explained to stay under 6.25% of training time; that took 6.25%."
        expect(page.frame.locator("tfx-notes li").filter(has_text=took)).to_contain_text("measured")
        page.seek(12)
        page.frame.get_by_role("button", name="Details").click()
        dialog = page.frame.get_by_role("dialog", name="Details")
        expect(dialog).to_contain_text(f"{took} Setting up before training, compiling included")
        expect(dialog).to_contain_text("took 3.50 s and is not counted")
        tables = dialog.locator(".costs")
        # 0.9 s in three epochs, of 800 s; with all else 50 s, 16.7 s an epoch.
        assert cells(tables.nth(0)) == [
            ["part", "epoch 8", "mean of 3 epochs", "of training time"],
            ["GradCAM", "10 ms", "10 ms", "0.0%"],
            ["IntegratedGradients", "200 ms", "300 ms", "0.1%"],
            ["all, with writing", "–", "16.7 s", "6.3%"],
        ]
        assert cells(tables.nth(1)) == [
            ["part", "epoch 12", "mean of 20 epochs"],
            ["GradCAM", "10 ms", "10 ms"],
            ["IntegratedGradients", "200 ms", "200 ms"],
        ]
        tables.nth(0).scroll_into_view_if_needed()
        page.page.screenshot(path=artifacts / "costs-light.png")
        page.page.evaluate("document.body.classList.add('dark-mode')")
        page.settle()
        page.page.screenshot(path=artifacts / "costs-dark.png")


def cells(table: Locator) -> list[list[str]]:
    """The text of a table, row by row."""
    return [row.locator("th, td").all_inner_texts() for row in table.locator("tr").all()]


def test_epochs_that_were_not_kept_are_told(open_tab: OpenPage, tmp_path: Path) -> None:
    write_demo_log(tmp_path / "long", epochs=20, samples=2)
    with serving(tmp_path, 1, "--tfexplain_samples", "6") as server, open_tab(server) as page:
        notes = page.text("tfx-notes")
        assert "6 of 20 epochs kept" in notes
        assert "--tfexplain_samples=0" in notes


def test_hostile_names_are_text(open_tab: OpenPage, tmp_path: Path) -> None:
    write_demo_log(tmp_path / "<img src=x onerror=alert(1)>", epochs=2, samples=2)
    evil = "<script>window.hacked = 1</script>"
    log = LogWriter(tmp_path / "evil" / "explain")
    samples = schema.Samples(np.zeros(1), np.zeros(1), "class", [evil], {evil: evil})
    log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
    values = schema.Map(np.ones((2, 2), np.float32), 1.0, 0)
    content = schema.Content("map", evil, False, (2, 2), "", 0, {evil: evil})
    log.record(schema.Tag("map", "GradCAM", evil, 0), 0, values, content)
    log.write("map/GradCAM/broken/0", 0, b"not a record", content.encode())
    log.close()
    with serving(tmp_path, 2) as server, open_tab(server) as page:
        assert evil in page.text("tfx-toolbar")
        assert "broken" in page.text("tfx-notes")
        page.frame.get_by_role("button", name="Details").click()
        assert not page.frame.evaluate("'hacked' in window")


def test_an_empty_log_says_what_to_do(open_tab: OpenPage, tmp_path: Path, artifacts: Path) -> None:
    with serve(tmp_path, "--host", "127.0.0.1") as server, open_tab(server, empty=True) as page:
        expect(page.frame.get_by_role("heading")).to_contain_text("No explanations")
        text = page.text("tfx-empty")
        assert "from tfexplain.callbacks import Explain" in text
        assert 'callbacks=[Explain(val, log_dir="logs/run1")]' in text
        page.page.screenshot(path=artifacts / "empty-light.png")


def test_live_training_moves_the_playhead_along(open_tab: OpenPage, tmp_path: Path) -> None:
    write_demo_log(tmp_path / "live", epochs=3, samples=2)
    with serving(tmp_path, 1) as server, open_tab(server, "&p.tfexplain.size=128") as page:
        assert page.epoch == 2
        log = LogWriter(tmp_path / "live" / "explain")
        log.record(
            schema.Tag("metrics"), 3, schema.Metrics({"loss": 0.25}), schema.Content("metrics")
        )
        log.close()
        server.wait_for(
            lambda runs: any(
                g["group"] == "metrics" and g["last_step"] == 3
                for g in runs["live/explain"]["groups"]
            )
        )
        before = len(page.requests)
        page.page.locator("app-header-reload button").click()
        expect(page.frame.locator("tfx-timeline .epoch")).to_have_text(
            "Epoch 3 of 3", timeout=20_000
        )
        fetched = [r for r in page.requests[before:] if "series" in r]
        assert len(fetched) == 1
        assert "group=metrics" in fetched[0]
        assert "map" not in fetched[0]
        assert "p.tfexplain.size=128" in page.hash


@contextmanager
def serving(log_dir: Path, runs: int, *flags: str) -> Iterator[Server]:
    with serve(log_dir, "--host", "127.0.0.1", *flags) as server:
        server.wait_for(
            lambda found: len(found) == runs and all(r["groups"] for r in found.values())
        )
        yield server


def test_another_tab_and_back_keeps_the_place(open_tab: OpenPage, fit_server: Server) -> None:
    with open_tab(fit_server) as page:
        page.seek(1)
        page.wait_for_link("p.tfexplain.step=1")
        page.page.get_by_role("tab", name="Images").click()
        page.page.wait_for_function("location.hash.startsWith('#images')")
        # Nothing is to happen: longer than the page waits before it writes the link.
        page.page.wait_for_timeout(400)
        assert "p.tfexplain" not in page.hash or "step=1" in page.hash
        page.page.get_by_role("tab", name="Explain").click()
        page.wait_for_link("p.tfexplain.step=1")
        page.settle()
        assert page.epoch == 1


def test_a_failed_request_is_told_and_can_be_tried_again(
    open_tab: OpenPage, demo_server: Server
) -> None:
    with open_tab(demo_server) as page:
        series = re.compile("/plugin/tfexplain/series")
        page.page.route(series, lambda route: route.fulfill(status=500, body="the disk is on fire"))
        layers = page.frame.get_by_role("group", name="Layers of FeatureMaps")
        layers.get_by_role("checkbox", name="backbone/conv2", exact=True).check()
        notes = page.frame.locator("tfx-notes")
        expect(notes).to_contain_text("TensorBoard answered 500 for series: the disk is on fire")
        named = page.frame.get_by_label("of backbone/conv2")
        cell = page.frame.locator("tfx-tiles-cell", has=named).first
        flag = cell.locator(".flag")

        def in_sight(_: int) -> None:
            # What is drawn above pushes it on.
            cell.scroll_into_view_if_needed()

        assert page.until(lambda: flag.inner_text() == "no record at this epoch", in_sight)
        page.page.unroute(series)
        notes.get_by_role("button", name="Try again").click()
        expect(notes).not_to_contain_text("500")
        assert page.until(lambda: flag.inner_text() == "", in_sight)
        assert page.until(lambda: "of" in cell.locator(".dead").inner_text(), in_sight)
        page.errors.clear()


# Our page answers the host once it has done what it does on new data.
_WATCH_RELOADS = """() => {
    const post = MessagePort.prototype.postMessage;
    MessagePort.prototype.postMessage = function (...all) {
        window.hasReloaded ||= String(all[0]).includes("experimental.DataReloaded");
        return post.apply(this, all);
    };
}"""


def test_new_data_waits_until_the_tab_is_shown(open_tab: OpenPage, fit_server: Server) -> None:
    with open_tab(fit_server) as page:
        page.page.get_by_role("tab", name="Images").click()
        page.page.wait_for_function("location.hash.startsWith('#images')")
        before = len(page.requests)
        page.frame.evaluate(_WATCH_RELOADS)
        page.page.locator("app-header-reload button").click()
        # Hidden frames have no animation frames to look in.
        page.frame.wait_for_function("() => window.hasReloaded", polling=100)
        assert page.requests[before:] == []
        with page.page.expect_request(re.compile("/plugin/tfexplain/runs")):
            page.page.get_by_role("tab", name="Explain").click()
