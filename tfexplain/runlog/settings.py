"""Holds what the user passed to `Explain`, checked as far as can be without a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tfexplain.checks import check_verbose, check_whole
from tfexplain.data import validation
from tfexplain.errors import TfexplainError
from tfexplain.exchange import Exchange
from tfexplain.explainers import Explainer
from tfexplain.model.presets import NAMES, is_preset
from tfexplain.model.targets import Targets

# In the order of the classes, or by index, or their indices by name.
ClassNames: TypeAlias = Iterable[Any] | Mapping[int, Any] | Mapping[str, int]


@dataclass(frozen=True)
class ExplainSettings:
    """Holds the arguments of `Explain`; see there."""

    validation_data: Any
    explainers: tuple[Explainer, ...] | None
    samples: int
    class_names: tuple[str, ...]
    targets: Targets | str
    color_range: tuple[float, float] | None
    write_images: bool
    seed: int
    verbose: bool | int
    feature_names: Sequence[str] | Mapping[str, Sequence[str]] = ()
    vocabulary: Sequence[str] | Mapping[int, str] | None = None
    decode: Callable[[Any], Sequence[str]] | None = None
    exchange: Exchange | None = None
    importance: int | None = None

    def check(self) -> None:
        """Raises ValueError for settings that are wrong whatever the model."""
        validation.check(self.validation_data)
        check_whole("samples", self.samples)
        check_whole("importance", self.importance, 2, optional=True)
        check_whole("seed", self.seed, 0)
        check_verbose(self.verbose)
        known = self.targets in ("label", "predicted") if isinstance(self.targets, str) else True
        if not known and not is_preset(self.targets):
            raise TfexplainError(
                f"targets={self.targets!r}: expected 'label', 'predicted', a class index, a "
                f"function of the outputs, a Unit, or a number by its name, such as {NAMES}."
            )
        check_names("feature_names", self.feature_names)
        self._check_classes()
        self._check_words()
        for explainer in self.explainers or ():
            if not isinstance(explainer, Explainer):
                raise TfexplainError(
                    f"explainers: expected explainers such as GradCAM(); got {explainer!r}."
                )

    @property
    def asked(self) -> bool:
        """Whether what is explained was asked for by name, so that it cannot be left out."""
        return self.explainers is not None or self.exchange is not None or self.asks

    @property
    def asks(self) -> bool:
        """Whether `targets` name a number, other than the label's or the predicted class."""
        return not isinstance(self.targets, str) or self.targets not in ("label", "predicted")

    def _check_classes(self) -> None:
        names = self.class_names
        if unnamed := [i for i, name in enumerate(names) if not name]:
            raise TfexplainError(
                f"class_names: expected a name for each class; class {unnamed[0]} has none. Pass "
                "a list of names, or names by class index."
            )

    def _check_words(self) -> None:
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


def named_classes(names: Any) -> tuple[str, ...]:
    """Returns the names of classes in the order of their indices, "" where one has none.

    Takes a list, an array, a range, names by index, or indices by name, as Keras' image loaders
    have them.

    >>> named_classes(range(3)), named_classes({"dog": 1, "cat": 0}), named_classes({1: "dog"})
    (('0', '1', '2'), ('cat', 'dog'), ('', 'dog'))
    """
    if names is None:
        return ()
    if isinstance(names, Mapping):
        turned = all(isinstance(key, str) for key in names)
        pairs = [(value, key) if turned else (key, value) for key, value in names.items()]
        by_index = {int(i): name for i, name in pairs if isinstance(i, (int, np.integer))}
        names = [by_index.get(i) for i in range(max(len(pairs), *(i + 1 for i in by_index), 0))]
    return tuple(_text(name) for name in names)


def _text(name: Any) -> str:
    if name is None or name != name:  # NaN, of tables with gaps
        return ""
    return name.decode() if isinstance(name, bytes) else str(name)


def check_names(argument: str, names: object) -> None:
    """Raises ValueError unless `names` is a list of texts, or such lists by the inputs' names."""
    several = names.values() if isinstance(names, Mapping) else [names]
    for own in several:
        if isinstance(own, str) or not _are_texts(own):
            raise TfexplainError(
                f"{argument}: expected a list of names, or a list for each input by its name; "
                f"got {_first(own)}."
            )


def _are_texts(values: Any) -> bool:
    return hasattr(values, "__len__") and all(isinstance(value, str) for value in values)


def _first(values: Any) -> str:
    """Returns the beginning of something that is no list of texts, for a message."""
    return repr(values)[:60]
