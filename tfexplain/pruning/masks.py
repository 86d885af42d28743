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
    return _largest(np.abs(kernel), sparsity)


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
    kept = _largest(np.abs(cube).sum(axis=(0, 1)), sparsity)
    return np.broadcast_to(kept, cube.shape)


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


def _largest(sizes: Array, sparsity: float) -> Mask:
    check_sparsity(sparsity)
    count = max(1, round(sizes.size * (1 - sparsity)))
    cut = np.partition(sizes, sizes.size - count, axis=None)[sizes.size - count]
    kept: Mask = sizes >= cut
    return kept
