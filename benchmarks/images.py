"""Real images for the benchmarks, from scikit-learn, which brings them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images

Floats = npt.NDArray[np.float32]


def digits(count: int) -> Floats:
    """Handwritten digits, enlarged: float32 [N, 28, 28, 1] in 0..1."""
    small = (load_digits().images[:count] * 255 / 16).astype(np.uint8)
    enlarged = [np.asarray(Image.fromarray(digit).resize((28, 28))) for digit in small]
    return np.stack(enlarged)[..., np.newaxis].astype(np.float32) / 255


def labels(count: int) -> npt.NDArray[np.int32]:
    """The digits' classes: int32 [N]."""
    return load_digits().target[:count].astype(np.int32)


def photographs(side: int) -> Floats:
    """8 crops of two photographs: float32 [8, side, side, 3] in -1..1."""
    corners = [(x, y) for y in (0, 200) for x in (50, 350)]
    crops = [p[y : y + side, x : x + side] for p in load_sample_images().images for x, y in corners]
    return np.stack(crops).astype(np.float32) / 127.5 - 1
