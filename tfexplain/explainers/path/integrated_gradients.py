"""Computes Integrated Gradients (Sundararajan et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.checks import check_choice, check_number, check_whole
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Context
from tfexplain.explainers.baselines import Baseline, starts
from tfexplain.explainers.gradient.sources import gradient_sources
from tfexplain.explainers.path.adaptive_quadrature import (
    FIRST,
    affordable,
    integrals,
    integrand_bytes,
)
from tfexplain.explainers.path.path_explainer import PathExplainer
from tfexplain.explainers.path.paths import Paths

Quadrature = Literal["gauss_legendre", "midpoint"]

TOLERANCE = 0.02
MOST = 64


@dataclass(frozen=True)
class _Found:
    """Integrals of a batch: float64 [N, D], scores where paths start [N], nodes and error [N]."""

    values: Any
    start: Any
    passes: Any
    error: Any = None


@dataclass(frozen=True, kw_only=True, eq=False)
class IntegratedGradients(PathExplainer):
    """Computes each input value's contribution to the score along a straight path from a baseline.

    By default each sample takes as many nodes on its path as its map needs: nodes are added where
    the gradient changes most, until the map's estimated error is within the tolerance. `steps=50`
    alone takes 50 fixed nodes instead.

    `values` are float32, shaped as the input, in units of the explained score. For indices [N, T]
    the path leads, at their embeddings, from the vectors of the baseline's indices to those of the
    sample; `values` [N, T] are sums over each token's vector. Other whole numbers are held fixed
    and get none. With `layer=` the path leads through the outputs of a hidden layer, from that for
    the baseline to that for the sample, while the inputs stay the sample's; `values` are then
    [N, *sides, C], or shaped as the layer's output.

    `completeness_gap` float32 [N] is the sum of the values minus the difference of the scores at
    the input and at the baseline; a small gap does not bound the error of the map. `passes` int32
    [N] are the nodes that each sample took. `error` float32 [N] is the estimated error of the map,
    where nodes were added until it was small enough.

    Attributes:
        steps: Nodes on the path; each costs a forward and a backward pass a sample. Without
            `tolerance` exactly so many, placed by `quadrature`. With it the greatest number of
            nodes, at which a sample that is still above the tolerance ends (default 64, fewer where
            those of one sample would take over 256 MiB, as for pictures of a million pixels).
        tolerance: The greatest estimated error of a map, relative to its largest magnitude; default
            0.02 where no `steps` are given. The estimate is `Attribution.error`.
        baseline: Zeros (default), a constant, an array shaped as one sample ([...] or [1, ...])
            or as the batch, or a list of such, over which the result is averaged; `steps` are for
            each. For models of several inputs also a mapping from the input's name to such. Of
            indices: an index, default `padding`, else 0.
        quadrature: Rule for fixed nodes, `"gauss_legendre"` or `"midpoint"`.
        batch_size, layer, padding: See `PathExplainer`.

    References:
        Sundararajan et al. 2017, eq. 1, https://arxiv.org/abs/1703.01365

    Example:
        >>> import keras, numpy as np
        >>> inputs = keras.Input((2,))
        >>> product = keras.layers.Multiply()([inputs[:, :1], inputs[:, 1:]])
        >>> model = keras.Model(inputs, product)
        >>> IntegratedGradients()(model, np.array([[2.0, 3.0]])).values.round(4).tolist()
        [[3.0, 3.0]]
    """

    steps: int | None = None
    tolerance: float | None = None
    baseline: Baseline = None
    quadrature: Quadrature = "gauss_legendre"

    def __post_init__(self) -> None:
        super().__post_init__()
        least = 1 if self.tolerance is None else FIRST
        check_whole("steps", self.steps, least, optional=True)
        check_number("tolerance", self.tolerance, above=0, optional=True)
        check_choice("quadrature", self.quadrature, ("gauss_legendre", "midpoint"))
        if self.quadrature != "gauss_legendre" and not self.fixed:
            raise TfexplainError(
                f"quadrature={self.quadrature!r}: expected steps= and no tolerance= beside it; "
                "it places fixed nodes."
            )

    @property
    def fixed(self) -> bool:
        """Whether all samples take the same nodes."""
        return self.steps is not None and self.tolerance is None

    def settings(self) -> dict[str, str]:
        """Returns the settings as text, with the tolerance and the limit that `default` means."""
        settings = super().settings()
        if self.fixed:
            del settings["tolerance"]
        else:
            del settings["quadrature"]
            settings["tolerance"] = f"{self.tolerance or TOLERANCE:g}"
            settings["steps"] = f"at most {self.steps or MOST}"
        return settings

    def attributions(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Integrates along the paths in chunks and measures the completeness gap."""
        traced_model, flat = (
            context.traced_model,
            [np.asarray(x) for x in tf.nest.flatten(context.inputs)],
        )
        moving = [
            source.input
            for source in gradient_sources(traced_model, self.layer)
            if source.input is not None
        ]
        # Where a hidden layer moves, every input starts it.
        among = (
            traced_model.input_names,
            moving or range(len(flat)),
            context.sample_range,
            self.padding,
        )
        paths = self.paths(context, starts(self.baseline, flat, *among))
        integral = self._integrate(paths)
        gap = integral.values.sum(axis=1) - (context.result.scores - integral.start)
        maps = paths.divided(integral.values)
        return self._by_source(context, maps, gap, integral.passes, integral.error)

    def _integrate(self, paths: Paths) -> _Found:
        if not self.fixed:
            most = self.steps or affordable(integrand_bytes(paths), MOST)
            by_sample = integrals(paths, self.tolerance or TOLERANCE, most)
            return _Found(
                np.stack([integral.mean for integral in by_sample]),
                np.array([integral.start for integral in by_sample]),
                np.array([integral.passes for integral in by_sample], np.int32),
                np.array([integral.error for integral in by_sample], np.float32),
            )
        count = paths.origins // paths.samples
        origins = np.arange(paths.origins)
        samples, nodes, weights = origins % paths.samples, *self.nodes()
        maps = paths.mean(
            np.tile(samples, len(nodes)),
            np.tile(origins, len(nodes)),
            np.repeat(nodes, paths.origins),
            np.repeat(weights / count, paths.origins),
        )
        start = paths.scores_at_start(samples, origins).reshape(count, -1).mean(axis=0)
        taken = np.full(paths.samples, len(nodes) * count, np.int32)
        return _Found(paths.joined(maps), start, taken)

    def nodes(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Returns the positions of `steps` fixed nodes on [0, 1] and their weights, which add up
        to 1."""
        steps = self.steps or MOST
        if self.quadrature == "midpoint":
            return (np.arange(steps) + 0.5) / steps, np.full(steps, 1 / steps)
        positions, weights = np.polynomial.legendre.leggauss(steps)
        return (positions + 1) / 2, weights / 2
