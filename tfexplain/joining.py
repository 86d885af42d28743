"""Concatenates attributions of consecutive samples, and selects samples of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tfexplain.attribution import BY_SAMPLE, Attribution
from tfexplain.errors import TfexplainError


def joined_rows(by_batch: Sequence[Attribution]) -> Attribution:
    """Concatenates one explainer's attributions of consecutive batches.

    Raises:
        TfexplainError: samples of different shapes.
    """
    by_sample = {
        name: concatenated(values, by_batch[0].explainer)
        for name in BY_SAMPLE
        if (values := [getattr(attribution, name) for attribution in by_batch])[0] is not None
    }
    # A channel is dead if it is in every batch, and one value below zero makes a sign.
    dead = [attribution.dead for attribution in by_batch if attribution.dead is not None]
    signed = any(attribution.signed for attribution in by_batch)
    everywhere = np.all(dead, axis=0) if dead else None
    return replace(by_batch[0], **by_sample, dead=everywhere, signed=signed)


def chosen_rows(attribution: Attribution, rows: Any) -> Attribution:
    """Selects the samples of these numbers, int64 [n]."""
    known = {name: getattr(attribution, name) for name in BY_SAMPLE}
    return replace(
        attribution, **{n: values[rows] for n, values in known.items() if values is not None}
    )


def concatenated(by_batch: Sequence[Any], what: str) -> Any:
    """Concatenates arrays [n, ...] of `what`, whose samples must be of one shape."""
    shapes = {np.shape(values)[1:] for values in by_batch}
    if len(shapes) > 1:
        raise TfexplainError(
            f"inputs: expected samples of one shape in all batches; {what} got {sorted(shapes)}. "
            "Pad them alike, or explain each batch by itself."
        )
    return np.concatenate(by_batch)
