"""Baselines: what replaces hidden values, and where paths of Integrated Gradients start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import SampleRange

Baseline: TypeAlias = float | npt.ArrayLike | Sequence[Any] | Mapping[str, Any] | None


def starts(
    baseline: Baseline,
    inputs: Sequence[Any],
    names: Sequence[str],
    moving: Sequence[int],
    sample_range: SampleRange | None = None,
    padding: int | None = None,
) -> list[Any]:
    """Returns the baselines of each input, [B * N, ...], baseline by baseline.

    Args:
        baseline: As `IntegratedGradients` takes it.
        inputs: The batch, arrays [N, ...].
        names: The inputs' names.
        moving: Positions of the inputs that move; the others stay what they are.
        sample_range: Range of the batch, where baselines are given for all samples.
        padding: Baseline of indices where `baseline` says nothing; default 0.

    Raises:
        TfexplainError: a baseline that does not fit its input, or not as many for each input.
    """
    sample_range = sample_range or SampleRange(0, len(inputs[0]))
    baselines = [
        _of_input(baseline, x, name, sample_range, padding or 0) if i in moving else [x]
        for i, (x, name) in enumerate(zip(inputs, names, strict=True))
    ]
    count = max(len(base) for base in baselines)
    if any(len(base) not in (1, count) for base in baselines):
        raise TfexplainError(
            f"baseline: expected as many for each input, or one; got {[len(b) for b in baselines]}."
        )
    return [
        np.concatenate(
            [
                np.broadcast_to(baselines[i][b % len(baselines[i])], x.shape).astype(x.dtype)
                for b in range(count)
            ]
        )
        for i, x in enumerate(inputs)
    ]


def _of_input(
    baseline: Baseline, inputs: Any, name: str, sample_range: SampleRange, padding: int
) -> list[Any]:
    """Returns the baselines of one input, each [1, ...] or [N, ...]."""
    if isinstance(baseline, Mapping):
        baseline = baseline.get(name)
    elif is_text(inputs) and isinstance(baseline, (int, float)):
        baseline = None  # a number for all inputs says nothing of texts
    if baseline is None and np.issubdtype(inputs.dtype, np.integer):
        baseline = padding
    several = baseline if isinstance(baseline, (list, tuple)) else [baseline]
    if not several:
        raise TfexplainError("baseline=[]: expected at least one. Leave it out for zeros.")
    if is_text(inputs):
        return [_text(one, inputs, name, sample_range) for one in several]
    return [_one(one, inputs, name, sample_range) for one in several]


def is_text(inputs: Any) -> bool:
    """Returns whether an array holds texts."""
    return bool(inputs.dtype.kind in "OSU")


def _text(baseline: Any, inputs: Any, name: str, sample_range: SampleRange) -> Any:
    """Returns texts that replace those of an input; the default is "", which has no words."""
    array = np.asarray("" if baseline is None else baseline)
    if array.dtype.kind == "U":
        array = np.char.encode(array, "utf-8")
    array = array.astype(object)
    if array.ndim == inputs.ndim and len(array) == (sample_range.total or len(array)) > 1:
        array = array[sample_range.start : sample_range.start + len(inputs)]
    shapes = (inputs.shape, inputs.shape[1:], ())
    if array.shape not in shapes or not all(isinstance(one, bytes) for one in array.ravel()):
        raise TfexplainError(
            f"baseline: expected texts of shape {inputs.shape[1:]} for input {name!r}; got "
            f"{baseline!r:.60}. Pass a baseline for each input by its name, or leave it out for ''."
        )
    return array if array.shape == inputs.shape else array[None]


def _one(baseline: Any, inputs: Any, name: str, sample_range: SampleRange) -> Any:
    array = np.asarray(0.0 if baseline is None else baseline, np.float32)
    if array.ndim == inputs.ndim and len(array) == (sample_range.total or len(array)) > 1:
        array = array[sample_range.start : sample_range.start + len(inputs)]
    if array.ndim == inputs.ndim - 1 and array.ndim:
        array = array[None]
    try:
        fits = np.broadcast_shapes(array.shape, inputs.shape) == inputs.shape
    except ValueError:
        fits = False
    if not fits or not np.isfinite(array).all():
        raise TfexplainError(
            f"baseline: expected a finite number, or an array of shape {inputs.shape[1:]} for "
            f"input {name!r}; got shape {array.shape}. Leave it out for zeros."
        )
    if np.issubdtype(inputs.dtype, np.integer) and (array != np.round(array)).any():
        raise TfexplainError(
            f"baseline: expected whole numbers for input {name!r}; got "
            f"{array[array != np.round(array)][0]:g}. Pass a baseline for each input by its name."
        )
    return np.broadcast_to(array, (array.shape[0] if array.ndim else 1, *inputs.shape[1:]))
