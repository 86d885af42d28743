"""A hidden unit as what is explained: one channel of a layer, in place of a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfexplain.model.layer_calls import LayerCall, LayerError


@dataclass(frozen=True)
class Unit:
    """One channel of a hidden layer, as a target: what is explained is its activation.

    Attributes:
        layer: Path of a layer, as `GradCAM(layer=)` takes it; `conv@1` for the second call of one
            that is called twice.
        channel: Number of the channel, or of the unit of a layer without positions such as Dense;
            negative numbers count from the end.
        position: Where: (y, x) of a plane, a number for a sequence; default the mean over all
            positions. `Unit("conv", 3)` so is what the channel says of the whole picture.

    Example:
        >>> import keras, numpy as np
        >>> from tfexplain import Saliency
        >>> hidden = keras.layers.Dense(2, name="hidden", kernel_initializer="ones")
        >>> model = keras.Sequential([keras.Input((3,)), hidden, keras.layers.Dense(1)])
        >>> found = Saliency()(model, np.ones((1, 3)), Unit("hidden", 1))
        >>> found.values.tolist(), found.scores.tolist(), found.unit
        ([[1.0, 1.0, 1.0]], [3.0], 'activation per unit of input')
    """

    layer: str
    channel: int
    position: int | Sequence[int] | None = None

    def at(self, call: LayerCall) -> UnitScore:
        """The unit at the call that `layer` was found to be.

        Raises:
            LayerError: it has no such channel or position.
        """
        channels = call.channels if call.grid else call.shape[-1] if len(call.shape) == 1 else None
        if not channels:
            raise self._wrong(call, "layer", "an output of shape [N, C] or with positions")
        if not -channels <= self.channel < channels:
            raise self._wrong(call, "channel", f"a channel in 0..{channels - 1}")
        return UnitScore(call, self.channel % channels, self._position(call))

    def _position(self, call: LayerCall) -> tuple[int, ...] | None:
        if self.position is None:
            return None
        given = [self.position] if isinstance(self.position, int) else list(self.position)
        sides = call.grid.sides if call.grid else ()
        inside = [side is None or 0 <= at < side for at, side in zip(given, sides, strict=False)]
        if len(given) != len(sides) or not all(inside):
            raise self._wrong(call, "position", f"a place in {list(sides)}")
        return tuple(given)

    def _wrong(self, call: LayerCall, argument: str, expected: str) -> LayerError:
        shape = ", ".join("?" if side is None else str(side) for side in ("N", *call.shape))
        return LayerError(
            f"targets={self}: expected {argument}= {expected}; layer {call.path!r} gives [{shape}]."
            " Pass another, or another layer."
        )


@dataclass(frozen=True)
class UnitScore:
    """A `Unit` found in a model."""

    call: LayerCall
    channel: int
    position: tuple[int, ...] | None

    def of(self, activation: Any) -> Any:
        """float32 [N]: the explained number, from the layer's output."""
        values = tf.cast(activation, tf.float32)
        if self.call.grid is None:
            return values[:, self.channel]
        placed = self.call.grid.positions(values)[..., self.channel]
        if self.position is not None:
            index = (slice(None), *self.position)
            return placed[index]
        return tf.reduce_mean(placed, axis=list(range(1, placed.shape.rank)))
