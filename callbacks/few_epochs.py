"""Chooses a few of the explained epochs for what is measured over many rows."""

from __future__ import annotations

from collections.abc import Sequence

from tfexplain.runlog.weights_epoch import Moment


class FewEpochs:
    """Tells which explained times are among a few epochs: those named, the last, never within one.

    Args:
        epochs: Epochs; an epoch that is not explained is made up for at the next that is. None:
            every explained one.
    """

    def __init__(self, epochs: Sequence[int] | None) -> None:
        self._epochs = epochs
        self._last, self._done = -1, -1.0

    @property
    def text(self) -> str:
        """Which epochs, for people."""
        if self._epochs is None:
            return "in every explained epoch"
        return f"in epochs {', '.join(map(str, self._epochs))}; and in the last"

    def due(self, now: Moment) -> bool:
        """Returns whether it is due at this time, which is explained."""
        if now.within or now.step == self._done:
            return False
        passed = self._epochs is None or any(self._last < e <= now.epoch for e in self._epochs)
        return passed or now.last or now.kind == "end"

    def done(self, now: Moment) -> None:
        """Notes that it was done."""
        self._last, self._done = now.epoch, now.step


class Once:
    """Tells the one explained time at which something is measured.

    Args:
        at: An epoch; one that is not explained is made up for at the next that is. None: after
            training, as when training ends before.
    """

    def __init__(self, at: int | None) -> None:
        self._at, self._done = at, False

    @property
    def text(self) -> str:
        """When, for people."""
        return "after training" if self._at is None else f"once, after epoch {self._at}"

    def due(self, now: Moment) -> bool:
        """Returns whether it is due at this time."""
        if now.within or self._done:
            return False
        passed = self._at is not None and now.epoch >= self._at
        return passed or now.last or now.kind == "end"

    def done(self, now: Moment) -> None:
        """Notes that it was done."""
        self._done = True
