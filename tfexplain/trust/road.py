"""Measures faithfulness by removal with noisy linear imputation (ROAD, Rong et al. 2022)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from tfexplain.checks import check_number
from tfexplain.errors import TfexplainError
from tfexplain.model.outputs import Score
from tfexplain.trust.explained import Explained, Floats
from tfexplain.trust.metric import Better, Measured, Metric
from tfexplain.trust.orders import Ranks, chance_ranks, ranks

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class ROAD(Metric):
    """Measures the score with the strongest positions replaced by what surrounds them.

    Removed pixels become a weighted mean of their neighbours, removed ones too, with some noise. So
    the shape of what was removed is hardly visible, as it is with a constant in `Deletion`.
    `values` are the mean of the score over `removed`, lower being better; `chance` is that of a
    random order. For pictures and volumes of numbers. Needs SciPy.

    Attributes:
        score: Default the probability.
        removed: Shares of the positions that are removed, each a pass, twice with chance.
        noise: Standard deviation of the noise on what is replaced, as a share of the input's range.

    References:
        Rong et al. 2022, section 4 (most relevant first), https://arxiv.org/abs/2202.00449
    """

    unit: ClassVar[str] = "score"
    better: ClassVar[Better] = "lower"

    score: Score = "probability"
    removed: Sequence[float] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)
    noise: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("noise", self.noise, least=0)
        if not self.removed:
            raise TfexplainError("removed=[]: expected at least one share, such as 0.1.")
        for share in self.removed:
            check_number("removed", share, above=0, below=1)

    def measured(self, given: Explained) -> Measured:
        """Removes positions in the order of the maps and of chance."""
        masked = given.masked()
        values, axis = np.asarray(masked.inputs), masked.channel_axis
        if values.dtype.kind != "f" or len(masked.sides) < 2 or axis is None:
            raise TfexplainError(
                f"inputs: expected pictures or volumes of numbers, whose pixels have neighbours; "
                f"got {values.dtype.name} {list(values.shape)}. Use Deletion."
            )
        moved = np.moveaxis(values, axis, -1)
        orders = {
            "map": ranks(given.evidence, given.real, self.seed),
            "chance": chance_ranks(given.real, self.seed + 1),
        }
        curves = {name: self._curve(given, moved, axis, order) for name, order in orders.items()}
        return self.found(
            curves["map"].mean(axis=1),
            unit=given.context.unit,
            chance=curves["chance"].mean(axis=1),
            curves=curves,
            shares=np.asarray(self.removed, np.float64),
            passes=2 * len(self.removed) * len(values),
        )

    def _curve(self, given: Explained, moved: Floats, axis: int, order: Ranks) -> Floats:
        rng, sd = np.random.default_rng(self.seed), self.noise * float(np.ptp(moved))
        rows = np.arange(len(moved))
        columns = []
        for share in self.removed:
            count = round(share * order[0].size)
            filled = np.stack([imputed(x, o < count) for x, o in zip(moved, order, strict=True)])
            noise = rng.normal(0, sd, filled.shape) * (order < count)[..., None]
            columns.append(given.scores(np.moveaxis(filled + noise, -1, axis), rows))
        return np.stack(columns, axis=1)


def imputed(values: Floats, removed: Mask) -> Floats:
    """Replaces positions by weighted means of their neighbours, float64 as `values`.

    Neighbours along an axis weigh twice as much as diagonal ones; those beside the picture do not
    count. Removed neighbours take part, so that all are solved for at once.

    Args:
        values: [*sides, channels].
        removed: bool [*sides]; not all of them.

    References:
        Rong et al. 2022, section 4.3
    """
    try:
        from scipy.sparse import csr_matrix
        from scipy.sparse.linalg import spsolve
    except ImportError as error:
        raise TfexplainError(
            "ROAD: expected SciPy, which solves for the pixels. Run `pip install scipy`."
        ) from error
    kept = np.asarray(values, np.float64).copy()
    places = np.argwhere(removed)
    number = np.full(removed.shape, -1)
    number[removed] = np.arange(len(places))
    known = np.zeros((len(places), values.shape[-1]))
    total = np.zeros(len(places))
    rows, columns, weights = [], [], []
    for step, weight in _neighbours(removed.ndim):
        there = places + step
        inside = ((there >= 0) & (there < removed.shape)).all(axis=1)
        own, at = np.flatnonzero(inside), tuple(there[inside].T)
        total[own] += weight
        unknown = removed[at]
        known[own[~unknown]] += weight * kept[at][~unknown]
        rows.append(own[unknown])
        columns.append(number[at][unknown])
        weights.append(np.full(unknown.sum(), -weight))
    diagonal = np.arange(len(places))
    system = csr_matrix(
        (
            np.concatenate([*weights, total]),
            (np.concatenate([*rows, diagonal]), np.concatenate([*columns, diagonal])),
        )
    )
    kept[removed] = spsolve(system.tocsc(), known).reshape(known.shape)
    return np.asarray(kept)


def _neighbours(axes: int) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yields the steps to the neighbours, with their weights: 2 along an axis, 1 elsewhere."""
    for step in product((-1, 0, 1), repeat=axes):
        if any(step):
            yield step, 2.0 if np.abs(step).sum() == 1 else 1.0
