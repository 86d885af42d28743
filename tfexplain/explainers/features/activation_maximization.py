"""Computes activation maximization: inputs that activate a channel or a class most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.checks import check_choice, check_number, check_whole
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import floating_inputs
from tfexplain.explainers.features.ascent import SearchSpace, stepper
from tfexplain.explainers.features.feature_maps import spaced
from tfexplain.explainers.features.objective import ActivationObjective
from tfexplain.explainers.features.optimized_inputs import OptimizedInputs
from tfexplain.model.batching import chunk_size, chunks, even_size
from tfexplain.model.call_batch import as_batch
from tfexplain.model.input_kinds import channel_axis, input_layout
from tfexplain.model.outputs import SCORES, Score
from tfexplain.model.trace_model import trace_model
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Tensor

MOST = 9  # channels, where none are named
_START = 0.1  # standard deviation of the noise at the start, in halves of the bounds' width


@dataclass(frozen=True, eq=False)
class ActivationMaximization:
    """Computes inputs that maximize channels of a layer, or classes, by gradient ascent.

    It is no explainer of samples and has no place in `Explain`: call it on a model and an example
    of its inputs; it returns `OptimizedInputs`. All channels are optimized together, with one
    forward and one backward pass a step. The objective is the mean over the layer's positions, or
    the score of the class. The length of a step does not depend on the gradient's and falls towards
    the end. A channel that is off at the start (behind a ReLU) takes random steps until it is on.
    The model may be flat, nested or subclassed, and is left as it was.

    The results show what a channel *can* respond to, not what it responds to in real images, and
    depend on all that keeps them smooth: compare pictures of the same settings only.

    Attributes:
        layer: Path of a layer; default the output, so that `channels` are its classes.
        channels: Which channels or classes; default at most 9, evenly spaced.
        steps: How many steps of gradient ascent.
        rate: Length of the first step, as root mean square, in halves of the width of `bounds`.
        bounds: (least, greatest) value of the input; default 0..1, -1..1, 0..255 or else those of
            the example inputs, whichever fit; 0..1 where only a shape is given.
        contrast: The greatest root mean square distance from the middle of `bounds`, in halves of
            their width. Without this limit (None) most values end at the bounds.
        jitter: How far the input is shifted at random in each step, at most, as a share of each
            side; 0 for not at all.
        blur: Standard deviation, in positions, of the Gaussian that smooths each step; 0 for none.
        seed: Seed of the start and the shifts; the same seed gives the same inputs to the bit on
            one machine.
        batch_size: How many channels go through the model at once; default by the size of the
            layers' outputs and the device.
        score: `"logit"` (default) or `"probability"`, for classes.
        output: Name or position of the model's output, for classes; default the first.

    References:
        Simonyan et al. 2013, section 2, https://arxiv.org/abs/1312.6034; the shifts: Mordvintsev
        et al. 2015, "DeepDream", and Olah et al. 2017, https://doi.org/10.23915/distill.00007,
        where smoothed steps are as well.

    Example:
        >>> import keras, numpy as np
        >>> double = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling([1.0, 2.0])])
        >>> found = ActivationMaximization(contrast=None)(double, (2,))
        >>> found.values[:, [0, 1]].diagonal().tolist(), found.reached.tolist()
        ([1.0, 1.0], [1.0, 2.0])
    """

    layer: str | None = None
    _: KW_ONLY
    channels: Sequence[int] | int | None = None
    steps: int = 128
    rate: float = 0.05
    bounds: tuple[float, float] | None = None
    contrast: float | None = 0.5
    jitter: float = 0.05
    blur: float = 1.0
    seed: int = 0
    batch_size: int | None = None
    score: Score = "logit"
    output: str | int | None = None

    def __post_init__(self) -> None:
        check_whole("steps", self.steps)
        check_whole("seed", self.seed, 0)
        check_whole("batch_size", self.batch_size, optional=True)
        for setting in ("rate", "jitter", "blur"):
            check_number(setting, getattr(self, setting), least=0)
        check_number("contrast", self.contrast, above=0, optional=True)
        check_choice("score", self.score, SCORES)
        if self.bounds is not None and not self.bounds[0] < self.bounds[1]:
            raise TfexplainError(f"bounds={self.bounds}: expected (least, greatest), as (0, 255).")

    def __call__(self, model: Any, inputs: Any) -> OptimizedInputs | dict[str, OptimizedInputs]:
        """Computes the optimized inputs: those of the model's one input, or of several by name.

        Args:
            model: A built Keras model.
            inputs: Example inputs [N, ...], scaled as in training, or the shape of one sample.

        Raises:
            LayerError: the layer is missing or unfit.
            TargetError: the output has no classes.
            TfexplainError: a channel that is not there.
        """
        by_input = self.each(model, inputs)
        return by_input if len(by_input) > 1 else next(iter(by_input.values()))

    def each(self, model: Any, inputs: Any) -> dict[str, OptimizedInputs]:
        """Computes the optimized inputs by the names of inputs.

        All inputs of floating-point numbers are optimized together; those of whole numbers stay
        what they are in the first example.
        """
        batch = as_batch(_zeros(inputs) if _is_shape(inputs) else inputs, model)
        traced_model = trace_model(model, batch)
        ascent = _Ascent(self, traced_model, batch, given=not _is_shape(inputs))
        chosen = ascent.chosen()
        size = traced_model.rows or even_size(
            len(chosen), chunk_size(traced_model, self.batch_size)
        )
        # The last chunk is filled up, so that no shorter one is compiled.
        by_chunk = [ascent.climb(chosen[rows]) for rows in chunks(len(chosen), size)]
        start, reached, *values = (
            np.concatenate(arrays)[: len(chosen)] for arrays in zip(*by_chunk, strict=True)
        )
        return ascent.maxima(chosen, start, reached, values)


class _Ascent:
    """Holds the state of one call: the objective, and the search space of each input."""

    def __init__(
        self, method: ActivationMaximization, traced_model: TracedModel, batch: Any, *, given: bool
    ) -> None:
        self._method, self._traced_model = method, traced_model
        self._flat = tf.nest.flatten(batch)
        self._moving = floating_inputs(traced_model, batch)
        self._spaces = [self._space(self._flat[i], given) for i in self._moving]
        self._excited = ActivationObjective(
            traced_model, batch, method.layer, method.output, method.score
        )
        self._key = (self._excited.key, tuple(self._moving), tuple(self._spaces))

    def chosen(self) -> npt.NDArray[np.int32]:
        """Returns the channels that are asked for, checked."""
        if self._method.channels is None:
            channels: npt.NDArray[np.int32] = spaced(self._excited.total, MOST)
            return channels
        return self._excited.channels(self._method.channels)

    def climb(self, channels: npt.NDArray[np.int32]) -> list[Any]:
        """Optimizes the channels of one chunk; [start, reached, values of each optimized input]."""
        method, count = self._method, len(channels)
        inputs = [tf.repeat(x[:1], count, axis=0) for x in self._flat]
        for i, space in zip(self._moving, self._spaces, strict=True):
            noise = np.random.default_rng([method.seed, i]).standard_normal(inputs[i].shape[1:])
            begin = np.clip(space.middle + _START * space.half * noise, space.low, space.high)
            inputs[i] = tf.repeat(tf.constant(begin[None], tf.float32), count, axis=0)
        chosen = tf.constant(channels)
        start = self._values(inputs, chosen)
        for step in range(method.steps):
            length = tf.constant(method.rate * (1 - step / method.steps), tf.float32)
            seed = tf.constant([method.seed, step], tf.int32)
            arguments = (inputs, chosen, length, seed)
            moved = self._traced_model.run(("ascent", self._key), self._step, *arguments)
            for i, x in zip(self._moving, moved, strict=True):
                inputs[i] = x
        return [start, self._values(inputs, chosen), *(inputs[i].numpy() for i in self._moving)]

    def maxima(
        self, channels: Any, start: Any, reached: Any, values: Sequence[Any]
    ) -> dict[str, OptimizedInputs]:
        """Returns the results by the names of inputs."""
        names = [self._traced_model.input_names[i] for i in self._moving]
        return {
            name: OptimizedInputs(
                values=inputs,
                channels=channels,
                start=start,
                reached=reached,
                layer=self._excited.name,
                input=name,
                unit=self._excited.unit,
                bounds=(space.low, space.high),
                channel_axis=channel_axis(self._traced_model, inputs),
            )
            for name, inputs, space in zip(names, values, self._spaces, strict=True)
        }

    def _values(self, inputs: list[Tensor], channels: Tensor) -> Any:
        key = ("excited", self._excited.key)
        return self._traced_model.run(key, self._excited.objective, inputs, channels).numpy()

    def _step(self) -> Any:
        return stepper(
            self._excited.objective(), self._spaces, self._moving, self._excited.argument
        )

    def _space(self, x: Tensor, given: bool) -> SearchSpace:
        from tfexplain.rendering import color_range  # which imports matplotlib

        method, low_high = self._method, self._method.bounds
        if low_high is None:
            low_high = color_range(x.numpy()) if given else (0.0, 1.0)
        channels = channel_axis(self._traced_model, x)
        kept = {0} if channels is None else {0, channels % x.shape.rank}
        plain = input_layout(self._traced_model, x) == "features"
        axes = () if plain else tuple(i for i in range(x.shape.rank) if i not in kept)
        shifts = tuple(math.floor(method.jitter * x.shape[i]) for i in axes)
        return SearchSpace(*low_high, method.contrast, axes, shifts, method.blur)


def _is_shape(inputs: Any) -> bool:
    return isinstance(inputs, (tuple, list)) and all(isinstance(x, int) for x in inputs)


def _zeros(shape: Sequence[int]) -> npt.NDArray[np.float32]:
    return np.zeros((1, *shape), np.float32)
