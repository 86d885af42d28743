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
from tfexplain.model.grids import Grid
from tfexplain.model.layer_calls import LayerCall
from tfexplain.model.traced_model import BESIDE, TracedModel
from tfexplain.types import Tensor


@dataclass(frozen=True)
class GradientSource:
    """Describes where the gradients of one map are taken.

    Attributes:
        name: Of the input, or path of the layer.
        input: Position of the input that is explained; None for a hidden layer.
        sites: The outputs of layers that gradients are taken of: of the layer, of those that embed
            the input, or the casts of its whole numbers; none where they are taken of the input
            itself.
    """

    name: str
    input: int | None
    sites: tuple[LayerCall, ...] = ()

    @property
    def tokens(self) -> bool:
        """Whether this is an input of indices or texts, whose gradient is taken at their
        vectors."""
        return self.input is not None and bool(self.sites) and not self.cast

    @property
    def cast(self) -> bool:
        """Whether this is an input of whole numbers, whose gradient is taken where they are
        cast."""
        return bool(self.sites) and is_cast(self.sites[0].path)

    @property
    def ids(self) -> str:
        """Path of the layer that splits the input into indices; "" where none does."""
        return (self.sites[0].splits or "") if self.tokens else ""

    @property
    def measure(self) -> str:
        """The unit in the denominator of a gradient here."""
        if self.tokens:
            return "embedding"
        return "activation" if self.input is None else "input"

    def laid_out(self, values: Tensor) -> Tensor:
        """Reshapes products or gradients at one of the `sites` to a map.

        Those of tokens are summed over each token's vector. Those of a hidden layer become [N,
        *sides, C], or keep the shape of its output where it has no positions.
        """
        if self.tokens:
            return tf.reduce_sum(values, axis=-1)
        if self.cast:
            own = tuple(values.shape[1:]) == self.sites[0].shape
            return values if own else tf.reshape(values, [-1, *self.sites[0].shape])
        grid = self.sites[0].grid
        if grid is not None and grid.extras:
            # All tokens, or the map would not add up to the score.
            grid = Grid((self.sites[0].tokens,), grid.channels_first)
        return values if grid is None else grid.positions(values)

    def channel_axis(self, passes: TracedModel, values: Any) -> int | None:
        """Returns the axis that a map is summed over."""
        if self.tokens:
            return None
        if self.input is None:
            return -1 if self.sites[0].grid else None
        return passes.channel_axis(values)


def spots(
    passes: TracedModel, layer: str | Sequence[str] | None = None
) -> tuple[GradientSource, ...]:
    """Returns the sources of the named layers, or of all inputs that have a gradient.

    Raises:
        LayerError: there is no such layer.
        TfexplainError: no input has a gradient.
    """
    names = layer_names(layer)
    if names is not None:
        sites = dict.fromkeys(passes.layer(name) for name in names)
        return tuple(GradientSource(site.path, None, (site,)) for site in sites)
    places = [passes.gradient_at(i) for i in range(len(passes.input_names))]
    found = tuple(
        GradientSource(name, i, sites)
        for i, (name, sites) in enumerate(zip(passes.input_names, places, strict=True))
        if not isinstance(sites, str)
    )
    if not found:
        why = "; ".join(f"{n}: {w}" for n, w in zip(passes.input_names, places, strict=True))
        raise TfexplainError(
            "inputs: expected floating-point numbers to take gradients of, indices [N, T] or texts "
            "that a layer such as Embedding makes vectors [N, T, C] of, or whole numbers that the "
            f"model casts; got none of these. {why} Or pass layer=, a hidden layer."
        )
    return found


def without_spot(passes: TracedModel) -> dict[str, str]:
    """Returns, by name, why inputs have no gradient where others have one.

    Inputs that belong to the tokens of another one, such as masks, are not named.
    """
    places = {name: passes.gradient_at(i) for i, name in enumerate(passes.input_names)}
    if not passes.moving:
        return {}
    return {n: why for n, why in places.items() if isinstance(why, str) and why != BESIDE}


def padded(
    passes: TracedModel, spot: GradientSource, inputs: Any, padding: int | None
) -> npt.NDArray[np.bool_] | None:
    """Returns which tokens are padding, bool [N, T]; None where that is not known.

    Those of index `padding`, else those that a layer with `mask_zero=True` masks, or an input
    beside them that is a mask.
    """
    if not spot.tokens or spot.input is None:
        return None
    paths = [site.path.partition("@")[0] for site in spot.sites]
    if padding is None and any(getattr(passes.layers[p], "mask_zero", False) for p in paths):
        padding = 0
    if padding is None:
        return None if spot.ids else passes.filling(spot.input, inputs)
    found: npt.NDArray[np.bool_] = passes.indices(spot.sites[0], inputs) == padding
    return found


def attribution(
    context: Context, explainer: str, spot: GradientSource, values: Any, **fields: Any
) -> Attribution:
    """Makes the `Attribution` of a source; `fields` are further ones of it."""
    return Attribution(
        values=values.astype(np.float32),
        targets=context.result.targets,
        scores=context.result.scores,
        layer=spot.name,
        explainer=explainer,
        channel_axis=spot.channel_axis(context.passes, values),
        **fields,
    )
