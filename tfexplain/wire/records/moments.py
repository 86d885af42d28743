"""Reads and writes when a record was made, and of which weights."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from tfexplain.wire.clock import event_step
from tfexplain.wire.container import Container

Moment: TypeAlias = Literal["epoch", "end"]
MOMENTS: tuple[Moment, ...] = get_args(Moment)


def pack_moment(moment: Moment, weights: float | None) -> dict[str, str]:
    """Returns what a header says of the moment."""
    return {"moment": moment, "weights": "" if weights is None else repr(event_step(weights))}


def read_moment(raw: Container) -> tuple[Moment, float | None]:
    """Reads `pack_moment` back; records of older versions are of their epoch.

    Raises `SchemaError`.
    """
    moment = raw.text("moment") if "moment" in raw.header else "epoch"
    raw.check(moment in MOMENTS, "moment epoch or end")
    weights = raw.step("weights") if "weights" in raw.header else None
    return moment, weights  # type: ignore[return-value]
