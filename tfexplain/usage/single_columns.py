"""Ranks inputs of one column each beside each other, as the columns of one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import tensorflow as tf

from tfexplain.types import Array
from tfexplain.usage.features import Features
from tfexplain.usage.hiding import HidingCurve, curve_of
from tfexplain.usage.importance_result import Importance, Permuted
from tfexplain.usage.scoring import Scoring, hidden_values

TABLE = "columns"


def as_table(
    found: Mapping[str, Importance],
    features: Sequence[Features],
    scoring: Scoring | str,
    seed: int,
) -> dict[str, Importance]:
    """Returns importance by input, where those of one column are one table, `"columns"`.

    They stay apart where a method has no values at some of them, for its numbers are others.

    Args:
        found: Importance of each input.
        features: Features of each input.
        scoring: The rows, or why they have no score.
        seed: Seed of the random orders.
    """
    single = [own for own in features if own.kind == "column" and len(own) == 1]
    parts = [found[own.input] for own in single]
    if len(parts) < 2 or len({(part.explainer, part.unit) for part in parts}) > 1:
        return dict(found)
    names = [own.input for own in single]
    table = replace(
        parts[0],
        input=TABLE if TABLE not in found else ", ".join(names),
        names=tuple(names),
        attributions=np.hstack([part.attributions for part in parts]),
        total=len(parts),
        row_values=_values(parts),
        permuted=_permuted(parts),
        hidden=None,
        weights_first=None,
        left_out={
            **parts[0].left_out,
            "|weight| x deviation": "the inputs do not go straight into one Dense layer",
        },
        passes=sum(part.passes for part in parts),
    )
    if not isinstance(scoring, str):
        table = replace(table, hidden=_hidden(scoring, single, table.order[::-1], seed))
    return {table.input: table, **{n: own for n, own in found.items() if n not in names}}


def _values(parts: Sequence[Importance]) -> Array | None:
    """Returns the values of all columns, NaN of texts."""
    if all(part.row_values is None for part in parts):
        return None
    none = np.full((parts[0].rows, 1), np.nan)
    return np.hstack([none if part.row_values is None else part.row_values for part in parts])


def _permuted(parts: Sequence[Importance]) -> Permuted | None:
    own = [part.permuted for part in parts if part.permuted is not None]
    if len(own) < len(parts):
        return None
    values, low, high = (
        np.concatenate([getattr(one, name) for one in own]) for name in ("values", "low", "high")
    )
    return Permuted(values, low, high, own[0].score)


def _hidden(scoring: Scoring, features: Sequence[Features], order: Array, seed: int) -> HidingCurve:
    inputs = scoring.chosen.inputs
    replaced = [hidden_values(scoring.chosen, own.position) for own in features]

    def score(hidden: Array) -> float:
        flat = list(tf.nest.flatten(inputs))
        for number in hidden:
            at = features[number].position
            flat[at] = tf.cast(replaced[number], flat[at].dtype)
        return float(scoring.scores(tf.nest.pack_sequence_as(inputs, flat)).mean())

    return curve_of(lambda own, counts: [score(own[:k]) for k in counts], order, seed, scoring.name)
