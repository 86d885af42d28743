"""The weights of attention layers, read in a pass of any Keras model, its outputs left to the bit.

Keras makes the weights in `_masked_softmax`, unless it takes a fused kernel that never has them:
then the layer computes its attention once more, this time with weights, from the same query and
key. What the model goes on with stays the kernel's output.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import tensorflow as tf

from tfexplain.sites import ATTENTION
from tfexplain.tap import Layer, Tensor, at, elsewhere, ignore, replaced

# Behind the address of a call: its weights and its mask, as names of what a pass reads.
WEIGHTS, MASK = ":weights", ":mask"


class Weights(NamedTuple):
    """Of one call: `values` as the layer multiplies its values with them, [N, heads, q, k] (where
    it attends over several axes, each in place of q and of k), and where it may attend, bool of
    that shape; None for everywhere."""

    values: Tensor
    mask: Tensor | None


Seen = Callable[[str, Weights], Tensor | None]


def attention_layers(layers: Mapping[str, Layer]) -> dict[str, Layer]:
    """Those whose weights can be read, by path: `MultiHeadAttention`, `GroupQueryAttention`, and
    what derives from them."""
    return {
        path: layer
        for path, layer in layers.items()
        if any(base.__name__ in ATTENTION for base in type(layer).__mro__)
        and hasattr(layer, "_compute_attention")
        and hasattr(layer, "_masked_softmax")
    }


@contextmanager
def weights_tap(
    layers: Mapping[str, Layer],
    seen: Seen,
    missed: Callable[[str, str], object] = ignore,
    *,
    through: bool = False,
) -> Iterator[None]:
    """While open, `seen(path, weights)` is called for each call of the attention layers.

    A tensor that `seen` returns takes the weights' place. For tracing, as `tap` is; nothing stays
    behind on the layers.

    Args:
        layers: As `attention_layers` gives them.
        seen: Called before the weights are used, so that a tape can watch them.
        missed: Told (path, why) of calls whose weights cannot be had.
        through: Whether gradients shall pass through the weights where a fused kernel has none:
            outputs stay the kernel's to the bit, gradients become those of the same computation
            written out, equal up to rounding.
    """
    with ExitStack() as stack:
        for path, layer in layers.items():
            one = _Tap(path, layer, seen, missed, through)
            stack.enter_context(replaced(layer, "_masked_softmax", one.softmax))
            stack.enter_context(replaced(layer, "_compute_attention", one.attend))
        yield


def is_weights(name: str) -> bool:
    """Whether a name of what a pass reads is that of weights or of a mask."""
    return name.endswith((WEIGHTS, MASK))


@contextmanager
def reading_weights(
    layers: Mapping[str, Layer],
    wanted: Collection[str],
    watched: Collection[str],
    seen: Callable[[str, Tensor], Any],
) -> Iterator[None]:
    """While open, `seen(name, tensor)` is called for the weights and masks among `wanted`."""
    calls = {name.rpartition(":")[0] for name in wanted if is_weights(name)}

    def one(call: str, weights: Weights) -> None:
        if call + WEIGHTS in wanted:
            seen(call + WEIGHTS, weights.values)
        if weights.mask is not None and call + MASK in wanted:
            seen(call + MASK, weights.mask)

    tapped = {path: layers[path] for path in {call.partition("@")[0] for call in calls}}
    with weights_tap(tapped, at(calls, one), through=any(map(is_weights, watched))):
        yield


class _Tap:
    """What stands in for two methods of one layer."""

    def __init__(
        self,
        path: str,
        layer: Layer,
        seen: Seen,
        missed: Callable[[str, str], object],
        through: bool,
    ) -> None:
        self._path, self._layer, self._through = path, layer, through
        self._seen, self._missed = seen, missed
        self._softmax, self._attend = layer._masked_softmax, layer._compute_attention
        self._graph = tf.compat.v1.get_default_graph()
        self._made = self._changed = False

    def softmax(self, scores: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """For `_masked_softmax`, which gives the weights."""
        values = self._softmax(scores, attention_mask)
        self._made = True
        if values.graph is not self._graph:
            self._missed(self._path, elsewhere(values.graph, self._graph))
            return values
        other = self._seen(self._path, Weights(values, self._mask(values, attention_mask)))
        self._changed = other is not None
        return values if other is None else other

    def attend(self, *arguments: Any, **named: Any) -> Any:
        """For `_compute_attention`, which gives output and weights, or None for these."""
        self._made = self._changed = False
        output, weights = self._attend(*arguments, **named)
        if not self._made:
            output = self._weighed(output, self._written_out(*arguments, **named))
        return output, weights

    def _weighed(self, output: Tensor, written_out: Tensor) -> Tensor:
        """What a layer gives that took a fused kernel, and then its attention written out."""
        if not self._made:
            self._missed(self._path, "it attends by a method of its own, which makes no weights")
            return output
        if self._changed:
            return written_out
        return _first_with_gradient_of_second(output, written_out) if self._through else output

    def _written_out(self, *arguments: Any, **named: Any) -> Tensor:
        """The attention computed with weights, where a fused kernel is what the layer takes."""
        bound = inspect.signature(self._attend).bind(*arguments, **named)
        if "return_attention_scores" in bound.signature.parameters:
            bound.arguments["return_attention_scores"] = True
        asked = {"_return_attention_scores": True, "_flash_attention": False}
        with ExitStack() as stack:
            for name, value in asked.items():
                if name in vars(self._layer):
                    stack.enter_context(replaced(self._layer, name, value))
            return self._attend(*bound.args, **bound.kwargs)[0]

    def _mask(self, values: Tensor, mask: Tensor | None) -> Tensor | None:
        """A mask in the shape of the weights; the axis that it lacks is that of the heads."""
        if mask is None:
            return None
        axis = -2 * axes(self._layer) - 1
        for _ in range(values.shape.rank - mask.shape.rank):
            mask = tf.expand_dims(mask, axis)
        return tf.broadcast_to(tf.cast(mask, tf.bool), tf.shape(values))


def axes(layer: Layer) -> int:
    """Over how many axes a layer attends."""
    return len(getattr(layer, "_attention_axes", None) or (1,))


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _first_with_gradient_of_second(first: Tensor, second: Tensor) -> Any:
    return tf.identity(first), lambda upstream: (None, upstream)
