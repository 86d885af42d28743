"""Measures how small a step along the sign of the loss's gradient flips each prediction (FGSM)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.errors import TfexplainError
from tfexplain.model.batching import chunk_size
from tfexplain.model.input_kinds import channel_axis, input_layout
from tfexplain.model.outputs import ModelOutput
from tfexplain.model.shared_pass import LayerReads, Request, shared_pass
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Array
from tfexplain.usage.answers import LossOfAnswer, answers, check_answers
from tfexplain.usage.robustness_result import PICTURE_UNIT, TABLE_UNIT, Robustness

Floats = npt.NDArray[np.float64]

# Two steps for each doubling: of the range of pictures, and of standard deviations.
PICTURE_GRID = 2.0 ** (np.arange(-20, 1) / 2)
TABLE_GRID = 2.0 ** (np.arange(-16, 5) / 2)
# The step is told to a 2^-8 of the gap between two steps of the grid.
_HALVINGS = 8


@dataclass(frozen=True)
class _Moved:
    """One input that is moved: by `delta` for a step of 1, within `low` and `high`."""

    position: int
    delta: Array
    low: Array
    high: Array


def measure_robustness(
    traced_model: TracedModel,
    inputs: Any,
    output: ModelOutput,
    labels: npt.ArrayLike,
    *,
    rows: npt.NDArray[np.int64] | None = None,
    hashes: npt.NDArray[np.uint64] | None = None,
    color_range: tuple[float, float] | None = None,
    batch_size: int | None = None,
) -> Robustness:
    """Computes `Robustness` where model, rows and labels are open already.

    Args:
        traced_model: The model, opened.
        inputs: Tensors [N, ...] in the structure the model takes.
        output: Its output of classes.
        labels: [N], classes.
        rows: int64 [N], where the rows stand in the data; default 0..N - 1.
        hashes: uint64 [N], what they hold; default 0.
        color_range: (black, white) of pictures.
        batch_size: Rows that go through the model at once.

    Raises:
        TfexplainError: an output of something else than classes, or no input of numbers that the
            loss has a gradient at.
    """
    check_answers(output, values=False)
    moved, units = _moved(traced_model, inputs, output, color_range, batch_size)
    flat = [np.asarray(x) for x in tf.nest.flatten(inputs)]

    def said(some: npt.NDArray[np.int64], steps: Floats) -> Array:
        """What is predicted of some rows, each moved by its step."""
        own = [x[some] for x in flat]
        for one in moved:
            own[one.position] = _after(one, own[one.position], some, steps)
        tensors = tf.nest.pack_sequence_as(inputs, [tf.constant(x) for x in own])
        return answers(traced_model, tensors, output, batch_size)

    count = len(flat[0])
    before = answers(traced_model, inputs, output, batch_size)
    grid = PICTURE_GRID if units == {PICTURE_UNIT} else TABLE_GRID
    return Robustness(
        steps=_smallest(said, before, grid),
        right=before == np.asarray(labels, np.float64),
        rows=np.arange(count) if rows is None else rows,
        hashes=np.zeros(count, np.uint64) if hashes is None else hashes,
        grid=np.concatenate([[0.0], grid]),
        unit=" and ".join(sorted(units)),
    )


def check_moved(traced_model: TracedModel, inputs: Any, output: ModelOutput) -> None:
    """Raises TfexplainError where rows have no small steps that the loss has a gradient along."""
    check_answers(output, values=False)
    _moved(traced_model, inputs, output, None, None)


def _smallest(
    said: Callable[[npt.NDArray[np.int64], Floats], Array], before: Array, grid: Floats
) -> Floats:
    """Returns the smallest step found that changes each prediction, infinity where none does.

    Rows go along the grid until they flip, then the gap before that is halved.
    """
    found = np.full(len(before), np.inf)
    left = np.arange(len(before))
    for low, high in pairwise([0.0, *grid.tolist()]):
        if not len(left):
            break
        flips = said(left, np.full(len(left), high)) != before[left]
        hit, left = left[flips], left[~flips]
        if not len(hit):
            continue
        lows, highs = np.full(len(hit), low), np.full(len(hit), high)
        for _ in range(_HALVINGS):
            middle = (lows + highs) / 2
            flips = said(hit, middle) != before[hit]
            lows, highs = np.where(flips, lows, middle), np.where(flips, middle, highs)
        found[hit] = highs
    return found


def _moved(
    traced_model: TracedModel,
    inputs: Any,
    output: ModelOutput,
    color_range: tuple[float, float] | None,
    batch_size: int | None,
) -> tuple[list[_Moved], set[str]]:
    """Returns the inputs that are moved, and the units of a step."""
    flat = tf.nest.flatten(inputs)
    positions = [
        i
        for i, x in enumerate(flat)
        if x.dtype.is_floating and traced_model.gradient_calls[i] == ()
    ]
    if not positions:
        raise TfexplainError(
            "inputs: expected some of floating-point numbers that the loss has a gradient at; got "
            f"{[x.dtype.name for x in flat]}. Ids, texts and whole numbers have no small steps, "
            "and what passes no gradient has no direction. Leave robustness out."
        )
    number = LossOfAnswer(output)
    request = Request((LayerReads(inputs=True),), number, output, "logit")
    (result,) = shared_pass(traced_model, [request], inputs, chunk_size(traced_model, batch_size))
    moved, units = [], set()
    for position in positions:
        name, values = traced_model.input_names[position], flat[position]
        signs = np.sign(np.nan_to_num(result.reduced[0][name].astype(np.float32)))
        array = np.asarray(values).astype(np.float32)
        if input_layout(traced_model, values) in ("image", "grey", "volume"):
            low, high = color_range or _color_range(array)
            one, unit = np.float32(high - low), PICTURE_UNIT
            bounds = np.float32(min(low, array.min())), np.float32(max(high, array.max()))
        else:
            axis = channel_axis(traced_model, values)
            axis = array.ndim - 1 if axis is None and array.ndim > 1 else axis
            over = tuple(i for i in range(array.ndim) if axis is None or i != axis % array.ndim)
            one, unit = array.std(axis=over, keepdims=True), TABLE_UNIT
            bounds = array.min(axis=over, keepdims=True), array.max(axis=over, keepdims=True)
        moved.append(_Moved(position, one * signs, *bounds))
        units.add(unit)
    return moved, units


def _after(one: _Moved, own: Array, some: npt.NDArray[np.int64], steps: Floats) -> Array:
    """Returns rows of an input after their steps, in its own type."""
    by_row = steps.astype(np.float32).reshape(-1, *[1] * (own.ndim - 1))
    moved = np.clip(own.astype(np.float32) + by_row * one.delta[some], one.low, one.high)
    return np.asarray(moved, own.dtype)


def _color_range(images: Array) -> tuple[float, float]:
    from tfexplain.rendering import color_range  # which imports matplotlib

    return color_range(images)
