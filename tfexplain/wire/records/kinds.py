"""Defines the kinds of records, and the one order of bytes."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from tfexplain.types import Array

Kind: TypeAlias = Literal[
    "samples",
    "metrics",
    "predictions",
    "status",
    "map",
    "channels",
    "matrix",
    "picture",
    "inputs",
    "values",
    "kernels",
    "kernel",
    "drift",
    "fidelity",
    "exchange",
    "health",
    "units",
    "structure",
    "validation",
    "outputs",
    "pixels",
    "thumbnails",
    "importance",
    "dependence",
    "simple",
    "robustness",
    "clusters",
    "start",
    "trust",
    "sanity",
    "masks",
    "regions",
    "places",
    "sensitivity",
    "plan",
    "changed",
    "activations",
    "payers",
    "exemplars",
    "overlaps",
]
# How the values of one map lie: positions of a plane, a line or a volume, words, or features.
Layout: TypeAlias = Literal["plane", "line", "volume", "tokens", "features"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
# What labels are: indices of classes, or values.
LabelKind: TypeAlias = Literal["class", "value", "none"]
LABEL_KINDS: tuple[LabelKind, ...] = get_args(LabelKind)
# What outputs are, as they are logged: probabilities of two kinds, or values.
Activation: TypeAlias = Literal["softmax", "sigmoid", "none"]
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)
# What a run is to the reference that it is compared with.
Role: TypeAlias = Literal["model", "control", "teacher"]
ROLES: tuple[Role, ...] = get_args(Role)
# As the reference of drift and fidelity; its maps are a run of its own in the student's.
TEACHER = "the teacher"
TEACHER_RUN = "teacher"
# Of the settings in `plugin_content`: where its maps are of, which the student's layers name.
TEACHER_LAYER = "layer of the teacher"


def little_endian(values: npt.ArrayLike, dtype: str) -> Array:
    """Returns `values` as a little-endian array, whose bytes can be written down."""
    return np.ascontiguousarray(values, dtype=np.dtype(dtype).newbyteorder("<"))
