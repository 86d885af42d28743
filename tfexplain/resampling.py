"""Arrays at other sizes: pixels repeated, or maps spread smoothly between them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Bytes = npt.NDArray[np.uint8]


def resize(picture: Bytes, size: tuple[int, int], *, smooth: bool) -> Bytes:
    """uint8 [h, w, C] at (height, width)."""
    method = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    squeezed = picture[..., 0] if picture.shape[-1] == 1 else picture
    resized = np.asarray(Image.fromarray(squeezed).resize(size[::-1], method))
    return resized if resized.ndim == 3 else resized[..., None]


def spread(values: npt.NDArray[np.float32], size: Sequence[int], smooth: bool) -> npt.NDArray[Any]:
    """float32 [N, h, w] at (height, width): smooth as Pillow's bilinear resize, or `nearest`."""
    if not smooth:
        return nearest(values, size)
    down, across = (_weights(*n) for n in zip(values.shape[1:], size, strict=True))
    result: npt.NDArray[np.float32] = down @ values @ across.T
    return result


def stretched(values: npt.NDArray[Any], sides: Sequence[int]) -> npt.NDArray[Any]:
    """[N, ...] at other sides, as many of them: smooth along each axis, as `spread` is.

    >>> stretched(np.array([[0.0, 1.0]]), [4]).tolist()
    [[0.0, 0.25, 0.75, 1.0]]
    """
    for axis, (held, wanted) in enumerate(zip(values.shape[1:], sides, strict=True), 1):
        if held != wanted:
            weights = _weights(held, wanted).astype(values.dtype)
            values = np.moveaxis(np.tensordot(values, weights, (axis, 1)), -1, axis)
    return values


@cache
def _weights(held: int, wanted: int) -> npt.NDArray[np.float32]:
    """Pillow's weights [wanted, held] of a bilinear resize along one axis."""
    units = Image.fromarray(np.eye(held, dtype=np.float32))
    return np.asarray(units.resize((held, wanted), Image.Resampling.BILINEAR))


def nearest(values: npt.NDArray[Any], size: Sequence[int]) -> npt.NDArray[Any]:
    """[N, h, w, ...] at (height, width), each pixel the nearest one."""
    for axis in (2, 1):  # columns first, so that whole rows are repeated, not pixel by pixel
        held, wanted = values.shape[axis], size[axis - 1]
        if held != wanted:
            places = ((np.arange(wanted) + 0.5) * held / wanted).astype(np.intp)
            values = np.take(values, places, axis=axis)
    return values
