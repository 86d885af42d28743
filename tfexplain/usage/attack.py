"""Measures robustness: how small a step along the sign of the loss's gradient flips predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.checks import check_whole
from tfexplain.data.row_choice import Chosen, labelled, sampled
from tfexplain.errors import TfexplainError
from tfexplain.usage.answers import check_answers
from tfexplain.usage.measure import BYTES
from tfexplain.usage.robustness_result import Robustness
from tfexplain.usage.smallest_steps import measure_robustness


def robustness(
    model: Any,
    data: Any,
    *,
    rows: int = 256,
    class_names: Sequence[str] = (),
    output: str | int | None = None,
    color_range: tuple[float, float] | None = None,
    batch_size: int | None = None,
) -> Robustness:
    """Finds the smallest step along the sign of the loss's gradient that flips each prediction.

    The gradient of the predicted class's loss is taken once (FGSM). All values of a row move by one
    step along its sign, and stay in the range of the data. 21 steps are tried, two for each
    doubling; the gap before the first that flips a prediction is halved eight times. A row that
    flips and flips back between two steps of the grid is told at a later one.

    Steps of pictures are shares of their color range, 0.001 to 1, within which each value stays.
    Those of tables and sequences are standard deviations of a column or channel over the rows,
    0.004 to 4: the range of a column follows its most extreme row, and would make steps of two data
    sets differ that are alike but for it. Columns of few values, such as marks of 0 and 1, move as
    well, to what no row has.

    Args:
        model: A built Keras model whose loss has a gradient at its inputs.
        data: Validation data with labels of classes: (x, y) arrays, a `tf.data.Dataset`, or a Keras
            `PyDataset` or `Sequence`. Up to 20,000 rows are looked at.
        rows: How many rows are used, at most (and at most 64 MiB): those with the smallest hashes.
        class_names: Names of classes that labels may be texts of.
        output: Name or position of the model's output; default the first of classes.
        color_range: (black, white) of pictures; default 0..1, -1..1, 0..255 or else least and
            greatest, whichever fits.
        batch_size: How many rows go through the model at once.

    Raises:
        TfexplainError: no labels of classes; an output of values or of several labels; inputs that
            are ids or texts alone, which have no small steps; a model without gradients.

    References:
        Goodfellow et al. 2015, section 4, https://arxiv.org/abs/1412.6572

    Example:
        >>> import keras, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
        >>> model.layers[0].set_weights([np.array([[1.0], [1.0]]), np.zeros(1)])
        >>> x = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float32)
        >>> found = robustness(model, (x, x.sum(axis=1) > 0))
        >>> found.accuracy[0].item(), found.unit
        (1.0, 'standard deviations')
    """
    check_whole("rows", rows)
    check_whole("batch_size", batch_size, optional=True)
    found = sampled(data, model, rows, BYTES)
    chosen = labelled(found, model, output=output, class_names=class_names)
    return attacked(chosen, color_range=color_range, batch_size=batch_size)


def attacked(
    chosen: Chosen,
    *,
    color_range: tuple[float, float] | None = None,
    batch_size: int | None = None,
) -> Robustness:
    """Measures robustness where model and rows are open already; see `robustness`."""
    check_answers(chosen.output, values=False)
    known = labelled_rows(chosen)
    return measure_robustness(
        chosen.traced_model,
        tf.nest.map_structure(lambda x: tf.gather(x, known), chosen.inputs),
        chosen.output,
        chosen.labels.values[known],
        rows=chosen.rows[known],
        hashes=chosen.hashes[known],
        color_range=color_range,
        batch_size=batch_size,
    )


def labelled_rows(chosen: Chosen) -> npt.NDArray[np.int64]:
    """Returns which rows have a class as their label; raises TfexplainError where none has."""
    labels = chosen.labels
    known = np.flatnonzero(np.isfinite(labels.values))
    if labels.kind == "class" and len(known):
        return known
    why = labels.why or "there are none."
    raise TfexplainError(f"data: expected labels of classes; {why} Pass (x, y).")
