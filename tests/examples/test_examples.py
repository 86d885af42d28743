"""The examples, run as a user runs them; what they wrote is read back and checked."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.examples import ROOT, environment, run_example
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from tfexplain import findings
from tfexplain.wire import schema

pytestmark = pytest.mark.process

EPOCHS = 6
# The last epoch before pruning begins.
LEARNED = 2
RUNS = ("plain", "shortcut")
LAYERS = ("conv1", "conv2", "conv3")
SAMPLES = range(8)


def series_of(run: Path) -> dict[str, dict[int, bytes]]:
    """The bytes of every event of one run by tag and step, through TensorBoard's own reader."""
    found: dict[str, dict[int, bytes]] = defaultdict(dict)
    for file in sorted(run.iterdir()):
        for event in EventFileLoader(str(file)).Load():
            for value in event.summary.value:
                strings = value.tensor.string_val
                found[value.tag][event.step] = strings[-1] if strings else b""
    return found


@pytest.fixture(scope="module")
def demo_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo logs."""
    return tmp_path_factory.mktemp("demo") / "logs"


@pytest.fixture(scope="module")
def demo(demo_logs: Path) -> tuple[str, dict[str, dict[str, dict]]]:
    """(what the demo printed, the decoded records by run, tag and step)."""
    done = run_example(
        *("demo.py", "--epochs", EPOCHS, "--log-dir", demo_logs, "--no-serve"),
        folder=demo_logs.parent,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    records = {
        run: {
            tag: {
                step: schema.decode(schema.Tag.parse(tag).kind, data)
                for step, data in steps.items()
            }
            for tag, steps in series_of(demo_logs / run / "explain").items()
            if not tag.startswith(("tfexplain/", "inputs/"))
        }
        for run in RUNS
    }
    return done.stdout, records


def test_demo_says_what_it_logs(demo):
    printed, _ = demo
    assert printed.count("tfexplain: explaining to ") == len(RUNS)
    for run in RUNS:
        size = re.search(rf"{run}/explain  ([\d,]+)$", printed, re.MULTILINE)
        assert size is not None, printed
        assert int(size[1].replace(",", "")) > 50_000


def test_demo_logs_every_series_at_every_epoch(demo):
    _, records = demo
    maps = [f"map/GradCAM/conv3/{s}" for s in SAMPLES]
    maps += [f"map/IntegratedGradients/input/{s}" for s in SAMPLES]
    maps += [f"channels/FeatureMaps/{layer}/{s}" for layer in LAYERS for s in SAMPLES]
    drift = {"drift/GradCAM/conv3", "drift/IntegratedGradients/input"}
    for run in RUNS:
        once = {"samples", "metrics", "predictions", "status", "exchange/input"}
        assert set(records[run]) == {*once, *maps, *drift}
        assert EPOCHS - 1 in records[run]["exchange/input"]
        for tag, steps in records[run].items():
            if tag == "exchange/input":
                assert set(steps) <= {0, 1, 3, EPOCHS - 1}
                continue
            first = LEARNED if tag in drift else 0
            expected = [0] if tag == "samples" else list(range(first, EPOCHS))
            assert list(steps) == expected, tag


def test_demo_logs_finite_values_that_change_as_it_learns(demo):
    _, records = demo
    for run in RUNS:
        for tag, steps in records[run].items():
            if tag.startswith(("map/", "channels/")):
                values = [steps[step].values for step in range(EPOCHS)]
                assert np.isfinite(values).all(), tag
                assert not np.array_equal(values[0], values[-1]), tag
        losses = [record.values["loss"] for record in records[run]["metrics"].values()]
        assert losses[LEARNED] < losses[0] / 2
        assert records[run]["status"][EPOCHS - 1].problems == []


def test_demo_prunes_half_way_and_shows_it_beside_the_maps(demo, demo_logs):
    _, records = demo
    for run in RUNS:
        tags = series_of(demo_logs / run / "compression")
        kernels = [schema.Kernels.decode(data) for data in tags["kernels"].values()]
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


def test_demo_explains_the_true_labels_of_named_classes(demo):
    _, records = demo
    for run in RUNS:
        samples = records[run]["samples"][0]
        assert samples.class_names == [str(digit) for digit in range(10)]
        assert len(set(samples.labels)) == len(SAMPLES)
        explained = [records[run][f"map/GradCAM/conv3/{s}"][0].target for s in SAMPLES]
        assert explained == samples.labels.tolist()
    ours, theirs = (records[run]["samples"][0].rows for run in RUNS)
    np.testing.assert_array_equal(ours, theirs)  # so that the runs can be compared


def test_demo_tells_the_shortcut_from_the_plain_run(demo):
    """The demo's point: the mark at the left edge matters in one run and not in the other."""
    _, records = demo

    def share_of_the_mark(run: str) -> float:
        maps = [
            np.abs(records[run][f"map/IntegratedGradients/input/{s}"][LEARNED].values)
            for s in SAMPLES
        ]
        return float(sum(m[:, 0].sum() for m in maps) / sum(m.sum() for m in maps))

    assert share_of_the_mark("shortcut") > 3 * share_of_the_mark("plain")


def test_demo_says_where_the_label_lives(demo, demo_logs):
    """What the README claims: predictions of the one run follow the left edge, by its numbers."""
    printed, records = demo
    last = {run: records[run]["exchange/input"][EPOCHS - 1] for run in RUNS}
    left = {run: record.shares[2:6, 0].mean() for run, record in last.items()}
    middle = {run: record.shares[2:6, 3:5].mean() for run, record in last.items()}
    assert left["shortcut"] > 1.5 * left["plain"]
    assert middle["plain"] > middle["shortcut"]
    assert last["shortcut"].corner[1] == 0
    found = [finding for finding in findings(demo_logs) if finding.kind == "place"]
    assert [finding.run for finding in found] == ["shortcut"]
    assert "predictions follow the left edge" in found[0].text
    assert f"tfexplain: {found[0].text}" in printed


def test_demo_starts_its_log_afresh_and_serves_it(tmp_path):
    """On a port of its own, with the tab enabled, until it is interrupted."""
    logs = tmp_path / "logs"
    old = logs / "plain" / "explain" / "events.out.tfevents.1.old.tfexplain"
    kept = logs / "plain" / "explain" / "notes.txt"
    old.parent.mkdir(parents=True)
    old.touch()
    kept.touch()
    arguments = ["--epochs", "1", "--log-dir", str(logs), "--port", "0"]
    command = [sys.executable, str(ROOT / "examples" / "demo.py"), *arguments]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        link = None
        for line in process.stdout:
            link = re.search(r"(http://localhost:\d+/)#tfexplain", line)
            if link:
                break
        assert link is not None
        with urllib.request.urlopen(link[1] + "data/plugins_listing", timeout=30) as answer:
            assert b'"tfexplain"' in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    assert not old.exists()
    assert kept.exists()


def test_outside_training_saves_figures_of_the_maps(tmp_path):
    done = run_example("outside_training.py", "--epochs", 1, "--out", "figures", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Grad-CAM at conv2: (8, 8, 8), up to" in done.stdout
    for name in ("grad_cam", "FeatureMaps", "IntegratedGradients"):
        with Image.open(tmp_path / "figures" / f"{name}.png") as picture:
            pixels = np.asarray(picture.convert("RGB"))
        assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50, name


def test_vit_logs_attention_and_maps_of_its_patches(tmp_path):
    done = run_example("vit.py", "--epochs", 2, "--log-dir", "logs", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Maps of 4 x 4 patches." in done.stdout
    series = series_of(tmp_path / "logs" / "explain")
    tags = {"AttentionRollout/attend1", "GradientAttention/attend1"}
    for tag in (f"map/{tag}/{sample}" for tag in tags for sample in SAMPLES):
        values = [schema.decode("map", series[tag][epoch]).values for epoch in range(2)]
        assert values[0].shape == (4, 4), tag
        assert np.min(values) >= 0, tag
        assert not np.array_equal(*values), tag
    attention = {tag.split("/", 1)[1] for tag in series if "/Attention/" in tag}
    layers = ("attend1", "attend2")
    assert attention >= {f"Attention/{layer}/{s}" for layer in layers for s in SAMPLES}
    assert any(tag.startswith("map/GradCAM/") for tag in series)
