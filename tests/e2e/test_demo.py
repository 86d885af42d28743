"""The demo, run as users run it: what it logs and serves, and the README's pictures of it."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import expect
from support.examples import ROOT, environment
from support.forks import Script
from support.read import read_run
from support.server import Server

from e2e.conftest import OpenPage
from e2e.page import ExplainPage
from e2e.pictures import DOCS, SIZE, screenshot, scrubbing
from tfexplain import findings, read
from tfexplain.story.finding import percent

pytestmark = [pytest.mark.browser, pytest.mark.process]

EPOCHS = 8
# The last epoch before pruning begins.
LEARNED = 3
RUNS = ("plain", "shortcut")
LAYERS = ("conv1", "conv2", "conv3")
SAMPLES = range(8)


class Demo:
    """The demo while it serves what it logged."""

    def __init__(self, script: Script, logs: Path) -> None:
        self.said, self.logs = script.said, logs
        for _ in range(4000):
            link = re.search(r"(http://localhost:\d+/)#tfexplain", self.said())
            if link or not script.runs:
                break
            time.sleep(0.1)
        assert link, self.said()[-3000:] + self.said("stderr")[-3000:]
        self.server = Server(link[1], 0)

    @cached_property
    def records(self) -> dict[str, dict[str, dict[int, Any]]]:
        """The records by run, tag and epoch, but for pictures and the format's version."""
        found = {run: read_run(self.logs / run) for run in RUNS}
        return {
            name: {
                tag: {step: run.record(tag, step) for step in steps}
                for tag, steps in run.values.items()
                if not tag.startswith(("tfexplain/", "inputs/"))
            }
            for name, run in found.items()
        }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Where a log is already, on a port of its own, until it is interrupted."""
    folder = tmp_path_factory.mktemp("demo")
    kept = folder / "logs" / "plain" / "explain" / "notes.txt"
    old = kept.with_name("events.out.tfevents.1.old.tfexplain")
    kept.parent.mkdir(parents=True)
    kept.touch()
    old.touch()
    script = Script(
        *(ROOT / "examples" / "demo.py", "--epochs", EPOCHS, "--log-dir", folder / "logs"),
        *("--port", 0),
        folder=folder,
        environment=environment(),
    )
    try:
        demo = Demo(script, folder / "logs")
        demo.server.wait_for(lambda runs: len(runs) >= 4)
        kept.unlink()
        assert not old.exists(), "it starts its log afresh"
        yield demo
    finally:
        script.signal(signal.SIGINT)
        done = script.wait(60)
    assert done.returncode == 0


def pixels(path: Path) -> npt.NDArray[np.int64]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), np.int64)


def told(page: ExplainPage, run: str) -> str:
    """What stands below the exchange map of a run."""
    region = page.frame.get_by_role("region", name=f"Where the label lives, {run}")
    return str(region.locator("p").inner_text())


def row(page: ExplainPage, name: str) -> list[float]:
    """What the table beside the timeline says of a metric, for both runs."""
    found = page.frame.locator("tfx-timeline tr", has_text=re.compile(rf"^\s*{name}"))
    return [float(text.rstrip("%")) for text in found.first.locator(".number").all_inner_texts()]


def coloured(picture: npt.NDArray[np.int64]) -> float:
    """The share of pixels that are no grey, below TensorBoard's own bar."""
    below = picture[100:]
    return float((below.max(axis=2) - below.min(axis=2) > 60).mean())


def drawn(page: ExplainPage, run: str, picture: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The part of the picture that shows the exchange map of a run."""
    region = page.frame.get_by_role("region", name=f"Where the label lives, {run}")
    box: Any = region.locator("canvas").first.bounding_box()
    top, left = round(box["y"]), round(box["x"])
    return picture[top : top + round(box["height"]), left : left + round(box["width"])]


def test_it_says_what_it_logs(demo: Demo) -> None:
    printed = demo.said()
    assert printed.count("tfexplain: explaining to ") == len(RUNS)
    for run in RUNS:
        size = re.search(rf"{run}/explain  ([\d,]+)$", printed, re.MULTILINE)
        assert size is not None, printed
        assert int(size[1].replace(",", "")) > 50_000


def test_it_logs_every_series_at_every_epoch(demo: Demo) -> None:
    records = demo.records
    maps = [f"map/GradCAM/{layer}/{s}" for layer in LAYERS for s in SAMPLES]
    maps += [f"map/IntegratedGradients/input/{s}" for s in SAMPLES]
    maps += [f"channels/FeatureMaps/{layer}/{s}" for layer in LAYERS for s in SAMPLES]
    drift = {f"drift/GradCAM/{layer}" for layer in LAYERS} | {"drift/IntegratedGradients/input"}
    places = [tag.removeprefix("drift/") for tag in drift]
    start, trust = ({f"{kind}/{place}" for place in places} for kind in ("start", "trust"))
    for run in RUNS:
        once = {"samples", "structure", "places/input"}
        all_along = {"metrics", "predictions", "status", "exchange/input"}
        assert set(records[run]) == {*once, *all_along, *maps, *drift, *start, *trust}
        assert EPOCHS - 1 in records[run]["exchange/input"]
        for tag, steps in records[run].items():
            if tag == "exchange/input":
                assert set(steps) <= {0, 1, 2, 4, EPOCHS - 1}
                continue
            first = LEARNED if tag in drift else 0
            expected = [0] if tag in {*once, *start} else list(range(first, EPOCHS))
            assert list(steps) == expected, tag


def test_it_logs_finite_values_that_change_as_it_learns(demo: Demo) -> None:
    records = demo.records
    for run in RUNS:
        for tag, steps in records[run].items():
            if tag.startswith(("map/", "channels/")):
                values = [steps[step].values for step in range(EPOCHS)]
                assert np.isfinite(values).all(), tag
                assert not np.array_equal(values[0], values[-1]), tag
        losses = [record.values["loss"] for record in records[run]["metrics"].values()]
        assert losses[LEARNED] < losses[0] / 2
        assert records[run]["status"][EPOCHS - 1].problems == []


def test_it_prunes_half_way_and_shows_it_beside_the_maps(demo: Demo) -> None:
    records = demo.records
    for run in RUNS:
        found = read_run(demo.logs / run, "compression")
        kernels = [found.record("kernels", epoch) for epoch in range(EPOCHS)]
        sparsity = [record.totals[""]["sparsity"] for record in kernels]
        assert len(sparsity) == EPOCHS
        assert sparsity[: LEARNED + 1] == [0] * (LEARNED + 1)
        assert 0 < sparsity[LEARNED + 1] < sparsity[-1] == pytest.approx(0.8, abs=0.001)
        assert [row["name"] for row in kernels[-1].rows] == [*LAYERS, "digit"]
        drift = records[run]["drift/IntegratedGradients/input"]
        assert drift[LEARNED].reference == f"epoch {LEARNED}"
        np.testing.assert_array_equal(drift[LEARNED].values, 1)
        assert np.nanmax(drift[EPOCHS - 1].values) < 1
        assert min(drift) == LEARNED


def test_its_outputs_on_the_validation_set_are_what_fit_measured(demo: Demo) -> None:
    for run in read(demo.logs).values():
        found, metrics = run.evaluation, run.metrics
        assert found["epoch"].tolist() == list(range(EPOCHS))
        np.testing.assert_allclose(found["accuracy"], metrics["val_accuracy"], atol=1e-6)
        np.testing.assert_allclose(found["log_loss"], metrics["val_loss"], rtol=1e-4)


def test_it_explains_the_true_labels_of_named_classes(demo: Demo) -> None:
    records = demo.records
    for run in RUNS:
        samples = records[run]["samples"][0]
        assert samples.class_names == [str(digit) for digit in range(10)]
        assert len(set(samples.labels)) == len(SAMPLES)
        explained = [records[run][f"map/GradCAM/conv3/{s}"][0].target for s in SAMPLES]
        assert explained == samples.labels.tolist()
    ours, theirs = (records[run]["samples"][0].rows for run in RUNS)
    np.testing.assert_array_equal(ours, theirs)  # so that the runs can be compared


def test_it_tells_the_shortcut_from_the_plain_run(demo: Demo) -> None:
    """The demo's point: the mark at the left edge matters in one run and not in the other."""
    records = demo.records

    def share_of_the_mark(run: str) -> float:
        maps = [
            np.abs(records[run][f"map/IntegratedGradients/input/{s}"][LEARNED].values)
            for s in SAMPLES
        ]
        return float(sum(m[:, 0].sum() for m in maps) / sum(m.sum() for m in maps))

    assert share_of_the_mark("shortcut") > 3 * share_of_the_mark("plain")


def test_it_says_where_the_label_lives(demo: Demo) -> None:
    """What the README claims: predictions of the one run follow the left edge, by its numbers."""
    printed, records = demo.said(), demo.records
    last = {run: records[run]["exchange/input"][EPOCHS - 1] for run in RUNS}
    left = {run: record.shares[2:6, 0].mean() for run, record in last.items()}
    middle = {run: record.shares[2:6, 3:5].mean() for run, record in last.items()}
    assert left["shortcut"] > 1.5 * left["plain"]
    assert middle["plain"] > middle["shortcut"]
    assert last["shortcut"].corner[1] == 0
    found = [finding for finding in findings(demo.logs) if finding.kind == "place"]
    assert [finding.run for finding in found] == ["shortcut"]
    assert "predictions follow the left edge" in found[0].text
    assert f"tfexplain: {found[0].text}" in printed


def test_the_picture_shows_what_the_readme_says(
    open_tab: OpenPage, demo: Demo, tmp_path: Path
) -> None:
    with open_tab(demo.server, None) as page:
        picture = pixels(screenshot(page, tmp_path))
        expect(page.frame.get_by_role("tab", selected=True)).to_have_text("Overview")
        assert page.epoch == EPOCHS - 1
        # The place and the number of each run, as they are logged.
        for run in RUNS:
            record = read_run(demo.logs / run).record("exchange/input")
            assert f"{percent(record.share)} follow the" in told(page, run)
            assert f"{record.pairs} pairs" in told(page, run)
        share = re.search(r"(\d+)% follow the left edge", told(page, "shortcut"))
        assert share
        assert int(share[1]) > 50, "the README says that most predictions follow"
        assert "left edge" not in told(page, "plain")
        finding = f"shortcut: predictions follow the left edge in {share[1]}% of exchanges"
        expect(page.frame.get_by_text(finding).first).to_be_visible()
        # By accuracy the other run is the better one; four fifths of the weights are pruned.
        plain, shortcut = row(page, "val_accuracy")
        assert shortcut > plain
        assert row(page, "sparsity, total") == pytest.approx([80, 80], abs=0.5)
        # Drawn, and bright where the text says: at the left edge, in the rows of the mark.
        for run in RUNS:
            assert len(np.unique(drawn(page, run, picture).reshape(-1, 3), axis=0)) > 20
        light = drawn(page, "shortcut", picture).mean(axis=2)
        side = light.shape[0] / 8
        rows = light[round(2.5 * side) : round(5.5 * side)]
        assert rows[:, : round(0.8 * side)].mean() > 2 * rows[:, round(4 * side) :].mean()
        walls = page.frame.locator("tfx-wall canvas").bounding_box()
        assert walls
        assert walls["y"] + 100 < SIZE[1]


def test_the_kept_picture_has_the_size_and_scheme_of_one_made_now(
    open_tab: OpenPage, demo: Demo, tmp_path: Path
) -> None:
    kept = pixels(DOCS / "screenshot.png")
    with open_tab(demo.server, None) as page:
        made = pixels(screenshot(page, tmp_path))
    assert kept.shape == made.shape == (SIZE[1], SIZE[0], 3)
    # Most of the page is its background, light in both; and about as much of it is coloured.
    assert np.median(kept, axis=(0, 1)) == pytest.approx(np.median(made, axis=(0, 1)), abs=8)
    assert np.median(made) > 200
    assert coloured(kept) == pytest.approx(coloured(made), rel=0.5)
    assert coloured(made) > 0.05


def test_the_moving_picture_has_a_frame_for_each_epoch(
    open_tab: OpenPage, demo: Demo, tmp_path: Path
) -> None:
    with open_tab(demo.server, None) as page:
        screenshot(page, tmp_path)
        path = scrubbing(page, tmp_path)
    with Image.open(path) as moving, Image.open(DOCS / "scrubbing.gif") as kept:
        assert moving.n_frames == EPOCHS
        assert moving.size == kept.size
        assert kept.n_frames == 24, "the demo's epochs"
        first = np.asarray(moving.convert("L"), np.int64)
        moving.seek(EPOCHS - 1)
        assert np.abs(np.asarray(moving.convert("L"), np.int64) - first).max() > 50
