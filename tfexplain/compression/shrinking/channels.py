"""Follows channels through a graph: which must go together, and which are constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Channels:
    """Describes the places on the last axis of a tensor.

    Attributes:
        ids: int64 [C], the channel of each place; a `Ties` says which of them go together.
        values: float64 [C], what each is for any input of the model; NaN where that varies.
        why: str [C], why one varies whose filter is zero; "" elsewhere.
    """

    ids: Ids
    values: npt.NDArray[np.float64]
    why: npt.NDArray[np.object_]

    @classmethod
    def varying(cls, ids: Ids, why: str = "") -> Channels:
        """Returns channels that depend on the input."""
        return cls(ids, np.full(len(ids), np.nan), np.full(len(ids), why, object))

    def __len__(self) -> int:
        return len(self.ids)

    def at(self, places: Any) -> Channels:
        """Returns the channels at these places."""
        return Channels(self.ids[places], self.values[places], self.why[places])

    def valued(self, values: npt.NDArray[np.float64], why: Any = "") -> Channels:
        """Returns the same channels with other values; `why` counts where these vary first."""
        reasons = np.where(np.isnan(self.values), self.why, why)
        return Channels(self.ids, values, np.where(np.isnan(values), reasons, ""))


class Ties:
    """Says which channels go together (union-find), and which stay."""

    def __init__(self) -> None:
        self._parents: list[int] = []
        self._stays: dict[int, str] = {}
        self._roots: Ids | None = None

    def fresh(self, count: int) -> Ids:
        """Returns so many new channels."""
        first, self._roots = len(self._parents), None
        self._parents += range(first, first + count)
        return np.arange(first, first + count)

    def roots(self, ids: Ids) -> Ids:
        """Returns the channel that stands for all that go with each."""
        if self._roots is None:
            above = np.array(self._parents, np.int64)
            while (above != (further := above[above])).any():
                above = further
            self._roots = above
        found: Ids = self._roots[ids]
        return found

    def tie(self, ones: Ids, others: Ids) -> None:
        """Ties channels pair by pair."""
        self._roots = None
        for one, other in zip(ones, others, strict=True):
            root, joined = self._root(int(one)), self._root(int(other))
            self._parents[joined] = root
            if joined in self._stays:
                self._stays.setdefault(root, self._stays[joined])

    def keep(self, ids: Ids, reason: str) -> None:
        """Says that channels, and what goes with them, stay."""
        for one in ids:
            self._stays.setdefault(self._root(int(one)), reason)

    def reason(self, root: int) -> str | None:
        """Returns why a channel stays, or None."""
        return self._stays.get(root)

    def _root(self, one: int) -> int:
        while self._parents[one] != one:
            self._parents[one] = self._parents[self._parents[one]]
            one = self._parents[one]
        return one
