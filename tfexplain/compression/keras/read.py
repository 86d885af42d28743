"""Defines `read`, which reads every kernel of a model in model order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tfexplain.compression.combined import ReferencedSource
from tfexplain.compression.keras.layer_readers import read_layer
from tfexplain.compression.keras.positions import attention_positions, output_positions
from tfexplain.compression.layout import Layout
from tfexplain.compression.weights import LayerWeights, WeightsError
from tfexplain.model import tap
from tfexplain.model.paired_layers import paired_layers
from tfexplain.model.tfmot_names import unwrapped
from tfexplain.types import Model


def read(
    model: Model,
    reference: Model | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
) -> list[LayerWeights]:
    """Reads every kernel of `model`, in the order of its layers.

    A kernel is what a layer multiplies its input with, or looks up in. Weights of layers that are
    not known, and whose names do not tell, are listed too: their `role` is `unknown`. What cannot
    be read has no `source` and a `note`.

    Args:
        model: A Keras 3 or tf_keras model, built; under a Distiller, student and teacher are
            told apart by `part`.
        reference: The uncompressed model, for quantization errors of modes that keep no float
            kernel; see `beside`.
        shapes: Output shapes of layers by path, without the batch axis, such as `Site.shape`;
            for multiply-adds of models that are not functional.

    Raises:
        WeightsError: the model is not built, or `reference` does not fit it.
    """
    # Weights of the model itself: a subclass may call `add_weight`.
    layers = {str(model.name): model, **tap.layers_by_path(model)}
    parts = _parts(model)
    kernels: list[LayerWeights] = []
    taken: set[int] = set()
    paths = {id(layer): path for path, layer in layers.items()}

    def positions(path: str, layer: Any, layout: Layout) -> int | None:
        given = (shapes or {}).get(path)
        inside = attention_positions(layer, layers.get(path.rpartition("/")[0]))
        if given is None and inside is not None:
            return inside
        return output_positions(layer, layout, given)

    for path, layer in layers.items():
        part = next((name for name, ids in parts.items() if id(layer) in ids), "")
        for kernel in read_layer(path, layer, paths, taken, positions):
            kernels.append(replace(kernel, part=part))
    _check_built(model, kernels, layers)
    kernels = _named_apart(kernels)
    return kernels if reference is None else beside(kernels, read_like(reference, model))


def read_like(
    model: Model, other: Model, shapes: Mapping[str, tuple[int, ...]] | None = None
) -> list[LayerWeights]:
    """Reads every kernel of `model`, under the names that they have in a model of the same graph.

    Args:
        model: As in `read`.
        other: The model whose names are taken; see `paired_layers`.
        shapes: As in `read`.

    Raises:
        WeightsError: the model is not built.
    """
    pairs = paired_layers(model, other)
    kernels = read(model, shapes=shapes)
    return [replace(kernel, path=pairs.name_there(kernel.path)) for kernel in kernels]


def _parts(model: Model) -> dict[str, set[int]]:
    """Returns ids of the layers of student and teacher, where `model` is a Distiller."""
    if not any(cls.__name__ == "Distiller" for cls in type(model).__mro__):
        return {}
    both = {"student": model.student, "teacher": model.teacher}
    return {
        name: {id(part), *(id(layer) for layer in tap.layers_by_path(part).values())}
        for name, part in both.items()
    }


def _check_built(model: Model, kernels: list[LayerWeights], layers: Mapping[str, Any]) -> None:
    late = [path for path, layer in layers.items() if not getattr(layer, "built", True)]
    # A layer that is never called is never built either: that alone is no error.
    if not kernels and (late or not getattr(model, "built", True)):
        raise WeightsError(
            f"model={model.name!r}: its weights are not built yet (layers: "
            f"{', '.join(late[:10]) or 'none'}). Call it on a batch, or give it an Input, first."
        )


def _named_apart(kernels: list[LayerWeights]) -> list[LayerWeights]:
    counts: dict[str, int] = {}
    for kernel in kernels:
        counts[kernel.path] = counts.get(kernel.path, 0) + 1
    return [replace(kernel, alone=counts[kernel.path] == 1) for kernel in kernels]


def beside(kernels: list[LayerWeights], references: list[LayerWeights]) -> list[LayerWeights]:
    """Returns the kernels; those without float weights of their own get those of `references`.

    Kernels that keep float weights get none, for their difference from a reference is the effect of
    training.

    Args:
        kernels: Kernels of a model, or of a .tflite file.
        references: Kernels of the uncompressed model; matched by name, wrappers left out.

    Raises:
        WeightsError: a kernel has no match, or one of another shape.
    """
    by_name = {(unwrapped(layer.path), layer.weight): layer for layer in references}
    result = []
    for layer in kernels:
        other = by_name.get((unwrapped(layer.path), layer.weight))
        if layer.role == "unknown" or layer.source is None:
            # No number is taken of it that needs a reference.
            result.append(layer)
            continue
        if other is None or other.shape != layer.shape:
            got = "no such layer" if other is None else f"shape {other.shape}"
            raise WeightsError(
                f"reference: {layer.name!r}: expected a kernel of shape {layer.shape}; got {got}. "
                "Pass the model of the same architecture before it was compressed."
            )
        result.append(_with_reference(layer, other))
    return result


def _with_reference(layer: LayerWeights, other: LayerWeights) -> LayerWeights:
    if layer.source is None or other.source is None or layer.keeps_floats:
        return layer
    if layer.layout != other.layout:
        return layer
    return replace(layer, source=ReferencedSource(layer.source, other.source), quantized=True)
