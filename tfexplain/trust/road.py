"""Measures faithfulness by removal with noisy linear imputation (ROAD, Rong et al. 2022)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tfexplain.checks import check_number
from tfexplain.errors import TfexplainError
from tfexplain.model.outputs import Score
from tfexplain.trust.explained import Explained, Floats
from tfexplain.trust.metric import Better, Measured, Metric
from tfexplain.trust.orders import Ranks, chance_ranks, ranks

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
# Up to so wide, which is about the width of the picture, banded systems are solved faster.
_BAND = 64


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
        found = self._scores(given, moved, axis, list(orders.values()))
        curves = dict(zip(orders, found, strict=True))
        return self.found(
            curves["map"].mean(axis=1),
            unit=given.context.unit,
            chance=curves["chance"].mean(axis=1),
            curves=curves,
            shares=np.asarray(self.removed, np.float64),
            passes=2 * len(self.removed) * len(values),
        )

    def _scores(
        self, given: Explained, moved: Floats, axis: int, orders: Sequence[Ranks]
    ) -> Floats:
        """Returns the scores by order, float64 [orders, N, removed]."""
        rng, sd = np.random.default_rng(self.seed), self.noise * float(np.ptp(moved))
        noises = [rng.normal(0, sd, moved.shape) for _ in self.removed]
        count = len(moved)
        asked = [(order, k) for order in orders for k in range(len(self.removed))]
        # As many at a time as go through the model at once.
        each = max(1, given.size // count)
        parts: list[Floats] = []
        for first in range(0, len(asked), each):
            some = asked[first : first + each]
            hidden = np.concatenate([o < round(self.removed[k] * o[0].size) for o, k in some])
            filled = imputed(np.concatenate([moved] * len(some)), hidden)
            filled += np.concatenate([noises[k] for _, k in some]) * hidden[..., None]
            rows = np.tile(np.arange(count), len(some))
            parts.append(given.scores(np.moveaxis(filled, -1, axis), rows))
        by_order = np.concatenate(parts).reshape(len(orders), len(self.removed), count)
        return np.asarray(by_order.swapaxes(1, 2))


def imputed(values: Floats, removed: Mask) -> Floats:
    """Replaces positions by weighted means of their neighbours, float64 as `values`.

    Neighbours along an axis weigh twice as much as diagonal ones; those beside the picture do not
    count. Removed neighbours take part, so that all are solved for at once.

    Args:
        values: [N, *sides, channels].
        removed: bool [N, *sides]; not all of a sample.

    References:
        Rong et al. 2022, section 4.3
    """
    kept = np.asarray(values, np.float64).copy()
    equations = _equations(kept, removed)
    if equations.band <= _BAND:
        kept[removed] = equations.by_band()
    elif len(kept) == 1:
        kept[removed] = equations.by_elimination()
    else:  # one after the other, so that the factors of one are held
        each = zip(kept, removed, strict=True)
        return np.stack([imputed(x[None], hidden[None])[0] for x, hidden in each])
    return np.asarray(kept)


@dataclass(frozen=True)
class _Equations:
    """Holds a symmetric system: `total` [n] on the diagonal, the right sides `known`
    [n, channels], and `links` (i, j, weight) from each position to those behind it."""

    total: Floats
    known: Floats
    links: Sequence[tuple[Places, Places, float]]

    @property
    def band(self) -> int:
        """How far apart linked positions are at most."""
        return max((int((j - i).max()) for i, j, _ in self.links if len(i)), default=0)

    def by_band(self) -> Floats:
        """Solves it as a banded system: best for narrow ones, of many pictures at once."""
        matrix = np.zeros((self.band + 1, len(self.total)))
        matrix[0] = self.total
        for i, j, weight in self.links:
            matrix[j - i, i] = -weight
        solve = _scipy("linalg").solveh_banded
        found = solve(matrix, self.known, lower=True, overwrite_ab=True, check_finite=False)
        return np.asarray(found)

    def by_elimination(self) -> Floats:
        """Solves it as a sparse system, in an order that keeps the factors sparse."""
        diagonal = np.arange(len(self.total))
        ways = [(i, j, np.full(len(i), -weight)) for i, j, weight in self.links]
        ways += [(j, i, weights) for i, j, weights in ways]
        ways += [(diagonal, diagonal, self.total)]
        i, j, weights = (np.concatenate(part) for part in zip(*ways, strict=True))
        matrix = _scipy("sparse").csc_matrix((weights, (i, j)))
        factors = _scipy("sparse.linalg").splu(
            *(matrix, "MMD_AT_PLUS_A", 0.0), options={"SymmetricMode": True}
        )
        return np.asarray(factors.solve(self.known))


def _equations(values: Floats, removed: Mask) -> _Equations:
    """Returns the equations of the removed positions, numbered in their order."""
    # With a border, a step to a neighbour is one distance in the flat arrays.
    border = [(0, 0), *[(1, 1)] * (removed.ndim - 1)]
    hidden = np.pad(removed, border)
    places = np.flatnonzero(hidden)
    numbers = np.full(hidden.size, -1)
    numbers[places] = np.arange(len(places))
    inside = np.pad(np.ones(removed.shape), border).ravel()
    channels = values.shape[-1]
    shown = np.pad(np.where(removed[..., None], 0, values), [*border, (0, 0)])
    shown = shown.reshape(-1, channels)
    total, known = np.zeros(len(places)), np.zeros((len(places), channels))
    links = []
    for step, weight in _neighbours(removed.ndim - 1):
        distance = int(np.ravel_multi_index(np.add(step, 1), hidden.shape[1:]))
        distance -= int(np.ravel_multi_index([1] * len(step), hidden.shape[1:]))
        there = places + distance
        total += weight * inside[there]
        known += weight * shown[there]
        if distance > 0:
            others = numbers[there]
            (own,) = np.nonzero(others >= 0)
            links.append((own, others[own], weight))
    return _Equations(total, known, links)


def _scipy(module: str) -> Any:
    try:
        return import_module(f"scipy.{module}")
    except ImportError as error:
        raise TfexplainError(
            "ROAD: expected SciPy, which solves for the pixels. Run `pip install scipy`."
        ) from error


def _neighbours(axes: int) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yields the steps to the neighbours, with their weights: 2 along an axis, 1 elsewhere."""
    for step in product((-1, 0, 1), repeat=axes):
        if any(step):
            yield step, 2.0 if np.abs(step).sum() == 1 else 1.0
