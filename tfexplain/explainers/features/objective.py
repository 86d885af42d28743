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
from tfexplain.model.outputs import Score
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Tensor


class ActivationObjective:
    """Computes activations of a layer's channels, or scores of classes without a layer.

    Args:
        passes: The model's passes.
        batch: A batch, for its structure only.
        layer: Path of the layer, or None.
        output: Which output.
        score: Which number of a class.

    Raises:
        LayerError: the layer is missing, or has no channels.
        TargetError: the output is missing.
    """

    def __init__(
        self,
        passes: TracedModel,
        batch: Any,
        layer: str | None,
        output: str | int | None,
        score: Score,
    ) -> None:
        self._passes, self._output, self._score = passes, passes.output(output), score
        self._structure = tf.nest.map_structure(lambda _: 0, batch)
        self._site = None if layer is None else find(passes.sites, layer, missed=passes.missed)
        if self._site and not self._site.shape:
            raise LayerError(
                f"layer={layer!r}: expected an output with channels; got [N]. Pass one before it."
            )

    @property
    def name(self) -> str:
        """Path of the layer, or name of the output."""
        return self._site.path if self._site else self._output.name

    @property
    def argument(self) -> str:
        """The argument that named it, for errors."""
        return f"{'layer' if self._site else 'head'}={self.name!r}"

    @property
    def unit(self) -> str:
        """Unit of the values."""
        return "activation" if self._site else self._output.unit(self._score)

    @property
    def key(self) -> Hashable:
        """Identifies the objective among compiled functions."""
        return self._site and self._site.path, self._output, self._score

    @property
    def total(self) -> int:
        """Number of channels or classes; 1 for an output without classes."""
        return self._site.channels if self._site else max(1, self._output.targets)

    def channels(self, asked: Any) -> npt.NDArray[np.int32]:
        """Returns the channels or classes that are asked for, checked.

        Raises:
            TfexplainError: numbers of no channel or class.
        """
        found = np.atleast_1d(np.asarray(asked))
        whole = found.ndim == 1 and len(found) and np.issubdtype(found.dtype, np.integer)
        if not whole or found.min() < 0 or found.max() >= self.total:
            raise TfexplainError(
                f"channels={asked}: expected numbers in 0..{self.total - 1} of {self.name!r}."
            )
        return found.astype(np.int32)

    def objective(self) -> Objective:
        """Returns a function that computes the value of each row's channel.

        It holds the traced model but no batch.
        """
        passes, site, output, score = self._passes, self._site, self._output, self._score
        structure = self._structure

        def objective(inputs: list[Tensor], channels: Tensor) -> Tensor:
            packed = tf.nest.pack_sequence_as(structure, inputs)
            if site is None:
                return passes.scores(packed, channels, output, score)[0]
            return tf.gather(_by_channel(passes, site, packed), channels, batch_dims=1)

        return objective


def _by_channel(passes: TracedModel, site: LayerCall, inputs: Any) -> Tensor:
    """Computes the mean over the positions of a layer, float32 [N, C]."""
    found = passes.forward(inputs, {site.path})[1][site.path]
    values = positions(found, site) if site.grid else tf.cast(found, tf.float32)
    if values.shape[0] != tf.nest.flatten(inputs)[0].shape[0]:
        around = f", such as {site.within!r}" if site.within else ""
        raise LayerError(
            f"layer={site.path!r}: expected an output with one row for each sample; it is called "
            f"on parts of them. Pass the layer around it{around}."
        )
    return tf.reduce_mean(values, axis=list(range(1, values.shape.rank - 1)))
