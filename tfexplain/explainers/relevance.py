"""What explainers share that follow attention from layer to layer: a relevance for each token."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain import grids
from tfexplain.attention_sites import AttentionSite
from tfexplain.attribution import Attribution
from tfexplain.explainers.attention import check_layers, check_rows
from tfexplain.explainers.base import Context, SingleExplainer
from tfexplain.explainers.feature_maps import check_grid
from tfexplain.grids import Grid
from tfexplain.passes import Passes
from tfexplain.shared_pass import Reading
from tfexplain.sites import LayerError, Site
from tfexplain.tap import Tensor
from tfexplain.targets import Head

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class TokenRelevance(SingleExplainer):
    """Follows a chain of self-attention layers back, from the tokens the output reads to those that
    the first layer reads.

    A method gives the matrix [N, T, T] of one layer (`_shares`), and says what one step back is
    (`_back`).
    """

    layers: Sequence[str] | None = None
    token: int | None = None
    grid: Sequence[int] | None = None

    _gradient = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_layers(self.layers)
        check_grid(self.grid)

    def reading(self, passes: Passes) -> Reading:
        """The weights of all layers, and their masks."""
        sites = self._chain(passes)
        self._placed(passes, sites)
        paths = [site.weights for site in sites]
        paths += [site.mask for site in sites[-1:] if site.masked]
        return Reading(tuple(paths), self._gradient, self._reduce, self._key)

    def finish(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """The relevance of each token, put where the tokens lie."""
        check_rows(reduced, context)
        passes = context.passes
        sites = self._chain(passes)
        site, grid = self._placed(passes, sites)
        start = self._start(passes, sites[-1], grid, context.head)
        seen = reduced.get(sites[-1].mask)
        start = np.broadcast_to(start, reduced[sites[0].weights].shape[:2])
        if seen is not None and np.count_nonzero(start[0]) > 1:  # padding is no token to read
            start = start * seen / np.maximum((start * seen).sum(axis=1, keepdims=True), 1e-9)
        values = self._followed([reduced[one.weights] for one in sites], start)
        values = values if seen is None else values * seen
        placed = _put(values, grid).astype(np.float32)
        name = _words(context, site, placed) or sites[0].path
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
        """What the values are measured in."""

    @property
    @abstractmethod
    def _key(self) -> Any:
        """Stands for `_shares` among compiled functions."""

    @abstractmethod
    def _shares(self, weights: Tensor, gradient: Tensor | None) -> Tensor:
        """float32 [N, T, T] of one layer, in the graph."""

    @abstractmethod
    def _followed(self, shares: Sequence[Any], start: Numbers) -> Numbers:
        """[N, T]: `start` followed back through all layers, the last one first."""

    def _reduce(self, tensor: Tensor, gradient: Tensor | None, _: Any) -> Tensor:
        if tensor.dtype == tf.bool:  # a mask: which tokens any query may attend to
            rank = tensor.shape.rank
            seen = tf.reduce_any(tensor, axis=list(range(1, 2 + (rank - 2) // 2)))
            return tf.cast(tf.reshape(seen, [tf.shape(seen)[0], -1]), tf.float32)
        return self._shares(tensor, gradient)

    def _chain(self, passes: Passes) -> list[AttentionSite]:
        """The layers, each of which reads the one before, over the same tokens."""
        head = passes.head(self.head)
        found = passes.attention.find(self.layers)
        if self.layers is None:
            found = [site for site in found if head.position in site.outputs] or found
        order = [site.path for site in passes.attention.sites]
        found = sorted(
            {site.path: site for site in found}.values(), key=lambda s: order.index(s.path)
        )
        for site in found:
            if why := self._unfit(site, found[0], head):
                raise LayerError(f"layers={self.layers}: {site.path!r} {why}")
        for before, site in pairwise(found):
            if before.path not in site.after:
                raise LayerError(
                    f"layers={self.layers}: expected layers that follow one another; "
                    f"{site.path!r} does not depend on {before.path!r}, for they stand side by "
                    "side. Pass the layers of one branch."
                )
        return found

    def _unfit(self, site: AttentionSite, first: AttentionSite, head: Head) -> str:
        """Why a layer is none to follow attention through; nothing where it is one."""
        if site.queries != site.keys:
            return (
                "is cross-attention: its queries are not the tokens that it attends to, so what "
                "they get cannot be followed back. Pass the self-attention layers of one encoder "
                "(or decoder), or look at Attention(), which shows any layer."
            )
        if self.layers is None and not site.own:
            return (
                "attends to another tensor than that of its queries, and nothing says that both "
                "are the same tokens. Pass the layers by name where they are, those of one "
                "encoder where this is cross-attention, or look at Attention()."
            )
        if site.keys != first.keys:
            return (
                f"attends over {site.keys} tokens and {first.path!r} over {first.keys}: what was "
                "merged or cut between them cannot be followed back. Pass layers that have as "
                "many tokens as one another."
            )
        if self._gradient and not site.recorded:
            return (
                "is computed inside a function that is run again for the gradient (keras.remat), "
                "so its weights have no gradient. Explain a model without it."
            )
        if self._gradient and head.position not in site.outputs:
            return f"has no gradient: output {head.name!r} does not depend on it. Pass others."
        return ""

    def _placed(self, passes: Passes, sites: Sequence[AttentionSite]) -> tuple[Site | None, Grid]:
        """Where the tokens lie, and the site that says so."""
        path, length = sites[0].path, sites[0].keys
        own = [s for s in passes.sites if s.path == path and s.grid and _count(s.grid) == length]
        like = [s for s in passes.sites if s.tokens == length and s.grid is not None]
        site = (*own, *like, None)[0]
        if site is not None:
            grid = site.put(self.grid).grid
            assert grid is not None
            return site, grid
        asked = grids.asked(length or 0, self.grid) if self.grid else Grid((length,))
        if asked is None:
            raise LayerError(
                f"grid={self.grid}: expected at most {length} positions, the tokens of {path!r}. "
                "Leave grid= out."
            )
        return None, asked

    def _start(self, passes: Passes, site: AttentionSite, grid: Grid, head: Head) -> Numbers:
        """[T]: how much of the output each token that the last layer gives stands for."""
        length = site.queries or 0
        start = np.zeros(length)
        if self.token is not None:
            if not -length <= self.token < length:
                raise LayerError(
                    f"token={self.token}: expected a position among {length} tokens of "
                    f"{site.path!r}. Leave it out for those that the output reads."
                )
            start[self.token] = 1
            return start
        extras = [*range(grid.before), *range(length - grid.behind, length)]
        read = passes.readers(site, extras, head)
        if read in ("first", "last"):
            start[0 if read == "first" else -1] = 1
            return start
        start[:] = 1
        if read == "positions":
            start[extras] = 0
        return np.asarray(start / start.sum())


def _count(grid: Grid) -> int:
    return grids.count(grid.sides) + grid.extras


def _put(values: Numbers, grid: Grid) -> Numbers:
    """[N, T] as [N, *sides], without tokens that have no position."""
    places = grids.count(grid.sides)
    if not places:
        return values
    return values[:, grid.before : grid.before + places].reshape(len(values), *grid.sides)


def _words(context: Context, site: Site | None, values: Any) -> str | None:
    """Name of the input whose whole numbers are these very tokens."""
    flat = tf.nest.flatten(context.inputs)
    for i in site.inputs if site else ():
        if flat[i].dtype.is_integer and tuple(flat[i].shape) == values.shape:
            return context.passes.input_names[i]
    return None
