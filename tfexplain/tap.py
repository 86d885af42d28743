"""Activations at named layers of any Keras model, without changing the model.

For the length of one forward pass a layer instance gets a `call` that runs the real one and hands
its output to us. Functional sub-models (`Model(inputs, layer.output)`) cannot do this for nested
or subclassed models; a tap works wherever the layer is called as a layer.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import tensorflow as tf

Model: TypeAlias = Any  # a keras.Model or a tf_keras.Model; the two share no base class
Layer: TypeAlias = Any
Tensor: TypeAlias = Any

# Identities at inference: a map of them is the map of the layer before, under a stranger's name.
_IDENTITIES = frozenset(
    {
        "ActivityRegularization",
        "AlphaDropout",
        "Dropout",
        "GaussianDropout",
        "GaussianNoise",
        "Identity",
        "SpatialDropout2D",
    }
)
_ABSENT = object()


class LayerError(ValueError):
    """A layer that is missing, ambiguous, never called, or unfit for what was asked."""


@dataclass(frozen=True)
class Site:
    """A place where activations can be read: one call of one layer in a forward pass.

    `path` is `backbone/conv5`, with `@1` behind it for the second call of a shared layer; `shape`
    is that of the output without the batch axis; `position` counts calls in order; `inputs` are
    the positions of the model's inputs that the output depends on.
    """

    path: str
    shape: tuple[int | None, ...]
    position: int
    layer_type: str
    channels_first: bool
    after_weights: bool
    container: bool
    inputs: tuple[int, ...]

    @property
    def spatial(self) -> bool:
        """Whether the output is a grid of more than one position with channels."""
        return len(self.shape) == 3 and any(side != 1 for side in self.grid)

    @property
    def grid(self) -> tuple[int | None, ...]:
        """(h, w) of a spatial output."""
        return self.shape[1:] if self.channels_first else self.shape[:-1]

    @property
    def channels(self) -> int:
        """How many channels a spatial output has."""
        return int(self.shape[0 if self.channels_first else -1] or 0)


def layers_by_path(model: Model) -> dict[str, Layer]:
    """Every layer inside `model`, nested ones under `outer/inner`.

    Two layers of one name in one place get `#2`, `#3` behind the later ones.
    """
    found: dict[str, Layer] = {}
    seen: set[int] = {id(model)}

    def visit(owner: Layer, prefix: str) -> None:
        for layer in owner._flatten_layers(include_self=False, recursive=False):
            if id(layer) in seen or not hasattr(layer, "call"):
                continue
            seen.add(id(layer))
            path = _free(prefix + layer.name, found)
            found[path] = layer
            visit(layer, path + "/")

    visit(model, "")
    return found


def _free(path: str, taken: Mapping[str, Any]) -> str:
    count, free = 1, path
    while free in taken:
        count += 1
        free = f"{path}#{count}"
    return free


@contextmanager
def tap(layers: Mapping[str, Layer], seen: Callable[[str, Tensor], None]) -> Iterator[None]:
    """While open, `seen(path, output)` is called for each tensor that a layer of `layers` returns.

    For tracing: the pass that is tapped runs in the graph that is current when the tap is opened.
    Layers whose output is not one tensor are passed over, and so are calls in a graph of their
    own (the cell of a recurrent loop, the symbolic build of a late Sequential): their tensors
    cannot be reached from outside. Nothing stays behind on the layers.
    """
    graph = tf.compat.v1.get_default_graph()

    def here(path: str, output: Any) -> None:
        if tf.is_tensor(output) and output.graph is graph:
            seen(path, output)

    with ExitStack() as stack:
        for path, layer in layers.items():
            for method in ("call", "quantized_call"):
                if hasattr(layer, method):
                    stack.enter_context(_wrapped(layer, method, path, here))
        yield


@contextmanager
def _wrapped(
    layer: Layer, method: str, path: str, seen: Callable[[str, Any], None]
) -> Iterator[None]:
    before = vars(layer).get(method, _ABSENT)
    original = getattr(layer, method)

    @functools.wraps(original)
    def watched(*args: Any, **kwargs: Any) -> Any:
        output = original(*args, **kwargs)
        seen(path, output)
        return output

    # `object.__setattr__`, because Keras' own would track the attribute.
    object.__setattr__(layer, method, watched)
    try:
        yield
    finally:
        object.__delattr__(layer, method)
        if before is not _ABSENT:
            object.__setattr__(layer, method, before)


def address(paths: Sequence[str]) -> list[str]:
    """Unique names for calls in order: `conv`, or `conv@0`, `conv@1` for a layer called twice.

    >>> address(["a", "b", "a"])
    ['a@0', 'b', 'a@1']
    """
    counts: dict[str, int] = {}
    names = []
    for path in paths:
        index = counts.get(path, 0)
        counts[path] = index + 1
        names.append(f"{path}@{index}" if paths.count(path) > 1 else path)
    return names


def sites(
    layers: Mapping[str, Layer], calls: Sequence[tuple[str, Tensor]], inputs: Sequence[Tensor]
) -> tuple[Site, ...]:
    """The sites of one traced forward pass; `calls` as `tap` reported them, in order."""
    depends = _dependence(inputs)
    data_format = keras.config.image_data_format()
    weighted = False
    found = []
    names = address([path for path, _ in calls])
    for position, (name, (path, tensor)) in enumerate(zip(names, calls, strict=True)):
        layer = layers[path]
        # Activations and merges have no format of their own: they keep that of what they read.
        data_format = getattr(layer, "data_format", None) or data_format
        weighted = weighted or _learns(layer)
        shape = tuple(tensor.shape[1:]) if tensor.shape.rank else ()
        found.append(
            Site(
                name,
                shape,
                position,
                type(layer).__name__,
                data_format == "channels_first",
                weighted,
                any(other.startswith(path + "/") for other in layers),
                tuple(sorted(depends(tensor))),
            )
        )
    return tuple(found)


def _learns(layer: Layer) -> bool:
    """Whether the layer has weights of its own to train, frozen or not (Keras 3, then tf_keras)."""
    own = getattr(layer, "_trainable_variables", None) or getattr(layer, "_trainable_weights", None)
    return bool(own)


def _dependence(inputs: Sequence[Tensor]) -> Callable[[Tensor], frozenset[int]]:
    """A function that says which inputs a tensor of the same graph depends on."""
    known: dict[str, frozenset[int]] = {t.op.name: frozenset([i]) for i, t in enumerate(inputs)}
    # A graph lists its operations in the order they were made: causes before effects.
    for op in inputs[0].graph.get_operations():
        if op.name not in known:
            causes = [known.get(cause.op.name, frozenset()) for cause in op.inputs]
            known[op.name] = frozenset().union(*causes)
    return lambda tensor: known.get(tensor.op.name, frozenset())


def spatial_sites(found: Sequence[Site]) -> list[Site]:
    """The sites worth choosing from by default, in call order.

    Spatial, computed by or after the first layer with weights (no resizing or augmentation),
    no containers (their output is that of their last layer), nothing that is an identity at
    inference.
    """
    spatial = [site for site in found if site.spatial]
    own = [s for s in spatial if not s.container and s.layer_type not in _IDENTITIES]
    return [s for s in own if s.after_weights] or own or spatial


def find(found: Sequence[Site], name: str, argument: str = "layer") -> Site:
    """The site that `name` means: a path, or the end of one where that is unambiguous.

    Raises:
        LayerError: there is none, or more than one; the message lists what could be meant.
    """
    for site in found:
        if site.path == name:
            return site
    ends = [s for s in found if s.path.endswith("/" + name) or s.path.startswith(name + "@")]
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise LayerError(f"{argument}={name!r}: more than one: {_names(ends)}. Pass one of these.")
    raise LayerError(f"{argument}={name!r}: no such layer. {usable(found)}")


def usable(found: Sequence[Site]) -> str:
    """The end of a message about a layer: what can be passed instead."""
    spatial = spatial_sites(found)
    if spatial:
        return f"Layers with a spatial output: {_names(spatial)}. Pass one of these."
    if found:
        return f"No layer of this model has a spatial output; its layers: {_names(found)}."
    return (
        "No layer of this model is called as a Keras layer, so none can be named. "
        "Build it from layers to see inside."
    )


def _names(found: Sequence[Site], most: int = 40) -> str:
    more = f", ... ({len(found) - most} more)" if len(found) > most else ""
    return ", ".join(site.path for site in found[:most]) + more
