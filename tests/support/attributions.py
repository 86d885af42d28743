"""Attributions of given values, for tests of what is drawn.

Example: cam([[[0.0, 1.0]]], signed=True)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tfexplain.attribution import Attribution


def cam(maps: Any, **more: Any) -> Attribution:
    array = np.asarray(maps, np.float32)
    known = {
        "targets": np.arange(len(array), dtype=np.int32),
        "scores": np.full(len(array), 1.5, np.float32),
        "layer": "conv",
        "explainer": "GradCAM",
        "unit": "logit",
        "signed": False,
    }
    return Attribution(values=array, **(known | more))


def feature_maps(values: Any, dead: Any, **more: Any) -> Attribution:
    count = len(dead)
    known = {
        "channels": np.arange(count, dtype=np.int32) * 10,
        "dead": np.asarray(dead),
        "total_channels": 10 * count,
        "unit": "activation",
    }
    return cam(values, **(known | more))
