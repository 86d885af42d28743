"""Finds the running `fit` on the stack, for what Keras tells no callback."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

from tfexplain.checks import is_whole

# What Keras takes where nothing is said, and what is counted with where nobody tells.
DEFAULT_BATCH = 32


@dataclass(frozen=True)
class Rows:
    """Holds what an epoch, or a part of it, trains on: steps, and rows of a batch."""

    steps: int
    batch: int
    assumed: bool = False  # the batch
    per: str = "an epoch"

    @property
    def trained(self) -> int:
        """Rows of an epoch, a last batch counted as a whole one."""
        return self.steps * self.batch

    @property
    def text(self) -> str:
        """Steps and batch, for people."""
        assumed = ", which is assumed" if self.assumed else ""
        return f"{self.steps:,} steps of {self.batch}{assumed}"


def running(params: Any) -> bool:
    """Returns whether the `fit` that handed out these parameters is on the stack of any thread."""
    return _locals(params) is not None


def rows_of_an_epoch(params: Any) -> Rows | None:
    """Returns what an epoch trains on; None where no steps are known, as of a generator.

    A batch that is not told, as by most datasets, counts as Keras' default.
    """
    steps = (params or {}).get("steps")
    if not (is_whole(steps) and steps > 0):
        return None
    batch = _batch(_locals(params) or {})
    return Rows(int(steps), batch or DEFAULT_BATCH, batch is None)


def callbacks_before(callback: Any, params: Any) -> list[Any]:
    """Returns the callbacks of the running `fit` that Keras calls before this one."""
    listed = getattr((_locals(params) or {}).get("callbacks"), "callbacks", [])
    places = [place for place, other in enumerate(listed) if other is callback]
    return list(listed[: places[0]]) if places else []


def callbacks_behind(callback: Any, params: Any) -> list[Any]:
    """Returns the callbacks of the running `fit` that Keras calls after this one."""
    listed = getattr((_locals(params) or {}).get("callbacks"), "callbacks", [])
    places = [place for place, other in enumerate(listed) if other is callback]
    return list(listed[places[0] + 1 :]) if places else []


def _batch(known: Mapping[str, Any]) -> int | None:
    adapter = getattr(known.get("epoch_iterator"), "data_adapter", None)
    for rows in (known.get("batch_size"), getattr(adapter, "batch_size", None)):
        if is_whole(rows) and rows > 0:
            return int(rows)
    return None


def _locals(params: Any) -> Mapping[str, Any] | None:
    """Returns the local variables of the `fit` that handed out these parameters."""
    for frame in sys._current_frames().values():
        caller: FrameType | None = frame
        while caller is not None:
            if caller.f_code.co_name == "fit":
                known = caller.f_locals
                if getattr(known.get("callbacks"), "params", None) is params:
                    return known
            caller = caller.f_back
    return None
