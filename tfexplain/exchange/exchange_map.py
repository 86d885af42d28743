"""Defines `ExchangeMap`, the result of exchanging windows between samples."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError
from tfexplain.explainers.perturbation.windows import Windows
from tfexplain.quality.intervals import Z95, wilson

if TYPE_CHECKING:
    from tfexplain.map_figure import MapFigure

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Strongest:
    """Holds the window that most predictions follow: first position, size, and their share."""

    corner: tuple[int, ...]
    size: tuple[int, ...]
    share: float


@dataclass(frozen=True, eq=False, repr=False)
class ExchangeMap:
    """Holds how far predictions follow a window that comes from another sample, by its place.

    Attributes:
        input: Name of the input.
        windows: Where windows stood.
        followed: float64 [P, M], for each pair and window: 1 where the prediction became the
            giver's class, else 0; for an output of values the share of the gap between both
            outputs that was crossed.
        alike: The same where the window came from another sample of the taker's own class;
            predictions of the giver's class then are chance.
        noise: The same where the window's values were drawn from all samples and positions; for
            columns of a table it is `alike`.
        weights: float64 [P], what each pair counts: 1, for values its gap.
        takers: int64 [P], rows that took a window.
        taker_classes: int64 [P], their classes; empty for values.
        giver_classes: int64 [P], classes of the rows that gave it; empty for values.
    """

    input: str
    windows: Windows
    followed: Numbers
    alike: Numbers
    noise: Numbers
    weights: Numbers
    takers: npt.NDArray[np.int64]
    taker_classes: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    giver_classes: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def pairs(self) -> int:
        """Number of pairs."""
        return len(self.weights)

    @property
    def rows(self) -> int:
        """Number of different rows that took a window: the trials of `interval`."""
        return len(np.unique(self.takers))

    @property
    def passes(self) -> int:
        """Number of rows that went through the model."""
        return 3 * self.followed.size

    @property
    def shares(self) -> Numbers:
        """float64 [*sides], the share of predictions that follow, at each position averaged over
        the windows that cover it."""
        return self._at_positions(self.followed)

    @property
    def chance(self) -> Numbers:
        """float64 [*sides], the level of chance: the greater of `alike` and `noise`."""
        return np.maximum(self._at_positions(self.alike), self._at_positions(self.noise))

    @property
    def interval(self) -> tuple[Numbers, Numbers]:
        """The 95% confidence interval of `shares`: (low, high), each float64 [*sides].

        Wilson's, for as many trials as there are different takers; for values by the standard
        error of the weighted mean.
        """
        if len(self.giver_classes):
            return wilson(self.shares, max(1, self.rows))
        weights = self.weights / self.weights.sum()
        spread = self.followed - weights @ self.followed
        half = Z95 * self.windows.mean(np.sqrt(weights**2 @ spread**2)[None])[0]
        return self.shares - half, self.shares + half

    @property
    def by_window(self) -> Numbers:
        """float64 [m, ...], the share of predictions that follow each window: windows stand in
        rows along each axis of positions."""
        shares = self.weights @ self.followed / self.weights.sum()
        return np.asarray(shares.reshape(self.windows.counts))

    @property
    def strongest(self) -> Strongest:
        """The window that most predictions follow."""
        shares = self.by_window.ravel()
        at = int(shares.argmax())
        corner = tuple(int(begin) for begin in self.windows.corners[at])
        return Strongest(corner, self.windows.size, float(shares[at]))

    def of_class(self, giver: int) -> ExchangeMap:
        """Returns the map of the pairs whose window came from samples of one class.

        Raises:
            TfexplainError: there is no such pair.
        """
        kept = self.giver_classes == giver
        if not kept.any():
            known = sorted(set(self.giver_classes.tolist()))
            raise TfexplainError(
                f"giver={giver}: expected a class whose samples gave windows; got one of which "
                f"there are none. Pass one of {known}."
            )
        by_pair = ("followed", "alike", "noise", "takers", "taker_classes", "giver_classes")
        some = {name: getattr(self, name)[kept] for name in by_pair}
        return replace(self, weights=self.weights[kept], **some)

    def plot(self, *, title: str = "") -> MapFigure:
        """Draws `shares` from 0 to 1 with a colour bar; needs matplotlib.

        Series and tables are drawn as bars, with the level of chance as a line; of volumes the most
        of any slice.

        Args:
            title: A title; default what is shown.
        """
        from tfexplain.exchange.exchange_figure import exchange_figure

        return exchange_figure(self, title)

    def __repr__(self) -> str:
        sides = " x ".join(map(str, self.windows.sides))
        return (
            f"ExchangeMap(input {self.input!r}, {sides}: predictions follow the window at "
            f"{list(self.strongest.corner)} in {self.strongest.share:.0%} of {self.pairs} pairs)"
        )

    def _at_positions(self, by_window: Numbers) -> Numbers:
        mean = self.weights @ by_window / self.weights.sum()
        return np.asarray(self.windows.mean(mean[None])[0])
