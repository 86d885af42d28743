"""Base class of explainers that follow attention through the layers to a relevance of each
token."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.checks import layer_names
from tfexplain.explainers.attention.weights import check_rows, matrices
from tfexplain.explainers.base import Context, Explainer
from tfexplain.explainers.features.feature_maps import check_grid
from tfexplain.model import grids
from tfexplain.model.attention_calls import AttentionCall
from tfexplain.model.grids import Grid
from tfexplain.model.layer_calls import LayerCall, LayerError
from tfexplain.model.outputs import ModelOutput, choose_output
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.targets import rule
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Tensor

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class TokenRelevance(Explainer):
    """Follows self-attention back from the tokens that the output reads to those of the input.

    A subclass defines the matrix [N, T, T] of one layer (`_shares`) and one step back (`_back`).
    """

    layer: str | Sequence[str] | None = None
    token: int | None = None
    token_grid: Sequence[int] | None = None

    _gradient = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_grid(self.token_grid)

    @property
    def several(self) -> bool:
        """Returns False: all layers together make one map."""
        return False

    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Plans to read the weights of all layers, and the gradient that tells which tokens are
        read."""
        calls = self._chain(traced_model)
        self._placed(traced_model, calls)
        output, last = choose_output(traced_model.model_outputs, self.output), calls[-1]
        sloped = [call.weights for call in calls] if self._gradient else []
        if not sloped and last.recorded and (output.targets or rule(targets)):
            sloped = [last.weights]
        paths = tuple(call.weights for call in calls)
        return LayerReads(paths, tuple(sloped), self._reduce, self._key, zeros=not self._gradient)

    def attributions(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Returns the relevance of each token at the token's position."""
        shares = {name: part["shares"] for name, part in reduced.items()}
        check_rows(shares, context)
        traced_model = context.traced_model
        calls = self._chain(traced_model)
        call, grid = self._placed(traced_model, calls)
        last = calls[-1]
        start = np.broadcast_to(
            self._start(traced_model, last, grid, context.output), shares[last.weights].shape[:2]
        )
        if self.token is None:
            read = reduced[last.weights].get("read")
            start = _read(start, shares[last.weights], read)
        values = self._followed([shares[attention_call.weights] for attention_call in calls], start)
        placed = _put(values, grid).astype(np.float32)
        name = _words(context, call, placed) or calls[0].path
        return {
            name: Attribution(
                values=placed,
                targets=context.result.targets,
                scores=context.result.scores,
                layer=name,
                explainer=self.name,
                unit=self._unit,
                signed=False,
            )
        }

    @property
    @abstractmethod
    def _unit(self) -> str:
        """Returns the unit of the values."""

    @property
    @abstractmethod
    def _key(self) -> Any:
        """Identifies `_shares` among compiled functions."""

    @abstractmethod
    def _shares(self, weights: Tensor, gradient: Tensor | None, axes: int) -> Tensor:
        """Returns the shares of one layer, float32 [N, T, T], in the graph."""

    @abstractmethod
    def _followed(self, shares: Sequence[Any], start: Numbers) -> Numbers:
        """Follows `start` back through all layers, the last one first; [N, T]."""

    def _reduce(
        self, weights: Tensor, gradient: Tensor | None, call: AttentionCall
    ) -> dict[str, Tensor]:
        reduced = {"shares": self._shares(weights, gradient, call.axes)}
        if gradient is not None:  # what a query gets is read where its weights have a gradient
            slopes = matrices(gradient, call.axes)
            reduced["read"] = tf.reduce_any(slopes != 0, axis=[1, 3])
        return reduced

    def _chain(self, traced_model: TracedModel) -> list[AttentionCall]:
        """Returns the layers, each of which reads the one before, over the same tokens."""
        output = choose_output(traced_model.model_outputs, self.output)
        calls = traced_model.attention.find(layer_names(self.layer))
        if self.layer is None:
            calls = [call for call in calls if output.position in call.outputs] or calls
        order = [call.path for call in traced_model.attention.calls]
        calls = sorted(
            {call.path: call for call in calls}.values(), key=lambda s: order.index(s.path)
        )
        for call in calls:
            if why := self._unfit(call, calls[0], output):
                raise LayerError(f"layer={self.layer}: {call.path!r} {why}")
        for before, call in pairwise(calls):
            if before.path not in call.after:
                raise LayerError(
                    f"layer={self.layer}: expected layers that follow one another; "
                    f"{call.path!r} does not depend on {before.path!r}, for they stand side by "
                    "side. Pass the layers of one branch."
                )
        return calls

    def _unfit(self, call: AttentionCall, first: AttentionCall, output: ModelOutput) -> str:
        """Returns why attention cannot be followed through a layer; "" where it can."""
        if call.queries != call.keys:
            return (
                "is cross-attention: its queries are not the tokens that it attends to, so what "
                "they get cannot be followed back. Pass the self-attention layers of one encoder "
                "(or decoder), or look at Attention(), which shows any layer."
            )
        if self.layer is None and not call.own:
            return (
                "attends to another tensor than that of its queries, and nothing says that both "
                "are the same tokens. Pass the layers by name where they are, those of one "
                "encoder where this is cross-attention, or look at Attention()."
            )
        if call.keys != first.keys:
            return (
                f"attends over {call.keys} tokens and {first.path!r} over {first.keys}: what was "
                "merged or cut between them cannot be followed back. Pass layers that have as "
                "many tokens as one another."
            )
        if self._gradient and not call.recorded:
            return (
                "is computed inside a function that is run again for the gradient (keras.remat), "
                "so its weights have no gradient. Explain a model without it."
            )
        if self._gradient and output.position not in call.outputs:
            return f"has no gradient: output {output.name!r} does not depend on it. Pass others."
        return ""

    def _placed(
        self, traced_model: TracedModel, calls: Sequence[AttentionCall]
    ) -> tuple[LayerCall | None, Grid]:
        """Returns the positions of the tokens, and the layer call that tells them."""
        path, length = calls[0].path, calls[0].keys
        own = [
            s
            for s in traced_model.layer_calls
            if s.path == path and s.grid and _count(s.grid) == length
        ]
        like = [s for s in traced_model.layer_calls if s.tokens == length and s.grid is not None]
        call = (*own, *like, None)[0]
        if call is not None:
            grid = call.put(self.token_grid).grid
            assert grid is not None
            return call, grid
        asked = grids.asked(length or 0, self.token_grid) if self.token_grid else Grid((length,))
        if asked is None:
            raise LayerError(
                f"token_grid={self.token_grid}: expected at most {length} positions, the tokens "
                f"of {path!r}. Leave token_grid= out."
            )
        return None, asked

    def _start(
        self, traced_model: TracedModel, call: AttentionCall, grid: Grid, output: ModelOutput
    ) -> Numbers:
        """Returns how much of the output each token of the last layer stands for, [T]."""
        length = call.queries or 0
        start = np.zeros(length)
        if self.token is not None:
            if not -length <= self.token < length:
                raise LayerError(
                    f"token={self.token}: expected a position among {length} tokens of "
                    f"{call.path!r}. Leave it out for those that the output reads."
                )
            start[self.token] = 1
            return start
        extras = [*range(grid.before), *range(length - grid.behind, length)]
        read = traced_model.tokens_read(call, extras, output)
        if read in ("first", "last"):
            start[0 if read == "first" else -1] = 1
            return start
        start[:] = 1
        if read == "positions":
            start[extras] = 0
        return np.asarray(start / start.sum())


def _read(start: Numbers, shares: Numbers, read: Any) -> Numbers:
    """Returns the tokens that each sample's score reads, each with the same share, [N, T].

    Those with a gradient: padding that is pooled away has none. Where no token has one, as under a
    head that begins at zero, those of `start` that any other token attends to.
    """
    others = (shares * (1 - np.eye(shares.shape[-1]))).any(axis=1)
    attended = np.where((start * others).any(axis=1, keepdims=True), start * others, start)
    if read is not None:
        attended = np.where(read.any(axis=1, keepdims=True), read, attended)
    return np.asarray(attended / attended.sum(axis=1, keepdims=True))


def _count(grid: Grid) -> int:
    return grids.count(grid.sides) + grid.extras


def _put(values: Numbers, grid: Grid) -> Numbers:
    """Reshapes [N, T] to [N, *sides], without tokens that have no position."""
    places = grids.count(grid.sides)
    if not places:
        return values
    return values[:, grid.before : grid.before + places].reshape(len(values), *grid.sides)


def _words(context: Context, call: LayerCall | None, values: Any) -> str | None:
    """Returns the name of the input of indices that become these tokens; a mask, which has as
    many, is not meant."""
    flat = tf.nest.flatten(context.inputs)
    embedded = {call.embeds for call in context.traced_model.layer_calls}
    for i in call.inputs if call else ():
        if i in embedded and tuple(flat[i].shape) == values.shape:
            return context.traced_model.input_names[i]
    return None
