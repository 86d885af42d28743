"""Converts the numbers of words to words, as the caller says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tfexplain.errors import SettingError, plain
from tfexplain.runlog.naming import Naming

Decode: TypeAlias = Callable[[npt.NDArray[np.int64]], Sequence[str]]


def words_of(ids: npt.NDArray[np.int64], settings: Naming, zero_is_padding: bool) -> list[str]:
    """Returns each token's word, sample after sample; `""` for padding, `#7` for unknown ones.

    Args:
        ids: [N, T].
        settings: With `vocabulary` or `decode`, or neither.
        zero_is_padding: Whether an embedding masks 0.

    Raises:
        SettingError: words that are not one for each id.
    """
    if settings.decode is not None:
        words = [word for row in ids for word in _decoded(settings.decode, row)]
    else:
        words = list(_looked_up(ids, settings.vocabulary))
    padding = (ids == 0).ravel() & zero_is_padding
    return ["" if left_out else word for word, left_out in zip(words, padding, strict=True)]


def _decoded(decode: Decode, row: npt.NDArray[np.int64]) -> list[str]:
    try:
        words: Any = decode(row)
    except Exception as error:
        raise SettingError(
            f"decode: expected a function of one row of ids; it raised {type(error).__name__}: "
            f"{plain(error)}. It is called with int64 [{len(row)}]."
        ) from error
    listed = list(words) if isinstance(words, (list, tuple, np.ndarray)) else None
    if listed is None or not all(isinstance(word, str) for word in listed):
        got = type(words).__name__ if listed is None else f"{listed[:3]!r}"
        raise SettingError(
            f"decode: expected a list of {len(row)} words; got {got}. "
            "Return one word for each id, '' for padding."
        )
    if len(listed) != len(row):
        raise SettingError(
            f"decode: expected {len(row)} words for a row of {len(row)} ids; got {len(listed)}. "
            "Return one word for each id, '' for padding."
        )
    return [str(word) for word in listed]


def _looked_up(
    ids: npt.NDArray[np.int64], vocabulary: Sequence[str] | Mapping[int, str] | None
) -> Iterator[str]:
    known = vocabulary or {}
    if not isinstance(known, Mapping):
        if ids.size and ids.max() >= len(known):
            raise SettingError(
                f"vocabulary: expected a word for each id; got {len(known)} words and the id "
                f"{ids.max()}. Pass the vocabulary that the ids were made with."
            )
        known = dict(enumerate(known))
    for number in ids.ravel().tolist():
        yield str(known.get(number, f"#{number}"))
