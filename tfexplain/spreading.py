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
    count, given = len(words), np.asarray(values, np.float64)
    read = np.arange(len(given))[:, None] * step + np.asarray(offsets, np.int64)
    place = np.clip(read, 0, count - 1)
    # Of a position beside the text, its first place only: all are the same end.
    outside = np.arange(len(offsets)) == 0
    own = (read >= 0) & (read < count)
    own = np.where(own.any(axis=1, keepdims=True), own, outside)
    real = own & np.array([word != "" for word in words], bool)[place]
    own = np.where(real.any(axis=1, keepdims=True), real, own)
    shares = given / np.maximum(own.sum(axis=1), 1)
    spread = np.zeros(count)
    np.add.at(spread, place[own], np.broadcast_to(shares[:, None], own.shape)[own])
    return spread.astype(np.float32)
