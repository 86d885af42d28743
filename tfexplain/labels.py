"""Labels of one output of a model, from whatever structure and form they come in."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.passes import Passes
from tfexplain.targets import PREDICTED, Head, TargetError, class_indices


def labels_of(labels: Any, head: Head, passes: Passes) -> Any:
    """The labels of one output, from whatever structure they came in; None where unclear."""
    if labels is None or len(passes.heads) == 1:
        flat = tf.nest.flatten(labels) if labels is not None else []
        return flat[0] if len(flat) == 1 else None
    if isinstance(labels, dict):
        return labels.get(head.name)
    if isinstance(labels, (list, tuple)) and len(labels) == len(passes.heads):
        return labels[head.position]
    return labels if head.position == 0 and isinstance(labels, np.ndarray) else None


def known_labels(
    labels: Any, head: Head, argument: str = "val"
) -> tuple[Literal["class", "value", "none"], npt.NDArray[Any] | None]:
    """Labels as class indices (whole numbers) or as values (floats), whichever the head has.

    Raises:
        TargetError: a class that the head does not have; `argument` is what the labels came with.
    """
    if labels is None or not head.classes:
        return "none", None
    if head.regression:
        return "value", np.asarray(labels, np.float64).reshape(len(labels), -1)[:, 0]
    found = class_indices(np.asarray(labels), head.targets)
    wrong = np.flatnonzero((found < PREDICTED) | (found >= head.targets))
    if len(wrong):
        raise TargetError(
            f"{argument}: expected labels in 0..{head.targets - 1} for output {head.name!r}; got "
            f"{found[wrong[0]]} (row {wrong[0]}). Check the labels, or the model's outputs."
        )
    return "class", found
