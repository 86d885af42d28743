"""Spread, sizes, churn, errors, activations and totals against numpy on whole arrays."""

from __future__ import annotations

import tracemalloc
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.held import held

from tfexplain.compression import Settings, measure, measure_activations, measure_all, total
from tfexplain.compression.codes import scale_health
from tfexplain.compression.layout import Layout

LAYOUT = Layout("dense", 1, 700, 900)
LIMIT = "tfexplain.compression.numbers.CHURN_LIMIT"


def sparse(zeros: float = 0.7, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    array = rng.normal(0.01, 0.1, (1, 700, 900)).astype("float32")
    array[rng.random(array.shape) < zeros] = -0.0
    return array


def test_moments_are_those_of_float64() -> None:
    array = sparse()
    moments = measure(held(array, LAYOUT)).moments
    assert moments is not None
    exact = array.astype(np.float64)
    assert moments.mean == pytest.approx(exact.mean(), rel=1e-12)
    assert moments.std == pytest.approx(exact.std(), rel=1e-12)
    assert (moments.low, moments.high) == (exact.min(), exact.max())


def test_the_histogram_is_numpys_without_the_zeros() -> None:
    array = sparse()
    found = measure(held(array, LAYOUT)).histogram
    assert found is not None
    expected, edges = np.histogram(
        array[array != 0].astype(np.float64), 64, (float(array.min()), float(array.max()))
    )
    # Weights on an edge may fall to either side: float32 here, float64 in numpy.
    assert np.abs(np.cumsum(found.counts) - np.cumsum(expected)).max() <= 3
    np.testing.assert_allclose(found.edges, edges, atol=1e-12)
    assert found.counts.sum() == np.count_nonzero(array)
    assert found.zeros == array.size - np.count_nonzero(array)


@pytest.mark.parametrize(
    ("center", "spread", "dtype"),
    [(0, 1e-40, "float32"), (0, 3e38, "float32"), (1, 1e-9, "float64")],
)
def test_ranges_that_float32_cannot_divide(center: float, spread: float, dtype: str) -> None:
    unit = np.random.default_rng(0).uniform(-1, 1, (1, 70, 91))
    array = (center + spread * unit).astype(dtype)
    found = measure(held(array, Layout("dense", 1, 70, 91))).histogram
    assert found is not None
    expected, _ = np.histogram(array.astype(np.float64), 64)
    assert np.abs(np.cumsum(found.counts) - np.cumsum(expected)).max() <= 3


@pytest.mark.parametrize("value", [0.0, -0.0, 3.5, 1e-40, 3e38])
def test_a_constant_kernel_has_a_histogram(value: float) -> None:
    array = np.full((1, 8, 9), value, np.float32)
    found = measure(held(array, Layout("dense", 1, 8, 9))).histogram
    assert found is not None
    assert found.counts.sum() == (72 if value else 0)
    assert found.counts.min() >= 0


def test_a_diverged_kernel_is_measured_and_says_so() -> None:
    array = sparse()
    array[0, :2, :5] = [[np.nan], [np.inf]]
    numbers = measure(held(array, LAYOUT))
    assert numbers.nonfinite == 10
    assert numbers.histogram is not None
    assert numbers.histogram.nonfinite == 10
    total_count = numbers.histogram.counts.sum() + numbers.histogram.zeros + 10
    assert total_count == array.size
    finite = array[np.isfinite(array)].astype(np.float64)
    assert numbers.moments is not None
    assert numbers.moments.mean == pytest.approx(finite.mean(), rel=1e-12)


def test_sizes_by_hand() -> None:
    array = np.zeros((1, 10, 300), np.float32)
    array[0, 3, :7] = 1
    sizes = measure(held(array, Layout("dense", 1, 10, 300)), Settings(gzip=True)).sizes
    assert sizes is not None
    assert sizes.dense == 3000 * 4
    assert sizes.bitmask == 375 + 28
    assert sizes.csr == 7 * (4 + 2) + 4 * 11
    assert sizes.gzip == len(zlib.compress(array.tobytes(), 6))


def test_gzip_takes_both_zeros_for_one() -> None:
    array = np.zeros((1, 500, 300), np.float32)
    signed = np.where(np.random.default_rng(0).random(array.shape) < 0.5, -0.0, 0.0)
    layout = Layout("dense", 1, 500, 300)
    one, other = (
        measure(held(a.astype("float32"), layout), Settings(gzip=True)).sizes
        for a in (array, signed)
    )
    assert one is not None
    assert one == other


def test_churn_is_a_hamming_distance() -> None:
    before, after = sparse(), sparse(seed=1)
    kept = measure(held(before, LAYOUT)).kept
    found = measure(held(after, LAYOUT), previous=kept).churn
    assert found == np.mean((before != 0) != (after != 0))
    dense = np.ones_like(before)
    assert measure(held(dense, LAYOUT), previous=kept).churn == np.mean(before == 0)
    again = measure(held(dense, LAYOUT)).kept
    assert again is not None
    assert set(again.blocks) == {None}
    assert measure(held(before, LAYOUT), previous=again).churn == np.mean(before == 0)


def test_churn_of_another_kernel_is_not_known() -> None:
    kept = measure(held(sparse(), LAYOUT)).kept
    small = held(np.ones((1, 7, 9), np.float32), Layout("dense", 1, 7, 9))
    assert measure(small, previous=kept).churn is None


def test_churn_is_left_out_of_models_whose_bits_would_be_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layers = [replace(held(sparse(), LAYOUT), path=name) for name in "ab"]
    monkeypatch.setattr(LIMIT, 2 * 700 * 900)
    previous = {found.layer.name: found.kept for found in measure_all(layers)}
    assert [found.churn for found in measure_all(layers, previous=previous)] == [0, 0]
    assert not previous
    # Each alone is below this limit: what counts is their sum.
    monkeypatch.setattr(LIMIT, 2 * 700 * 900 - 1)
    assert [found.kept for found in measure_all(layers)] == [None, None]
    forced = measure_all(layers, Settings(churn=True))
    assert all(found.kept is not None for found in forced)
    assert measure(layers[0], Settings(churn=False)).kept is None


def test_memory_does_not_grow_with_the_kernel() -> None:
    side = 4096
    array = np.zeros((1, side, side), np.float32)
    array[:, ::2] = np.random.default_rng(0).normal(0, 1, side).astype("float32")
    layer = held(array, Layout("dense", 1, side, side))
    kept = measure(layer).kept
    tracemalloc.start()
    try:
        measure(layer, previous=kept)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A bit per weight, and as much as a block or two take; the kernel has 64 MiB.
    assert peak < array.size / 8 + 6 * 2**20


def test_scale_health() -> None:
    health = scale_health(np.array([0.1, 0.2, 0.0, np.inf, 0.4]))
    assert (health.count, health.bad) == (5, 2)
    assert health.spread == pytest.approx(4)


def test_dead_units_and_zeros_of_activations() -> None:
    values = np.array([[[0.0, -1, 2]], [[0.0, -2, -0.0]]])
    found = measure_activations(values)
    assert found.dead.tolist() == [True, True, False]
    assert found.sparsity == pytest.approx(3 / 6)
    assert measure_activations(values.swapaxes(1, 2), 1).dead.tolist() == [True, True, False]
    with pytest.raises(ValueError, match="expected"):
        measure_activations(np.zeros((0, 3)))


def test_totals_say_what_they_are_shares_of() -> None:
    large, small = np.ones((1, 90, 100), np.float32), np.zeros((1, 10, 100), np.float32)
    numbers = [
        measure(held(large, Layout("dense", 1, 90, 100), positions=1)),
        measure(held(small, Layout("dense", 1, 10, 100))),
    ]
    totals = total(numbers)[""]
    assert totals.sparsity == 0.1  # by weight, not the mean of 0 and 1
    assert totals.macs == 9000
    assert totals.denominator == (
        "10,000 weights of 2 kernels; biases and normalization are not counted; multiply-adds "
        "without 1 kernel whose output size is not known"
    )
