"""Reads feature maps: what each channel of a layer responds to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.checks import check_whole, is_whole, layer_names
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Context, Explainer
from tfexplain.explainers.features.channel_shares import MOST_HELD, evidence_shares
from tfexplain.model.layer_calls import LayerCall, LayerError
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Tensor


@dataclass(frozen=True, eq=False)
class FeatureMaps(Explainer):
    """Reads the activations of chosen layers, channel by channel.

    `values` are float32 [N, h, w, c] (or [N, t, c] or [N, d, h, w, c]) of the channels that
    `Attribution.channels` names; `dead` marks channels never above zero on the whole batch. Where
    another explainer of the same call, target and score takes the layer's gradient anyway (Grad-CAM
    and its kin), `shares` tells how much of the explained evidence comes from each channel of the
    layer (`evidence_shares`); that costs no pass. Else targets only decide which class' score is
    reported beside the maps.

    Attributes:
        layer: Path of a layer, or several, whose output is [N, t, C], [N, h, w, C] or
            [N, d, h, w, C]; default the first, the middle and the last one of the model, outputs
            left out.
        max_channels: At most this many channels of each layer; None for all. They are those of the
            largest mean share of the evidence, where shares are known and the maps of all channels
            take at most 1 MiB a sample (of a dataset, by its first batch). Else they are evenly
            spaced over the channel numbers, 0 and C - 1 always among them. A log holds more where
            that is little (`docs/defaults.md`).
        token_grid: (h, w) of the tokens of layers whose output is [N, T, C], any others standing in
            front; default the plane that the tokens come from (see `docs/models.md`).

    Example:
        >>> import keras, numpy as np
        >>> conv = keras.layers.Conv2D(4, 3, name="conv")
        >>> model = keras.Sequential([keras.Input((8, 8, 1)), conv])
        >>> FeatureMaps("conv")(model, np.ones((2, 8, 8, 1))).values.shape
        (2, 6, 6, 4)
    """

    layer: str | Sequence[str] | None = None
    _: KW_ONLY
    max_channels: int | None = 16
    token_grid: Sequence[int] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("max_channels", self.max_channels, optional=True)
        check_grid(self.token_grid)

    @property
    def several(self) -> bool:
        """Whether activations of several layers are read, as by default."""
        return not isinstance(self.layer, str)

    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Plans to read activations only."""
        paths = [call.path for call in self._calls(traced_model)]
        return LayerReads(
            tuple(dict.fromkeys(paths)),
            False,
            self._reduce,
            ("maps", self.max_channels, as_tuple(self.token_grid)),
        )

    def attributions(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Names the channels and flags the dead ones."""
        calls = {call.path: call for call in context.traced_model.layer_calls}
        check_samples({path: values for path, (values, *_) in reduced.items()}, context)
        return {
            path: Attribution(
                values=values,
                targets=context.result.targets,
                scores=context.result.scores,
                layer=path,
                explainer=self.name,
                unit="activation",
                signed=bool((values < 0).any()),
                channels=self._held(calls[path].channels, values.shape[-1]),
                dead=(highest <= 0).all(axis=0),
                total_channels=calls[path].channels,
                shares=shares[0] if shares else None,
            )
            for path, (values, highest, *shares) in reduced.items()
        }

    def _calls(self, traced_model: TracedModel) -> list[LayerCall]:
        names = layer_names(self.layer)
        if names is None:
            calls = traced_model.spatial_calls(grid=self.token_grid)
            return [calls[0], calls[len(calls) // 2], calls[-1]]
        return [traced_model.spatial_call(name, grid=self.token_grid) for name in names]

    def _held(self, total: int, count: int) -> Any:
        """Returns the numbers of `count` channels: all of them, or those evenly spaced."""
        return spaced(total, None if count == total else self.max_channels)

    def _reduce(
        self, activation: Tensor, gradient: Tensor | None, call: LayerCall
    ) -> tuple[Tensor, ...]:
        """Reads channels and how high each is, and all shares where there is a gradient.

        With shares all channels are held, where that is little: they are chosen when the shares of
        all samples are known.
        """
        placed = call.put(self.token_grid)
        values = positions(activation, placed)
        last = values.shape.rank - 1
        sides = list(range(1, last))
        if gradient is None:
            return self._spaced(values, call.channels)
        shares = evidence_shares(values, positions(gradient, placed))
        size = math.prod(side or MOST_HELD for side in values.shape[1:])
        if size <= MOST_HELD:
            return values, tf.reduce_max(values, sides), shares
        return *self._spaced(values, call.channels), shares

    def _spaced(self, values: Tensor, total: int) -> tuple[Tensor, Tensor]:
        last = values.shape.rank - 1
        # Gathering along the last axis would copy numbers one by one.
        by_channel = tf.gather(
            tf.transpose(values, [last, *range(last)]), spaced(total, self.max_channels)
        )
        highest = tf.reduce_max(by_channel, axis=list(range(2, last + 1)))
        return tf.transpose(by_channel, [*range(1, last + 1), 0]), tf.transpose(highest)


def spaced(total: int, most: int | None) -> Any:
    """Returns at most `most` of the numbers 0 to `total` - 1, int32, evenly spaced, both ends
    among them."""
    count = total if most is None else min(most, total)
    return np.round(np.linspace(0, total - 1, count)).astype(np.int32)


def positions(values: Tensor, call: LayerCall) -> Tensor:
    """Returns activations as float32 [N, *sides, C], however the layer arranges its positions."""
    assert call.grid is not None
    return call.grid.positions(tf.cast(values, tf.float32))


def as_tuple(grid: Sequence[int] | None) -> tuple[int, ...] | None:
    """Converts a grid to a tuple, which can be a key."""
    return None if grid is None else tuple(grid)


def check_grid(grid: Sequence[int] | None) -> None:
    """Raises ValueError for a grid that no model can have."""
    if grid is not None and (
        not 1 <= len(grid) <= 3 or not all(is_whole(side) and side >= 1 for side in grid)
    ):
        raise TfexplainError(
            f"token_grid={grid}: expected one to three sides of at least 1, as (14, 14)."
        )


def check_samples(activations: Mapping[str, Any], context: Context) -> None:
    """Raises `LayerError` for a layer that is called on parts of samples."""
    count = len(context.result.scores)
    for path, values in activations.items():
        if len(values) != count:
            call = next(call for call in context.traced_model.layer_calls if call.path == path)
            around = f", such as {call.within!r}" if call.within else ""
            raise LayerError(
                f"layer={path!r}: expected an output with one row for each of {count} samples; got "
                f"{len(values)} rows, for it is called on parts of them. Pass the layer around "
                f"it{around}."
            )
