"""Finds trainings of which explaining took much."""

from __future__ import annotations

from collections.abc import Iterator

from tfexplain.story.finding import Finding, percent
from tfexplain.story.log_records import RunRecords
from tfexplain.wire import schema

SHARE = 0.3
LEAST_SECONDS = 60.0  # of a training that took less, nobody minds


def slow(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields a finding where explaining took a large share of a training's time."""
    found = records.last(schema.Status)
    if not found or found[1].cost is None:
        return
    step, cost = found[0], found[1].cost
    if cost.budget is not None or cost.training < LEAST_SECONDS:
        return
    share = cost.explaining / cost.training
    if share >= SHARE:
        text = (
            f"{run}: explaining took {percent(share)} of the time of training. "
            "budget= or every= lower it."
        )
        yield Finding("slow", run, text, share, step)
