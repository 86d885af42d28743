"""Activations at named layers of any Keras model, without changing the model.

For the length of one forward pass a layer instance gets a `call` that runs the real one and hands
its output to us. Functional sub-models (`Model(inputs, layer.output)`) cannot do this for nested
or subclassed models; a tap works wherever the layer is called as a layer.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import tensorflow as tf

from tfexplain.model.keras_private import is_layer, is_recomputed, is_recording, own_layers
from tfexplain.model.replaced import replaced
from tfexplain.types import Layer, Model, Tensor


def layers_by_path(model: Model) -> dict[str, Layer]:
    """Every layer inside `model`, nested ones under `outer/inner`.

    Two layers of one name in one place get `#2`, `#3` behind the later ones. Operations between
    the layers of a Functional model (`x + y`) have names and outputs as layers do, and are listed
    behind them.
    """
    layers: dict[str, Layer] = {}
    seen: set[int] = {id(model)}

    def visit(owner: Layer, prefix: str) -> None:
        for layer in own_layers(owner):
            if id(layer) in seen or not hasattr(layer, "call"):
                continue
            seen.add(id(layer))
            path = _free(prefix + layer.name, layers)
            layers[path] = layer
            visit(layer, path + "/")
        for operation in getattr(owner, "operations", ()):
            if id(operation) not in seen and not is_layer(operation):
                seen.add(id(operation))
                layers[_free(prefix + operation.name, layers)] = operation

    visit(model, "")
    return layers


def _free(path: str, taken: Mapping[str, Any]) -> str:
    count, free = 1, path
    while free in taken:
        count += 1
        free = f"{path}#{count}"
    return free


def ignore(path: str, why: str) -> None:
    """For `missed`, where nobody asks."""


@contextmanager
def tap(
    layers: Mapping[str, Layer],
    seen: Callable[[str, Tensor], Tensor | None],
    missed: Callable[[str, str], object] = ignore,
) -> Iterator[None]:
    """While open, `seen(path, output)` is called for each tensor that a layer of `layers` returns.

    A tensor that `seen` returns takes the output's place.

    For tracing: the pass that is tapped runs in the graph that is current when the tap is opened.
    Layers whose output is not one tensor are passed over, and so are calls in a graph of their
    own (the cell of a recurrent loop, the symbolic build of a late Sequential): their tensors
    cannot be reached from outside. `missed(path, why)` is told. Nothing stays behind on the layers.
    """
    graph = tf.compat.v1.get_default_graph()

    def here(path: str, output: Any) -> Any:
        # Ragged and sparse tensors are several tensors to a graph, and no array to a map.
        tensors = [part for part in tf.nest.flatten(output) if isinstance(part, tf.Tensor)]
        away = [part.graph for part in tensors if part.graph is not graph]
        if away:
            missed(path, elsewhere(away[0], graph))
        elif isinstance(output, tf.Tensor):
            other = seen(path, output)
            return output if other is None else other
        else:
            missed(path, _no_tensor(output, len(tensors)))
        return output

    def watched(path: str, call: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: here(path, call(*args, **kwargs))

    with ExitStack() as stack:
        for path, layer in layers.items():
            stack.enter_context(around(layer, functools.partial(watched, path)))
        yield


def _no_tensor(output: Any, tensors: int) -> str:
    if isinstance(output, (tf.RaggedTensor, tf.SparseTensor)):
        return f"it returns a {type(output).__name__}, which has no positions to read"
    return f"it returns {tensors} tensors and not one"


def _methods(layer: Layer) -> Sequence[str]:
    """The methods that lead to a layer's output.

    Where Keras recomputes a layer in the backward pass (`RematScope`), what its `call` returns has
    no gradient: only what comes out of the recomputed function has one.
    """
    if is_recomputed(layer):
        return ("rematerialized_call",)
    return [method for method in ("call", "quantized_call") if hasattr(layer, method)]


@contextmanager
def around(
    layer: Layer, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Iterator[None]:
    """While open, a layer's output is computed by `wrap` of the function that computes it."""

    def recomputed(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: wrap(original(*args, **kwargs))

    with ExitStack() as stack:
        for method in _methods(layer):
            original = getattr(layer, method)
            other = (recomputed if method == "rematerialized_call" else wrap)(original)
            stack.enter_context(replaced(layer, method, functools.wraps(original)(other)))
        yield


LOOP = "it runs inside a loop, whose tensors cannot be reached from outside"
FUNCTION = (
    "it runs inside a tf.function, whose tensors cannot be reached from outside, and which cannot "
    "be run as plain Python here; `fit` compiles anyway, so @tf.function can go"
)


def elsewhere(inner: Any, graph: Any) -> str:
    """Why a tensor of another graph cannot be reached."""
    while inner is not None and inner is not graph:
        if "While" in type(inner).__name__ or "loop" in getattr(inner, "name", ""):
            return LOOP
        inner = getattr(inner, "outer_graph", None)
    return FUNCTION


@contextmanager
def inlined() -> Iterator[None]:
    """While open, functions under `tf.function` run as the Python they are made of, so that what
    they compute belongs to the graph around them."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def recorded() -> bool:
    """Whether a tape that is open records here; it does not inside a function that is recomputed
    in the backward pass (`keras.remat`)."""
    return is_recording()


def at(
    names: Container[str], seen: Callable[[str, Tensor], Tensor | None]
) -> Callable[[str, Tensor], Tensor | None]:
    """For `tap`: `seen(name, output)` of those calls only that `names` addresses."""
    calls: dict[str, int] = {}

    def counted(path: str, tensor: Tensor) -> Tensor | None:
        index = calls.get(path, 0)
        calls[path] = index + 1
        name = path if path in names else f"{path}@{index}"
        return seen(name, tensor) if name in names else None

    return counted


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
