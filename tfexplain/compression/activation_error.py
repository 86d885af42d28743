"""Measures what quantization does to activations, layer by layer, on the same rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.compression.keras.read import beside, read, read_like
from tfexplain.compression.layer_outputs import FileOutputs, KerasOutputs, Limits, is_fake_quantized
from tfexplain.compression.numbers import measure, sqnr
from tfexplain.compression.tflite.reader import read_tflite
from tfexplain.compression.weights import LayerWeights, WeightsError
from tfexplain.errors import TfexplainError
from tfexplain.model.batching import even_chunks
from tfexplain.model.tflite_model import TfliteModel
from tfexplain.model.tfmot_names import unwrapped
from tfexplain.text_table import aligned
from tfexplain.types import Array, Model

# Rows at once: all activations of these are held, of both models.
_ROWS = 8
_BYTES = 256 << 20


@dataclass(frozen=True)
class ActivationError:
    """Holds the numbers of one layer's outputs in a quantized model beside the float one.

    Attributes:
        layer: Path of the layer in the float model.
        reference_range: Least and greatest value in the float model.
        range: Least and greatest value in the quantized model.
        limits: What the quantized model's codes can express at most there; None where outputs are
            floats.
        sqnr: 10 log10(sum A^2 / sum (A - Ahat)^2), in dB, the errors of all layers before included.
        clipping: Share of the float values outside of `limits`; None without.
        kernel_sqnr: The same of the layer's kernel; None where it is not known.
    """

    layer: str
    reference_range: tuple[float, float]
    range: tuple[float, float]
    limits: tuple[float, float] | None
    sqnr: float
    clipping: float | None
    kernel_sqnr: float | None


@dataclass(frozen=True, eq=False)
class ActivationErrors:
    """Holds the numbers of all layers that both models have, in call order.

    Attributes:
        layers: The numbers.
        missing: Layers whose outputs the quantized model has not: fused with others, say.
        rows: How many rows were run.
    """

    layers: Sequence[ActivationError]
    missing: Sequence[str]
    rows: int

    @property
    def drops(self) -> list[tuple[str, float]]:
        """Layers by how many dB of SQNR are lost from the layer before to them, most first;
        infinite for the first one with an error."""
        sqnr = [np.inf, *(one.sqnr for one in self.layers)]
        lost = [
            # Both are infinite where nothing is lost until there.
            (one.layer, 0.0 if before == one.sqnr else float(before - one.sqnr))
            for before, one in zip(sqnr, self.layers, strict=False)
        ]
        return sorted(lost, key=lambda pair: -pair[1])

    def __str__(self) -> str:
        head = ["layer", "float range", "range", "limits", "SQNR dB", "clipped", "kernel SQNR dB"]
        rows = [
            [
                one.layer,
                *(_span(ends) for ends in (one.reference_range, one.range, one.limits)),
                f"{one.sqnr:.1f}",
                "-" if one.clipping is None else f"{one.clipping:.2%}",
                "-" if one.kernel_sqnr is None else f"{one.kernel_sqnr:.1f}",
            ]
            for one in self.layers
        ]
        parts = [f"Activations on {self.rows} rows", aligned([head, *rows])]
        if self.missing:
            parts.append(f"  not in the quantized model: {', '.join(self.missing)}")
        return "\n".join(parts)


def activation_errors(
    model: Model | str | os.PathLike[str], reference: Model | None, x: Any
) -> ActivationErrors:
    """Compares the outputs of every layer of a quantized model with those of the float one.

    Args:
        model: Of Keras (`int8`, `int4`), under tfmot's quantization-aware training, or the path of
            a .tflite file, whose tensors are found by their names.
        reference: The float model. None: of a model under quantization-aware training, itself with
            its float weights and without fake quantization.
        x: Rows, scaled as in training, in the structure that the models take; some hundred do.

    Raises:
        TfexplainError: no layer of both with outputs of one shape, or no float model.

    Examples:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="head")])
        >>> same = keras.models.clone_model(model)
        >>> same.set_weights(model.get_weights())
        >>> activation_errors(same, model, np.ones((4, 3), "float32")).layers[0].sqnr
        inf
    """
    count = len(tf.nest.flatten(x)[0])
    is_file = isinstance(model, (str, os.PathLike))
    if reference is None and (is_file or not is_fake_quantized(model)):
        raise TfexplainError(
            "reference=None: expected the float model; only one under quantization-aware training "
            "keeps its float weights. Pass the model that it was quantized from."
        )
    floats = KerasOutputs(model if reference is None else reference, x, floats=reference is None)
    quantized: KerasOutputs | FileOutputs
    size = max(1, min(_ROWS, _BYTES // max(1, 2 * floats.row_bytes)))
    if is_file:
        file = TfliteModel(model, keeps=True)
        quantized, size = FileOutputs(file, floats.shapes), min(size, file.chunk)
        kernels = _kernel_sqnr(lambda: read_tflite(os.fspath(model)), reference)
    else:
        quantized = KerasOutputs(model, x, like=reference)
        own = read(model) if reference is None else read_like(model, reference)
        kernels = _kernel_sqnr(lambda: own, reference)
    sums: dict[str, _Sums] = {}
    seen = 0
    for places in even_chunks(count, size):
        kept = min(len(places), count - seen)
        seen += kept
        rows = tf.nest.map_structure(lambda part, p=places: np.asarray(part)[p], x)
        found = quantized.of(rows)
        for path, (values, _) in floats.of(rows).items():
            other = found.get(path)
            if other is not None and other[0].shape == values.shape:
                sums.setdefault(path, _Sums(other[1])).add(values[:kept], other[0][:kept])
    if not sums:
        raise TfexplainError(
            "model: expected a model made from the reference; no layer of both has outputs of one "
            "shape. Pass the float model that it was quantized from."
        )
    shapes = floats.shapes
    numbers = [sums[path].numbers(path, kernels.get(path)) for path in shapes if path in sums]
    return ActivationErrors(numbers, [path for path in shapes if path not in sums], count)


class _Sums:
    """Adds up what numbers are made of, chunk by chunk."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._ends = [(np.inf, -np.inf)] * 2
        self._energy = self._error = 0.0
        self._outside = self._count = 0

    def add(self, values: Array, other: Array) -> None:
        exact = values.astype(np.float64)
        for n, array in enumerate((values, other)):
            low, high = self._ends[n]
            self._ends[n] = min(low, float(array.min())), max(high, float(array.max()))
        self._energy += float(np.square(exact).sum())
        self._error += float(np.square(exact - other).sum())
        self._count += values.size
        if self._limits is not None:
            low, high = self._limits
            self._outside += int(((values < low) | (values > high)).sum())

    def numbers(self, path: str, kernel: float | None) -> ActivationError:
        clipping = None if self._limits is None else self._outside / max(self._count, 1)
        return ActivationError(
            path,
            self._ends[0],
            self._ends[1],
            self._limits,
            sqnr(self._energy, self._error),
            clipping,
            kernel,
        )


def _kernel_sqnr(
    kernels: Callable[[], list[LayerWeights]], reference: Model | None
) -> dict[str, float | None]:
    """Returns the SQNR of kernels by layer, where they can be measured beside the float ones."""
    try:
        layers = kernels() if reference is None else beside(kernels(), read(reference))
    except WeightsError:
        return {}
    return {unwrapped(layer.path): measure(layer).sqnr for layer in layers}


def _span(ends: Limits) -> str:
    return "-" if ends is None else f"{ends[0]:.3g}..{ends[1]:.3g}"
