"""How maxima are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tfexplain.explainers import OptimizedInputs


def maxima(*shape: int, channel_axis: int | None) -> OptimizedInputs:
    values = np.linspace(-1, 3, 4 * int(np.prod(shape)), dtype="f4").reshape(4, *shape)
    ones = np.ones(4, np.float32)
    channels = np.arange(4, dtype=np.int32)
    where: dict[str, Any] = {"layer": "conv", "input": "input", "unit": "activation"}
    return OptimizedInputs(
        values, channels, 0 * ones, 2 * ones, **where, bounds=(-1, 3), channel_axis=channel_axis
    )


@pytest.mark.parametrize(
    ("shape", "channel_axis", "drawn"),
    [
        ((6, 5, 3), -1, (6, 5, 3)),
        ((3, 6, 5), 1, (6, 5, 3)),
        ((6, 5, 1), -1, (6, 5)),
        ((6, 5), None, (6, 5)),
        ((7, 6, 5, 1), -1, (6, 5)),
    ],
)
def test_pictures(shape: tuple[int, ...], channel_axis: int | None, drawn: Any) -> None:
    found = maxima(*shape, channel_axis=channel_axis)
    axes = found.plot(columns=3).axes
    assert len(axes) == 6
    pictures = [axis.images[0].get_array() for axis in axes[:4]]
    assert [p.shape for p in pictures] == [drawn] * 4
    assert pictures[0].ravel()[0] == (0 if len(shape) < 4 else pictures[0].min())
    assert axes[1].get_title() == "1: 0 to 2"
    if len(shape) == 3:  # black and white are the bounds, not each picture's own
        wanted = np.round(255 * (found.values[2] + 1) / 4)
        wanted = np.moveaxis(wanted, 0, -1) if channel_axis == 1 else wanted
        assert np.array_equal(pictures[2], wanted.reshape(drawn))


@pytest.mark.parametrize(("shape", "channel_axis", "lines"), [((6, 2), -1, 2), ((6,), None, 1)])
def test_curves(shape: tuple[int, ...], channel_axis: int | None, lines: int) -> None:
    axes = maxima(*shape, channel_axis=channel_axis).plot().axes
    assert [len(axis.lines) for axis in axes] == [lines] * 4
    assert axes[0].get_ylim() == (-1, 3)
