"""Whether a model's output reads the positions of a layer, or only other tokens beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain import tap
from tfexplain.sites import Site
from tfexplain.tap import Layer, Model, Tensor


def positions_read(
    model: Model, layers: Mapping[str, Layer], sites: Sequence[Site], specs: Any, head: int
) -> list[bool]:
    """For each site whether output `head` depends on the positions of its grid.

    One forward pass finds out, whatever the weights are (a zero hides nothing, for NaN times zero
    is NaN): sample k has NaN at the positions of site k, and its output is NaN or not. Where that
    tells nothing, because the output is not finite anyway, all sites count as read.

    Args:
        model: Of one forward pass.
        layers: Its layers by path.
        sites: Each with a grid.
        specs: Shapes and types of the model's inputs.
        head: Position of the output.
    """
    rows = {site.path: i + 1 for i, site in enumerate(sites)}
    grids = {site.path: site.grid for site in sites}
    half = tf.nest.map_structure(lambda spec: _half(spec, len(sites) + 1), specs)

    def poison(name: str, tensor: Tensor) -> Tensor:
        grid = grids[name]
        assert grid is not None
        marked = np.zeros((len(sites) + 1, *tensor.shape[1:]), bool)
        row = marked[rows[name]]
        if grid.tokens:
            axis = int(grid.channels_first)
            last = row.shape[axis] - grid.behind
            np.moveaxis(row, axis, 0)[grid.before : last] = True
        else:
            row[...] = True
        return tf.where(marked, tf.cast(np.nan, tensor.dtype), tensor)

    def run(batch: Any) -> Tensor:
        tapped = {site.path.partition("@")[0] for site in sites}
        with tap.tap({path: layers[path] for path in tapped}, tap.at(rows, poison)):
            output = tf.nest.flatten(model(batch, training=False))[head]
        return getattr(output, "_keras_logits", output)

    try:
        compiled = tf.function(run, autograph=False).get_concrete_function(half)
        output = compiled(half).numpy().astype(np.float32)
    except tf.errors.InvalidArgumentError:  # tf.debugging.enable_check_numerics
        return [True] * len(sites)
    finite = np.isfinite(output).reshape(len(output), -1).all(axis=1)
    return [not (finite[0] and row) for row in finite[1:]]


def _half(spec: Any, count: int) -> Tensor:
    """Inputs of one half: no layer divides by their length and finds zero. Whole numbers are zero,
    which any embedding holds."""
    value = 0.5 if spec.dtype.is_floating else 0
    return tf.cast(tf.fill((count, *spec.shape[1:]), value), spec.dtype)
