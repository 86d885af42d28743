"""Halves and their scales: many parts at once are each part by itself, to the bit."""

from __future__ import annotations

import numpy as np

from tfexplain.wire import schema
from tfexplain.wire.records.halves import to_half, to_halves


def test_many_parts_are_each_part_by_itself() -> None:
    rng = np.random.default_rng(0)
    parts = rng.normal(size=(7, 5, 6)).astype(np.float32) * 10.0 ** rng.integers(-40, 30, (7, 1, 1))
    parts = parts.astype(np.float32)
    parts[1] = 0
    parts[2, 0, 0], parts[2, 1, 1] = np.nan, np.inf
    parts[3] = np.nan
    parts[4] = np.float32(1e-45)  # the smallest there is
    halves, scales = to_halves(parts)
    for part, half, scale in zip(parts, halves, scales, strict=True):
        expected, alone = to_half(part)
        assert half.tobytes() == expected.tobytes()
        assert scale == alone
    volume, _ = to_halves(parts.reshape(7, 5, 3, 2))
    assert volume.tobytes() == halves.tobytes()


def test_channels_are_written_in_the_order_of_their_axes() -> None:
    values = np.random.default_rng(0).normal(size=(4, 5, 3)).astype(np.float32)
    channels = schema.Channels(np.moveaxis(values, -1, 0), np.arange(3), np.zeros(3))
    read = schema.Channels.decode(channels.encode())
    np.testing.assert_allclose(read.values, np.moveaxis(values, -1, 0), rtol=1e-3)
