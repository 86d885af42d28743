"""Upsamples coarse grids to the size of an input, linearly between the centres of cells."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from tfexplain.types import Tensor


def stretched(values: Tensor, places: Sequence[Tensor]) -> Tensor:
    """Interpolates cells [n, *cells] at positions on each axis, float32 [n, *sides].

    Args:
        values: The cells, one number each.
        places: For each axis [n or 1, side]: where to read, counted in cells from the centre of
            the first; before the first centre and behind the last their own values stand.
    """
    for at in places:
        last = tf.cast(tf.shape(values)[1] - 1, tf.float32)
        number = tf.range(last + 1)
        # Hats of width one around each cell: linear between two neighbours.
        hats = tf.nn.relu(1 - tf.abs(tf.clip_by_value(at, 0, last)[..., None] - number))
        if hats.shape[0] == 1:
            values = tf.einsum("nc...,sc->n...s", values, hats[0])
        else:
            values = tf.einsum("nc...,nsc->n...s", values, hats)
    return values


def centres(side: int, cells: int) -> Tensor:
    """Returns the centres of `side` pixels in units of `cells` cells, float32 [1, side].

    >>> centres(4, 2).numpy().tolist()
    [[-0.25, 0.25, 0.75, 1.25]]
    """
    return ((tf.range(side, dtype=tf.float32) + 0.5) * cells / side - 0.5)[None]
