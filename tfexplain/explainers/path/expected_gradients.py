"""Computes Expected Gradients: Integrated Gradients averaged over a background of samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.checks import check_whole
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Context
from tfexplain.explainers.path.path_explainer import PathExplainer
from tfexplain.explainers.path.paths import Paths
from tfexplain.types import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class ExpectedGradients(PathExplainer):
    """Computes each input value's contribution to the score relative to a background of samples.

    Also known as gradient SHAP. The gradient at a random position of the straight path from a
    random background sample, times that path, is averaged over many draws. It needs no baseline; a
    single baseline would hide what it shares with a sample.

    `values` are float32, shaped as the input, in units of the explained score; for indices and
    hidden layers they are as for `IntegratedGradients`. Every sample is explained with the same
    draws, so that maps can be compared and do not depend on other samples. The draws use all of the
    background equally often, at random positions spread evenly over each path and over all, which
    needs a fraction of independent draws. `completeness_gap` float32 [N] is the sum of the values
    minus the difference of the score and the mean score of the drawn background, which is all of it
    where `draws` is a multiple of its size. A small gap does not bound the error of the map, which
    falls with the square root of `draws`. `passes` int32 [N] are the draws.

    Attributes:
        background: Samples in the structure that the model takes, arrays [M, ...]; default the
            batch itself. Some hundred are plenty.
        draws: How many draws; each costs a forward and a backward pass a sample.
        seed: Seed of the draws; equal seeds give equal maps on one machine.
        batch_size, layer, padding: See `PathExplainer`.

    References:
        Erion et al. 2021, eq. 3, https://arxiv.org/abs/1906.10670; Lundberg and Lee 2017,
        https://arxiv.org/abs/1705.07874.

    Example:
        >>> import keras, numpy as np
        >>> double = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling(2.0)])
        >>> background = np.array([[0.0, 0.0], [1.0, 2.0]])
        >>> method = ExpectedGradients(background=background, draws=10)
        >>> method(double, np.array([[1.0, 3.0]]), targets=[1]).values.round(4).tolist()
        [[0.0, 4.0]]
    """

    background: Any = None
    draws: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("draws", self.draws)

    @property
    def needs_all_samples(self) -> bool:
        """Whether the batch itself is the background, so that all of it is needed at once."""
        return self.background is None

    def settings(self) -> dict[str, str]:
        """Returns the settings as text; the background by its length."""
        settings = super().settings()
        if self.background is not None:
            settings["background"] = f"{len(tf.nest.flatten(self.background)[0])} samples"
        return settings

    def attributions(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Averages over the draws and measures the completeness gap."""
        paths = self.paths(context, self._origins(context))
        origins, along = self.drawn(paths.origins)
        rows, count = np.arange(paths.samples), self.draws
        each = np.repeat(origins, paths.samples), np.repeat(along, paths.samples)
        maps = paths.mean(np.tile(rows, count), *each, np.full(len(each[0]), 1 / count))
        gap = paths.joined(maps).sum(axis=1) - (context.result.scores - _start(paths, origins))
        return self._by_source(context, maps, gap, np.full(paths.samples, count, np.int32))

    def drawn(self, background: int) -> tuple[Array, Array]:
        """Draws samples of the background, and for each a position in [0, 1] on the path from it.

        Args:
            background: How many samples it has.
        """
        rng = np.random.default_rng(self.seed)
        full, rest = divmod(self.draws, background)

        def spread(count: int) -> Array:
            """Draws one position in each of `count` equal parts of [0, 1], in random order."""
            return (rng.permutation(count) + rng.random(count)) / count

        # Each of the background has one place in each of `full` parts of its path, and the places
        # of all, taken together, are spread as finely as they can be.
        origins = [np.arange(background)] * full + [rng.permutation(background)[:rest]]
        along = [(part + spread(background)) / full for part in range(full)]
        return np.concatenate(origins), np.concatenate([*along, spread(rest)])

    def _origins(self, context: Context) -> list[Array]:
        """Returns the background, in the types of the batch.

        Raises:
            TfexplainError: it is not shaped as the batch is.
        """
        inputs = [np.asarray(x) for x in tf.nest.flatten(context.inputs)]
        if self.background is None:
            return inputs
        given = [np.asarray(x) for x in tf.nest.flatten(self.background)]
        shapes, expected = [x.shape[1:] for x in given], [x.shape[1:] for x in inputs]
        if shapes != expected or len({len(x) for x in given}) != 1 or not len(given[0]):
            raise TfexplainError(
                f"background: expected samples shaped {expected}, as many of each input; got "
                f"{[x.shape for x in given]}. Pass rows of the training data."
            )
        return [x.astype(own.dtype) for x, own in zip(given, inputs, strict=True)]


def _start(paths: Paths, origins: Array) -> Array:
    """Computes the mean score of the drawn background for each sample, float64 [N]."""
    drawn, counts = np.unique(origins, return_counts=True)
    rows = np.arange(paths.samples)
    scores = paths.scores_at_start(np.tile(rows, len(drawn)), np.repeat(drawn, paths.samples))
    mean: Array = np.average(scores.reshape(len(drawn), -1), axis=0, weights=counts)
    return mean
