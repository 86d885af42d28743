"""Measures the activity of the units of every layer on a few fixed validation samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.compression import ActivationNumbers
from tfexplain.data.row_choice import choose_rows
from tfexplain.model.layer_calls import LayerCall
from tfexplain.model.shared_pass import LayerReads, Request, shared_pass
from tfexplain.model.targets import as_targets


class Activity:
    """Runs the samples through a model, and counts at the output of every layer.

    Args:
        model: Built.
        validation_data: Validation data, as `Explain` takes it.
        samples: How many rows to take.
        seed: Seed of the choice of rows.

    Attributes:
        inputs: Tensors of these rows, as the model takes them.
        traced_model: The model, opened.

    Raises:
        TfexplainError: empty or NaN data, or shapes the model cannot take.
    """

    def __init__(self, model: Any, validation_data: Any, samples: int, seed: int) -> None:
        chosen = choose_rows(validation_data, model, samples, seed)
        self.inputs, self.traced_model, self._output = (
            chosen.inputs,
            chosen.traced_model,
            chosen.output,
        )
        self._targets = as_targets(None, self._output, len(chosen.rows))
        self.samples, self.total = len(chosen.rows), chosen.total

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Output shapes by layer, where all sides are known."""
        known = {call.path: call.shape for call in self.traced_model.layer_calls}
        return {path: shape for path, shape in known.items() if None not in shape}  # type: ignore[misc]

    def measure(self) -> dict[str, ActivationNumbers]:
        """Measures every layer whose output is one array with a last or channel axis.

        A layer that is called more than once has its calls counted together.
        """
        paths = tuple(
            call.path for call in self.traced_model.layer_calls if call.shape and _counts(call)
        )
        reading = LayerReads(paths, False, _count, "activity")
        request = Request((reading,), self._targets, self._output, "logit")
        (result,) = shared_pass(self.traced_model, [request], self.inputs)
        return _by_layer(result.reduced[0])


def _counts(call: LayerCall) -> bool:
    """Returns whether an output holds activations: not texts, indices or masks."""
    return bool(tf.as_dtype(call.dtype).is_floating)


def _count(activation: Any, gradient: Any, call: LayerCall) -> tuple[Any, Any, Any]:
    """Counts (zeros, values, bool [C] whether never above zero) of each sample, in the graph."""
    rank = activation.shape.rank
    channel = 1 if call.channels_first and rank > 2 else rank - 1
    others = [axis for axis in range(1, rank) if axis != channel]
    every = list(range(1, rank))
    zeros = tf.math.count_nonzero(tf.equal(activation, 0), every, dtype=tf.int64)
    values = tf.reduce_sum(tf.ones_like(activation, tf.int64), every)
    return zeros, values, tf.reduce_all(activation <= 0, others)


def _by_layer(counted: Mapping[str, tuple[Any, Any, Any]]) -> dict[str, ActivationNumbers]:
    calls: dict[str, list[tuple[Any, Any, Any]]] = {}
    for path, counts in counted.items():
        calls.setdefault(path.partition("@")[0], []).append(counts)
    by_layer = {}
    for path, each in calls.items():
        # An embedding that is also the output layer has other units there.
        several = [own for own in each if np.shape(own[2]) == np.shape(each[0][2])]
        zeros, size = (sum(int(np.sum(own[i])) for own in several) for i in (0, 1))
        dead = np.logical_and.reduce([own[2].all(axis=0) for own in several])
        by_layer[path] = ActivationNumbers(zeros / size if size else 0.0, dead)
    return by_layer
