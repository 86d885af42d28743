"""Pairs the layers of two models of the same graph, which need not call them the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tfexplain.model import tap
from tfexplain.model.tfmot_names import WRAPPERS, unwrapped
from tfexplain.types import Layer, Model


@dataclass(frozen=True)
class PairedLayers:
    """Holds what another model calls each layer of a model.

    Attributes:
        there: Paths in the other model by paths in this one, both without wrappers of tfmot; of
            the model alone where its layers have the same names, or are not known to be the same.
        here: The reverse.
    """

    there: Mapping[str, str] = field(default_factory=dict)
    here: Mapping[str, str] = field(default_factory=dict)

    def name_there(self, path: str) -> str:
        """Returns what the other model calls the layer, or the call of a layer, at this path."""
        return self._translated(path, self.there)

    def name_here(self, name: str) -> str:
        """Returns the path here of what the other model calls so: a path, or the end of one."""
        layer = unwrapped(name.partition("@")[0])
        known = [layer] if layer in self.here else [p for p in self.here if p.endswith(f"/{layer}")]
        # Of several the model's own message is to tell.
        return self._translated(known[0] + _call(name), self.here) if len(known) == 1 else name

    def _translated(self, path: str, names: Mapping[str, str]) -> str:
        layer = unwrapped(path.partition("@")[0])
        return names[layer] + _call(path) if layer in names else path


def paired_layers(model: Model, other: Model) -> PairedLayers:
    """Pairs the layers of a model with those of another: by name, else by order.

    Layers that were given no name are called otherwise in each model of one process (`re_lu_2` in
    the one, `re_lu_5` in the other). Where the two have not the same names, yet as many layers of
    the same kinds in the same order, each layer is the one of its place.

    Args:
        model: A model of Keras 3 or tf_keras.
        other: Another.

    Example:
        >>> import keras
        >>> one, other = (
        ...     keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name=name)], name="net")
        ...     for name in ("dense_3", "dense_7")
        ... )
        >>> paired_layers(one, other).name_there("dense_3")
        'dense_7'
    """
    own, theirs = _layers(model), _layers(other)
    there = {}
    if own.keys() != theirs.keys() and _kinds(own) == _kinds(theirs):
        there = dict(zip(own, theirs, strict=True))
    if model.name not in own and other.name not in theirs:
        there[str(model.name)] = str(other.name)  # the path of the model's own weights
    return PairedLayers(there, {name: path for path, name in there.items()})


def _layers(model: Model) -> dict[str, Layer]:
    """Returns the layers of a model by path, without wrappers of tfmot."""
    layers = tap.layers_by_path(model)
    return {unwrapped(path): layer for path, layer in layers.items() if not _wraps(path, layers)}


def _wraps(path: str, layers: Mapping[str, Any]) -> bool:
    """Returns whether a layer is a wrapper of tfmot around one that is listed too."""
    name = path.rpartition("/")[2]
    inside = {f"{path}/{name.removeprefix(wrapper)}" for wrapper in WRAPPERS if wrapper in name}
    return any(unwrapped(p) != p and p in layers for p in inside)


def _kinds(layers: Mapping[str, Layer]) -> list[tuple[str, int, Any]]:
    return [
        (type(layer).__name__, path.count("/"), getattr(layer, "kernel_size", None))
        for path, layer in layers.items()
    ]


def _call(path: str) -> str:
    """Returns which call of a layer it is, as its path says: `@1`, or nothing."""
    _, at, number = path.partition("@")
    return at + number
