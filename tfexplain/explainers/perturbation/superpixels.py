"""Computes superpixels: patches of an image that look alike."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt


def superpixels(sample: npt.NDArray[Any], count: int, channel_axis: int | None) -> Any:
    """Computes the number of the superpixel of each position, int64 [*sides].

    Args:
        sample: One image or volume, with channels or without, of any range of values.
        count: About how many there shall be.
        channel_axis: Axis of channels in a batch; None where there are none.

    Raises:
        ImportError: scikit-image is not installed.

    References:
        Achanta et al. 2012 (SLIC), https://doi.org/10.1109/TPAMI.2012.120
    """
    slic = needed("skimage.segmentation", "scikit-image").slic
    values = np.asarray(sample, np.float64)
    low, high = values.min(), values.max()
    # The weight of distance against colour assumes values in 0..1.
    values = (values - low) / ((high - low) or 1.0)
    if channel_axis is not None:
        values = np.moveaxis(values, channel_axis - 1 if channel_axis > 0 else channel_axis, -1)
    color = channel_axis is not None and values.shape[-1] == 3
    axis = None if channel_axis is None else -1
    return slic(values, n_segments=count, channel_axis=axis, convert2lab=color, start_label=0)


def needed(module: str, package: str) -> Any:
    """Imports a module of a package that only some methods need.

    Raises:
        ImportError: it is not installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{package}: expected it to be installed; got {error}. "
            'Run: pip install "tensorboard-plugin-tfexplain[lime]".'
        ) from error
