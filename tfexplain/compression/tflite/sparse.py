"""Reads sparse tensors of .tflite files: a tree of levels, each dense or a list of places."""

from __future__ import annotations

from math import prod

import numpy as np

from tfexplain.compression.layout import Shape
from tfexplain.compression.tflite.file import Level, Sparsity
from tfexplain.compression.weights import WeightsError
from tfexplain.types import Array

# A tree may claim to be far larger than the file that it is in; none so sparse is a kernel.
_MOST_ZEROS = 4096


def densify(values: Array, shape: Shape, sparsity: Sparsity, name: str) -> Array:
    """Puts `values` at their places among zeros.

    An interpreter's `get_tensor` would return the values alone.

    Args:
        values: The stored ones, in the order of the tree.
        shape: Shape of the dense tensor.
        sparsity: The tree.
        name: For messages.

    Raises:
        WeightsError: the tree does not fit shape or values.
    """
    places = _places(values.size, shape, sparsity, name)
    dense = np.zeros(prod(shape), values.dtype)
    dense[places] = values
    return dense


def _places(count: int, shape: Shape, sparsity: Sparsity, name: str) -> Array:
    """Returns where in the flat dense tensor each stored value goes, int64 [count]."""
    strides, sizes = _walk(shape, sparsity, name)
    _check(prod(shape) <= _MOST_ZEROS * (count + 256), name, f"{count} values in shape {shape}")
    places = np.zeros(1, np.int64)
    for level, stride, size in zip(sparsity.levels, strides, sizes, strict=True):
        if level.segments is None:
            _check(level.size == size, name, f"a level of {level.size} where there are {size}")
            # Nodes of dense levels may be empty, so there can be more of them than values.
            _check(places.size * size <= prod(shape), name, "more nodes than elements")
            places = (places[:, None] + np.arange(size) * stride).reshape(-1)
        else:
            places = _children(level, places, stride, size, name)
    _check(places.size == count, name, f"{count} values for {places.size} places")
    return places


def _walk(shape: Shape, sparsity: Sparsity, name: str) -> tuple[list[int], list[int]]:
    """Returns (stride in the dense tensor, length) of each level."""
    rank, order, blocks = len(shape), sparsity.order, sparsity.blocks
    levels = sparsity.levels
    fits = sorted(order) == list(range(rank + len(blocks))) and len(levels) == len(order)
    fits = fits and len(set(blocks)) == len(blocks) and all(0 <= b < rank for b in blocks)
    _check(fits, name, f"an order of {order} with blocks along {blocks} of shape {shape}")
    strides = [prod(shape[axis + 1 :]) for axis in range(rank)]
    sizes = list(shape)
    for number, axis in enumerate(blocks):
        size = levels[order.index(rank + number)].size
        _check(size > 0 and shape[axis] % size == 0, name, f"blocks of {size} in {shape[axis]}")
        strides.append(strides[axis])
        sizes.append(size)
        strides[axis] *= size
        sizes[axis] //= size
    return [strides[axis] for axis in order], [sizes[axis] for axis in order]


def _children(level: Level, places: Array, stride: int, size: int, name: str) -> Array:
    assert level.segments is not None
    assert level.indices is not None
    segments, indices = (array.astype(np.int64) for array in (level.segments, level.indices))
    _check(segments.size == places.size + 1, name, f"{segments.size} segments")
    counts = np.diff(segments)
    sound = segments[0] == 0 and segments[-1] == indices.size and bool((counts >= 0).all())
    _check(sound, name, "segments that do not cover the indices")
    inside = (indices >= 0) & (indices < size)
    _check(bool(inside.all()), name, f"indices outside of {size}")
    return np.asarray(np.repeat(places, counts) + indices * stride)


def _check(sound: bool, name: str, got: str) -> None:
    if not sound:
        raise WeightsError(
            f"tensor={name!r}: expected a sparse tensor whose indices fit its shape and values; "
            f"got {got}. The file is damaged: convert the model again."
        )
