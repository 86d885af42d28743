"""Defines types that several rooms name. Importing them imports no TensorFlow."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Model: TypeAlias = Any  # a keras.Model or a tf_keras.Model; the two share no base class
Layer: TypeAlias = Any
Tensor: TypeAlias = Any
