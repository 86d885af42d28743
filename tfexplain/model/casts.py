"""Where whole numbers become floating-point ones inside a traced pass: gradients begin there.

A model that takes bytes casts them itself, and a cast passes no gradient. What comes out of it has
the values of the input, so that a gradient there is one of the input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import tensorflow as tf

from tfexplain.model.dependence import graph_dependencies
from tfexplain.model.keras_private import casts_made_by
from tfexplain.model.layer_calls import LayerCall
from tfexplain.types import Tensor

_NAME = re.compile(r"(.*):cast(\d+)$", re.DOTALL)
# What moves no value to another place, but for the shape of the whole.
_SAME = frozenset({"Cast", "ExpandDims", "Identity", "Reshape", "Squeeze"})


def is_cast(name: str) -> bool:
    """Whether a name of what a pass reads is that of a cast."""
    return _NAME.match(name) is not None


@contextmanager
def cast_tap(
    names: Sequence[str], inputs: Sequence[Tensor], seen: Callable[[str, Tensor, int], Any]
) -> Iterator[None]:
    """While open, `seen(name, result, position)` is called for each cast of an input to
    floating-point numbers. A tensor that it returns takes the result's place.

    For tracing, as `tfexplain.model.tap` is.

    Args:
        names: Of the inputs.
        inputs: Tensors of the graph that is current when this is opened.
        seen: Called with `image:cast0`, the result, and the input's position.
    """
    graph = tf.compat.v1.get_default_graph()
    counts = [0] * len(inputs)

    def told(cast: Callable[..., Any], x: Any, *args: Any, **kwargs: Any) -> Any:
        result = cast(x, *args, **kwargs)
        known = isinstance(x, tf.Tensor) and getattr(x, "graph", None) is graph
        if not known or x.dtype.is_floating or not result.dtype.is_floating:
            return result
        position = _origin(x, inputs)
        if position is None:
            return result
        number, counts[position] = counts[position], counts[position] + 1
        other = seen(f"{names[position]}:cast{number}", result, position)
        return result if other is None else other

    with casts_made_by(lambda cast: partial(told, cast)):
        yield


def _origin(tensor: Tensor, inputs: Sequence[Tensor]) -> int | None:
    """The input whose values a tensor of whole numbers has, in their order; None where it has
    others, as masks and indices have."""
    while tensor.dtype.is_integer:
        for position, given in enumerate(inputs):
            if tensor is given or tensor.op is given.op:
                return position
        if tensor.op.type not in _SAME:
            return None
        tensor = tensor.op.inputs[0]
    return None


def cast_calls(
    casts: Sequence[tuple[str, Tensor, int]], inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> tuple[LayerCall, ...]:
    """The casts of a traced pass as places where gradients can be taken, in their order.

    Args:
        casts: As `cast_tap` saw them.
        inputs: The model's, as tensors of the graph.
        outputs: The model's.
    """
    flows = graph_dependencies(inputs[0].graph, [result for _, result, _ in casts], gradient=True)
    reached = [flows(output) for output in outputs]
    return tuple(
        LayerCall(
            path=name,
            shape=tuple(inputs[position].shape[1:]),
            position=number,
            layer_type="Cast",
            channels_first=False,
            after_weights=False,
            container=False,
            within="",
            inputs=(position,),
            outputs=tuple(i for i, some in enumerate(reached) if number in some),
            recorded=True,
            grid=None,
            dtype=result.dtype.name,
        )
        for number, (name, result, position) in enumerate(casts)
        if _as_given(result, inputs[position])
    )


def _as_given(result: Tensor, given: Tensor) -> bool:
    """Whether a result can be put into the shape of its input."""
    return bool(result.shape[1:] == given.shape[1:] or given.shape[1:].is_fully_defined())
