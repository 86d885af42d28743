"""Reads validation data once for callbacks that stand together in a `fit`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tfexplain.callbacks.base import LoggingCallback
from tfexplain.callbacks.fit_frame import callbacks_behind
from tfexplain.callbacks.health import Health
from tfexplain.data.row_choice import sampled_beside


@contextmanager
def read_for_health(callback: LoggingCallback) -> Iterator[None]:
    """While open, rows that the callback chooses are read for the `Health` behind it as well, where
    that has the same data, as one object, and the same model."""
    with ExitStack() as stack:
        for other in callbacks_behind(callback, callback.params):
            if isinstance(other, Health) and (sampler := other._wanted_rows(callback)) is not None:
                stack.enter_context(sampled_beside(sampler))
                stack.callback(other._take_rows, sampler)
                break
        yield
