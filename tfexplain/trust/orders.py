"""Orders the positions of maps, strongest evidence first: of a map, of chance, of edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ranks = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


def ranks(evidence: Floats, real: Mask, seed: int) -> Ranks:
    """Returns the rank of each position, int32 as `evidence`: 0 for the most evidence.

    Positions of equal evidence are ordered at random, for the order of the pixels would be an
    order of its own. What is not finite, and then what is no real position, comes last.

    >>> ranks(np.array([[1.0, 5.0, 3.0]]), np.array([[True, True, False]]), 0).tolist()
    [[1, 0, 2]]
    """
    flat = evidence.reshape(len(evidence), -1)
    kept = np.where(np.isfinite(flat), flat, -np.inf)
    ties = np.random.default_rng(seed).random(flat.shape)
    order = np.lexsort((ties, -kept, ~real.reshape(flat.shape)), axis=-1)
    found = np.empty(flat.shape, np.int32)
    np.put_along_axis(found, order, np.arange(flat.shape[1], dtype=np.int32)[None], axis=1)
    return found.reshape(evidence.shape)


def chance_ranks(real: Mask, seed: int) -> Ranks:
    """Returns ranks of a random order of each sample's real positions."""
    return ranks(np.zeros(real.shape), real, seed)


def edges(values: npt.NDArray[np.generic], channel_axis: int | None) -> Floats:
    """Returns the magnitude of the input's own gradient from position to position, float64
    [N, *sides], summed over channels: an order that knows nothing of the model.

    >>> edges(np.array([[0.0, 0.0, 4.0]]), None).tolist()
    [[0.0, 2.0, 4.0]]
    """
    numbers = values.astype(np.float64)
    moved = numbers[..., None] if channel_axis is None else np.moveaxis(numbers, channel_axis, -1)
    squared = np.zeros(moved.shape)
    for axis in range(1, moved.ndim - 1):
        if moved.shape[axis] > 1:
            squared += np.gradient(moved, axis=axis) ** 2
    return np.asarray(np.sqrt(squared).sum(axis=-1))
