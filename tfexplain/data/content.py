"""Hashes rows by what they hold, in whatever order and form they come."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

Hashes = npt.NDArray[np.uint64]


def row_hashes(inputs: Any) -> Hashes:
    """Computes hashes that are equal for rows of equal numbers in any batch, uint64 [N].

    Floats count as float32 and whole numbers as int64, so that a row is the same in an array of
    float64 and in a dataset of float32. Zeros at the end of a row do not count: they are padding,
    the length of which may differ from batch to batch.

    Args:
        inputs: Arrays [N, ...] in any structure.
    """
    total: Any = np.uint64(0)
    for number, array in enumerate(tf.nest.flatten(inputs)):
        words = _words(np.asarray(array))
        # A sum of words times odd numbers is a universal hash, at the speed of memory.
        total = total + mixed(np.einsum("ij,j->i", words, _odd(words.shape[1])), number)
    return mixed(total, 0)


def finite_rows(inputs: Any) -> npt.NDArray[np.bool_]:
    """Returns which rows hold neither NaN nor infinity, bool [N]."""
    flat = [np.asarray(array) for array in tf.nest.flatten(inputs)]
    fine = np.ones(len(flat[0]), bool)
    for array in flat:
        if array.dtype.kind not in "iubSUO":
            fine &= np.isfinite(array.reshape(len(array), -1)).all(axis=1)
    return fine


def row_bytes(inputs: Any) -> int:
    """Returns the bytes of a row, the same for float64 and float32, and for int64 and int32."""
    flat = [np.asarray(array) for array in tf.nest.flatten(inputs)]
    sizes = {"f": 4, "i": 8, "u": 8}
    each = (
        sizes[a.dtype.kind] if a.dtype.itemsize > 1 and a.dtype.kind in sizes else 1 for a in flat
    )
    return sum(size * a[:1].size for size, a in zip(each, flat, strict=True))


def mixed(hashes: Any, seed: int) -> Hashes:
    """Mixes hashes with a number, for another order of rows (splitmix64's last step)."""
    z = np.asarray(hashes, np.uint64) + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    last: Hashes = z ^ (z >> np.uint64(31))
    return last


def _words(array: npt.NDArray[Any]) -> Hashes:
    """Returns the bytes of each row, uint64 [N, words]."""
    if array.dtype.kind in "SUO":
        return _digests(array.reshape(len(array), -1))
    if array.dtype.kind in "iub" and (array.ndim < 3 or array.dtype.itemsize > 1):
        array = array.astype(np.int64)
    elif array.dtype.kind not in "iubc":  # bfloat16 has a kind of its own
        array = array.astype(np.float32, copy=False)
    rows = np.ascontiguousarray(array).reshape(len(array), -1).view(np.uint8)
    if missing := -rows.shape[1] % 8:
        rows = np.pad(rows, ((0, 0), (0, missing)))
    return rows.view(np.uint64)


def _digests(texts: npt.NDArray[Any]) -> Hashes:
    digests = [
        hashlib.blake2b(
            text if isinstance(text, bytes) else str(text).encode(), digest_size=8
        ).digest()
        for text in texts.ravel()
    ]
    return np.frombuffer(b"".join(digests), np.uint64).reshape(texts.shape)


@lru_cache(maxsize=4)
def _odd(count: int) -> Hashes:
    hashes: Hashes = mixed(np.arange(count, dtype=np.uint64), 0) | np.uint64(1)
    return hashes
