"""Spreads maps of positions over the words that the positions read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def over_words(
    values: npt.NDArray[Any], words: Sequence[str], step: int, offsets: Sequence[int]
) -> Floats:
    """Divides each position's value evenly among the words that it reads; sums are kept.

    Padding gets none of it but of positions that read nothing else. What reads beside the text,
    where layers have added a rim, counts for the word at that end.

    Args:
        values: [t], of the positions of a layer.
        words: Those of the text, "" for padding.
        step: How many words later the next position reads.
        offsets: Position p reads the words p * step + each of these.

    Returns:
        float32 [T], a value for each word.

    >>> over_words(np.array([3.0, 4.0]), ["a", "b", "c", ""], 1, [0, 1, 2])
    array([1., 3., 3., 0.], dtype=float32)
    """
    count = len(words)
    spread = np.zeros(count)
    padding = np.array([word == "" for word in words], bool)
    for position, value in enumerate(np.asarray(values, np.float64)):
        read = position * step + np.asarray(offsets, np.int64)
        inside = read[(read >= 0) & (read < count)]
        if not len(inside):
            inside = np.unique(np.clip(read, 0, count - 1))
        real = inside[~padding[inside]]
        own = real if len(real) else inside
        spread[own] += value / len(own)
    return spread.astype(np.float32)
