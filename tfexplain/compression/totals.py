"""Computes totals of a model, each with what it is a share of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from tfexplain.compression.numbers import LayerNumbers, sqnr
from tfexplain.compression.structure import Structure, share, sparsity_of


@dataclass(frozen=True)
class Totals:
    """Holds sums over kernels; biases, normalization and weights of unknown role are not counted.

    Attributes:
        denominator: In words, what shares are shares of.
        weights: Over all kernels whose values were read.
        nonzeros: How many of these differ from zero.
        sparsity: 1 - nonzeros / weights.
        mask_sparsity: Over the kernels with a mask; likewise `leak`, of their masked weights.
        quantized_to_zero: Over the kernels with a float reference; likewise `clipping`.
        filter_sparsity: Zero filters over all filters; likewise channels, rows, blocks.
        nm_compliance: Over all groups on input axes.
        churn: Over the kernels measured before.
        scales_bad: How many scales are zero or not finite.
        bits_stored: Per weight, in the variables.
        macs: Per sample, over the kernels whose output size is known; likewise the next two.
        effective_macs: Theoretical.
        structured_macs: Outside of zero filters and channels.
        size_stored: Bytes, unknown modes included.
        size_dense: Bytes of an export; likewise the next two.
        size_bitmask: With a bit per weight.
        size_csr: With an index per weight.
        effective_bits: Per weight, with scales.
        mse: Over the kernels with a float reference; likewise the next one.
        sqnr: In dB.
        unread: Kernels whose values are not known.
    """

    denominator: str
    weights: int
    nonzeros: int
    sparsity: float
    mask_sparsity: float | None
    leak: float | None
    quantized_to_zero: float | None
    filter_sparsity: float
    channel_sparsity: float
    row_sparsity: float
    block_sparsity: float
    nm_compliance: float | None
    churn: float | None
    macs: int | None
    effective_macs: int | None
    structured_macs: int | None
    size_stored: int
    size_dense: int
    size_bitmask: int
    size_csr: int
    effective_bits: float
    mse: float | None
    sqnr: float | None
    clipping: float | None
    scales_bad: int | None
    bits_stored: float
    unread: int

    def scalars(self) -> dict[str, float]:
        """Returns every known number by name."""
        return {k: float(v) for k, v in vars(self).items() if isinstance(v, (int, float))}


# Names of what `Totals.scalars` may hold.
NUMBERS = tuple(field.name for field in fields(Totals) if field.name != "denominator")


def total(numbers: Iterable[LayerNumbers]) -> dict[str, Totals]:
    """Computes totals by part of the model: `""`, or `student` and `teacher` under a Distiller."""
    parts: dict[str, list[LayerNumbers]] = {}
    for kernel in numbers:
        parts.setdefault(kernel.layer.part, []).append(kernel)
    return {part: _total(of_part) for part, of_part in parts.items()}


def _total(listed: Sequence[LayerNumbers]) -> Totals:
    numbers = [kernel for kernel in listed if kernel.layer.role == "kernel"]
    known = [kernel for kernel in numbers if kernel.nonzeros is not None]
    weights = sum(kernel.layer.size for kernel in known)
    nonzeros = sum(kernel.nonzeros or 0 for kernel in known)
    sized = [kernel.sizes for kernel in known if kernel.sizes is not None]
    errors = [kernel for kernel in known if kernel.errors is not None]
    energy = sum(kernel.errors[0] for kernel in errors if kernel.errors)
    error = sum(kernel.errors[1] for kernel in errors if kernel.errors)
    measured = sum(kernel.layer.size for kernel in errors)
    dense = sum(s.dense for s in sized)
    return Totals(
        denominator=_denominator(known, numbers, listed),
        weights=weights,
        nonzeros=nonzeros,
        sparsity=share(weights - nonzeros, weights),
        mask_sparsity=_pooled(known, lambda kernel: kernel.mask_sparsity),
        leak=_leak(known),
        quantized_to_zero=_pooled(known, lambda kernel: kernel.quantized_to_zero),
        **_structured([kernel.structure for kernel in known if kernel.structure is not None]),
        churn=_pooled(known, lambda kernel: kernel.churn),
        macs=_sum(known, lambda kernel: kernel.macs),
        effective_macs=_sum(known, lambda kernel: kernel.effective_macs),
        structured_macs=_sum(known, lambda kernel: kernel.structured_macs),
        size_stored=sum(kernel.layer.bytes_stored for kernel in numbers),
        size_dense=dense,
        size_bitmask=sum(s.bitmask for s in sized),
        size_csr=sum(s.csr for s in sized),
        effective_bits=share(8 * dense, weights),
        mse=error / measured if measured else None,
        sqnr=sqnr(energy, error) if measured else None,
        clipping=_pooled(known, lambda kernel: kernel.clipping),
        scales_bad=_sum(
            known,
            lambda kernel: None if kernel.scales is None else kernel.scales.bad,
        ),
        bits_stored=_pooled(known, lambda kernel: kernel.layer.bits_stored) or 0.0,
        unread=len(numbers) - len(known),
    )


def _sum(
    numbers: Sequence[LayerNumbers], value: Callable[[LayerNumbers], int | None]
) -> int | None:
    values = [v for kernel in numbers if (v := value(kernel)) is not None]
    return sum(values) if values else None


def _pooled(
    numbers: Sequence[LayerNumbers], value: Callable[[LayerNumbers], float | None]
) -> float | None:
    """Computes the mean over all weights of the kernels where the value is known."""
    values = [(v, kernel.layer.size) for kernel in numbers if (v := value(kernel)) is not None]
    size = sum(n for _, n in values)
    return sum(v * n for v, n in values) / size if size else None


def _structured(structures: Sequence[Structure]) -> dict[str, Any]:
    filters, channels = (
        np.concatenate([getattr(s, name) for s in structures]) if structures else np.zeros(0, bool)
        for name in ("filters", "channels")
    )
    grouped = [s for s in structures if s.fits is not None]
    groups = sum(s.groups for s in grouped)
    return {
        "filter_sparsity": sparsity_of(filters),
        "channel_sparsity": sparsity_of(channels),
        "row_sparsity": share(
            sum(s.rows for s in structures), sum(s.row_count for s in structures)
        ),
        "block_sparsity": share(
            sum(s.blocks for s in structures), sum(s.block_count for s in structures)
        ),
        "nm_compliance": share(sum(s.fits or 0 for s in grouped), groups) if groups else None,
    }


def _leak(numbers: Sequence[LayerNumbers]) -> float | None:
    """Computes leaked over masked weights, over all kernels with a mask."""
    masked = [
        (kernel.mask_sparsity * kernel.layer.size, kernel.leak)
        for kernel in numbers
        if kernel.mask_sparsity is not None and kernel.leak is not None
    ]
    count = sum(size for size, _ in masked)
    if not masked:
        return None
    return sum(size * leak for size, leak in masked) / count if count else 0.0


def _denominator(
    known: Sequence[LayerNumbers],
    numbers: Sequence[LayerNumbers],
    listed: Sequence[LayerNumbers],
) -> str:
    weights, unread = (
        sum(kernel.layer.size for kernel in known),
        len(numbers) - len(known),
    )
    silent, others = (
        sum(kernel.macs is None for kernel in known),
        len(listed) - len(numbers),
    )
    text = f"{weights:,} weights of {_count(len(known))}; biases and normalization are not counted"
    if others:
        text += f", nor {others} of unknown role"
    if unread:
        text += f"; {_count(unread)} whose values are not known left out"
    if silent:
        text += f"; multiply-adds without {_count(silent)} whose output size is not known"
    return text


def _count(kernels: int) -> str:
    return f"{kernels} kernel" if kernels == 1 else f"{kernels} kernels"
