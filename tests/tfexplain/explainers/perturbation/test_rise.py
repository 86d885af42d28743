"""RISE: a direct loop, closed forms, and the same bits for the same seed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from support.twin import gap_to

from tfexplain import RISE

RNG = np.random.default_rng(0)


def looped(function: Any, sample: Any, method: RISE) -> Any:
    """Section 3.2 of the paper, mask by mask: cells, drawn out linearly, shifted, cut."""
    rng = np.random.default_rng(method.seed)
    sides, grid = sample.shape[:2], method.cells
    widths = [math.ceil(side / grid) for side in sides]
    shifts = rng.integers(0, widths, (1, method.masks, 2))[0]
    cells = rng.random((1, method.masks, grid, grid))[0] < method.probability
    total = np.zeros(sides)
    for shift, kept in zip(shifts, cells.astype(float), strict=True):
        rows, columns = (drawn_out(grid, width) for width in widths)
        large = rows @ kept @ columns.T
        cut = large[shift[0] : shift[0] + sides[0], shift[1] : shift[1] + sides[1]]
        total += function((sample * cut[..., None])[None].astype("float32"))[0] * cut
    return total / (method.masks * method.probability)


def drawn_out(cells: int, width: int) -> Any:
    """[(cells + 1) width, cells]: numpy's own interpolation of each cell alone."""
    at = (np.arange((cells + 1) * width) + 0.5) * cells / ((cells + 1) * width) - 0.5
    return np.stack([np.interp(at, np.arange(cells), one) for one in np.eye(cells)], axis=1)


def curved(x: Any) -> Any:
    weights = np.random.default_rng(1).normal(size=x.shape[1:]) / np.sqrt(x[0].size)
    return np.tanh((x * weights).reshape(len(x), -1).sum(axis=1))


@pytest.mark.parametrize("shape", [(9, 10, 3), (8, 8, 1)])
def test_against_a_loop(shape: Any) -> None:
    x = RNG.random((2, *shape)).astype("float32")
    method = RISE(masks=131, cells=4, probability=0.3, seed=5, batch_size=9)
    found = method(curved, x)
    for sample, values in zip(x, found.values, strict=True):
        assert gap_to(looped(curved, sample, method), values) < 1e-5
    assert found.passes is not None
    assert found.passes.tolist() == [131, 131]


def test_features_are_masked_one_by_one() -> None:
    """For f(x) = w x: E[f m_i] / p = w_i x_i + p * the others, within the noise of sampling."""
    weights, x = np.array([1.0, -2.0, 4.0]), np.array([[1.0, 1.0, 0.5]])
    found = RISE(masks=20000, probability=0.25)(lambda rows: rows @ weights, x)
    parts = weights * x[0]
    assert np.allclose(found.values[0], parts + 0.25 * (parts.sum() - parts), atol=0.1)


def test_a_constant_score_is_the_score_everywhere() -> None:
    found = RISE(masks=4000)(lambda x: np.full(len(x), 3.0), np.ones((1, 16, 16, 1)))
    assert np.allclose(found.values, 3, atol=0.2)


def test_the_same_seed_gives_the_same_bits_and_another_gives_others() -> None:
    x = RNG.random((1, 8, 8, 1)).astype("float32")
    one, same, other = (RISE(masks=50, seed=s)(curved, x).values for s in (3, 3, 4))
    assert one.tobytes() == same.tobytes()
    assert not np.allclose(one, other)
    state = np.random.get_state()[1].tobytes()
    RISE(masks=5)(curved, x)
    assert np.random.get_state()[1].tobytes() == state


@pytest.mark.parametrize("shape", [(9, 9, 9, 1), (1, 1, 1), (3, 40, 2)])
def test_inputs_of_other_sizes(shape: Any) -> None:
    found = RISE(masks=6)(curved, np.ones((2, *shape), "float32"))
    kept = shape[:-1] if len(shape) > 2 else shape
    assert found.values.shape[1:] in (kept, shape)
    assert np.isfinite(found.values).all()


@pytest.mark.parametrize("value", [0, 1, -0.5])
def test_a_wrong_probability_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"probability=.*: expected a number above 0 and below 1"):
        RISE(probability=value)


def test_whole_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="expected floating-point numbers, parts of which RISE"):
        RISE()(curved, np.ones((1, 4), int))
