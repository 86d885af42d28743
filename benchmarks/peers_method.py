"""What a library has to say of a method, to be measured beside the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from cases import Array, Case, Part, keras

# How the maps are alike -> theirs, and ours brought to the same form.
Pairs: TypeAlias = dict[str, tuple[Any, Any]]
# Writes two epochs below a folder, and calls the function after each.
Log: TypeAlias = Callable[[Path, Callable[[], None]], None]


@dataclass(frozen=True)
class Task:
    """What all libraries do alike: one class for all images, and as many passes."""

    case: Case
    target: int  # the class that all images are explained for
    samples: int  # of SmoothGrad
    patch: int  # side of an occluded square, in pixels
    noise: float = 0.2

    @property
    def passes(self) -> dict[str, tuple[str, int]]:
        """Method -> the bare passes it cannot do without: which, and how many."""
        positions = (self.case.images.shape[1] // self.patch) ** 2
        return {
            "Grad-CAM": ("bare Grad-CAM", 1),
            "Saliency": ("bare forward+backward", 1),
            "IG": ("bare forward+backward", self.case.steps),
            "SmoothGrad": ("bare forward+backward", self.samples),
            "Occlusion": ("bare forward", positions),
        }


@dataclass(frozen=True)
class Method:
    """A call as users write it; its maps beside ours; its callback, if there is one.

    Attributes:
        call: What is timed.
        compare: From our map, float32, pairs that should agree.
        logs: How -> what writes epochs 0 and 1 with a callback.
    """

    call: Part
    compare: Callable[[Array], Pairs] | None = None
    logs: dict[str, Log] = field(default_factory=dict)


def linear(model: Any) -> None:
    """The model gives logits from now on, as Xplique's tutorials do it."""
    model.layers[-1].activation = keras.activations.linear


def noisy(inputs: Array, task: Task) -> Array:
    """Our noisy copies of each sample, [N, samples, ...], for others to average over.

    Whose noise is random could only agree with enough samples; that of all samples is one here.
    """
    drawn = np.random.default_rng([0, 0]).standard_normal(
        (task.samples, *inputs.shape[1:]), np.float32
    )
    spread = task.noise * np.ptp(inputs, axis=tuple(range(1, inputs.ndim)), keepdims=True)
    return inputs[:, None] + spread[:, None] * drawn


def agreement(theirs: Any, ours: Any) -> tuple[float, float]:
    """Mean correlation of the samples' maps, and the largest difference over the largest value.

    Maps that are zero everywhere have no correlation and are left out of the mean.
    """
    a, b = (np.asarray(x, np.float64).reshape(len(x), -1) for x in (theirs, ours))
    moving = (a.std(axis=1) > 0) & (b.std(axis=1) > 0)
    found = [np.corrcoef(x, y)[0, 1] for x, y in zip(a[moving], b[moving], strict=True)]
    return float(np.mean(found)) if found else float("nan"), float(abs(a - b).max() / abs(b).max())
