"""Exchange maps become records that say the same."""

from __future__ import annotations

import numpy as np
import pytest

from tfexplain.exchange import ExchangeMap
from tfexplain.explainers.perturbation.windows import Windows
from tfexplain.quality.intervals import wilson
from tfexplain.runlog.exchange_records import mean_picture, record_of
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.wire import schema

RNG = np.random.default_rng(0)


def exchanged(sides: tuple[int, ...], size: tuple[int, ...], step: tuple[int, ...]) -> ExchangeMap:
    windows = Windows(sides, size, step)
    shape = (60, len(windows.corners))
    followed, alike, noise = (RNG.integers(0, 2, shape).astype(float) for _ in range(3))
    classes = np.arange(60) % 3
    return ExchangeMap(
        "image",
        windows,
        *(followed, alike, noise, np.ones(60), np.arange(60) // 2),
        taker_classes=classes,
        giver_classes=(classes + 1) % 3,
    )


@pytest.mark.parametrize(
    ("sides", "size", "step"),
    [((8, 8), (4, 4), (1, 1)), ((10,), (4,), (3,)), ((224, 224), (56, 56), (28, 28))],
)
def test_a_record_holds_the_map_and_its_interval(
    sides: tuple[int, ...], size: tuple[int, ...], step: tuple[int, ...]
) -> None:
    result = exchanged(sides, size, step)
    record = schema.Exchange.decode(record_of(result, Moment(3, 5, weights=5)).encode())
    # Each cell stands for its positions, whether or not they are logged one by one.
    whole = record.shares
    for axis, wide in enumerate(record.cell):
        whole = whole.repeat(wide, axis=axis)
    np.testing.assert_array_equal(whole[tuple(map(slice, sides))], result.shares)
    low, high = wilson(record.shares, 30)
    np.testing.assert_allclose([record.low, record.high], [low, high])
    counts = result.followed.mean(axis=0).reshape(record.by_window.shape)
    np.testing.assert_allclose(record.by_window, counts)
    at = tuple(c // s for c, s in zip(record.corner, record.step, strict=True))
    assert record.by_window[at] == record.share == counts.max()
    assert (record.pairs, record.rows, record.weights) == (60, 30, 5)
    assert record.classes.tolist() == [0, 1, 2]
    np.testing.assert_allclose(record.by_class.mean(axis=0), record.shares, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_mean_of_pictures_is_small_and_without_alpha(channels: int) -> None:
    pictures = RNG.integers(0, 256, (5, 6, 4, channels)).astype(np.uint8)
    mean = mean_picture(pictures)
    np.testing.assert_array_equal(mean, np.round(pictures[..., :3].mean(axis=0)))
    large = mean_picture(np.full((2, 300, 150, channels), 77, np.uint8))
    assert large.shape == (96, 48, min(channels, 3))
    assert (large == 77).all()
