"""Concatenates explanations of consecutive batches, and selects samples of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.joining import chosen_rows, concatenated, joined_rows


@dataclass(frozen=True)
class Explanation:
    """Holds the attributions of one explainer by layer or input, and the seconds of its own work.

    The time of the shared pass is divided evenly among the explainers that use it. `outputs` are
    the model's on the batch, in its own structure. `others` are attributions of each sample's other
    class, whose `targets` are those of `attributions` where a sample has none; None where no
    sample has one, and where they were not asked for.
    """

    attributions: dict[str, Attribution]
    seconds: float
    outputs: Any
    others: dict[str, Attribution] | None = None


def joined(by_batch: Sequence[Explanation]) -> Explanation:
    """Concatenates the explanations of consecutive batches.

    Raises:
        TfexplainError: samples of different shapes.
    """
    if len(by_batch) == 1:
        return by_batch[0]
    others = [explanation.others or explanation.attributions for explanation in by_batch]
    return Explanation(
        _joined_by_place([explanation.attributions for explanation in by_batch]),
        sum(explanation.seconds for explanation in by_batch),
        tf.nest.map_structure(
            lambda *some: concatenated(some, "outputs"),
            *(explanation.outputs for explanation in by_batch),
        ),
        _joined_by_place(others) if any(e.others for e in by_batch) else None,
    )


def beside(by_layer: Sequence[Explanation]) -> Explanation:
    """Merges the explanations of one explainer at several layers, for the same samples."""
    if len(by_layer) == 1:
        return by_layer[0]
    attributions = _merged([explanation.attributions for explanation in by_layer])
    others = [explanation.others or explanation.attributions for explanation in by_layer]
    return Explanation(
        attributions,
        sum(explanation.seconds for explanation in by_layer),
        by_layer[0].outputs,
        _merged(others) if any(e.others for e in by_layer) else None,
    )


def chosen(explanation: Explanation, rows: Any) -> Explanation:
    """Selects the samples of these numbers, int64 [n]."""
    return Explanation(
        {
            place: chosen_rows(attribution, rows)
            for place, attribution in explanation.attributions.items()
        },
        explanation.seconds,
        tf.nest.map_structure(lambda values: values[rows], explanation.outputs),
    )


def _joined_by_place(by_batch: Sequence[dict[str, Attribution]]) -> dict[str, Attribution]:
    return {place: joined_rows([some[place] for some in by_batch]) for place in by_batch[0]}


def _merged(by_layer: Sequence[dict[str, Attribution]]) -> dict[str, Attribution]:
    return {place: a for attributions in by_layer for place, a in attributions.items()}
