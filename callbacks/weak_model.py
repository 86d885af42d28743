"""Refers to the model in training weakly, so that no callback keeps it alive."""

from __future__ import annotations

import weakref
from typing import Any

from tfexplain.callbacks.parts import part_of


class WeakModel:
    """A callback's model, which is collected as soon as its user lets go of it."""

    _trained: weakref.ref[Any] | None = None
    _part: str | None = None

    @property
    def model(self) -> Any:
        """The model in training; None once it is gone, for no callback keeps it alive."""
        return self._trained() if self._trained is not None else None

    def set_model(self, model: Any) -> None:
        """Sets the model, which Keras calls before training."""
        self._trained = None if model is None else weakref.ref(model)

    @property
    def _subject(self) -> Any:
        """The model in training, or the part of it that is meant."""
        return part_of(self.model, self._part)
