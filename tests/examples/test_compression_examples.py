"""What the examples of pruning and quantization print, against what they logged and wrote."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.examples import run_example
from support.read import read_run

from tfexplain.compression import read_tflite

pytestmark = pytest.mark.process

EPOCHS = 2
LAYERS = ("conv1", "conv2", "hidden", "digit")


@pytest.fixture(scope="module")
def pruning(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """(what the example printed, where it logged)."""
    pytest.importorskip("tensorflow_model_optimization")
    folder = tmp_path_factory.mktemp("pruning")
    done = run_example("pruning.py", "--epochs", EPOCHS, "--log-dir", "logs", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, folder / "logs"


def test_pruning_reaches_its_aim_in_every_layer(pruning: tuple[str, Path]) -> None:
    _, logs = pruning
    dense, pruned = (read_run(logs / name, "compression") for name in ("dense", "pruned"))
    assert dense.record("kernels").totals[""]["sparsity"] == 0
    course = [pruned.record("kernels", s).totals[""]["sparsity"] for s in range(EPOCHS)]
    assert 0 < course[0] < course[-1] == pytest.approx(0.8, abs=0.001)
    last = pruned.record("kernels")
    assert last.moment == "end"
    assert [row["name"].split("/")[-1] for row in last.rows] == list(LAYERS)
    for metric in ("sparsity", "mask_sparsity"):
        found = last.values[:, list(last.metrics).index(metric)]
        np.testing.assert_allclose(found, 0.8, atol=0.005)  # of 144 weights, one is 0.7 %


def test_pruning_explains_both_trainings(pruning: tuple[str, Path]) -> None:
    _, logs = pruning
    for name in ("dense", "pruned"):
        run = read_run(logs / name)
        layer = next(t.split("/", 2)[2].rsplit("/", 1)[0] for t in run.values if "GradCAM" in t)
        assert layer.endswith("conv2")
        assert len(run.maps("GradCAM", layer)) == 8
        assert run.record("status").problems == []


def test_pruning_prints_what_is_in_the_files(pruning: tuple[str, Path]) -> None:
    printed, logs = pruning
    sizes = {}
    for name, zeros in (("dense", 0.0), ("pruned", 80.0), ("pruned-int8", 80.0)):
        path = logs / f"{name}.tflite"
        _, part = printed.split(f"{path.name}: accuracy ")
        accuracy, size, zipped = re.match(
            r"([\d.]+)\n  ([\d,]+) bytes, ([\d,]+) gzipped", part
        ).groups()  # type: ignore[union-attr]
        data = path.read_bytes()
        assert int(size.replace(",", "")) == len(data)
        sizes[name] = int(zipped.replace(",", ""))
        assert sizes[name] == pytest.approx(len(gzip.compress(data)), abs=8)
        assert float(accuracy) > 0.7
        layers = read_tflite(path)
        lines = dict(re.findall(r"^  (\w+) .* ([\d.]+)% zeros$", part, re.MULTILINE)[:4])
        assert list(lines) == list(LAYERS) == [layer.name for layer in layers]
        for layer in layers:
            assert float(lines[layer.name]) == pytest.approx(
                100 * np.mean(layer.effective() == 0), abs=0.051
            )
            assert float(lines[layer.name]) == pytest.approx(zeros, abs=0.7)
    assert sizes["pruned-int8"] < sizes["pruned"] / 2 < sizes["dense"] / 4
    assert printed.rstrip().endswith("tensorboard --logdir logs")


@pytest.fixture(scope="module")
def quantization(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """(what the example printed, where it logged)."""
    folder = tmp_path_factory.mktemp("quantization")
    done = run_example("quantization.py", "--epochs", EPOCHS, "--log-dir", "logs", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, folder / "logs"


def table(printed: str) -> dict[tuple[str, str], list[str]]:
    """Fields of the example's own lines by model and layer: a comparison follows them."""
    own = printed.partition("Predictions on ")[0]
    lines = (line.split() for line in own.splitlines())
    return {
        (fields[0], fields[1]): fields[2:]
        for fields in lines
        if len(fields) > 3 and fields[1] in ("conv", "hidden", "digit", "all")
    }


def test_quantization_prints_what_each_mode_costs(quantization: tuple[str, Path]) -> None:
    lines = table(quantization[0])
    sqnr = {}
    for mode, low, high in (("int8", 40, 55), ("int4", 15, 30)):
        assert lines[mode, "conv"] == ["float", "32.00", "576", "-"]
        for layer in ("hidden", "digit"):
            found, bits, size, decibels, unit = lines[mode, layer]
            assert (found, unit) == (mode, "dB")
            sqnr[mode, layer] = float(decibels)
            assert low < sqnr[mode, layer] < high
            inputs, outputs = {"hidden": (1024, 64), "digit": (64, 10)}[layer]
            weights, blocks = inputs * outputs, -(-inputs // 128) * outputs
            # A scale for each output; for int4 a scale, a zero point and indices for each block.
            expected = {
                "int8": weights + 4 * outputs,
                "int4": weights // 2 + 5 * blocks + 4 * inputs,
            }
            assert int(size.replace(",", "")) == expected[mode]
            assert float(bits) == pytest.approx(8 * int(size.replace(",", "")) / weights, abs=0.006)
    accuracy = {mode: float(lines[mode, "all"][2]) for mode in ("float", "int8", "int4")}
    assert accuracy["int8"] == pytest.approx(accuracy["float"], abs=0.02)
    assert accuracy["int4"] == pytest.approx(accuracy["float"], abs=0.05)
    assert lines["float", "all"][:2] == ["32.00", "265,280"]


def test_quantization_logs_all_three_models(quantization: tuple[str, Path]) -> None:
    printed, logs = quantization
    lines = table(printed)
    for name in ("float", "int8", "int4"):
        record: Any = read_run(logs / name, "compression").record("kernels")
        for row, values in zip(record.rows, record.values, strict=True):
            numbers = dict(zip(record.metrics, values, strict=True))
            mode, bits, *_ = lines[name, row["name"]]
            assert row["mode"] == mode
            assert numbers["effective_bits"] == pytest.approx(float(bits), abs=0.006)
        assert read_run(logs / name).maps("GradCAM", "conv")
    assert len(read_run(logs / "training", "compression").values["kernels"]) >= EPOCHS
    assert "tensorboard --logdir logs" in printed
