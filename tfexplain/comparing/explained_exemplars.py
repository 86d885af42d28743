"""Explains exemplars beside the samples that were drawn, for the log: no number is of them."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.comparing.payers import Exemplar
from tfexplain.data.content import row_hashes
from tfexplain.data.labels import Labels
from tfexplain.explainers.concat import joined
from tfexplain.model.call_batch import as_batch
from tfexplain.model.targets import Targets
from tfexplain.runlog.batch import ValidationBatch, pictures_of
from tfexplain.runlog.input_values import input_values
from tfexplain.runlog.plan import ExplainPlan, Found

Rows = npt.NDArray[np.int64]

# Each costs what a drawn sample does, and the list is read from its top.
MOST = 12


def explained_rows(found: Sequence[Exemplar], drawn: Rows, targets: Any) -> Rows:
    """Returns the numbers of the exemplars to explain: the surest that were not drawn anyway.

    None where targets are of each drawn sample: nobody gave those of other rows.
    """
    if np.ndim(targets) > 0:
        return np.zeros(0, np.int64)
    known = set(drawn.tolist())
    return np.array([one.row for one in found if one.row not in known][:MOST], np.int64)


def with_rows(
    explaining: ExplainPlan, given: Any, rows: Rows, classes: npt.NDArray[np.int64] | None
) -> ValidationBatch:
    """Returns the batch of a plan with other rows behind its own.

    Args:
        explaining: The plan.
        given: The other rows as the data has them.
        rows: Their numbers in the data.
        classes: The labels of all rows of the data, -1 where unknown; None without.
    """
    batch, traced_model = explaining.batch, explaining.traced_model
    own = tf.nest.map_structure(lambda *x: np.concatenate(x), batch.given, given)
    inputs = as_batch(own, traced_model.model)
    shown, _ = pictures_of(traced_model, inputs, batch.color_range)
    labels = np.full(len(rows), np.nan)
    if classes is not None and batch.labels.kind == "class":
        labels = np.where(classes[rows] < 0, np.nan, classes[rows])
    return replace(
        batch,
        inputs=inputs,
        rows=np.concatenate([batch.rows, rows]),
        hashes=np.concatenate([batch.hashes, row_hashes(given)]),
        labels=_with(batch.labels, labels),
        pictures={name: picture for name, picture in shown.items() if picture.ndim == 4},
        volumes={name: picture for name, picture in shown.items() if picture.ndim == 5},
        values=input_values(traced_model, inputs, explaining.settings),
        given=own,
        given_labels=None,
    )


def _with(labels: Labels, more: npt.NDArray[np.float64]) -> Labels:
    """Returns labels with those of other rows behind them; of several of a row, none is known."""
    sets, inside = labels.sets, labels.inside
    if sets is not None:
        sets = np.concatenate([sets, np.zeros((len(more), sets.shape[1]), bool)])
    if inside is not None:
        inside = np.concatenate([inside, more])
    return replace(labels, values=np.concatenate([labels.values, more]), sets=sets, inside=inside)


def behind(batch: ValidationBatch, start: int) -> ValidationBatch:
    """Returns the rows of a batch from a place on, as they are explained."""
    labels = batch.labels
    inside = None if labels.inside is None else labels.inside[start:]
    return replace(
        batch,
        inputs=tf.nest.map_structure(lambda x: x[start:], batch.inputs),
        rows=batch.rows[start:],
        labels=replace(labels, values=labels.values[start:], sets=None, inside=inside),
    )


def explained_too(
    explaining: ExplainPlan, maps: Found, wide: ValidationBatch, targets: Targets | str
) -> tuple[ExplainPlan, Found]:
    """Explains what stands behind the batch of a plan; returns a plan of all rows, and all maps.

    Args:
        explaining: The plan.
        maps: Its maps of its own batch; none of a model that is not explained.
        wide: See `with_rows`.
        targets: What is explained of the rows behind.
    """
    own, both = copy(explaining), copy(explaining)
    both.batch = wide
    if not maps:
        return both, maps
    own.batch = behind(wide, len(explaining.batch.rows))
    own.settings = replace(explaining.settings, targets=explaining.here(targets))
    more = own.run()
    return both, {name: joined([maps[name], more[name]]) for name in maps}
