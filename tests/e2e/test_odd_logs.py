"""Logs that are not images of classes: tables, values to predict, numbers that are none."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from support.compressed_logs import write_compressed_log
from support.logs import LogWriter, write_demo_log
from support.read import read_run
from support.server import Server, records, serve

from e2e.conftest import OpenPage
from tfexplain.wire import schema

pytestmark = [pytest.mark.browser, pytest.mark.process]

FEATURES = np.array([0.5, -2.0, 0.25, 0.0, 1.0, -0.125], np.float32)
MINUS = "\u2212"


def write_table(log_dir: Path) -> None:
    """A regression on six features, without a picture of them."""
    log = LogWriter(log_dir / "explain")
    samples = schema.Samples(np.array([1.5, 0.1 + 0.2]), np.array([4, 2]), "value")
    log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
    outputs = np.array([[2.5], [-0.75]])
    predictions = schema.Predictions(outputs, np.array([-1, -1]), 1, "none")
    log.record(schema.Tag("predictions"), 0, predictions, schema.Content("predictions"))
    content = schema.Content("map", "output", True, FEATURES.shape)
    for sample in range(2):
        tag = schema.Tag("map", "IntegratedGradients", "input", sample)
        log.record(tag, 0, schema.Map(FEATURES, 2.5, 0, gap=0.0), content)
    log.close()


def test_a_table_of_an_older_log_is_bars_with_its_numbers(
    open_tab: OpenPage, tmp_path: Path
) -> None:
    """Neither its layout nor its features' names and values were logged."""
    write_table(tmp_path / "table")
    order = np.argsort(-np.abs(FEATURES), kind="stable")
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: any(len(run["groups"]) == 3 for run in runs.values()))
        with open_tab(server) as page:
            cell = page.map("IntegratedGradients", "input", 0, "table")
            assert cell.flag == "the same for all samples"  # as they were written
            assert cell.hover(1, 0, 6, 1) == "1.00 output at column 4"
            # Zero stands behind the names: to its left what is against, to its right what is for.
            assert cell.colour(0, 5, 6, 10) == (98, 176, 253)
            assert cell.colour(2, 5, 6, 10) == (238, 240, 243)
            red, _, blue = cell.colour(1, 7, 6, 10)
            assert red > blue
            page.frame.locator("tfx-map-cell button.map").first.click()
            page.frame.get_by_text("Values as a table").click()
            shown = page.frame.locator("tfx-enlarged tbody td")
            expect(shown).to_have_count(6)
            numbers = [float(text.replace(MINUS, "-")) for text in shown.all_inner_texts()]
            np.testing.assert_allclose(numbers, FEATURES[order], rtol=6e-3)
            names = page.frame.locator("tfx-enlarged tbody th").all_inner_texts()
            assert names == [f"column {i}" for i in order]


def test_values_are_neither_right_nor_wrong(open_tab: OpenPage, tmp_path: Path) -> None:
    write_table(tmp_path / "table")
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: any(len(run["groups"]) == 3 for run in runs.values()))
        with open_tab(server) as page:
            listed = page.frame.locator("tfx-samples tfx-prediction")
            assert listed.locator(".class").all_inner_texts() == ["output", "output"]
            assert listed.locator(".number").all_inner_texts() == ["2.50", f"{MINUS}0.750"]
            marks = page.frame.locator("tfx-prediction .mark, tfx-prediction .spoken")
            assert set(marks.all_text_contents()) == {""}
            labels = page.frame.locator("tfx-samples .label .cut").all_inner_texts()
            assert labels == ["1.5", "0.3"]
            cell = page.map("IntegratedGradients", "input", 0, "table").cell
            assert cell.locator(".score-name").inner_text() == "score, output 0"
            page.frame.get_by_role("radio", name="Wrong now").check()
            page.settle()
            assert page.items() == []


def test_infinities_are_shown_as_such(open_tab: OpenPage, tmp_path: Path) -> None:
    values = np.array([[np.inf, -np.inf], [np.nan, 2.0]], np.float32)
    log = LogWriter(tmp_path / "odd" / "explain")
    record = schema.Map(values, 1.0, 0)
    content = schema.Content("map", "logit", True, values.shape)
    log.record(schema.Tag("map", "IntegratedGradients", "input", 0), 0, record, content)
    log.close()
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: any(run["groups"] for run in runs.values()))
        with open_tab(server) as page:
            cell = page.map("IntegratedGradients", "input", 0, "odd")
            assert cell.flag == "1 NaN (hatched) · 2 Inf (hatched)"
            assert cell.fact("scale") == "2.00 logit"
            told = [cell.hover(i // 2, i % 2, 2, 2).split()[0] for i in range(4)]
            assert told == ["∞", f"{MINUS}∞", "NaN", "2.00"]
            for row, column in ((0, 0), (0, 1), (1, 0)):
                red, green, blue = cell.colour(row, column, 2, 2)
                assert min(red, blue) > green or (red, green, blue) == (29, 0, 24)
            assert cell.colour(1, 1, 2, 2) == (254, 129, 110)


def test_what_was_left_out_is_said_before_any_epoch_is_explained(
    open_tab: OpenPage, tmp_path: Path
) -> None:
    """It is no failure, and no other note hides it."""
    log = LogWriter(tmp_path / "run" / "explain")
    samples = schema.Samples(np.array([1.0]), np.array([0]), "class")
    log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
    why = "its input holds indices, which have no gradient. Pass at=."
    problems = [schema.Problem(f"{name}: ValueError", 1, "no", 0) for name in ("A", "B", "C")]
    problems.append(schema.Problem("GradCAM", 1, why, 0, left_out=True))
    status = schema.Status({}, problems)
    log.record(schema.Tag("status"), 0, status, schema.Content("status"))
    log.close()
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: any(len(run["groups"]) == 2 for run in runs.values()))
        with open_tab(server, empty=True) as page:
            first = page.frame.locator("tfx-notes li").first
            expect(first).to_have_text(f"Left out · run GradCAM is left out: {why}")
            expect(page.frame.locator("tfx-notes .warning")).to_have_count(2)
            grid = page.frame.locator("tfx-grid")
            expect(grid).to_contain_text("These runs hold no maps yet. What was left out is told")
            assert "No epochs yet" in page.text("tfx-timeline .epoch")


def test_other_samples_are_not_lined_up_as_the_same(open_tab: OpenPage, tmp_path: Path) -> None:
    """As of data sets that are shuffled anew for each run: only row 0 is in both."""
    write_demo_log(tmp_path / "first", epochs=1, samples=2, rows=(0, 7))
    write_demo_log(tmp_path / "second", epochs=1, samples=2, rows=(0, 4))
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: len(runs) == 2 and all(r["groups"] for r in runs.values()))
        with open_tab(server) as page:
            page.page.set_viewport_size({"width": 1440, "height": 1800})
            same, other = page.frame.locator("tfx-grid section").all()
            expect(same.locator("tfx-picture")).to_have_count(1)
            expect(same.locator(".other")).to_have_count(0)
            expect(same.locator("tfx-difference-cell .flag").first).to_have_text("")
            expect(other.locator(".other")).to_have_text("another sample")
            expect(other.locator(".place")).to_have_text(["sample 1 · row 7", "sample 1 · row 4"])
            why = "no difference: the runs explain other samples"
            expect(other.locator("tfx-difference-cell .flag").first).to_have_text(why)
            listed = page.frame.locator("tfx-samples tfx-prediction .class")
            expect(listed).to_have_text(["cat", "cat", "dog", "another sample"])
            notes = page.frame.locator("tfx-notes")
            notes.get_by_role("button", name=re.compile("more")).click()
            text = "1 of 2 samples are others than those of first: no difference is made of them."
            expect(notes).to_contain_text(text)


def test_samples_of_runs_are_matched_by_what_they_hold(open_tab: OpenPage, tmp_path: Path) -> None:
    """The second run explains a picture of the first in another place, and one of its own."""
    write_demo_log(tmp_path / "first", epochs=2, samples=2, contents=(0, 1))
    write_demo_log(tmp_path / "second", epochs=2, samples=2, contents=(1, 2), seed=1)
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: len(runs) == 2 and all(r["groups"] for r in runs.values()))
        with open_tab(server, "&p.tfexplain.samples=0.1.2") as page:
            page.page.set_viewport_size({"width": 1440, "height": 2400})
            assert page.items() == [0, 1, 2]
            alone, both, own = page.frame.locator("tfx-grid section").all()
            for section in (alone, both, own):
                expect(section.locator("tfx-picture")).to_have_count(1)
            expect(both.locator(".absent")).to_have_count(0)
            expect(both.locator("tfx-difference-cell .flag").first).to_have_text("")
            expect(alone.locator(".absent").first).to_have_text("second explains other samples")
            expect(own.locator(".absent").first).to_have_text("first explains other samples")
            listed = page.frame.locator("tfx-samples tfx-prediction .class")
            expect(listed).to_have_text(
                ["cat", "not explained", "dog", "dog", "not explained", "owl"]
            )
            record = read_run(tmp_path / "second").record("map/GradCAM/backbone/conv2/0", 1)
            assert isinstance(record, schema.Map)
            told = page.map("GradCAM", "backbone/conv2", 1, "second").fact("score")
            assert float(told.split()[0].replace(MINUS, "-")) == pytest.approx(record.score, 6e-3)
            notes = page.frame.locator("tfx-notes")
            notes.get_by_role("button", name=re.compile("more")).click()
            expect(notes).to_contain_text("1 of 2 samples are others than those of first")


def test_maps_and_numbers_say_of_which_weights_they_are(open_tab: OpenPage, tmp_path: Path) -> None:
    """As after `EarlyStopping(restore_best_weights=True)`: epoch 3 has restored ones."""
    for name in ("kept", "restored"):
        write_compressed_log(tmp_path / name, epochs=4)
    restored = read_run(tmp_path / "restored")
    log = LogWriter(tmp_path / "restored" / "explain")
    record = restored.record("predictions", 3)
    assert isinstance(record, schema.Predictions)
    said = replace(record, moment="end", weights=1)
    log.record(schema.Tag("predictions"), 3, said, schema.Content("predictions"))
    log.close()
    log = LogWriter(tmp_path / "restored" / "compression")
    kernels = read_run(tmp_path / "restored", "compression").record("kernels", 3)
    assert isinstance(kernels, schema.Kernels)
    said_too = replace(kernels, moment="end", weights=1)
    log.record(schema.Tag("kernels"), 3, said_too, schema.Content("kernels"))
    log.close()
    text = "with the weights of epoch 1"
    with serve(tmp_path, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: len(runs) == 4 and all(r["groups"] for r in runs.values()))
        # What was written again stands in a file of its own, which may be read later.
        for room, group in (("explain", "predictions"), ("compression", "kernels")):
            server.wait_for(lambda _, room=room, group=group: _weights(server, room, group) == 1)
        with open_tab(server, "&p.tfexplain.samples=0&p.tfexplain.panel=table") as page:
            page.page.set_viewport_size({"width": 1600, "height": 2400})
            cells = page.frame.locator("tfx-map-cell, tfx-tiles-cell")
            for said_there in (True, False, True):
                for cell in cells.all():
                    of = cell.evaluate("cell => cell.run.name")
                    flag = cell.locator(".flag")
                    if of == "restored" and said_there:
                        expect(flag).to_have_text(text)
                    else:
                        expect(flag).to_have_text("")
                flag = page.frame.locator("tfx-difference-cell .flag").first
                expect(flag).to_have_text(f"restored {text}" if said_there else "")
                rows = page.frame.locator("tfx-kernel-table tbody tr", has_text=text)
                expect(rows).to_have_count(4 if said_there else 0)
                grid = page.frame.locator("tfx-grid tfx-prediction .old")
                expect(grid).to_have_text(["", text] if said_there else ["", ""])
                page.press("ArrowLeft" if said_there else "ArrowRight")


def _weights(server: Server, room: str, group: schema.Kind) -> int | None:
    answer = server.plugin("series", run=f"restored/{room}", group=group, last=1)
    (last,) = records(answer.body)[group, -1].values()
    record = schema.decode(group, last) if isinstance(last, bytes) else None
    assert isinstance(record, schema.Predictions | schema.Kernels)
    return record.weights
