"""Defines `RightReasons`: what is read outside of a region is penalised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfexplain.errors import SettingError
from tfexplain.training.log_probabilities import highest_logits, log_probabilities
from tfexplain.training.penalty import Penalty, Step, by_row
from tfexplain.training.row_regions import forbidden
from tfexplain.types import Array, Tensor


@dataclass(frozen=True, eq=False)
class RightReasons(Penalty):
    """Penalises what a model reads outside of a region, so that it is right for the right reasons.

    Added to the loss of a batch: `weight` times the mean over rows of R. Without `layer`, R is the
    sum over all values outside of the region of the squared gradient of the log-probabilities of
    all classes (of the outputs, where they are values). With one, it is the sum of squares of the
    row's Grad-CAM map outside of the region, for the class that is predicted, the map divided by
    its largest value.

    Attributes:
        regions: Where evidence should lie: a name or mask [*sides] for all rows, as
            `tfexplain.trust.region_masks` takes them; a function of (x, y) that is called in the
            graph, with tensors, and returns masks [N, *sides]; or None for those that the labels
            bring (`WithRegions`). `Avoid(region)` of any of these: where it should not lie. A row
            whose mask is empty is not penalised.
        weight: Lambda. The penalty should begin at about the size of the loss; both are in `logs`.
        layer: Path of a layer whose output is [N, *sides, C], for Grad-CAM.

    Raises:
        TfexplainError: before the first batch, for regions or a layer that do not fit.

    References:
        Ross et al. 2017, Right for the right reasons, the loss of section 3,
        https://arxiv.org/abs/1703.03717. Grad-CAM: RRR-G of Friedrich et al. 2023, A typology for
        exploring the mitigation of shortcut behaviour, https://arxiv.org/abs/2203.03668.

    Example:
        >>> import keras, numpy as np
        >>> from tfexplain.training import RightReasons, penalise
        >>> layers = [keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")]
        >>> model = keras.Sequential([keras.Input((8, 8, 1)), *layers])
        >>> model.compile("sgd", "sparse_categorical_crossentropy")
        >>> x, y = np.random.rand(16, 8, 8, 1), np.arange(16) % 2
        >>> _ = penalise(model, RightReasons("middle", weight=10.0)).fit(x, y, verbose=0)
    """

    regions: Any
    weight: float
    layer: str | None = None

    def __init__(self, regions: Any, weight: float, layer: str | None = None) -> None:
        object.__setattr__(self, "regions", regions)
        object.__setattr__(self, "weight", weight)
        object.__setattr__(self, "layer", layer)
        self.__post_init__()

    @property
    def layer_path(self) -> str | None:
        """See the base class."""
        return self.layer

    def of(self, step: Step) -> Tensor:
        """See the base class."""
        found = self._outside_maps(step) if self.layer else self._outside_gradients(step)
        return found if step.weights is None else found * tf.cast(step.weights, found.dtype)

    def _outside_gradients(self, step: Step) -> Tensor:
        classes = log_probabilities(step.model, step.y_pred)
        (gradient,) = _one(step.gradients(tf.add_n([tf.reduce_sum(one) for one in classes])), step)
        shape = gradient.shape
        first = _channels_first(step.model, shape.rank)
        outside = tf.cast(forbidden(self.regions, step, shape, first), gradient.dtype)
        channels = (shape.rank or 0) - (outside.shape.rank or 0)
        for _ in range(channels):
            outside = tf.expand_dims(outside, 1 if first else -1)
        return by_row(tf.square(outside * gradient))

    def _outside_maps(self, step: Step) -> Tensor:
        largest = highest_logits(step.model, step.y_pred)
        (gradient,) = self._called(step.gradients(tf.add_n([tf.reduce_sum(n) for n in largest])))
        activation = tf.cast(step.watched[0], gradient.dtype)
        if (activation.shape.rank or 0) < 3:
            raise SettingError(
                f"layer={self.layer!r}: expected a layer whose output is [N, *sides, C]; got "
                f"{[*activation.shape]}. Name a convolution or what follows one."
            )
        if _channels_first(step.model, activation.shape.rank):
            gradient, activation = (_channels_last(one) for one in (gradient, activation))
        sides = list(range(1, len(activation.shape) - 1))
        alphas = tf.reduce_mean(gradient, axis=sides, keepdims=True)
        maps = tf.nn.relu(tf.reduce_sum(alphas * activation, axis=-1))
        (x,) = _one(tf.nest.flatten(step.x), step)
        outside = forbidden(self.regions, step, x.shape, _channels_first(step.model, x.shape.rank))
        outside = tf.cast(_pooled(outside, maps.shape[1:], self.layer), maps.dtype)
        highest = tf.reduce_max(maps, axis=sides, keepdims=True)
        return by_row(tf.square(outside * tf.math.divide_no_nan(maps, highest)))

    def _called(self, found: list[Tensor]) -> list[Tensor]:
        if len(found) != 1:
            raise SettingError(
                f"layer={self.layer!r}: expected a layer that is called once; it is called "
                f"{len(found)} times. Name another."
            )
        return found


def _one(tensors: list[Tensor], step: Step) -> list[Tensor]:
    if len(tensors) != 1:
        raise SettingError(
            f"penalise: expected a model of one input for RightReasons; got {len(tensors)}. Use "
            "InputGradientPenalty, which takes all of them."
        )
    return tensors


def _channels_first(model: Any, rank: int | None) -> bool:
    """Whether channels come before the sides, as the model's library has them by default."""
    if (rank or 0) < 4:
        return False
    if isinstance(model, keras.Model):
        return str(keras.config.image_data_format()) == "channels_first"
    import tf_keras

    return str(tf_keras.backend.image_data_format()) == "channels_first"


def _channels_last(tensor: Tensor) -> Tensor:
    return tf.transpose(tensor, [0, *range(2, len(tensor.shape)), 1])


def _pooled(outside: Tensor, sides: tf.TensorShape, layer: str | None) -> Tensor:
    """Returns masks [N, *sides of the input] at a layer's sides: which share of each of its
    positions lies there."""
    held = outside.shape[1:]
    if len(held) != len(sides) or None in [*held, *sides]:
        raise SettingError(
            f"layer={layer!r}: expected a layer with as many sides of known length as the regions' "
            f"{[*held]}; its maps have {[*sides]}. Name another, or leave `layer` out."
        )
    for axis, (n, wanted) in enumerate(zip(held, sides, strict=True), 1):
        if n != wanted:
            pooled = tf.tensordot(outside, tf.constant(_shares(n, wanted)), [[axis], [1]])
            places = list(range(len(outside.shape) - 1))
            places.insert(axis, len(places))
            outside = tf.transpose(pooled, places)
    return outside


def _shares(held: int, wanted: int) -> Array:
    """Returns which share of each of `wanted` equal parts each of `held` pixels is, float32
    [wanted, held].

    >>> _shares(4, 2).tolist()
    [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]
    """
    ends = np.arange(1, wanted + 1)[:, None] * held / wanted
    pixels = np.arange(held)[None]
    common = np.minimum(pixels + 1, ends) - np.maximum(pixels, ends - held / wanted)
    shares: Array = (np.maximum(common, 0) * wanted / held).astype(np.float32)
    return shares
