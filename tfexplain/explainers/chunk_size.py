"""Computes how many rows go through a model at once."""

from __future__ import annotations

import math

import tensorflow as tf

from tfexplain.model.traced_model import TracedModel

MOST = {"CPU": 128, "GPU": 256}
BYTES = {"CPU": 512 * 2**20, "GPU": 2**30}
SHARE = 1 / 8  # a backward pass holds about as much again, and so do a sample's nodes


def chunk_size(passes: TracedModel) -> int:
    """Returns a chunk size for the model and the device; always the same for the same model.

    As many points as keep the outputs of the layers and what belongs to the inputs, as float32,
    within `BYTES`, at least one and at most `MOST`: what a backward pass needs of a forward one. On
    a CPU more points than these gain a few percent and take memory (`benchmarks/README.md`), and
    they take at most `SHARE` of what was available when the model was opened; a GPU has to be
    filled.
    """
    device = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    # Of the inputs there are the points, their gradients, and the products of these with the path.
    inputs = [tuple(spec.shape[1:]) for spec in tf.nest.flatten(passes.specs)] * 3
    shapes = [*(site.shape for site in passes.sites), *inputs]
    a_point = 4 * sum(math.prod(size or 1 for size in shape) for shape in shapes)
    bytes_ = BYTES[device]
    if device == "CPU" and passes.memory is not None:
        bytes_ = min(bytes_, int(SHARE * passes.memory))
    return max(1, min(MOST[device], bytes_ // max(1, a_point)))


def at_once(passes: TracedModel, asked: int | None) -> int:
    """Returns how many rows go through a model at once: its own number where that is fixed, else
    what was asked for, else a chunk size."""
    return passes.rows or asked or chunk_size(passes)


def even(count: int, most: int) -> int:
    """Returns the size of the fewest equal chunks of at most `most` that hold `count`.

    >>> even(20, 16), even(20, 40)
    (10, 20)
    """
    return math.ceil(count / math.ceil(count / most))
