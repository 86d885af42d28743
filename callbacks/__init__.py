"""Keras callbacks that explain a model in training; TensorBoard shows their log in the EXPLAIN
tab."""

from tfexplain import needs_tensorflow  # noqa: F401
from tfexplain.callbacks.compression import Compression
from tfexplain.callbacks.explain import Explain
from tfexplain.callbacks.health import Health
from tfexplain.callbacks.magnitude_pruning import MagnitudePruning
from tfexplain.callbacks.predictions import Predictions

__all__ = ["Compression", "Explain", "Health", "MagnitudePruning", "Predictions"]
