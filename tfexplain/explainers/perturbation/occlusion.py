"""Computes occlusion (Zeiler and Fergus 2013)."""

from __future__ import annotations

from dataclasses import dataclass

from tfexplain.explainers.perturbation.masked import MaskedInput
from tfexplain.explainers.perturbation.perturbation import (
    InputValues,
    PerturbationExplainer,
)
from tfexplain.explainers.perturbation.windows import Size, Windows, check_sizes, each_axis


@dataclass(frozen=True, kw_only=True, eq=False)
class Occlusion(PerturbationExplainer):
    """Computes the fall of the score when a sliding window hides part of the input.

    Windows begin at 0, `stride`, 2 `stride`, ... until one reaches the end, where it is cut off. A
    window hides all channels. `values` are float32 [N, *sides] (no channels), in units of the
    explained score: the score of the input less that with the window, averaged over the windows
    that cover a position. `passes` int32 [N] counts the windows.

    Attributes:
        window: Side of the window, or one for each axis of positions; default an eighth of each, at
            least 1, and 1 for tables and tokens ([N, f]), where it is `FeatureAblation`.
        stride: Step of the window, or one for each axis; default half the window, at least 1. At
            most the window, so that nothing is left out.

    References:
        Zeiler and Fergus 2013, section 4.2, https://arxiv.org/abs/1311.2901

    Example:
        >>> import numpy as np
        >>> total, x = lambda x: x.sum(axis=1), np.array([[1.0, 2.0, 3.0, 4.0]])
        >>> Occlusion(window=2, stride=2)(total, x).values.tolist()
        [[3.0, 3.0, 7.0, 7.0]]
    """

    window: Size = None
    stride: Size = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes("window", self.window)
        check_sizes("stride", self.stride)

    def of_input(self, masked: MaskedInput) -> InputValues:
        """Slides the window over every axis of positions."""
        windows = Windows(masked.sides, *self._sizes(masked))
        masks = windows.masks()
        lost = masked.scores[:, None] - masked.masked_scores(masks)
        return InputValues(windows.mean(lost), masks.count)

    def _sizes(self, masked: MaskedInput) -> tuple[tuple[int, ...], tuple[int, ...]]:
        one_by_one = masked.inputs.ndim == 2
        eighths = [1 if one_by_one else max(1, side // 8) for side in masked.sides]
        window = each_axis("window", self.window, eighths)
        window = tuple(min(*pair) for pair in zip(window, masked.sides, strict=True))
        return window, each_axis("stride", self.stride, [max(1, size // 2) for size in window])
