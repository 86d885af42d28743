"""Reads what leaves the graph of a pass: numbers of each activation and each gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.health.layers import HALVES
from tfexplain.health.statistics import CUT_OFF
from tfexplain.types import Array

# A function is saturated where its slope is less than this share of its largest.
FLAT = 0.05
_TANH = math.sqrt(1 - FLAT)  # the slope is 1 - y^2
_SIGMOID = math.sqrt(1 - FLAT) / 2  # the slope is y (1 - y), at most 1/4 where y is 1/2


@dataclass(frozen=True, eq=False)
class Activation:
    """Holds what is known of the output of one call.

    Attributes:
        values: float32, some values, evenly spread.
        dead: bool [C], units of a ReLU that are zero on all rows; [0] of other functions.
        finite: Whether the sum of all values is finite.
        saturated: Share of the values, of a softmax of the rows; NaN for functions that do not
            saturate.
        count: How many values there are.
    """

    values: Array
    dead: npt.NDArray[np.bool_]
    finite: bool
    saturated: float
    count: float


@dataclass(frozen=True, eq=False)
class Gradient:
    """Holds what is known of the gradient of one weight, loss scaling divided out.

    Attributes:
        norm: L2 norm; NaN where no gradient reaches.
        zeros: How many numbers of the weight have a gradient of exactly zero; as are the other
            counts, projected from `values` where these are not all.
        nonfinite: How many have none that is finite.
        underflow: How many are not zero but would be in half precision, with loss scaling.
        nonzero: Of how many that are not zero.
        values: float32, some gradients, evenly spread.
    """

    norm: float
    zeros: float
    nonfinite: float
    underflow: float
    nonzero: float
    values: Array = field(default_factory=lambda: np.zeros(0, np.float32))


def read_activation(found: Mapping[str, Any], activation: str) -> Activation:
    """Returns the reading of what `statistics.of_activation` gives."""
    values, sums = found["values"], found["sums"]
    return Activation(
        values,
        sums == 0 if activation in CUT_OFF else np.zeros(0, bool),
        bool(np.isfinite(sums).all()),
        _saturated(values, activation, float(found["sure"])),
        float(found["count"]),
    )


def read_gradient(
    found: Mapping[str, Any], scale: float, half: str = "", exact: Array | None = None
) -> Gradient:
    """Returns the reading of what `statistics.of_gradient` gives.

    Args:
        found: As numpy has it.
        scale: What the loss was multiplied with.
        half: The type of half precision that it is computed in; float16 is asked of others.
        exact: Values in float32 of one that is computed in float16, in which what is lost is zero.
    """
    count, values = float(found["count"]), found["values"]
    if math.isnan(count):
        return Gradient(math.nan, math.nan, math.nan, math.nan, math.nan)
    each = count / max(1, values.size)
    zeros = values.size - int(np.count_nonzero(values))
    full = values if exact is None else exact
    told = half != "float16" or exact is not None
    nonzero = int(np.count_nonzero(full))
    least = HALVES[half or "float16"]
    tiny = int(np.count_nonzero(np.abs(full) <= least)) - (full.size - nonzero)
    squares = float(found["squares"])
    broken = 0.0 if math.isfinite(squares) else max(1.0, each * _broken(values))
    own = values if scale == 1 else values / np.float32(scale)
    norm = math.sqrt(squares) / scale
    rest = found["size"] - count + zeros * each
    unit = each if told else math.nan
    return Gradient(norm, rest, broken, unit * tiny, unit * nonzero, own)


def _broken(values: Array) -> int:
    return values.size - int(np.count_nonzero(np.isfinite(values)))


def _saturated(values: Array, activation: str, sure: float) -> float:
    if activation == "tanh":
        flat = np.abs(values) > _TANH
    elif activation in ("sigmoid", "hard_sigmoid"):
        flat = np.abs(values - np.float32(0.5)) > _SIGMOID
    else:
        return sure
    return float(np.count_nonzero(flat)) / max(1, flat.size)
