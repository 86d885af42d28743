"""Makes the numbers of each layer out of what a pass found and how far weights moved."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.compression.distribution import Histogram, histogram_of
from tfexplain.health.layers import HealthLayer
from tfexplain.health.measure import HealthPass
from tfexplain.health.updates import Moved

# Totals of the whole model, as `logs` and Scalars name them.
TOTALS = (
    "loss",
    "gradient_norm",
    "gradient_ratio",
    "gradient_zeros",
    "update_ratio",
    "dead_share",
    "nonfinite",
    "loss_scale",
)


# Of fewer rows no unit is called dead.
LEAST_ROWS = 8


@dataclass(frozen=True, eq=False)
class LayerHealth:
    """Holds the numbers of one layer.

    Attributes:
        layer: The layer.
        numbers: By name; see `tfexplain.wire.metrics`.
        weights: The numbers of each trained weight, by its name.
        activations, gradients: Their histograms; None where they are not known.
        dead: bool [C], units of a ReLU that are never above zero; [0] of other functions.
        size: How many trained weights it has.
    """

    layer: HealthLayer
    numbers: Mapping[str, float]
    weights: Mapping[str, Mapping[str, float]]
    activations: Histogram | None
    gradients: Histogram | None
    dead: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    size: int = 0


def by_layer(
    layers: Sequence[HealthLayer],
    found: HealthPass,
    sizes: Sequence[int],
    moved: Moved | None,
    rows: int,
) -> list[LayerHealth]:
    """Returns the numbers of each layer.

    Args:
        layers: As measured.
        found: What the pass found.
        sizes: How many numbers each trainable variable has.
        moved: How far weights moved since the last measurement; None where this is the first.
        rows: How many rows were run. Of few, a unit may be silent by chance.
    """
    made = []
    for layer in layers:
        active, activations, dead = _activity(layer, found, rows)
        places = [place for _, place in layer.weights]
        numbers = _gradients(places, found, sizes)
        own = {
            name: _gradients([place], found, sizes) | _update([place], moved)
            for name, place in layer.weights
        }
        numbers |= _update(places, moved) | active
        size = sum(sizes[place] for place in places)
        spread = _gradient_histogram(places, found)
        made.append(LayerHealth(layer, numbers, own, activations, spread, dead, size))
    return made


def totals(layers: Sequence[LayerHealth], found: HealthPass) -> dict[str, float]:
    """Returns the totals of the model, by the names of `TOTALS`, those that are known."""
    norms = [layer.numbers.get("gradient_norm", np.nan) for layer in layers]
    ends = [
        norm
        for layer, norm in zip(layers, norms, strict=True)
        if layer.layer.kernels and not np.isnan(norm)
    ]
    units = sum(layer.dead.size for layer in layers)
    changes = [layer.numbers.get("update_norm", np.nan) for layer in layers]
    befores = [layer.numbers.get("weight_norm", np.nan) for layer in layers]
    sizes = np.array([layer.size for layer in layers])
    zeros = np.array([layer.numbers.get("gradient_zeros", np.nan) for layer in layers])
    values = {
        "loss": found.loss,
        "gradient_norm": _together(norms),
        "gradient_ratio": ends[0] / ends[-1] if len(ends) > 1 and ends[-1] else np.nan,
        "gradient_zeros": float(np.nansum(zeros * sizes) / sizes.sum()) if sizes.sum() else np.nan,
        "update_ratio": _ratio(_together(changes), _together(befores)),
        "dead_share": sum(int(layer.dead.sum()) for layer in layers) / units if units else np.nan,
        "nonfinite": float(sum(map(_is_broken, layers))),
        "loss_scale": found.scale if found.scale != 1 else np.nan,
    }
    return {name: float(values[name]) for name in TOTALS if not np.isnan(values[name])}


def _is_broken(layer: LayerHealth) -> bool:
    names = ("activation_nonfinite", "gradient_nonfinite")
    return any(layer.numbers.get(name, 0) > 0 for name in names)


def _activity(
    layer: HealthLayer, found: HealthPass, rows: int
) -> tuple[dict[str, float], Histogram | None, npt.NDArray[np.bool_]]:
    """(numbers, histogram, dead units) of a layer's outputs, its calls together."""
    calls = [found.activations[call] for call in layer.calls if call in found.activations]
    if not calls:
        return {}, None, np.zeros(0, bool)
    spread, moments = histogram_of(np.concatenate([call.values for call in calls]))
    counts = np.array([call.count for call in calls], float)
    shapes = {call.dead.shape for call in calls}
    same = len(shapes) == 1 and rows >= LEAST_ROWS
    dead = np.logical_and.reduce([call.dead for call in calls]) if same else np.zeros(0, bool)
    saturated = np.array([call.saturated for call in calls], float)
    seen = max(1, spread.zeros + int(spread.counts.sum()) + spread.nonfinite)
    numbers = {
        "activation_mean": moments.mean,
        "activation_std": moments.std,
        "activation_sparsity": spread.zeros / seen,
        "saturated": float((saturated * counts).sum() / counts.sum()),
        "dead_share": float(dead.mean()) if dead.size else np.nan,
        "activation_nonfinite": float(sum(not call.finite for call in calls)),
    }
    return _known(numbers), spread, dead


def _gradients(places: Sequence[int], found: HealthPass, sizes: Sequence[int]) -> dict[str, float]:
    """Numbers of the gradients of some variables together."""
    own = [found.gradients[place] for place in places if place < len(found.gradients)]
    if not own:
        return {}
    size = sum(sizes[place] for place in places)
    counted = [(one.zeros, one.nonfinite, one.underflow, one.nonzero) for one in own]
    zeros, nonfinite, underflow, nonzero = (
        sum(0.0 if math.isnan(count) else count for count in counts)
        for counts in zip(*counted, strict=True)
    )
    numbers = {
        "gradient_norm": _together([one.norm for one in own]),
        "gradient_zeros": zeros / size if size else np.nan,
        "gradient_nonfinite": nonfinite,
        "gradient_underflow": underflow / nonzero if nonzero else np.nan,
    }
    return _known(numbers)


def _gradient_histogram(places: Sequence[int], found: HealthPass) -> Histogram | None:
    own = [found.gradients[place].values for place in places if place < len(found.gradients)]
    return histogram_of(np.concatenate(own))[0] if own else None


def _update(places: Sequence[int], moved: Moved | None) -> dict[str, float]:
    if moved is None or not places:
        return {}
    change, before = (
        _together([float(norms[place]) for place in places])
        for norms in (moved.change, moved.before)
    )
    changed, lost = (
        sum(float(counts[place]) for place in places) for counts in (moved.changed, moved.lost)
    )
    numbers = {
        "update_norm": change,
        "weight_norm": before,
        "update_ratio": _ratio(change, before),
        "update_underflow": _ratio(lost, changed),
    }
    return _known(numbers)


def _together(norms: Sequence[float]) -> float:
    """The L2 norm of all of which these are the norms; unknown ones are left out."""
    known = [norm for norm in norms if not math.isnan(norm)]
    largest = max(known, default=float("nan"))
    if not known or largest == 0 or np.isinf(largest):
        return largest
    return largest * float(np.sqrt(sum((norm / largest) ** 2 for norm in known)))


def _ratio(change: float, before: float) -> float:
    return change / before if before > 0 else float("nan")


def _known(numbers: dict[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in numbers.items() if not math.isnan(value)}
