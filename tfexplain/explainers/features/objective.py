"""Objectives of activation maximization: channels of a layer, or classes of an output."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.errors import TfexplainError
from tfexplain.explainers.features.ascent import Objective
from tfexplain.explainers.features.feature_maps import positions
from tfexplain.model.layer_calls import LayerCall, LayerError, find
from tfexplain.model.outputs import Score, choose_output
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Tensor


class ActivationObjective:
    """Computes activations of a layer's channels, or scores of classes without a layer.

    Args:
        traced_model: The model's passes.
        batch: A batch, for its structure only.
        layer: Path of the layer, or None.
        output: Name or position of the output.
        score: Score of a class, logit or probability.

    Raises:
        LayerError: the layer is missing, or has no channels.
        TargetError: the output is missing.
    """

    def __init__(
        self,
        traced_model: TracedModel,
        batch: Any,
        layer: str | None,
        output: str | int | None,
        score: Score,
    ) -> None:
        self._traced_model, self._output, self._score = (
            traced_model,
            choose_output(traced_model.model_outputs, output),
            score,
        )
        self._structure = tf.nest.map_structure(lambda _: 0, batch)
        self._call = (
            None
            if layer is None
            else find(traced_model.layer_calls, layer, missed=traced_model.missed)
        )
        if self._call and not self._call.shape:
            raise LayerError(
                f"layer={layer!r}: expected an output with channels; got [N]. Pass one before it."
            )

    @property
    def name(self) -> str:
        """Path of the layer, or name of the output."""
        return self._call.path if self._call else self._output.name

    @property
    def argument(self) -> str:
        """The argument that named it, for errors."""
        return f"{'layer' if self._call else 'output'}={self.name!r}"

    @property
    def unit(self) -> str:
        """Unit of the values."""
        return "activation" if self._call else self._output.unit(self._score)

    @property
    def key(self) -> Hashable:
        """Identifies the objective among compiled functions."""
        return self._call and self._call.path, self._output, self._score

    @property
    def total(self) -> int:
        """Number of channels or classes; 1 for an output without classes."""
        return self._call.channels if self._call else max(1, self._output.targets)

    def channels(self, asked: Any) -> npt.NDArray[np.int32]:
        """Returns the channels or classes that are asked for, checked.

        Raises:
            TfexplainError: numbers of no channel or class.
        """
        channels = np.atleast_1d(np.asarray(asked))
        whole = channels.ndim == 1 and len(channels) and np.issubdtype(channels.dtype, np.integer)
        if not whole or channels.min() < 0 or channels.max() >= self.total:
            raise TfexplainError(
                f"channels={asked}: expected numbers in 0..{self.total - 1} of {self.name!r}."
            )
        return channels.astype(np.int32)

    def objective(self) -> Objective:
        """Returns a function that computes the value of each row's channel.

        It holds the traced model but no batch.
        """
        traced_model, call, output, score = (
            self._traced_model,
            self._call,
            self._output,
            self._score,
        )
        structure = self._structure

        def objective(inputs: list[Tensor], channels: Tensor) -> Tensor:
            packed = tf.nest.pack_sequence_as(structure, inputs)
            if call is None:
                return traced_model.scores(packed, channels, output, score)[0]
            return tf.gather(_by_channel(traced_model, call, packed), channels, batch_dims=1)

        return objective


def _by_channel(traced_model: TracedModel, call: LayerCall, inputs: Any) -> Tensor:
    """Computes the mean over the positions of a layer, float32 [N, C]."""
    activation = traced_model.forward(inputs, {call.path})[1][call.path]
    values = positions(activation, call) if call.grid else tf.cast(activation, tf.float32)
    if values.shape[0] != tf.nest.flatten(inputs)[0].shape[0]:
        around = f", such as {call.within!r}" if call.within else ""
        raise LayerError(
            f"layer={call.path!r}: expected an output with one row for each sample; it is called "
            f"on parts of them. Pass the layer around it{around}."
        )
    return tf.reduce_mean(values, axis=list(range(1, values.shape.rank - 1)))
