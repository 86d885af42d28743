"""Tells when something is measured, and which weights the model had then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from tfexplain.model.preserved_state import one_copy
from tfexplain.wire.clock import epoch_text


@dataclass(frozen=True)
class Moment:
    """An epoch's end, a time within it, or the end of training.

    Attributes:
        epoch: As `fit` counts it.
        step: Its step in the log, a fraction within an epoch.
        last: Whether no epoch follows, as far as that is known.
        kind: `"epoch"`, or `"end"` of training.
        weights: The step at whose end the model had the weights that it has now; None where none
            is known.
    """

    epoch: int
    step: float
    last: bool = False
    kind: Literal["epoch", "end"] = "epoch"
    weights: float | None = None

    @property
    def name(self) -> str:
        """Name of the time of measurement, for people."""
        own = self.weights in (None, self.step)
        return f"epoch {epoch_text(self.step)}" if own else "the end of training"

    @property
    def within(self) -> bool:
        """Whether the epoch has not ended yet."""
        return not float(self.step).is_integer()


class Weights:
    """Recognizes the weights that a model had at an epoch's end, as when they are restored.

    One number is kept for each weight: the sum of its bits, which does not depend on the order of
    summation and needs no memory.
    """

    def __init__(self) -> None:
        self._steps: dict[bytes, int] = {}
        self._last = (b"", -1)

    def ended(self, model: Any, step: int) -> int:
        """Returns the step of the weights at an epoch's end: its own unless earlier ones are back.

        Weights that did not move in an epoch count as its own.
        """
        now = _digest(model)
        unmoved = now == self._last[0]
        epoch = step if unmoved else self._steps.get(now, step)
        self._steps.setdefault(now, step)
        self._last = now, epoch
        return epoch

    def after(self, model: Any) -> int | None:
        """Returns the step of the weights after training; None where no epoch ended with them."""
        now = _digest(model)
        return self._last[1] if now == self._last[0] else self._steps.get(now)


def _digest(model: Any) -> bytes:
    sums = [_sum(weight) for weight in model.weights]
    # One way to the host for all that lies on a device.
    together = tf.stack(sums) if any(map(tf.is_tensor, sums)) else sums
    return np.asarray(together, np.int32).tobytes()


def _sum(weight: Any) -> Any:
    first = tf.cast(one_copy(weight).value(), tf.float32)
    if "CPU" in first.device:  # numpy sees the weights where they are, in a fifth of the time
        return np.asarray(first).view(np.int32).sum(dtype=np.int32)
    return tf.reduce_sum(tf.bitcast(first, tf.int32))
