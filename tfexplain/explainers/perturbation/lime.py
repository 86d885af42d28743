"""Computes LIME (Ribeiro et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tfexplain.checks import check_number, check_whole
from tfexplain.explainers.perturbation.groups import Groups, Partition, partition
from tfexplain.explainers.perturbation.masked import MaskedInput
from tfexplain.explainers.perturbation.perturbation import (
    InputValues,
    PerturbationExplainer,
)
from tfexplain.explainers.perturbation.superpixels import needed
from tfexplain.types import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class LIME(PerturbationExplainer):
    """Computes coefficients of a linear model of the score, fitted with segments hidden.

    Segments are kept or hidden at random, each with probability one half; in the first draw all are
    kept. A ridge regression of the scores gives a coefficient to each segment. Draws near the
    sample weigh most: weights are exp(-d² / 2 width²), where d is the cosine distance between the
    segments that are kept and all of them. All samples get the same draws. `values` are float32
    [N, f] for tables and tokens, [N, *sides] for inputs with positions, in units of the explained
    score; every member of a segment has its coefficient. `passes` int32 [N] counts the draws.

    Needs scikit-learn, and scikit-image for superpixels:
    `pip install "tensorboard-plugin-tfexplain[lime]"`.

    Attributes:
        masks: Number of draws; each costs one pass a sample.
        segments: About how many superpixels (SLIC) of images and volumes, or pieces of sequences
            and tables; None for single features of tables and tokens, else for 50 segments; a
            function from one sample to an array of segment numbers; or anything else that
            `FeatureAblation` takes as groups.
        kernel_width: Width of the weights. 0.25 is that of the authors' code for images and texts,
            which takes the square root of the paper's weights exp(-d² / width²), as is done here;
            for tables their code draws other neighbours.
        ridge: Penalty of the regression; 1 as in the authors' code.
        seed: Seed of the draws.

    References:
        Ribeiro et al. 2016, eq. 2 and section 3.4, https://arxiv.org/abs/1602.04938

    Example:
        >>> import numpy as np
        >>> total, x = lambda x: x.sum(axis=1), np.array([[1.0, -2.0]])
        >>> LIME(ridge=1e-6)(total, x).values.round(3).tolist()
        [[1.0, -2.0]]
    """

    masks: int = 1000
    segments: Groups = None
    kernel_width: float = 0.25
    ridge: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("masks", self.masks, 2)
        check_number("kernel_width", self.kernel_width, above=0)
        check_number("ridge", self.ridge, above=0)

    def of_input(self, masked: MaskedInput) -> InputValues:
        """Scores the draws, and fits a linear model for each sample."""
        parts = partition(self._segments(masked), masked, "segments")
        rng = np.random.default_rng(self.seed)
        kept = rng.random((self.masks, parts.most)) < 0.5
        kept[0] = True
        scores = masked.masked_scores(parts.kept(kept[None]))
        return InputValues(parts.spread(self._fit(kept, scores, parts), evenly=False), self.masks)

    def _segments(self, masked: MaskedInput) -> Groups:
        if self.segments is None and masked.inputs.ndim > 2:
            return 50
        return self.segments

    def _fit(self, kept: Array, scores: Array, parts: Partition) -> Array:
        """Computes coefficients [N, G]; samples of as many segments are fitted at once."""
        regression = needed("sklearn.linear_model", "scikit-learn").Ridge
        counts = np.broadcast_to(parts.counts, len(scores))
        finite = np.asarray(np.isfinite(scores).all(axis=1))
        coefficients = np.where(finite[:, None], np.zeros((1, parts.most)), np.nan)
        for count in np.unique(counts[finite]):
            rows = finite & (counts == count)
            own = kept[:, :count].astype(np.float64)
            distance = 1 - np.sqrt(own.mean(axis=1))
            near = np.exp(-((distance / self.kernel_width) ** 2) / 2)
            model = regression(alpha=self.ridge).fit(own, scores[rows].T, sample_weight=near)
            coefficients[rows, :count] = model.coef_
        return coefficients
