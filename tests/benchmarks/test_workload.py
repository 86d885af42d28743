"""The benchmark's work, once and small: what it compares is equal, and nothing is traced again.

How long anything takes is not tested.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.examples import run_benchmark

from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema

pytestmark = pytest.mark.process

NODES = "4"


def work(*arguments: str) -> dict[str, Any]:
    said = run_benchmark("workload.py", *arguments, NODES)
    answer: dict[str, Any] = json.loads(said.splitlines()[-1])
    return answer


def printed(script: str, *arguments: str) -> list[list[str]]:
    """The cells of the tables that a script prints."""
    said = run_benchmark(script, *arguments)
    return [line.strip("| ").split(" | ") for line in said.splitlines() if "|" in line]


def test_bare_and_own_parts_agree_and_are_timed_in_turns():
    """`workload.py` refuses to time parts that compute something else."""
    found = work("time", "small_cnn", "2")
    assert {"bare forward", "GradCAM", "IntegratedGradients", "all three"} < set(found["parts"])
    for times in found["parts"].values():
        assert len(times["wall"]) == len(times["cpu"]) == 2
        assert min(times["wall"] + times["cpu"] + [times["first"]]) > 0
    assert found["traces_first"] > 0
    assert found["traces_later"] == 0
    assert found["bytes_overlays"] > found["bytes_records"] > 32 * 3 * 3 * 2


def test_attention_is_measured_on_a_transformer():
    found = work("time", "tiny_vit", "1")
    assert {"bare weights", "Attention", "AttentionRollout", "GradientAttention"} < set(
        found["parts"]
    )
    assert found["traces_later"] == 0


def test_peaks_are_of_the_process():
    found = work("peak", "small_cnn", "GradCAM")
    assert found["peak"] >= found["before"] > 100


def test_rules_of_integration_are_compared_with_a_true_integral():
    rows = printed("adaptive.py", "--quick")
    ours, ended = (row for row in rows if row[0] == "bisection (ours)")
    gauss = next(row for row in rows if row[0] == "Gauss-Legendre")
    # After at most 33 passes, median and maximum.
    at_33, fixed = ([float(x) for x in row[2].split(" / ")] for row in (ours, gauss))
    assert at_33[0] <= at_33[1] < fixed[0] <= fixed[1]
    true = [float(x) for x in ended[2].split(" / ")]
    assert max(true) < 2  # the tolerance, in percent


def test_methods_without_a_gradient_are_measured():
    rows = printed("perturbing.py", "--quick", "--case", "small_cnn", "--case", "table_mlp")
    rows = [row for row in rows if row[0] != "method" and not row[0].startswith("---")]
    assert {row[0] for row in rows} == {
        *("FeatureAblation", "KernelSHAP", "LIME", "Occlusion", "PermutationImportance"),
        *("RISE", "ScoreCAM"),
    }
    for row in rows:
        assert int(row[1]) > 1
        assert min(float(cell) for cell in row[2:]) > 0


def test_the_gpu_benchmark_runs_without_one_and_says_so():
    text = run_benchmark("gpu.py", "--quick", "--seconds", "0")
    if "finds no GPU" in text:
        assert "not measured, there is no GPU" in text
    assert "under enable_op_determinism: equal to the bit. Twice without: equal." in text
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    parts = {name: cells for name, *cells in rows}
    for name in ("GradCAM", "IntegratedGradients", "Saliency", "SmoothGrad"):
        assert float(parts[name][2]) > 0
        assert float(parts[name][3]) < 1e-2


def test_readers_of_logs_are_compared(tmp_path):
    log_dir = tmp_path / "explain"
    writer = RunWriter(str(log_dir))
    writer.open()
    for step in range(20):
        record = schema.Metrics({"loss": 1.0 / (step + 1)})
        writer.add(schema.Tag("metrics"), step, record, schema.Content("metrics"))
    writer.commit()
    writer.close()
    said = run_benchmark("reading.py", tmp_path, "--rounds", "1")
    assert said.startswith("21 events, 0.0 MB")  # one is the header
    assert float(said.split()[-1]) > 0


def test_bytes_of_a_log_grow_by_histograms():
    """`log_bytes.py` counts what the second epoch adds."""
    rows = {name: cells for name, *cells in printed("log_bytes.py", "--quick")}
    both, alone = map(int, rows["3 of 8 units"])
    assert both > alone > 0
    once, thumbnails, each = map(int, rows["a value, the same table"])
    assert once > thumbnails > 0 < each


def test_predictions_are_compared_with_a_bare_pass():
    """`predictions.py` measures both in turns."""
    *_, (_, bare, own, _) = printed("predictions.py", "--quick")
    assert int(bare) > 0 < int(own)


def test_metrics_are_compared_with_as_many_bare_passes():
    """`quality.py` says how many passes each takes, and what these are bare."""
    _, _, *lines = printed("quality.py", "--quick")
    rows = {name: cells for name, *cells in lines}
    assert int(rows["Deletion"][0]) == 3 * 21 * 8
    assert int(rows["RandomLogit"][0]) == 2 * 8
    assert min(int(cells[2]) for cells in rows.values()) > 0


def test_penalties_are_compared_with_a_plain_step():
    """`penalty.py` trains with each, in turns with the model alone."""
    _, _, *lines = printed("penalty.py", "--quick")
    assert [name for _, _, name, *_ in lines] == [
        "InputGradientPenalty",
        "RightReasons",
        "RightReasons at a layer",
    ]
    assert min(float(cells[-1]) for cells in lines) > 0


def test_a_smaller_model_takes_turns_with_the_larger_one() -> None:
    """`shrinking.py` says what the model without zero filters weighs and takes."""
    _, _, *lines = printed("shrinking.py", "--quick")
    ((_, _, before, after, _, difference, _),) = lines
    assert float(after) < float(before) / 2
    assert float(difference) < 1e-5


def test_shards_are_compared_with_bare_passes():
    """`scale.py` measures both in turns, and workers of Dask."""
    _, _, bare, shards, workers = printed("scale.py", "--quick")
    assert [row[1] for row in (bare, shards, workers)] == ["bare", "shards", "1 of Dask"]
    assert min(float(cell) for row in (bare, shards, workers) for cell in row[2:5]) > 0
    # Two maps as float16, of 3 x 3 and of 28 x 28, and what else is said of a row.
    assert 2 * 28 * 28 < float(shards[5]) < 4 * 28 * 28


def test_sensitivity_takes_fewer_passes_from_the_kernel_on():
    """`sensitivity.py` counts passes with and without reuse."""
    _, _, parts, whole, *_ = printed("sensitivity.py", "--quick")
    assert [row[0] for row in (parts, whole)] == ["from the kernel on", "whole passes"]
    assert float(parts[3]) < float(whole[3])
