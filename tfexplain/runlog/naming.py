"""Holds what the features and words of inputs are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfexplain.errors import TfexplainError


@dataclass(frozen=True, kw_only=True)
class Naming:
    """Holds names of features and words, as `Explain` takes them."""

    feature_names: Sequence[str] | Mapping[str, Sequence[str]] = ()
    vocabulary: Sequence[str] | Mapping[int, str] | None = None
    decode: Callable[[Any], Sequence[str]] | None = None

    def check_names(self) -> None:
        """Raises ValueError for names that are wrong whatever the inputs."""
        _check_features(self.feature_names)
        words, expected = self.vocabulary, "a list of words, or words by their ids"
        if isinstance(words, Mapping):
            if not all(isinstance(i, int) and isinstance(w, str) for i, w in words.items()):
                raise TfexplainError(
                    f"vocabulary: expected {expected}; got {_first(words.items())}. "
                    "Turn words by id around: {i: word for word, i in vocabulary.items()}."
                )
        elif words is not None and (isinstance(words, str) or not _are_texts(words)):
            raise TfexplainError(f"vocabulary: expected {expected}; got {_first(words)}.")
        if self.decode is not None and not callable(self.decode):
            raise TfexplainError(
                f"decode={self.decode!r}: expected a function that turns a row of ids into words."
            )
        if self.decode is not None and words is not None:
            raise TfexplainError(
                "decode: expected it without vocabulary=; got both. Leave one out."
            )


def _check_features(names: object) -> None:
    several = names.values() if isinstance(names, Mapping) else [names]
    for own in several:
        if isinstance(own, str) or not _are_texts(own):
            raise TfexplainError(
                "feature_names: expected a list of names, or a list for each input by its name; "
                f"got {_first(own)}."
            )


def _are_texts(values: Any) -> bool:
    return hasattr(values, "__len__") and all(isinstance(value, str) for value in values)


def _first(values: Any) -> str:
    """Returns the beginning of something that is no list of texts, for a message."""
    return repr(values)[:60]
