"""Measures a kernel: each number defined once, counted in integers or float64."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import log10

import numpy as np

from tfexplain.compression.churn import KeptBits, pack
from tfexplain.compression.codes import CodeCounter, ScaleHealth, scale_health
from tfexplain.compression.distribution import Histogram, Moments, histogram, squares
from tfexplain.compression.sizes import Sizes, sizes
from tfexplain.compression.sources import Tile
from tfexplain.compression.structure import (
    Pattern,
    Structure,
    StructureCounter,
    share,
    sparsity_of,
)
from tfexplain.compression.weights import LayerWeights

# Bits for so many weights take 32 MiB.
CHURN_LIMIT = 1 << 28


@dataclass(frozen=True)
class Settings:
    """Selects what is measured beyond the default.

    Attributes:
        pattern: n:m and blocks.
        distribution: Moments and histogram; a second pass.
        gzip: Compressed size; slow.
        churn: Keep one bit per weight for the next call's mask churn; None: where all kernels
            that are measured together have at most `CHURN_LIMIT` weights.
    """

    pattern: Pattern = field(default_factory=Pattern)
    distribution: bool = True
    gzip: bool = False
    churn: bool | None = None

    def decided(self, weights: int) -> Settings:
        """Returns a copy with `churn` on or off, for so many weights."""
        return self if self.churn is not None else replace(self, churn=weights <= CHURN_LIMIT)


@dataclass(frozen=True, eq=False)
class LayerNumbers:
    """Holds everything that is measured on one kernel; None where it cannot be known.

    N is the number of weights of the kernel, W its float reference, and What the values that the
    layer computes with.

    Attributes:
        layer: The kernel.
        sparsity: count(What == 0) / N, -0.0 included.
        nonzeros: count(What != 0), the effective parameters.
        nonfinite: NaN and infinities among What.
        mask_sparsity: 1 - mean(M).
        leak: count(M == 0 and W != 0) / count(M == 0), the masked weights that the optimizer
            filled again.
        raw_sparsity: count(W == 0) / N, where there is a mask.
        quantized_to_zero: count(What == 0 and W != 0) / N.
        structure: Whole filters, channels, rows, blocks, n:m.
        macs: Theoretical multiply-adds per sample without any zero left out.
        effective_macs: nonzeros x positions; theoretical, no hardware skips single zeros.
        structured_macs: Weights outside of zero filters and channels x positions.
        sizes: Bytes.
        effective_bits: Bits per weight with scales.
        mse: Mean of (W - What)^2, of quantization.
        sqnr: 10 log10(sum W^2 / sum (W - What)^2), in dB; infinite without error.
        clipping: count(W outside the range of the codes) / N.
        code_use: Used codes / 2^bits.
        code_entropy: Bits.
        scales: Health of the scales.
        moments: Moments of What.
        histogram: Histogram of What.
        churn: Share of the mask that changed since the previous measurement.
        kept: Kept weights, for the next measurement's churn.
        errors: (sum W^2, sum (W - What)^2), for totals.
    """

    layer: LayerWeights
    sparsity: float | None = None
    nonzeros: int | None = None
    nonfinite: int | None = None
    mask_sparsity: float | None = None
    leak: float | None = None
    raw_sparsity: float | None = None
    quantized_to_zero: float | None = None
    structure: Structure | None = None
    macs: int | None = None
    effective_macs: int | None = None
    structured_macs: int | None = None
    sizes: Sizes | None = None
    effective_bits: float | None = None
    mse: float | None = None
    sqnr: float | None = None
    clipping: float | None = None
    code_use: float | None = None
    code_entropy: float | None = None
    scales: ScaleHealth | None = None
    moments: Moments | None = None
    histogram: Histogram | None = None
    churn: float | None = None
    kept: KeptBits | None = None
    errors: tuple[float, float] | None = None

    @property
    def filter_sparsity(self) -> float | None:
        """Share of outputs whose weights are all zero."""
        return None if self.structure is None else sparsity_of(self.structure.filters)

    @property
    def channel_sparsity(self) -> float | None:
        """Share of inputs whose weights are all zero."""
        return None if self.structure is None else sparsity_of(self.structure.channels)

    @property
    def row_sparsity(self) -> float | None:
        """Share of (position, input) rows that are all zero."""
        s = self.structure
        return None if s is None else share(s.rows, s.row_count)

    @property
    def block_sparsity(self) -> float | None:
        """Share of blocks that are all zero."""
        s = self.structure
        return None if s is None else share(s.blocks, s.block_count)

    @property
    def nm_compliance(self) -> float | None:
        """Share of groups on the input axis that keep to n:m; None for lookups and depthwise."""
        s = self.structure
        return None if s is None or s.fits is None else share(s.fits, s.groups)

    def scalars(self) -> dict[str, float]:
        """Returns every known number by name, for tables, curves and CSV files."""
        sized = {} if self.sizes is None else {f"size_{k}": v for k, v in vars(self.sizes).items()}
        values: dict[str, float | None] = {
            "weights": self.layer.size,
            **{name: getattr(self, name) for name in _SCALARS},
            "bits_stored": self.layer.bits_stored,
            "bits_compute": self.layer.bits_compute,
            **sized,
        }
        if self.moments is not None:
            values |= {name: getattr(self.moments, name) for name in ("mean", "std", "low", "high")}
        if self.scales is not None:
            values |= {"scale_spread": self.scales.spread, "scales_bad": self.scales.bad}
        return {name: float(value) for name, value in values.items() if value is not None}


_SCALARS = (
    "sparsity",
    "nonzeros",
    "nonfinite",
    "mask_sparsity",
    "leak",
    "raw_sparsity",
    "quantized_to_zero",
    "filter_sparsity",
    "channel_sparsity",
    "row_sparsity",
    "block_sparsity",
    "nm_compliance",
    "macs",
    "effective_macs",
    "structured_macs",
    "effective_bits",
    "mse",
    "sqnr",
    "clipping",
    "code_use",
    "code_entropy",
    "churn",
)


def measure(
    layer: LayerWeights, settings: Settings | None = None, previous: KeptBits | None = None
) -> LayerNumbers:
    """Measures one kernel, read as it stands now.

    It takes a few MiB beside the model, however large the kernel, and with `settings.churn` one bit
    for each weight in a block with zeros.

    Args:
        layer: As `read` gave it; one of an unknown mode has dtype and bytes only.
        settings: Selects what is measured.
        previous: `LayerNumbers.kept` of the measurement before.
    """
    settings = (settings or Settings()).decided(layer.size)
    if layer.source is None:
        return LayerNumbers(layer)
    pass_ = _Pass(layer, settings)
    for block in layer.blocks(settings.pattern.align):
        nonzero = block.piece.effective != 0
        count = pass_.structure.add(block, block.cube(nonzero))
        pass_.add(block.piece, nonzero, count)
    return pass_.result(previous)


def measure_all(
    layers: list[LayerWeights],
    settings: Settings | None = None,
    previous: dict[str, KeptBits] | None = None,
) -> Iterator[LayerNumbers]:
    """Calls `measure` for each layer; one that cannot be measured says so in its `note`.

    Args:
        layers: Kernels of one model; their size decides whether `settings.churn` is on by default.
        settings: Selects what is measured.
        previous: Kept bits by `LayerWeights.name`, taken out one by one, so that the bits of two
            measurements never lie in memory at once.
    """
    settings = (settings or Settings()).decided(sum(layer.size for layer in layers))
    for layer in layers:
        kept = previous.pop(layer.name, None) if previous else None
        try:
            yield measure(layer, settings, kept)
        except Exception as error:
            yield unmeasured(layer, error)


def unmeasured(layer: LayerWeights, error: Exception) -> LayerNumbers:
    """Returns a kernel without numbers, because of `error`."""
    note = f"cannot be measured, so its values are left out: {type(error).__name__}: {error}"[:300]
    return LayerNumbers(replace(layer, note="; ".join(filter(None, (layer.note, note)))))


class _Pass:
    """Accumulates the sums of one pass over a kernel."""

    def __init__(self, layer: LayerWeights, settings: Settings) -> None:
        self.layer, self.settings = layer, settings
        self.structure = StructureCounter(layer.layout, settings.pattern)
        self.moments = Moments()
        self.codes = CodeCounter(layer.code_range, layer.bits_code) if layer.code_range else None
        self.bits: list[np.typing.NDArray[np.uint8] | None] = []
        self.masked = self.leaked = self.raw_zeros = 0
        self.lost = self.clipped = 0
        self.energy = self.error = 0.0
        self.has_mask = self.has_reference = self.has_range = False

    def add(self, piece: Tile, nonzero: np.typing.NDArray[np.bool_], count: int) -> None:
        if self.settings.distribution:
            self.moments.add(piece.effective)
        if piece.mask is not None:
            self._add_mask(piece, piece.mask)
        if self.settings.churn:
            kept = nonzero if piece.mask is None else piece.mask
            alive = count if piece.mask is None else int(np.count_nonzero(kept))
            self.bits.append(pack(kept, alive))
        if self.codes is not None and piece.codes is not None:
            self.codes.add(piece.codes)
        if piece.reference is not None and self.layer.quantized:
            self._add_error(piece, piece.reference, nonzero)

    def _add_mask(self, piece: Tile, mask: np.typing.NDArray[np.bool_]) -> None:
        self.has_mask = True
        raw = piece.effective if piece.reference is None else piece.reference
        filled = raw != 0
        self.masked += mask.size - int(np.count_nonzero(mask))
        self.leaked += int(np.count_nonzero(filled & ~mask))
        self.raw_zeros += filled.size - int(np.count_nonzero(filled))

    def _add_error(
        self,
        piece: Tile,
        reference: np.typing.NDArray[np.floating],
        nonzero: np.typing.NDArray[np.bool_],
    ) -> None:
        self.has_reference = True
        self.lost += int(np.count_nonzero((reference != 0) & ~nonzero))
        exact = reference.astype(np.float64).reshape(-1)
        difference = exact - piece.effective.reshape(-1)
        self.energy += squares(exact)
        self.error += squares(difference)
        if piece.low is not None and piece.high is not None:
            self.has_range = True
            # A weight on the edge is not clipped, though rounding may put it a hair outside.
            slack = np.float32(1e-6) * (piece.high - piece.low)
            outside = (reference < piece.low - slack) | (reference > piece.high + slack)
            self.clipped += int(np.count_nonzero(outside))

    def result(self, previous: KeptBits | None) -> LayerNumbers:
        layer, counted = self.layer, self.structure.result()
        size, nonzeros = layer.size, counted.nonzeros
        structure = None if layer.layout.kind == "unknown" else counted
        kept = KeptBits(layer.shape, tuple(self.bits)) if self.settings.churn else None
        moved = kept.distance(previous) if kept is not None and previous is not None else None
        bytes_by_format = sizes(layer, nonzeros, self.settings.gzip)
        steps = layer.scales()
        distribution = self.settings.distribution
        return LayerNumbers(
            layer,
            sparsity=share(size - nonzeros, size),
            nonzeros=nonzeros,
            nonfinite=self.moments.nonfinite if distribution else None,
            mask_sparsity=share(self.masked, size) if self.has_mask else None,
            leak=share(self.leaked, self.masked) if self.has_mask else None,
            raw_sparsity=share(self.raw_zeros, size) if self.has_mask else None,
            quantized_to_zero=share(self.lost, size) if self.has_reference else None,
            structure=structure,
            macs=self._macs(size),
            effective_macs=self._macs(nonzeros),
            structured_macs=self._macs(counted.kept),
            sizes=bytes_by_format,
            effective_bits=share(8 * bytes_by_format.dense, size),
            mse=share_float(self.error, size) if self.has_reference else None,
            sqnr=sqnr(self.energy, self.error) if self.has_reference else None,
            clipping=share(self.clipped, size) if self.has_range else None,
            code_use=None if self.codes is None else self.codes.use,
            code_entropy=None if self.codes is None else self.codes.entropy,
            scales=None if steps is None else scale_health(steps),
            moments=self.moments if distribution else None,
            histogram=histogram(layer, self.moments, size - nonzeros) if distribution else None,
            churn=None if moved is None else share(moved, size),
            kept=kept,
            errors=(self.energy, self.error) if self.has_reference else None,
        )

    def _macs(self, weights: int) -> int | None:
        positions = self.layer.positions
        return None if positions is None else weights * positions


def share_float(part: float, whole: int) -> float:
    """Returns part / whole, 0 of nothing."""
    return part / whole if whole else 0.0


def sqnr(energy: float, error: float) -> float:
    """Computes 10 log10(energy / error) in dB; infinite without error, NaN of nothing.

    >>> sqnr(100.0, 1.0)
    20.0
    """
    if error == 0:
        return float("inf") if energy else float("nan")
    return 10 * log10(energy / error) if energy else float("-inf")
