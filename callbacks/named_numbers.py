"""Puts numbers that were asked for by name into the `logs` of epochs, for other callbacks."""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from tfexplain.callbacks.distribution import Workers
from tfexplain.callbacks.fit_frame import callbacks_before
from tfexplain.errors import SettingError


class NamedNumbers:
    """Holds the names that `logs=` gives, such as `compression/sparsity`.

    Keras hands one dictionary to all callbacks of an epoch, so what is put there reaches
    `EarlyStopping`, `CSVLogger`, `History` and the progress bar, where they come later.

    Args:
        names: What was asked for, one name or several.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names: tuple[str, ...] = (names,) if isinstance(names, str) else tuple(names)

    def check_known(self, known: Sequence[str] | None) -> None:
        """Raises SettingError for a name that is none of `known`; None takes all."""
        for name in self.names:
            if known is not None and name not in known:
                told = ", ".join(known) or "none"
                raise SettingError(
                    f"logs: {name!r}: no such number. Numbers of this training: {told}. Pass some "
                    "of these."
                )

    def blind(self, callback: Any, params: Any) -> str:
        """Returns which callbacks of the running `fit` cannot see the numbers; "" where all can."""
        before = callbacks_before(callback, params) if self.names else []
        blind = [name for other in before if (name := self._blind(other))]
        if not blind:
            return ""
        own, many = type(callback).__name__, len(blind) > 1
        return (
            f"{' and '.join(blind)} {'stand' if many else 'stands'} before {own} and cannot see "
            f"logs={list(self.names)}. Put {own} before {'them' if many else 'it'}."
        )

    def _blind(self, other: Any) -> str:
        """Returns what `other`, which stands before, would need to see; "" where nothing."""
        kind, monitor = type(other).__name__, getattr(other, "monitor", None)
        if monitor in self.names:
            return f"{kind}(monitor={monitor!r})"
        return kind if kind == "CSVLogger" else ""

    def put(
        self, workers: Workers, measured: Mapping[str, float], logs: MutableMapping[str, Any] | None
    ) -> None:
        """Adds the numbers to the `logs` of an epoch, NaN for what was not measured in it.

        All workers get those of the chief, or they would stop at different epochs.
        """
        if self.names:
            own = [measured.get(name, math.nan) for name in self.names]
            values = workers.of_chief(own)
            if logs is not None:
                logs.update(zip(self.names, values, strict=True))
