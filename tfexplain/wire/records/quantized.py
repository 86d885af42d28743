"""Defines the record of activations of a quantized model beside those of the float one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tfexplain.types import Array
from tfexplain.wire.container import long_text, pack, unpack
from tfexplain.wire.records.kinds import Kind, little_endian
from tfexplain.wire.records.moments import Moment, pack_moment, read_moment

MAX_LAYERS = 1 << 16
# Columns of `values`, in the units of `tfexplain.compression.ActivationError`.
NUMBERS = (
    *("sqnr", "clipping", "kernel_sqnr"),
    *("reference_low", "reference_high", "low", "high", "limit_low", "limit_high"),
)


@dataclass(frozen=True)
class Activations:
    """Holds how far outputs of each of L layers of a quantized model are from the float one's.

    `layers` are paths in the float model, in call order, and `values` float64 [L, 9] their
    `NUMBERS`; NaN where one cannot be known, as limits of layers that give out floats. `missing`
    are layers whose outputs the quantized model has not. `rows` went through both; `reference`
    names the float model, in words or as a run. `moment` and `weights` as in `Kernels`.
    """

    kind: ClassVar[Kind] = "activations"
    layers: Sequence[str]
    values: Array
    missing: Sequence[str]
    rows: int
    reference: str
    moment: Moment = "epoch"
    weights: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {
            "values": little_endian(self.values, "f8"),
            "layers": long_text(self.layers),
            "missing": long_text(self.missing),
        }
        header = {"rows": repr(int(self.rows)), "reference": self.reference}
        return pack(self.kind, arrays, header | pack_moment(self.moment, self.weights))

    @classmethod
    def decode(cls, data: bytes) -> Activations:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        values, layers = raw.array("values", "F64", 2), raw.long_strings("layers")
        raw.check(0 < len(layers) <= MAX_LAYERS, f"1 to {MAX_LAYERS} layers")
        raw.check(len(set(layers)) == len(layers), "each layer only once")
        raw.check(values.shape == (len(layers), len(NUMBERS)), "nine numbers for each layer")
        rows = raw.integer("rows")
        raw.check(rows > 0, "rows above 0")
        missing, reference = raw.long_strings("missing"), raw.text("reference")
        return cls(layers, values, missing, rows, reference, *read_moment(raw))
