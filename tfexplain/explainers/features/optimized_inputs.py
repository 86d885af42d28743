"""Holds the results of activation maximization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class OptimizedInputs:
    """Holds one optimized input for each of several channels or classes.

    Attributes:
        values: float32 [C, ...], each shaped as one sample, in the units of the model's input.
        channels: int32 [C], the channels of the layer, or the classes.
        start: float32 [C], the value at the noise that the ascent began with: the mean activation
            over the positions of the layer, or the score of the class.
        reached: float32 [C], the same for `values`.
        layer: Path of the layer; the name of the output for classes.
        input: Name of the input that `values` are for.
        unit: Unit of `start` and `reached`: activation, logit, probability, output.
        bounds: The least and the greatest value allowed.
        channel_axis: The axis of `values` that holds colours, or None.
    """

    values: Floats
    channels: npt.NDArray[np.int32]
    start: Floats
    reached: Floats
    layer: str
    input: str
    unit: str
    bounds: tuple[float, float]
    channel_axis: int | None = None

    def plot(self, *, columns: int = 6) -> Figure:
        """Draws pictures of images (of volumes, their middle), else curves.

        Args:
            columns: How many beside each other.
        """
        from matplotlib.figure import Figure

        columns = min(columns, len(self.values))
        rows = -(-len(self.values) // columns)
        result = Figure(figsize=(1.8 * columns, 2.0 * rows + 0.4), layout="constrained")
        axes = result.subplots(rows, columns, squeeze=False).ravel()
        for axis in axes[len(self.values) :]:
            axis.set_axis_off()
        panels = zip(axes, self.channels, self.start, self.reached, strict=False)
        drawn = self._pictures()
        for i, (axis, channel, start, reached) in enumerate(panels):
            axis.set_title(f"{channel}: {start:.3g} to {reached:.3g}", fontsize=8)
            if drawn is None:
                axis.plot(self.values[i])
                axis.set_ylim(*self.bounds)
            else:
                axis.imshow(drawn[i], cmap="gray", vmin=0, vmax=255)
                axis.set_axis_off()
        result.suptitle(f"{self.layer}, {self.unit}", fontsize=10)
        return result

    def _pictures(self) -> Any:
        """Returns pictures uint8 [C, H, W] or [C, H, W, 3 or 4]; None for what is no image."""
        from tfexplain.rendering import pictures

        values = self.values
        if self.channel_axis is not None:
            values = np.moveaxis(values, self.channel_axis, -1)
        planes = values.ndim - 1 - (self.channel_axis is not None)
        if planes < 2:
            return None
        if planes == 3:
            values = values[:, values.shape[1] // 2]
        drawn = pictures(values, self.bounds)
        return drawn[..., 0] if drawn.shape[-1] == 1 else drawn
