"""Chooses the kernels of a model that are pruned, and how far each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfexplain.compression import LayerWeights, read
from tfexplain.errors import SettingError
from tfexplain.model import tap
from tfexplain.model.keras_private import graph_calls
from tfexplain.pruning.structures import Structure
from tfexplain.types import Model

# Modes whose kernels are floats that nobody else masks.
_FLOATS = ("float", "pruning")


@dataclass(frozen=True, eq=False)
class Choice:
    """Holds the kernels that are pruned.

    Attributes:
        kernels: Each with the sparsity that it ends at.
        left_out: Why others are not pruned, by their names; only where none was named.
    """

    kernels: Sequence[tuple[LayerWeights, float]]
    left_out: Mapping[str, str]

    @property
    def text(self) -> str:
        """The choice in words."""
        size = sum(layer.size for layer, _ in self.kernels)
        named = ", ".join(layer.name for layer, _ in self.kernels[:8])
        more = ", ..." if len(self.kernels) > 8 else ""
        return f"{len(self.kernels)} with {size:,} weights: {named}{more}"


def choose(
    model: Model,
    sparsity: float | Mapping[str, float],
    structure: Structure,
    layers: Sequence[str] | None = None,
) -> Choice:
    """Chooses kernels of a model.

    Args:
        model: A built model of Keras 3 or tf_keras.
        sparsity: Of all kernels, or by layer: those that are not named stay as they are.
        structure: What goes together. Kernels that cannot have it are left out, and so are, of
            filters, those that compute the model's outputs: each of their filters is one.
        layers: Names, paths or kinds of layers; None: all that are trained.

    Raises:
        TfexplainError: a model without weights, no such layer, a layer that is named and has no
            kernel of floats or cannot have the structure, nothing left to prune.
    """
    known = read(model)
    if isinstance(sparsity, Mapping):
        if layers is not None:
            raise SettingError(
                "layers: expected no choice beside a sparsity by layer, which is one. Leave it out."
            )
        shares = {
            id(kernel): share
            for name, share in sparsity.items()
            for kernel in _named(name, known, model, "sparsity")
        }
        wanted = [kernel for kernel in known if id(kernel) in shares]
        return Choice([(_fit(k, structure), shares[id(k)]) for k in wanted], {})
    if layers is not None:
        named = {id(k) for name in layers for k in _named(name, known, model, "layers")}
        wanted = [kernel for kernel in known if id(kernel) in named]
        return Choice([(_fit(kernel, structure), sparsity) for kernel in wanted], {})
    heads = _heads(model, known) if structure.kind == "filters" else set()
    why = {k.name: _left_out(k, structure, id(k) in heads) for k in known if k.role == "kernel"}
    kernels = [(k, sparsity) for k in known if k.role == "kernel" and not why[k.name]]
    left_out = {name: reason for name, reason in why.items() if reason}
    if not kernels:
        told = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise SettingError(
            f"model={model.name!r}: expected a kernel that can be pruned; got "
            f"{told or 'no kernel'}. Name layers=, or choose another structure=."
        )
    return Choice(kernels, left_out)


def _named(
    name: str, known: Sequence[LayerWeights], model: Model, argument: str
) -> list[LayerWeights]:
    """Returns the kernels of a layer by its name or path, or of all layers of a kind."""
    found = [kernel for kernel in known if name in (kernel.name, kernel.path)]
    if not found:
        end = f"/{name}"
        found = [k for k in known if f"/{k.name}".endswith(end) or f"/{k.path}".endswith(end)]
        paths = list(dict.fromkeys(kernel.path for kernel in found))
        if len(paths) > 1:
            raise SettingError(
                f"{argument}={name!r}: more than one layer: {', '.join(paths)}. Pass one of these."
            )
    found = found or [kernel for kernel in known if kernel.layer_type == name]
    if found:
        return found
    listed = ", ".join(dict.fromkeys(kernel.path for kernel in known)) or "none"
    layers = tap.layers_by_path(model)
    if any(name in (path, path.rpartition("/")[2]) for path in layers):
        raise SettingError(
            f"{argument}={name!r}: expected a layer with a kernel, and it has none. Layers that "
            f"have: {listed}."
        )
    raise SettingError(
        f"{argument}={name!r}: model {model.name!r} has no layer of this name or kind. Layers with "
        f"a kernel: {listed}."
    )


def _fit(kernel: LayerWeights, structure: Structure) -> LayerWeights:
    """Returns a kernel that was named; raises where it cannot be pruned so."""
    why = _unfit(kernel, structure)
    if why:
        raise SettingError(
            f"layers={kernel.name!r}: expected a kernel that can be pruned ({structure.text}), but "
            f"{why}. Leave this layer out."
        )
    return kernel


def _left_out(kernel: LayerWeights, structure: Structure, head: bool) -> str:
    if head:
        return "its filters are the model's outputs"
    return _unfit(kernel, structure) or ("" if kernel.trainable else "it is not trained")


def _unfit(kernel: LayerWeights, structure: Structure) -> str:
    if kernel.mode not in _FLOATS or kernel.wrapper or kernel.variable is None:
        by = f"wrapped in {kernel.wrapper}" if kernel.wrapper else f"stored as {kernel.mode}"
        return f"it is {by}"
    if kernel.layout.kind == "unknown" and structure.kind != "unstructured":
        return "what its axes mean is not known"
    return structure.unfit(kernel.layout)


def _heads(model: Model, known: Sequence[LayerWeights]) -> set[int]:
    """Returns ids of the kernels that compute the model's outputs.

    In a graph they are found by going back from its outputs; else the last kernel is taken.
    """
    paths = {id(layer): path for path, layer in tap.layers_by_path(model).items()}

    def inside(layer: Any) -> list[LayerWeights]:
        path = paths.get(id(layer))
        return [k for k in known if path and f"{k.path}/".startswith(f"{path}/")]

    found: set[int] = set()
    made: dict[int, tuple[Any, list[Any]]] = {}
    waiting: list[Any] = []

    def enter(graph: Any) -> bool:
        calls = graph_calls(graph)
        made.update({id(one): (layer, fed) for layer, fed, given in calls or () for one in given})
        waiting.extend(graph.outputs if calls else ())
        return bool(calls)

    if not enter(model):
        return {id(kernel) for kernel in known[-1:]}
    while waiting:
        layer, fed = made.pop(id(waiting.pop()), (None, []))
        kernels = [] if layer is None else inside(layer)
        if not kernels:
            waiting += fed
        elif not enter(layer):
            found |= {id(kernel) for kernel in kernels}
    return found
