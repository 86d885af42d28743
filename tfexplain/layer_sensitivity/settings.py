"""Defines `Setting`: one way to compress a kernel, and what it makes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from tfexplain.compression import LayerWeights
from tfexplain.compression.simulated import BITS, quantized_kernel
from tfexplain.errors import SettingError
from tfexplain.pruning.masks import Mask, check_sparsity, filter_mask, magnitude_mask, n_m_mask
from tfexplain.types import Array

DEFAULT = (
    *("8bit", "6bit", "4bit", "3bit", "2bit"),
    *("8bit-tensor", "6bit-tensor", "4bit-tensor", "3bit-tensor", "2bit-tensor"),
    *("50%", "70%", "80%", "90%", "95%"),
    *("2:4", "filters-25%", "filters-50%"),
)
_FORMS = "'8bit', '8bit-tensor', '50%', '2:4' or 'filters-25%'"
# Types of layers whose float kernel Keras' own modes store in so many bits per channel.
_KERAS = {
    8: ("Dense", "EinsumDense", "Embedding", "ReversibleEmbedding"),
    4: ("Dense", "EinsumDense"),
}
_TFLITE = ("Dense", "Conv1D", "Conv2D", "DepthwiseConv2D", "Conv2DTranspose")
# Keras' `model.quantize`, and int8 of .tflite files.
Runtime: TypeAlias = Literal["keras", "tflite"]
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)


@dataclass(frozen=True)
class Setting:
    """Describes one way to compress a kernel.

    Attributes:
        name: `8bit` (one scale per output channel, of an embedding per row), `8bit-tensor` (one
            scale), `50%` (the smallest magnitudes go), `2:4`, `filters-25%` (whole outputs go).
        kind: What is done.
        bits: Of a weight; 0 where the kernel stays floats.
        sparsity: Share of the weights, or of the outputs, that go.
        n: Of `m` neighbours on the input axis so many stay.
        m: See `n`.
    """

    name: str
    kind: Literal["channel", "tensor", "magnitude", "n:m", "filters"]
    bits: int = 0
    sparsity: float = 0.0
    n: int = 0
    m: int = 0

    def unfit(self, layer: LayerWeights) -> str:
        """Returns why a kernel cannot have this setting, or nothing."""
        layout = layer.layout
        if self.kind == "n:m" and not layout.sums_inputs:
            return "its inputs are not summed over"
        if self.kind == "n:m" and layout.inputs % self.m:
            return f"{self.m} does not divide its {layout.inputs} inputs"
        if self.kind == "filters" and (layout.kind == "lookup" or layout.outputs < 2):
            return "it has no filters to choose from"
        return ""

    def applied(self, kernel: Array, layer: LayerWeights) -> Array:
        """Returns what this makes of a kernel, of the same shape and type.

        Raises:
            SettingError: the kernel cannot have this setting.
        """
        if why := self.unfit(layer):
            raise SettingError(f"settings={self.name!r}: layer {layer.name!r}: {why}.")
        if self.kind in ("channel", "tensor"):
            return quantized_kernel(kernel, layer.layout, self.bits, self.kind)
        cube = layer.layout.to_cube(kernel)
        if self.kind == "n:m":
            changed = cube * n_m_mask(cube, self.n, self.m)
        elif self.kind == "filters":
            changed = cube * filter_mask(cube, self.sparsity)
        else:
            changed = cube * magnitude_mask(cube, self.sparsity)
        return layer.layout.from_cube(changed.astype(kernel.dtype, copy=False), kernel.shape)

    def filters_kept(self, kernel: Array, layer: LayerWeights) -> Mask:
        """Returns which filters of a kernel stay, bool [outputs]: all, unless filters go."""
        cube = layer.layout.to_cube(kernel)
        share = self.sparsity if self.kind == "filters" else 0.0
        kept: Mask = filter_mask(cube, share)[0, 0]
        return kept

    def runtimes(self, layer: LayerWeights) -> tuple[Runtime, ...]:
        """Returns what stores a kernel so that it takes less; empty: that is simulated."""
        if self.kind == "filters":
            return RUNTIMES
        if self.kind != "channel":
            return ()
        keras = layer.layer_type in _KERAS.get(self.bits, ())
        tflite = self.bits == 8 and layer.layer_type in _TFLITE
        return tuple(r for r, able in zip(RUNTIMES, (keras, tflite), strict=True) if able)

    def bits_of(self, layer: LayerWeights, changed: Array) -> int:
        """Returns the bits of the changed kernel with its scales, were a runtime to store it so.

        Zeros that are not whole filters take none, as if nothing had to say where they are.
        """
        own = self.bits or 8 * changed.dtype.itemsize
        layout = layer.layout
        if self.kind == "filters":
            kept = np.any(layout.to_cube(changed), axis=(0, 1)).sum()
            return int(own * layout.size // layout.outputs * kept)
        if not self.bits:
            return int(own * np.count_nonzero(changed))
        channels = layout.inputs if layout.kind == "lookup" else layout.outputs
        return own * layout.size + 32 * (channels if self.kind == "channel" else 1)


def setting(name: str | Setting) -> Setting:
    """Returns the setting of a name.

    Raises:
        SettingError: it is none.

    >>> setting("4bit").bits, setting("filters-25%").sparsity, setting("2:4").m
    (4, 0.25, 4)
    >>> setting("1bit")
    Traceback (most recent call last):
    tfexplain.errors.SettingError: settings='1bit': expected 2 to 16 bits.
    """
    if isinstance(name, Setting):
        return name
    text = name if isinstance(name, str) else ""
    if found := re.fullmatch(r"(\d+)bit(-tensor)?", text):
        bits = int(found[1])
        if bits not in BITS:
            raise SettingError(f"settings={text!r}: expected {BITS[0]} to {BITS[-1]} bits.")
        return Setting(text, "tensor" if found[2] else "channel", bits)
    if found := re.fullmatch(r"(filters-)?(\d+(?:\.\d+)?)%", text):
        sparsity = float(found[2]) / 100
        check_sparsity(sparsity, f"settings={text!r}")
        return Setting(text, "filters" if found[1] else "magnitude", sparsity=sparsity)
    if found := re.fullmatch(r"([1-9]\d*):([1-9]\d*)", text):
        n, m = int(found[1]), int(found[2])
        if n < m:
            return Setting(text, "n:m", sparsity=1 - n / m, n=n, m=m)
    raise SettingError(f"settings={name!r}: expected {_FORMS}.")


def settings_of(names: Sequence[str | Setting] | str | None) -> tuple[Setting, ...]:
    """Returns the settings of these names, each once; default `DEFAULT`."""
    wanted = DEFAULT if names is None else (names,) if isinstance(names, str) else names
    found = tuple(dict.fromkeys(map(setting, wanted)))
    if not found:
        raise SettingError(f"settings: expected at least one, such as {_FORMS}; got none.")
    return found
