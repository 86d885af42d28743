"""Where the paths of Integrated Gradients start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tfexplain.explainers.base import Place

Baseline: TypeAlias = float | npt.ArrayLike | Sequence[Any] | Mapping[str, Any] | None


def starts(
    baseline: Baseline,
    inputs: Sequence[Any],
    names: Sequence[str],
    moving: Sequence[int],
    place: Place | None = None,
) -> list[Any]:
    """Where paths start: for each input [B * N, ...], baseline by baseline.

    Args:
        baseline: As `IntegratedGradients` takes it.
        inputs: The batch, arrays [N, ...].
        names: The inputs' names.
        moving: Positions of the inputs that move; the others stay what they are.
        place: Of the batch, where it is a portion and baselines are given for all samples.

    Raises:
        ValueError: a baseline that does not fit its input, or not as many for each input.
    """
    place = place or Place(0, len(inputs[0]))
    found = [_of_input(baseline, x, name, place) for x, name in zip(inputs, names, strict=True)]
    count = max(len(base) for base in found)
    if any(len(base) not in (1, count) for base in found):
        raise ValueError(
            f"baseline: expected as many for each input, or one; got {[len(b) for b in found]}."
        )
    return [
        np.concatenate(
            [
                np.broadcast_to(found[i][b % len(found[i])] if i in moving else x, x.shape)
                for b in range(count)
            ]
        )
        for i, x in enumerate(inputs)
    ]


def _of_input(baseline: Baseline, inputs: Any, name: str, place: Place) -> list[Any]:
    """The baselines of one input, each [1, ...] or [N, ...]."""
    if isinstance(baseline, Mapping):
        baseline = baseline.get(name)
    several = baseline if isinstance(baseline, (list, tuple)) else [baseline]
    if not several:
        raise ValueError("baseline=[]: expected at least one. Leave it out for zeros.")
    return [_one(one, inputs, name, place) for one in several]


def _one(baseline: Any, inputs: Any, name: str, place: Place) -> Any:
    array = np.asarray(0.0 if baseline is None else baseline, np.float32)
    if array.ndim == inputs.ndim and len(array) == (place.total or len(array)) > 1:
        array = array[place.start : place.start + len(inputs)]
    if array.ndim == inputs.ndim - 1 and array.ndim:
        array = array[None]
    try:
        fits = np.broadcast_shapes(array.shape, inputs.shape) == inputs.shape
    except ValueError:
        fits = False
    if not fits or not np.isfinite(array).all():
        raise ValueError(
            f"baseline: expected a finite number, or an array of shape {inputs.shape[1:]} for "
            f"input {name!r}; got shape {array.shape}. Leave it out for zeros."
        )
    return np.broadcast_to(array, (array.shape[0] if array.ndim else 1, *inputs.shape[1:]))
