"""Measures what quantization does to activations, layer by layer, on the same rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.compression.keras.read import beside, read
from tfexplain.compression.numbers import measure, sqnr
from tfexplain.compression.tflite.reader import read_tflite
from tfexplain.compression.weights import LayerWeights, WeightsError
from tfexplain.errors import TfexplainError
from tfexplain.model import tap
from tfexplain.model.batching import run_by_chunks
from tfexplain.model.call_batch import as_batch
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.tflite_model import TfliteModel
from tfexplain.model.tfmot_names import unwrapped
from tfexplain.text_table import aligned
from tfexplain.types import Array, Model

# Rows at once: all activations of these are held.
_ROWS = 8
Limits = tuple[float, float] | None
Shape = tuple[int | None, ...]
Activations = Mapping[str, tuple[Array, Limits]]


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
        """Layers by how many dB of SQNR are lost from the layer before to them, most first."""
        lost = [
            # Both are infinite where nothing is lost until there.
            (later.layer, 0.0 if earlier.sqnr == later.sqnr else earlier.sqnr - later.sqnr)
            for earlier, later in pairwise(self.layers)
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
    model: Model | str | os.PathLike[str], reference: Model, x: Any
) -> ActivationErrors:
    """Compares the outputs of every layer of a quantized model with those of the float one.

    Args:
        model: Of Keras (`int8`, `int4`), under tfmot's quantization-aware training, or the path of
            a .tflite file, whose tensors are found by their names.
        reference: The float model.
        x: Rows, scaled as in training, in the structure that the models take; some hundred do.

    Raises:
        TfexplainError: no layer of both with outputs of one shape.

    Examples:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="head")])
        >>> same = keras.models.clone_model(model)
        >>> same.set_weights(model.get_weights())
        >>> activation_errors(same, model, np.ones((4, 3), "float32")).layers[0].sqnr
        inf
    """
    count = len(tf.nest.flatten(x)[0])
    shapes, float_of = _keras(reference, x)
    quantized_of: Callable[[Any], Activations]
    if isinstance(model, (str, os.PathLike)):
        file = TfliteModel(model, keeps=True)
        quantized_of, size = _of_file(file, shapes), min(_ROWS, file.chunk)
        kernels = _kernel_sqnr(lambda: read_tflite(os.fspath(model)), reference)
    else:
        quantized_of, size = _keras(model, x)[1], _ROWS
        kernels = _kernel_sqnr(lambda: read(model), reference)
    sums: dict[str, _Sums] = {}
    for start in range(0, count, size):
        rows = tf.nest.map_structure(lambda part, s=start: part[s : s + size], x)
        found = quantized_of(rows)
        for path, (values, _) in float_of(rows).items():
            other = found.get(path)
            if other is not None and other[0].shape == values.shape:
                sums.setdefault(path, _Sums(other[1])).add(values, other[0])
    if not sums:
        raise TfexplainError(
            "model: expected a model made from the reference; no layer of both has outputs of one "
            "shape. Pass the float model that it was quantized from."
        )
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


def _keras(model: Model, x: Any) -> tuple[dict[str, Shape], Callable[[Any], Activations]]:
    """Returns shapes by path without wrappers, and a function that computes outputs on rows."""
    some = tf.nest.map_structure(lambda part: part[:_ROWS], x)
    traced = KerasModel(model, as_batch(some, model))
    calls = [c for c in traced.layer_calls if c.shape and tf.as_dtype(c.dtype).is_floating]
    paths = {call.path: unwrapped(call.path) for call in calls}
    limits = _learned_limits(model)

    def make() -> Callable[[Any], Any]:
        def run(batch: Any) -> Any:
            outputs = traced.forward(batch, list(paths))[1]
            return [tf.cast(outputs[path], tf.float32) for path in paths]

        return run

    def outputs(rows: Any) -> Activations:
        chunks = run_by_chunks(traced, ("activation error",), make, as_batch(rows, model))
        arrays = [np.concatenate(parts) for parts in zip(*chunks, strict=True)]
        return {
            own: (array, limits.get(own)) for own, array in zip(paths.values(), arrays, strict=True)
        }

    return {paths[call.path]: call.shape for call in calls}, outputs


def _learned_limits(model: Model) -> dict[str, tuple[float, float]]:
    """Returns the ranges of outputs that quantization-aware training has learned, by layer."""
    found = {}
    for path, layer in tap.layers_by_path(model).items():
        if not type(layer).__name__.startswith("QuantizeWrapper"):
            continue
        ends = {str(w.name).split("/")[-1].split(":")[0]: w for w in layer.weights}
        for kind in ("post_activation", "output"):
            if f"{kind}_min" in ends:
                low, high = (float(ends[f"{kind}_{end}"].numpy()) for end in ("min", "max"))
                found[unwrapped(f"{path}/{layer.layer.name}")] = low, high
    return found


def _of_file(file: TfliteModel, shapes: Mapping[str, Shape]) -> Callable[[Any], Activations]:
    def outputs(rows: Any) -> Activations:
        count = len(tf.nest.flatten(rows)[0])
        result = file.predict(rows, batch_size=count)
        found: dict[str, tuple[Array, Limits]] = {}
        for name, kept in file.kept().items():
            # The converter lists what it fused, the operation that gives the tensor first.
            scopes = name.split(";")[0].split("/")
            for path, shape in shapes.items():
                last = path.split("/")[-1]
                if {last, f"{last}_1"} & set(scopes) and _fits(kept.values, shape):
                    found[path] = kept.values[:count], kept.limits
        # What the model gives out has a name that tells no layer: it is the last one's.
        found[list(shapes)[-1]] = result, file.limits
        return found

    return outputs


def _fits(values: Array, shape: Shape) -> bool:
    """Returns whether an array may be outputs of this shape, and no weight."""
    pairs = zip(values.shape[1:], shape, strict=False)
    return values.ndim == len(shape) + 1 and all(a == b or b is None for a, b in pairs)


def _kernel_sqnr(
    kernels: Callable[[], list[LayerWeights]], reference: Model
) -> dict[str, float | None]:
    """Returns the SQNR of kernels by layer, where they can be measured beside the float ones."""
    try:
        layers = beside(kernels(), read(reference))
    except WeightsError:
        return {}
    return {unwrapped(layer.path): measure(layer).sqnr for layer in layers}


def _span(ends: Limits) -> str:
    return "-" if ends is None else f"{ends[0]:.3g}..{ends[1]:.3g}"
