"""Computes masks of kernels by magnitude: True where a weight stays; numpy only.

Structured masks are of a kernel's cube [K, I, O] (`tfexplain.compression.layout.Layout.to_cube`):
positions, inputs, outputs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tfexplain.checks import check_whole, is_number
from tfexplain.errors import SettingError
from tfexplain.types import Array

Mask = npt.NDArray[np.bool_]


def magnitude_mask(kernel: Array, sparsity: float) -> Mask:
    """Keeps the largest magnitudes, bool of the kernel's shape.

    As many as round(size * (1 - sparsity)) stay, at least one, and all that tie with the last of
    them: the rule of tfmot's `prune_low_magnitude`.

    Args:
        kernel: Weights of any shape.
        sparsity: Share of the weights that go, from 0 to below 1.

    References:
        Han et al. 2015, https://arxiv.org/abs/1506.02626

    >>> magnitude_mask(np.array([0.1, -3.0, 2.0, 0.5]), 0.5)
    array([False,  True,  True, False])
    """
    return largest(np.abs(kernel), sparsity)


def filter_mask(cube: Array, sparsity: float) -> Mask:
    """Keeps whole outputs: those whose weights have the largest sum of magnitudes, bool [K, I, O].

    Args:
        cube: [K, I, O].
        sparsity: Share of the outputs that go, from 0 to below 1; rounded as for single weights.

    References:
        Li et al. 2017, https://arxiv.org/abs/1608.08710

    >>> filter_mask(np.array([[[1.0, -2.0], [1.0, 2.0]]]), 0.5)[0, 0]
    array([False,  True])
    """
    kept = largest(np.abs(cube).sum(axis=(0, 1)), sparsity)
    return np.broadcast_to(kept, cube.shape)


def block_mask(cube: Array, sparsity: float, block: tuple[int, int] = (4, 4)) -> Mask:
    """Keeps whole blocks of inputs x outputs at each position: those whose magnitudes have the
    largest mean, bool [K, I, O].

    Blocks that reach over the edge count what they hold, as in tfmot's pooling.

    Args:
        cube: [K, I, O].
        sparsity: Share of the blocks that go, from 0 to below 1; rounded as for single weights.
        block: Inputs and outputs of a block.

    >>> block_mask(np.array([[[1.0, 0.0, 3.0], [0.0, 0.0, 3.0]]]), 0.5, (2, 2))[0, 0]
    array([False, False,  True])
    """
    kept = largest(block_means(np.abs(cube), block), sparsity)
    return over_blocks(kept, cube.shape, block)


def block_means(sizes: Array, block: tuple[int, int]) -> Array:
    """Computes the mean of each block, [K, blocks of I, blocks of O]."""
    tops, lefts = (np.arange(0, n, side) for n, side in zip(sizes.shape[1:], block, strict=True))
    sums: Array = np.add.reduceat(np.add.reduceat(sizes, tops, axis=1), lefts, axis=2)
    tall, wide = (
        np.diff(starts, append=n) for starts, n in zip((tops, lefts), sizes.shape[1:], strict=True)
    )
    means: Array = sums / np.outer(tall, wide)
    return means


def over_blocks(kept: Mask, shape: tuple[int, ...], block: tuple[int, int]) -> Mask:
    """Spreads what holds for blocks over their weights, bool of `shape`."""
    spread: Mask = kept.repeat(block[0], axis=1).repeat(block[1], axis=2)
    return spread[:, : shape[1], : shape[2]]


def n_m_mask(cube: Array, n: int = 2, m: int = 4) -> Mask:
    """Keeps the `n` largest magnitudes of each `m` neighbours on the input axis, bool [K, I, O].

    Of equal ones the first stays.

    Args:
        cube: [K, I, O], I a multiple of `m`.
        n: How many stay.
        m: Of so many neighbours.

    Raises:
        SettingError: I is no multiple of `m`.

    References:
        Mishra et al. 2021, https://arxiv.org/abs/2104.08378

    >>> n_m_mask(np.array([[[3.0], [-1.0], [2.0], [0.5]]]))[0, :, 0]
    array([ True, False,  True, False])
    """
    for number in (n, m):
        check_whole("n, m", number)
    positions, inputs, outputs = cube.shape
    if n >= m or inputs % m:
        raise SettingError(
            f"n, m={(n, m)}: expected n below m, and inputs that m divides; got {inputs} inputs. "
            "Leave this layer out."
        )
    sizes = np.abs(cube).reshape(positions, inputs // m, m, outputs)
    order = np.argsort(-sizes, axis=2, kind="stable")
    kept = np.zeros(sizes.shape, bool)
    np.put_along_axis(kept, order[:, :, :n], True, axis=2)
    return kept.reshape(cube.shape)


def check_sparsity(sparsity: object, argument: str = "sparsity") -> None:
    """Raises SettingError unless `sparsity` is a share from 0 to below 1."""
    if not is_number(sparsity) or not 0 <= sparsity < 1:
        raise SettingError(
            f"{argument}={sparsity!r}: expected a share from 0 to below 1. Half is 0.5."
        )


def largest(sizes: Array, sparsity: float) -> Mask:
    """Keeps round(size * (1 - sparsity)) of the numbers, at least one: the largest, and all that
    tie with the last of them."""
    check_sparsity(sparsity)
    count = max(1, round(sizes.size * (1 - sparsity)))
    cut = np.partition(sizes, sizes.size - count, axis=None)[sizes.size - count]
    kept: Mask = sizes >= cut
    return kept
