"""Gradient sources: inputs, embeddings of indices, or hidden layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.checks import layer_names
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Context
from tfexplain.model.casts import is_cast
from tfexplain.model.gradient_calls import BESIDE, any_gradient
from tfexplain.model.grids import Grid
from tfexplain.model.input_kinds import channel_axis
from tfexplain.model.layer_calls import LayerCall, find
from tfexplain.model.tokens import padding_tokens, token_ids
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Tensor


@dataclass(frozen=True)
class GradientSource:
    """Describes where the gradients of one map are taken.

    Attributes:
        name: Name of the input, or path of the layer.
        input: Position of the input that is explained; None for a hidden layer.
        calls: The layer calls at whose outputs gradients are taken: the layer, those that embed the
            input, or the casts of its whole numbers; none where gradients are taken at the input
            itself.
    """

    name: str
    input: int | None
    calls: tuple[LayerCall, ...] = ()

    @property
    def tokens(self) -> bool:
        """Whether this is an input of indices or texts, whose gradient is taken at their
        vectors."""
        return self.input is not None and bool(self.calls) and not self.cast

    @property
    def cast(self) -> bool:
        """Whether this is an input of whole numbers, whose gradient is taken where they are
        cast."""
        return bool(self.calls) and is_cast(self.calls[0].path)

    @property
    def ids(self) -> str:
        """Path of the layer that splits the input into indices; "" where none does."""
        return (self.calls[0].splits or "") if self.tokens else ""

    @property
    def measure(self) -> str:
        """The unit in the denominator of a gradient here."""
        if self.tokens:
            return "embedding"
        return "activation" if self.input is None else "input"

    def laid_out(self, values: Tensor) -> Tensor:
        """Reshapes products or gradients at one of the `calls` to a map.

        Those of tokens are summed over each token's vector. Those of a hidden layer become [N,
        *sides, C], or keep the shape of its output where it has no positions.
        """
        if self.tokens:
            return tf.reduce_sum(values, axis=-1)
        if self.cast:
            own = tuple(values.shape[1:]) == self.calls[0].shape
            return values if own else tf.reshape(values, [-1, *self.calls[0].shape])
        grid = self.calls[0].grid
        if grid is not None and grid.extras:
            # All tokens, or the map would not add up to the score.
            grid = Grid((self.calls[0].tokens,), grid.channels_first)
        return values if grid is None else grid.positions(values)

    def channel_axis(self, traced_model: TracedModel, values: Any) -> int | None:
        """Returns the axis that a map is summed over."""
        if self.tokens:
            return None
        if self.input is None:
            return -1 if self.calls[0].grid else None
        return channel_axis(traced_model, values)


def gradient_sources(
    traced_model: TracedModel, layer: str | Sequence[str] | None = None
) -> tuple[GradientSource, ...]:
    """Returns the sources of the named layers, or of all inputs that have a gradient.

    Raises:
        LayerError: there is no such layer.
        TfexplainError: no input has a gradient.
    """
    names = layer_names(layer)
    if names is not None:
        calls = dict.fromkeys(
            find(traced_model.layer_calls, name, missed=traced_model.missed) for name in names
        )
        return tuple(GradientSource(call.path, None, (call,)) for call in calls)
    places = [traced_model.gradient_calls[i] for i in range(len(traced_model.input_names))]
    sources = tuple(
        GradientSource(name, i, calls)
        for i, (name, calls) in enumerate(zip(traced_model.input_names, places, strict=True))
        if not isinstance(calls, str)
    )
    if not sources:
        why = "; ".join(f"{n}: {w}" for n, w in zip(traced_model.input_names, places, strict=True))
        raise TfexplainError(
            "inputs: expected floating-point numbers to take gradients of, indices [N, T] or texts "
            "that a layer such as Embedding makes vectors [N, T, C] of, or whole numbers that the "
            f"model casts; got none of these. {why} Or pass layer=, a hidden layer."
        )
    return sources


def without_gradient_source(traced_model: TracedModel) -> dict[str, str]:
    """Returns, by name, why inputs have no gradient where others have one.

    Inputs that belong to the tokens of another one, such as masks, are not named.
    """
    places = {
        name: traced_model.gradient_calls[i] for i, name in enumerate(traced_model.input_names)
    }
    if not any_gradient(traced_model.gradient_calls):
        return {}
    return {n: why for n, why in places.items() if isinstance(why, str) and why != BESIDE}


def padded(
    traced_model: TracedModel, source: GradientSource, inputs: Any, padding: int | None
) -> npt.NDArray[np.bool_] | None:
    """Returns which tokens are padding, bool [N, T]; None where that is not known.

    Padding are tokens of index `padding`, else those that a layer with `mask_zero=True` masks, or
    an input beside them that is a mask.
    """
    if not source.tokens or source.input is None:
        return None
    paths = [call.path.partition("@")[0] for call in source.calls]
    if padding is None and any(getattr(traced_model.layers[p], "mask_zero", False) for p in paths):
        padding = 0
    if padding is None:
        return None if source.ids else padding_tokens(traced_model, source.input, inputs)
    filling: npt.NDArray[np.bool_] = token_ids(traced_model, source.calls[0], inputs) == padding
    return filling


def attribution(
    context: Context, explainer: str, source: GradientSource, values: Any, **fields: Any
) -> Attribution:
    """Makes the `Attribution` of a source; `fields` are further ones of it."""
    return Attribution(
        values=values.astype(np.float32),
        targets=context.result.targets,
        scores=context.result.scores,
        layer=source.name,
        explainer=explainer,
        channel_axis=source.channel_axis(context.traced_model, values),
        **fields,
    )
