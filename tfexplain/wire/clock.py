"""Converts steps of the log, which are epochs or fractions of them, to steps of events and back.

A step is the number of an epoch, and stands for its end: 3 is the end of epoch 3. What is measured
within an epoch has the number of that epoch less what is left of it: 2.25 is a quarter of epoch 3,
-0.5 the middle of epoch 0. So steps rise with time, and those of whole epochs are what they were
before there were fractions.

Events of TensorBoard count whole numbers. The step of an event is that of the epoch, or, in a run
that has fractions, `FINE` and millionths of an epoch since training began. So a reader tells one
from the other at each event, and both rise.
"""

from __future__ import annotations

import math

# Far beyond any number of epochs, and exact in a float64 with all millionths of 8,000,000,000
# epochs above it.
FINE = 1 << 40
PARTS = 1_000_000


def event_step(step: float, fine: bool = False) -> int:
    """Returns the step of an event; `fine` in runs that have fractions, where whole epochs are
    counted alike.

    >>> event_step(3), event_step(-0.5) - FINE, event_step(0, fine=True) - FINE
    (3, 500000, 1000000)
    """
    epoch = step >= 0 and float(step).is_integer()
    return int(step) if epoch and not fine else FINE + round((step + 1) * PARTS)


def step_of(event: int) -> float:
    """Returns the step that an event has, an int for the end of an epoch.

    >>> step_of(3), step_of(FINE + 500000), step_of(FINE + 4_000_000)
    (3, -0.5, 3)
    """
    if event < FINE:
        return event
    parts = event - FINE - PARTS
    return parts / PARTS if parts % PARTS else parts // PARTS


def rounded(step: float) -> float:
    """Returns a step as it is read back from the log.

    >>> rounded(1 / 3 - 1), rounded(2.0)
    (-0.666667, 2)
    """
    return step_of(event_step(step))


def epoch_text(step: float) -> str:
    """Returns what is said behind the word epoch.

    >>> epoch_text(3), epoch_text(2.25), epoch_text(-0.5)
    ('3', '3 at 25%', '0 at 50%')
    """
    if float(step).is_integer():
        return str(int(step))
    epoch = math.ceil(step)
    return f"{epoch} at {round(100 * (step - epoch + 1), 2):g}%"
