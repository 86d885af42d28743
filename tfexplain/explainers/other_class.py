"""Finds the second class of samples that a model gets wrong: the predicted beside the true one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.model.outputs import ModelOutput
from tfexplain.model.shared_pass import PassResult, Request
from tfexplain.model.targets import predicted

Classes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class TrueClasses:
    """Holds the true classes of samples at one output, int32 [N]; -1 where a sample has none."""

    output: ModelOutput
    classes: Classes

    @property
    def exclusive(self) -> bool:
        """Whether there is one predicted class: not of positions, values or several labels."""
        output = self.output
        return output.classes > 0 and not (output.regression or output.several)

    def of(self, rows: slice) -> TrueClasses:
        """Returns those of some samples."""
        return replace(self, classes=self.classes[rows])


def other_requests(
    requests: Sequence[Request], results: Sequence[PassResult], true: TrueClasses
) -> list[Request] | None:
    """Returns what to ask of a second shared pass; None where no sample is wrong.

    A request for the output of the true classes asks for the other class of each sample. All else
    stays as it was, so that the second pass is the function that was compiled for the first.
    """
    again = [
        _other_request(request, result, true)
        for request, result in zip(requests, results, strict=True)
    ]
    if all(other is None for other in again):
        return None
    return [other or request for other, request in zip(again, requests, strict=True)]


def other_classes(explained: Classes, predicted_classes: Classes, true: Classes) -> Classes:
    """Returns the other class of each sample: where the prediction is wrong, the predicted one if
    the true one is explained and the reverse, else the explained class itself.

    >>> other_classes(np.array([3, 3, 8, 5]), np.array([8, 3, 8, 8]), np.array([3, 3, 3, 3]))
    array([8, 3, 3, 5])
    """
    known = (true >= 0) & (predicted_classes >= 0)
    other = np.where(explained == true, predicted_classes, true)
    either = (explained == true) | (explained == predicted_classes)
    return np.where(known & either, other, explained)


def _other_request(request: Request, result: PassResult, true: TrueClasses) -> Request | None:
    output = request.output
    if request.rule or output != true.output or not true.exclusive:
        return None
    explained = np.asarray(result.targets, np.int32)
    found = _predicted(result.outputs, output)
    other = other_classes(explained, found, true.classes).astype(np.int32)
    return None if np.array_equal(other, explained) else replace(request, targets=other)


def _predicted(outputs: Any, output: ModelOutput) -> Classes:
    """Returns the predicted classes, int32 [N]; -1 where an output is not a number."""
    raw = tf.nest.flatten(outputs)[output.position]
    classes = predicted(tf.constant(raw), output).numpy()
    broken = np.isnan(np.asarray(raw, np.float32).reshape(len(classes), -1)).any(axis=1)
    return np.where(broken, -1, classes)
