"""Keras callbacks that explain a model in training; TensorBoard shows their log in the EXPLAIN
tab."""

from tfexplain import needs_tensorflow  # noqa: F401
from tfexplain.callbacks.compression import Compression
from tfexplain.callbacks.explain import Explain

__all__ = ["Compression", "Explain"]
