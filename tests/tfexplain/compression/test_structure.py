"""Counts of zeros and their structure against loops over small arrays."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.held import held

from tfexplain.compression import Pattern, Settings, measure, weights
from tfexplain.compression.layout import Layout


@st.composite
def kernels(draw: Any) -> tuple[Any, Layout]:
    """Small kernels of every layout, mostly zeros, some of them negative zeros."""
    outer, inner = draw(st.integers(1, 4)), draw(st.integers(1, 11))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    columns = groups * draw(st.integers(1, 9))
    kind = draw(st.sampled_from(["dense", "conv", "transposed", "lookup", "depthwise"]))
    if kind == "depthwise":
        inner, groups = 1, columns
    elif kind != "conv":
        groups = 1
    layout = Layout(kind, outer, inner, columns, groups, swapped=kind == "transposed")
    seed, zeros = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0.0, 0.3, 0.8, 1.0]))
    rng = np.random.default_rng(seed)
    array = rng.normal(0, 1, (outer, inner, columns)).astype("float32")
    array[rng.random(array.shape) < zeros] = 0.0
    array[rng.random(array.shape) < draw(st.sampled_from([0.0, 0.1]))] = -0.0
    if draw(st.booleans()):
        array[:, :, rng.integers(columns)] = 0
        array[:, rng.integers(inner)] = -0.0
    return array, layout


def brute(array: Any, layout: Layout, pattern: Pattern) -> dict[str, Any]:
    """Everything by loops over [k, i, o]."""
    cube = array.swapaxes(1, 2) if layout.swapped else array
    alive = np.zeros(cube.shape, bool)
    for index in itertools.product(*map(range, cube.shape)):
        alive[index] = cube[index] != 0.0
    k, i, o = cube.shape
    per_group = o // layout.groups
    filters = [not alive[:, :, f].any() for f in range(o)]
    channels = [
        not alive[:, c, g * per_group : (g + 1) * per_group].any()
        for g in range(layout.groups)
        for c in range(i)
    ]
    tall, wide = pattern.block
    kept = sum(
        not filters[f] and not channels[(f // per_group) * i + c]
        for _, c, f in itertools.product(range(k), range(i), range(o))
    )
    fits = [
        alive[a, c : c + pattern.m, f].sum() <= pattern.n
        for a, c, f in itertools.product(range(k), range(0, i, pattern.m), range(o))
    ]
    blocks = [
        not alive[a, c : c + tall, f : f + wide].any()
        for a, c, f in itertools.product(range(k), range(0, i, tall), range(0, o, wide))
    ]
    rows = [not alive[a, c].any() for a, c in itertools.product(range(k), range(i))]
    return {
        "nonzeros": int(alive.sum()),
        "filters": filters,
        "channels": channels,
        "rows": (sum(rows), len(rows)),
        "blocks": (sum(blocks), len(blocks)),
        "fits": (sum(map(int, fits)), len(fits)),
        "kept": kept,
    }


@given(
    kernels(),
    st.sampled_from([(2, 4), (1, 4), (1, 2), (3, 5)]),
    st.sampled_from([(4, 4), (1, 1), (4, 1), (2, 8), (3, 2)]),
    st.sampled_from([8, 40, 1 << 18]),
    st.sampled_from([8, 1 << 17]),
)
def test_counts_are_those_of_loops(
    kernel: tuple[Any, Layout],
    nm: tuple[int, int],
    block: tuple[int, int],
    size: int,
    longest: int,
) -> None:
    array, layout = kernel
    pattern = Pattern(*nm, block)
    with pytest.MonkeyPatch.context() as patch:
        # Small blocks cut the small arrays the way that large ones are cut.
        patch.setattr(weights, "BLOCK", size)
        patch.setattr(weights, "LONGEST_ROW", longest)
        numbers = measure(held(array, layout), Settings(pattern))
    expected = brute(array, layout, pattern)
    found = numbers.structure
    assert found is not None
    assert found.nonzeros == numbers.nonzeros == expected["nonzeros"]
    assert found.filters.tolist() == expected["filters"]
    assert found.channels.tolist() == expected["channels"]
    assert (found.rows, found.row_count) == expected["rows"]
    assert (found.blocks, found.block_count) == expected["blocks"]
    assert found.kept == expected["kept"]
    if layout.sums_inputs:
        assert (found.fits, found.groups) == expected["fits"]
    else:
        assert found.fits is None
    assert numbers.histogram is not None
    assert numbers.histogram.counts.sum() + numbers.histogram.zeros == array.size
    assert (numbers.histogram.counts >= 0).all()


def test_negative_zeros_are_zeros() -> None:
    array = np.full((1, 4, 4), -0.0, np.float32)
    numbers = measure(held(array, Layout("dense", 1, 4, 4)))
    assert (numbers.sparsity, numbers.nonzeros) == (1.0, 0)
    assert numbers.nm_compliance == 1.0


def test_one_weight_in_many_is_seen() -> None:
    layout = Layout("dense", 1, 1000, 1000)
    array = np.ones((1, 1000, 1000), np.float32)
    before = measure(held(array, layout))
    array[0, 999, 999] = 0
    after = measure(held(array, layout))
    assert (before.sparsity, after.sparsity) == (0.0, 1e-6)
    assert after.kept is not None
    assert measure(held(array, layout), previous=before.kept).churn == 1e-6


def test_padding_is_said() -> None:
    ones = np.ones((1, 6, 1), np.float32)
    numbers = measure(held(ones, Layout("dense", 1, 6, 1)))
    assert numbers.structure is not None
    # Inputs 4 and 5 fill half a group: with two zeros behind them they keep to 2:4.
    assert (numbers.structure.fits, numbers.structure.groups) == (1, 2)
    assert numbers.structure.padded


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n": 4, "m": 4}, "expected .n, m. with n below m"),
        ({"n": 0}, "pattern=0: expected a whole number of at least 1"),
        ({"block": (0, 4)}, "block=0: expected a whole number of at least 1"),
    ],
)
def test_impossible_patterns_are_refused(settings: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Pattern(**settings)


def test_multiply_adds_leave_out_zeros_and_then_whole_filters() -> None:
    array = np.ones((9, 4, 8), np.float32)
    array[:, :, 3] = 0
    array[0, 0, 0] = 0
    numbers = measure(held(array, Layout("conv", 9, 4, 8), positions=100))
    assert numbers.macs == 28800
    assert numbers.effective_macs == (288 - 36 - 1) * 100
    assert numbers.structured_macs == (288 - 36) * 100
