"""Computes the outputs of every layer of a model, float or quantized, on a few rows."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from tfexplain.model import tap
from tfexplain.model.batching import run_by_chunks
from tfexplain.model.call_batch import as_batch
from tfexplain.model.keras_private import without_fake_quantization
from tfexplain.model.paired_layers import PairedLayers, paired_layers
from tfexplain.model.tflite_model import TfliteModel
from tfexplain.model.tfmot_names import unwrapped
from tfexplain.model.trace_model import trace_model
from tfexplain.types import Array, Layer, Model

Limits: TypeAlias = "tuple[float, float] | None"
Shape: TypeAlias = "tuple[int | None, ...]"
Outputs: TypeAlias = Mapping[str, tuple[Array, Limits]]
_QUANTIZED = "QuantizeWrapper"  # and its second version


def is_fake_quantized(model: Model) -> bool:
    """Returns whether any layer is under tfmot's quantization-aware training."""
    return any(map(_is_wrapper, tap.layers_by_path(model).values()))


class KerasOutputs:
    """Holds a Keras model, opened once for rows of one shape.

    Args:
        model: Built.
        x: Some rows.
        floats: Whether fake quantization of tfmot is left out, so that the layers compute with
            their float weights.
        like: A model of the same graph, whose names layers have here.

    Attributes:
        shapes: Shapes of outputs by the layer's path without wrappers, in call order.
    """

    def __init__(
        self, model: Model, x: Any, floats: bool = False, like: Model | None = None
    ) -> None:
        some = tf.nest.map_structure(lambda part: part[:1], x)
        self._model, self._floats = model, floats
        self._traced = trace_model(model, as_batch(some, model))
        calls = [
            c for c in self._traced.layer_calls if c.shape and tf.as_dtype(c.dtype).is_floating
        ]
        layers = tap.layers_by_path(model)
        pairs = PairedLayers() if like is None else paired_layers(model, like)
        # What a wrapper gives out, after it has quantized that, comes behind what is inside.
        self._paths = {pairs.name_there(_own(call.path, layers)): call.path for call in calls}
        found = {call.path: call.shape for call in calls}
        self.shapes: dict[str, Shape] = {own: found[path] for own, path in self._paths.items()}
        limits = {} if floats else _learned_limits(layers)
        self._limits = {pairs.name_there(path): ends for path, ends in limits.items()}

    @property
    def row_bytes(self) -> int:
        """How many bytes the outputs of one row take."""
        return 4 * sum(prod(side or 1 for side in shape) for shape in self.shapes.values())

    def of(self, rows: Any) -> Outputs:
        """Returns the outputs by path; all of these are held."""
        key = ("layer outputs", self._floats)
        chunks = run_by_chunks(self._traced, key, self._make, as_batch(rows, self._model))
        arrays = [np.concatenate(parts) for parts in zip(*chunks, strict=True)]
        return {
            own: (array, self._limits.get(own))
            for own, array in zip(self._paths, arrays, strict=True)
        }

    def _make(self) -> Any:
        traced, paths, floats = self._traced, list(self._paths.values()), self._floats

        def run(batch: Any) -> Any:
            with without_fake_quantization(traced.layers.values() if floats else ()):
                outputs = traced.forward(batch, paths)[1]
            return [tf.cast(outputs[path], tf.float32) for path in paths]

        return run


class FileOutputs:
    """Holds a .tflite file whose interpreter keeps tensors, found by the names of layers.

    Args:
        file: Opened with `keeps`.
        shapes: Shapes of outputs by the layers' paths in the model it was made of.
    """

    def __init__(self, file: TfliteModel, shapes: Mapping[str, Shape]) -> None:
        self._file, self._shapes = file, shapes

    def of(self, rows: Any) -> Outputs:
        """Returns the outputs by path."""
        count = len(tf.nest.flatten(rows)[0])
        result = self._file.predict(rows, batch_size=count)
        found: dict[str, tuple[Array, Limits]] = {}
        for name, kept in self._file.kept().items():
            # The converter lists what it fused, the operation that gives the tensor first.
            scopes = name.split(";")[0].split("/")
            for path, shape in self._shapes.items():
                last = path.split("/")[-1]
                if {last, f"{last}_1"} & set(scopes) and _fits(kept.values, shape):
                    found[path] = kept.values[:count], kept.limits
        # What the model gives out has a name that tells no layer: it is the last one's.
        found[list(self._shapes)[-1]] = result, self._file.limits
        return found


def _is_wrapper(layer: Layer) -> bool:
    return type(layer).__name__.startswith(_QUANTIZED)


def _own(path: str, layers: Mapping[str, Layer]) -> str:
    """Returns a call's path without wrappers; of a wrapper's, that of the layer in it."""
    plain, at, call = path.partition("@")
    layer = layers[plain]
    inner = f"/{layer.layer.name}" if _is_wrapper(layer) else ""
    return unwrapped(f"{plain}{inner}{at}{call}")


def _learned_limits(layers: Mapping[str, Layer]) -> dict[str, tuple[float, float]]:
    """Returns the ranges of outputs that quantization-aware training has learned, by layer."""
    found = {}
    for path, layer in layers.items():
        if not _is_wrapper(layer):
            continue
        ends = {str(w.name).split("/")[-1].split(":")[0]: w for w in layer.weights}
        for kind in ("post_activation", "output"):
            if f"{kind}_min" in ends:
                low, high = (float(ends[f"{kind}_{end}"].numpy()) for end in ("min", "max"))
                found[unwrapped(f"{path}/{layer.layer.name}")] = low, high
    return found


def _fits(values: Array, shape: Shape) -> bool:
    """Returns whether an array may be outputs of this shape, and no weight."""
    pairs = zip(values.shape[1:], shape, strict=False)
    return values.ndim == len(shape) + 1 and all(a == b or b is None for a, b in pairs)
