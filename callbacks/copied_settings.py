"""Copies callbacks: copies have the same settings, and begin as new."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import tensorflow as tf

from tfexplain.errors import TfexplainError


class CopiedSettings:
    """Copies and pickles a callback without what belongs to one training."""

    # Attributes of one training, or of several of one model: copies begin without them.
    _passing: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def _renew(self) -> None:
        """Resets all, whatever was trained before."""

    @property
    @abstractmethod
    def _validation_data(self) -> Any:
        """Returns the validation data."""

    def __copy__(self) -> CopiedSettings:
        """Returns a new callback of the same settings; data and models are shared."""
        made: CopiedSettings = type(self).__new__(type(self))
        made.__setstate__(self._settled())
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> CopiedSettings:
        """Copies as `copy` does: data sets cannot be copied, and need not be."""
        made = memo[id(self)] = self.__copy__()
        return made

    def __getstate__(self) -> dict[str, Any]:
        """Returns the settings, for `pickle`; raises TfexplainError for data of this process."""
        if isinstance(self._validation_data, tf.data.Dataset):
            raise TfexplainError(
                "validation_data: expected data that can be pickled, such as arrays or a Keras "
                "PyDataset; got a tf.data.Dataset. Pass one of those, or make the callback where "
                "it is used."
            )
        return self._settled()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._renew()

    def _settled(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in self._passing}
