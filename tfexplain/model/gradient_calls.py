"""Where gradients with respect to inputs are taken: at themselves, embeddings, or casts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import tensorflow as tf

from tfexplain.model.layer_calls import LayerCall

# Nothing for the input itself; else the calls that embed its indices or texts, or the casts to
# floating-point numbers; or why there is no such place.
GradientCalls: TypeAlias = "tuple[LayerCall, ...] | str"

# Why whole numbers of the shape of words, beside these, have no map: they are a mask or numbers.
BESIDE = "it says something of the tokens beside it, such as which of them count."


def gradient_calls(
    specs: Any,
    calls: Sequence[LayerCall] = (),
    casts: Sequence[LayerCall] = (),
    flows: Sequence[frozenset[int]] = (),
    read: Sequence[frozenset[int]] = (),
) -> tuple[GradientCalls, ...]:
    """Returns for each input where gradients with respect to it are taken.

    What no output reads has a gradient of zeros.

    Args:
        specs: Shapes and types of the inputs.
        calls: The layer calls of the model.
        casts: Where inputs are cast.
        flows: For each output the inputs from which a gradient flows to it.
        read: For each output the inputs that it depends on.
    """
    flat = tf.nest.flatten(specs)
    differentiable, used = frozenset().union(*flows), frozenset().union(*read)
    embedded = {call.embeds for call in calls} - {None}
    places: list[GradientCalls] = []
    for position, spec in enumerate(flat):
        embedding = [call for call in calls if call.embeds == position]
        # Columns of a table are one wide, and stand beside nothing.
        alike = any(flat[i].shape == spec.shape for i in embedded)
        own_casts = tuple(call for call in casts if call.inputs == (position,) and call.outputs)
        if spec.dtype.is_floating and (position in differentiable or position not in used):
            places.append(())
        elif embedding:
            # All that have as many tokens as the first.
            tokens = embedding[0].shape[:-1]
            places.append(tuple(call for call in embedding if call.shape[:-1] == tokens))
        elif alike and spec.shape.rank > 1 and spec.shape[-1] != 1:
            places.append(BESIDE)
        else:
            places.append(own_casts or _no_gradient(spec))
    return tuple(places)


def _no_gradient(spec: Any) -> str:
    return (
        f"its values ({spec.dtype.name}) reach the outputs only through operations that have "
        "no gradient, such as a lookup, a comparison or rounding. Methods that hide parts, "
        "such as Occlusion, FeatureAblation or KernelSHAP, explain it."
    )


def any_gradient(calls: Sequence[GradientCalls]) -> bool:
    """Whether some input has gradients."""
    return any(not isinstance(place, str) for place in calls)
