"""Says how sparse a kernel is to be after so many training steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import cos, pi
from typing import Literal, TypeAlias

from tfexplain.checks import check_choice, check_whole
from tfexplain.errors import SettingError
from tfexplain.pruning.masks import check_sparsity

Kind: TypeAlias = Literal["polynomial", "cosine", "constant", "one shot"]
# What is left to prune, of the way from the first sparsity to the last, after the share `done` of
# the steps.
_LEFT: Mapping[str, Callable[[float], float]] = {
    "polynomial": lambda done: (1 - done) ** 3,
    "cosine": lambda done: (1 + cos(pi * done)) / 2,
    "constant": lambda done: 0.0,
    "one shot": lambda done: 0.0,
}
KINDS = tuple(_LEFT)


@dataclass(frozen=True)
class Schedule:
    """Describes when masks are chosen, and how sparse they are then.

    Attributes:
        kind: `polynomial`: fast at first, as (1 - t)^3. `cosine`: slow at both ends. `constant`:
            all of it from `begin` on. `one shot`: all of it at `begin`, and nothing later.
        begin: First step at which masks are chosen; before it nothing is pruned.
        end: The step at which the sparsity is reached; no mask is chosen later.
        every: Steps between choices; at `end` one is made anyway.
        initial: Sparsity at `begin`, of the two that rise.

    References:
        Zhu and Gupta 2017, section 3, https://arxiv.org/abs/1710.01878 (polynomial)

    >>> schedule = Schedule(begin=10, end=30, every=10)
    >>> [(step, schedule.last_due(step)) for step in (9, 10, 29, 90)]
    [(9, None), (10, 10), (29, 20), (90, 30)]
    >>> [schedule.sparsity(step, 0.8) for step in (10, 20, 30)]
    [0.0, 0.7, 0.8]
    """

    kind: Kind = "polynomial"
    begin: int = 0
    end: int = 1000
    every: int = 100
    initial: float = 0.0

    def __post_init__(self) -> None:
        check_choice("schedule", self.kind, KINDS)
        check_whole("begin", self.begin, 0)
        check_whole("end", self.end, 0)
        check_whole("every", self.every)
        check_sparsity(self.initial, "initial")
        if self.end < self.begin:
            raise SettingError(
                f"end={self.end}: expected a step at or behind begin={self.begin}. Steps count "
                "batches from the beginning of fit."
            )

    def last_due(self, step: int) -> int | None:
        """Returns the last step, up to this one, at which masks were to be chosen; None before the
        first."""
        if step < self.begin:
            return None
        if self.kind == "one shot":
            return self.begin
        if step >= self.end:
            return self.end
        return step - (step - self.begin) % self.every

    def sparsity(self, step: int, final: float) -> float:
        """Computes the sparsity at a step from `begin` to `end`, of a kernel that ends at
        `final`."""
        length = self.end - self.begin
        left = _LEFT[self.kind]((step - self.begin) / length) if length else 0.0
        # Rounded, so that the end is `final` and not a hair beside it.
        return round(final + (self.initial - final) * left, 12)
