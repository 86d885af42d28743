"""The weights of attention, read in a pass of any Keras model, its outputs left to the bit.

They are read where values are added up by them (`weighing.py`), so they are what the layer uses,
whatever it is called, whatever kernel it takes, and whatever a mask makes of rows without a key.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import tensorflow as tf

from tfexplain.model.attention_products import weighing
from tfexplain.model.keras_private import operations_made_by
from tfexplain.model.tap import around
from tfexplain.types import Layer, Tensor

# Behind the address of a call: its weights, as the name of what a pass reads.
WEIGHTS = ":weights"


class Weights(NamedTuple):
    """Of one call: `values` as the layer multiplies its values with them, [N, *heads, *q, *k], over
    how many `axes` its queries lie, and its keys, and whether samples are cut into `parts`; the
    values that are weighed, the softmax, and what the layer was called with."""

    values: Tensor
    axes: int
    parts: bool
    weighed: Tensor
    softmax: Tensor
    arguments: tuple[Tensor, ...]


Seen = Callable[[str, Weights], Tensor | None]


@contextmanager
def weights_tap(
    layers: Mapping[str, Layer], seen: Seen, *, innermost: bool = False
) -> Iterator[None]:
    """While open, `seen(name, weights)` is called wherever a layer of `layers` attends.

    A tensor that `seen` returns takes the weights' place. For tracing, as `tap` is, in the graph
    that is current when it is opened; nothing stays behind on the layers.

    Args:
        layers: By path.
        seen: Called before the weights are used, so that a tape can watch them. The name is the
            layer's path, with `#2` behind it for the second attention within one call.
        innermost: Whether of layers inside one another the innermost alone is told.
    """
    graph = tf.compat.v1.get_default_graph()
    frames: list[_Frame] = []

    def created(
        create: Callable[..., Any], kind: str, inputs: Any, *others: Any, **named: Any
    ) -> Any:
        form = weighing(kind, inputs, named.get("attrs") or {}) if frames else None
        if form is None:
            return create(kind, inputs, *others, **named)
        inputs = list(inputs)
        merged, values = inputs[form.weights], inputs[1 - form.weights]
        weights = _apart(merged, form.softmax)
        other = weights
        names = {frame: frame.counted() for frame in frames}
        for frame in frames[-1:] if innermost else list(frames):
            told = Weights(other, form.axes, form.parts, values, form.softmax, frame.arguments)
            changed = seen(names[frame], told)
            other = other if changed is None else changed
        if other is not merged:
            inputs[form.weights] = tf.reshape(other, tf.shape(merged))
        return create(kind, inputs, *others, **named)

    with ExitStack() as stack:
        for path, layer in layers.items():
            stack.enter_context(around(layer, functools.partial(_framed, frames, path)))
        made = operations_made_by(graph, lambda create: functools.partial(created, create))
        stack.enter_context(made)
        yield


def _apart(merged: Tensor, softmax: Tensor) -> Tensor:
    """Weights whose heads are merged with the queries or with samples, as the softmax had them."""
    if merged.shape.rank == softmax.shape.rank:
        return merged
    weights = tf.reshape(merged, tf.shape(softmax))
    weights.set_shape(softmax.shape)
    return weights


@dataclass(eq=False)
class _Frame:
    """A call of a layer that is under way."""

    path: str
    arguments: tuple[Tensor, ...]
    attended: int = 0

    def counted(self) -> str:
        """The name of one more attention within this call."""
        self.attended += 1
        return self.path if self.attended == 1 else f"{self.path}#{self.attended}"


def _framed(frames: list[_Frame], path: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def framed(*arguments: Any, **named: Any) -> Any:
        tensors = [x for x in tf.nest.flatten((arguments, named)) if tf.is_tensor(x)]
        # Constants are of no graph, and masks are no tokens.
        tokens = [x for x in tensors if hasattr(x, "graph") and x.dtype.is_floating]
        frames.append(_Frame(path, tuple(tokens)))
        try:
            return call(*arguments, **named)
        finally:
            frames.pop()

    return framed


def is_weights(name: str) -> bool:
    """Whether a name of what a pass reads is that of weights."""
    return name.endswith(WEIGHTS)
