"""Concatenates explanations of consecutive batches, and selects samples of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.errors import TfexplainError

# What an attribution says of each sample; the rest it says of all of them.
BY_SAMPLE = ("values", "targets", "scores", "completeness_gap", "error", "passes")


@dataclass(frozen=True)
class Explanation:
    """Holds the attributions of one explainer by layer or input, and the seconds of its own work.

    The shared pass is divided evenly among the explainers that rode on it. `outputs` are the
    model's on the batch, in its own structure.
    """

    attributions: dict[str, Attribution]
    seconds: float
    outputs: Any


def joined(parts: Sequence[Explanation]) -> Explanation:
    """Concatenates the explanations of consecutive batches.

    Raises:
        TfexplainError: samples of different shapes.
    """
    if len(parts) == 1:
        return parts[0]
    return Explanation(
        {
            place: _joined([part.attributions[place] for part in parts])
            for place in parts[0].attributions
        },
        sum(part.seconds for part in parts),
        tf.nest.map_structure(
            lambda *some: _concatenated(some, "outputs"), *(part.outputs for part in parts)
        ),
    )


def beside(parts: Sequence[Explanation]) -> Explanation:
    """Merges the explanations of one explainer at several layers, for the same samples."""
    if len(parts) == 1:
        return parts[0]
    attributions = {place: a for part in parts for place, a in part.attributions.items()}
    return Explanation(attributions, sum(part.seconds for part in parts), parts[0].outputs)


def chosen(explanation: Explanation, rows: Any) -> Explanation:
    """Selects the samples of these numbers, int64 [n]."""
    return Explanation(
        {place: _chosen(one, rows) for place, one in explanation.attributions.items()},
        explanation.seconds,
        tf.nest.map_structure(lambda values: values[rows], explanation.outputs),
    )


def _joined(parts: Sequence[Attribution]) -> Attribution:
    by_sample = {
        name: _concatenated(values, parts[0].explainer)
        for name in BY_SAMPLE
        if (values := [getattr(part, name) for part in parts])[0] is not None
    }
    # A channel is dead if it is in every portion, and one value below zero makes a sign.
    dead = [part.dead for part in parts if part.dead is not None]
    signed = any(part.signed for part in parts)
    everywhere = np.all(dead, axis=0) if dead else None
    return replace(parts[0], **by_sample, dead=everywhere, signed=signed)


def _chosen(one: Attribution, rows: Any) -> Attribution:
    known = {name: getattr(one, name) for name in BY_SAMPLE}
    return replace(one, **{n: values[rows] for n, values in known.items() if values is not None})


def _concatenated(parts: Sequence[Any], what: str) -> Any:
    shapes = {np.shape(part)[1:] for part in parts}
    if len(shapes) > 1:
        raise TfexplainError(
            f"inputs: expected samples of one shape in all batches; {what} got {sorted(shapes)}. "
            "Pad them alike, or explain each batch by itself."
        )
    return np.concatenate(parts)
