"""How the output of a layer lies in space: a line, a plane or a volume of positions with channels.

Three arrangements are known: [N, t, C], [N, h, w, C] and [N, d, h, w, C] as they stand (channels
first alike), and [N, T, C] whose tokens are the positions of a plane or volume, with or without
others in front or behind, such as a class token.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import tensorflow as tf

Sides: TypeAlias = tuple[int | None, ...]


@dataclass(frozen=True)
class Grid:
    """Where the positions of an output lie.

    Attributes:
        sides: (t,), (h, w) or (d, h, w).
        channels_first: Whether the channels stand before the positions.
        before: How many tokens stand in front of the positions and belong to none of them.
        behind: How many stand behind.
        tokens: Whether the positions are the tokens of [N, T, C], to be put into rows.
    """

    sides: Sides
    channels_first: bool = False
    before: int = 0
    behind: int = 0
    tokens: bool = False

    @property
    def extras(self) -> int:
        """How many tokens belong to no position."""
        return self.before + self.behind

    @property
    def several(self) -> bool:
        """Whether there is more than one position."""
        return any(side != 1 for side in self.sides)

    def positions(self, values: Any) -> Any:
        """The output [N, ...] as [N, *sides, C]."""
        if self.channels_first:
            rank = 3 if self.tokens else len(self.sides) + 2
            values = tf.transpose(values, [0, *range(2, rank), 1])
        if not self.tokens:
            return values
        kept = values[:, self.before : self.before + count(self.sides)]
        return tf.reshape(kept, [-1, *self.sides, values.shape[-1]])

    def __str__(self) -> str:
        """In words, for what is printed.

        >>> str(Grid((14, 14), before=1, tokens=True))
        'tokens as 14 x 14, without 1 in front'
        """
        sides = " x ".join("?" if side is None else str(side) for side in self.sides)
        places = ((self.before, "in front"), (self.behind, "behind"))
        left_out = " and ".join(f"{some} {place}" for some, place in places if some)
        words = f"tokens as {sides}" if self.tokens else sides
        return f"{words}, without {left_out}" if left_out else words


def as_it_stands(shape: Sides, channels_first: bool) -> Grid | None:
    """The grid of an output of `shape`, without the batch axis; None where it is none.

    >>> as_it_stands((7, 7, 64), channels_first=False).sides
    (7, 7)
    """
    if len(shape) not in (2, 3, 4):
        return None
    return Grid(shape[1:] if channels_first else shape[:-1], channels_first)


def of_tokens(length: int, sides: Sides, offsets: dict[int, int]) -> Grid | None:
    """`length` tokens as the positions of `sides`; None where they are not.

    Args:
        length: How many tokens there are.
        sides: Of an earlier output that the tokens depend on.
        offsets: What stands in front, by length, as far as it was seen; one token too many of
            which nothing was seen is a class token in front.
    """
    places = count(sides)
    if len(sides) < 2 or places < 2:
        return None
    before = offsets.get(length, {places: 0, places + 1: 1}.get(length))
    if before is None:
        return None
    return Grid(sides, before=before, behind=length - places - before, tokens=True)


def by_aspect(length: int, height: int, width: int) -> Grid | None:
    """Tokens of an image of which no plane was seen: as many rows and columns as give its aspect.

    >>> str(by_aspect(17, 32, 32))
    'tokens as 4 x 4, without 1 in front'
    """
    for before in (0, 1):
        rows = math.isqrt((length - before) * height // width)
        columns = (length - before) // rows if rows else 0
        if columns > 1 and rows * width == columns * height and rows * columns + before == length:
            return Grid((rows, columns), before=before, tokens=True)
    return None


def asked(length: int, sides: Sequence[int]) -> Grid | None:
    """Tokens as the caller says they lie, others in front; None where there are too few.

    >>> str(asked(201, (14, 14)))
    'tokens as 14 x 14, without 5 in front'
    """
    before = length - math.prod(sides)
    return Grid(tuple(sides), before=before, tokens=True) if before >= 0 else None


def count(sides: Sides) -> int:
    """How many positions a grid has; 0 where a side is not known."""
    return math.prod(side or 0 for side in sides)
