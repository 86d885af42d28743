"""Computes Score-CAM (Wang et al. 2020), which weights channels by the scores of masked inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.checks import check_whole, layer_names
from tfexplain.explainers.base import Context, Explainer
from tfexplain.explainers.baselines import Baseline, starts
from tfexplain.explainers.features.feature_maps import (
    as_tuple,
    check_grid,
    check_samples,
    positions,
)
from tfexplain.explainers.perturbation.masked import MaskedInput, Masks
from tfexplain.explainers.perturbation.upsampling import centres, stretched
from tfexplain.model.batching import chunk_size
from tfexplain.model.layer_calls import LayerCall, LayerError
from tfexplain.model.outputs import choose_output
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Array, Tensor


@dataclass(frozen=True, eq=False)
class ScoreCAM(Explainer):
    """Computes the evidence for the target at each position of a layer, without a gradient.

    Each channel of the layer is upsampled to the size of the input and scaled to 0..1, and masks
    the input; its weight is the rise of the score over that of the baseline. `values` are float32
    [N, *sides] at the layer's own resolution: the ReLU of the weighted sum of channels. With
    `softmax` (default) the weights add up to 1, so values are activations and their magnitude does
    not tell how sure the model is; without it the weights are the rises themselves. Constant
    channels have no weight.

    Attributes:
        layer: Path of a layer whose output is [N, t, C], [N, h, w, C] or [N, d, h, w, C]; default
            as for `GradCAM`.
        max_channels: How many channels at most, those whose activation varies most over the
            positions of the sample; None for all, as in the paper. Each costs one pass a sample.
        softmax: Whether the rises are normalized by a softmax over the channels.
        token_grid: (h, w) of the tokens of a layer whose output is [N, T, C]; see `GradCAM`.
        baseline: What replaces the hidden input, and is the reference of the rises: as for
            `Occlusion`.
        batch_size: As for `Occlusion`.

    References:
        Wang et al. 2020, definition 3, eq. 4 and algorithm 1, https://arxiv.org/abs/1910.01279

    Example:
        >>> import keras, numpy as np
        >>> conv, head = keras.layers.Conv2D(4, 3, name="conv"), keras.layers.Dense(3)
        >>> model = keras.Sequential([keras.Input((8, 8, 1)), conv, keras.layers.Flatten(), head])
        >>> images = np.random.default_rng(0).random((2, 8, 8, 1))
        >>> ScoreCAM(layer="conv")(model, images, targets=[0, 2]).values.shape
        (2, 6, 6)
    """

    layer: str | Sequence[str] | None = None
    _: KW_ONLY
    max_channels: int | None = 64
    softmax: bool = True
    token_grid: Sequence[int] | None = None
    baseline: Baseline = None
    batch_size: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("max_channels", self.max_channels, optional=True)
        check_grid(self.token_grid)

    def divided(self) -> list[Explainer]:
        """Returns one explainer for each layer."""
        if self.layer is None or isinstance(self.layer, str):
            return [self]
        return [replace(self, layer=name) for name in self.layer]

    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Plans to read the activations of the channels that vary most."""
        call = self._call(traced_model, targets)
        key = ("score cam", self.max_channels, as_tuple(self.token_grid))
        return LayerReads((call.path,), False, self._reduce, key)

    def attributions(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Masks the input with each channel and weights the channels by the scores."""
        check_samples(reduced, context)
        ((path, activations),) = reduced.items()
        masked = self._masked(context, path, activations.ndim - 2)
        masks = _masks(activations, masked.sides)
        scores = masked.masked_scores(masks)
        with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinity are told as such
            increase = scores[:, :-1] - scores[:, -1:]
            varies = np.ptp(activations.reshape(*activations.shape[:2], -1), axis=2) > 0
            weights = _softmax(increase, varies) if self.softmax else increase * varies
            cam = np.einsum("nk,nk...->n...", weights, activations.astype(np.float64))
        return {
            path: Attribution(
                values=np.maximum(cam, 0).astype(np.float32),
                targets=context.result.targets,
                scores=context.result.scores,
                layer=path,
                explainer=self.name,
                unit="activation" if self.softmax else context.unit,
                signed=False,
                passes=np.full(masked.samples, masks.count * masked.baselines, np.int32),
            )
        }

    def _call(self, traced_model: TracedModel, targets: Any) -> LayerCall:
        names = layer_names(self.layer)
        if names is None:
            return traced_model.last_spatial_call(
                choose_output(traced_model.model_outputs, self.output),
                targets,
                grid=self.token_grid,
            )
        return traced_model.spatial_call(names[0], grid=self.token_grid)

    def _masked(self, context: Context, path: str, axes: int) -> MaskedInput:
        """Returns the first input that the layer depends on and that has positions of the same
        rank."""
        call = next(call for call in context.traced_model.layer_calls if call.path == path)
        flat = [np.asarray(x) for x in tf.nest.flatten(context.inputs)]
        names = context.traced_model.input_names
        for i in call.inputs:
            if flat[i].dtype.kind == "f":
                begin = starts(self.baseline, flat, names, [i], context.sample_range)[i]
                size = chunk_size(context.traced_model, self.batch_size)
                masked = MaskedInput(context, i, begin, size)
                if len(masked.sides) == axes:
                    return masked
        raise LayerError(
            f"layer={path!r}: expected positions on as many axes as an input that it depends on; "
            f"got {axes} for {[names[i] for i in call.inputs]}. Pass another layer or token_grid=."
        )

    def _reduce(self, activation: Tensor, _: Tensor | None, call: LayerCall) -> Tensor:
        """Selects the channels that vary most, [N, k, *sides], in the order of their numbers."""
        values = positions(activation, call.put(self.token_grid))
        last = values.shape.rank - 1
        by_channel = tf.transpose(values, [0, last, *range(1, last)])
        if self.max_channels is None or self.max_channels >= call.channels:
            return by_channel
        spread = tf.math.reduce_variance(by_channel, axis=list(range(2, last + 1)))
        chosen = tf.sort(tf.math.top_k(spread, self.max_channels).indices)
        return tf.gather(by_channel, chosen, batch_dims=1)


def _masks(activations: Array, sides: Sequence[int]) -> Masks:
    """Scales each channel to 0..1 and to the size of the input as a mask; the last mask hides
    everything."""
    nothing = np.zeros_like(activations[:, :1])
    cells = activations.shape[2:]

    def make(codes: Sequence[Tensor], _: Sequence[Tensor]) -> Tensor:
        places = [centres(side, count) for side, count in zip(sides, cells, strict=True)]
        drawn = stretched(codes[0], places)
        axes = list(range(1, drawn.shape.rank))
        low = tf.reduce_min(drawn, axes, keepdims=True)
        return tf.math.divide_no_nan(drawn - low, tf.reduce_max(drawn, axes, keepdims=True) - low)

    return Masks([np.concatenate([activations, nothing], axis=1)], make, ("cam", *sides, *cells))


def _softmax(increase: Array, counted: Array) -> Array:
    """Computes the softmax over the channels that count; zeros where none does."""
    highest = np.max(increase, axis=1, keepdims=True, where=counted, initial=-np.inf)
    shares = np.exp(np.where(counted, increase - np.where(counted, highest, 0), -np.inf))
    total = shares.sum(axis=1, keepdims=True)
    return np.asarray(shares / np.where(total > 0, total, 1))
