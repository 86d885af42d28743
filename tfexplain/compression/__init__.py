"""Reads kernels as they are stored (masks, codes, scales), and measures them."""

from tfexplain import needs_tensorflow  # noqa: F401
from tfexplain.compression.activation_error import (
    ActivationError,
    ActivationErrors,
    activation_errors,
)
from tfexplain.compression.activations import ActivationNumbers, measure_activations
from tfexplain.compression.distribution import Histogram
from tfexplain.compression.keras.read import read
from tfexplain.compression.numbers import LayerNumbers, Settings, measure, measure_all
from tfexplain.compression.shrinking import Kept, Latency, Removed, Shrunk, shrink
from tfexplain.compression.simulated import fake_quantized, quantized_weights
from tfexplain.compression.sizes import Sizes
from tfexplain.compression.structure import Pattern, Structure
from tfexplain.compression.tflite.reader import read_tflite
from tfexplain.compression.totals import Totals, total
from tfexplain.compression.weights import LayerWeights, WeightsError

__all__ = [
    "ActivationError",
    "ActivationErrors",
    "ActivationNumbers",
    "Histogram",
    "Kept",
    "Latency",
    "LayerNumbers",
    "LayerWeights",
    "Pattern",
    "Removed",
    "Settings",
    "Shrunk",
    "Sizes",
    "Structure",
    "Totals",
    "WeightsError",
    "activation_errors",
    "fake_quantized",
    "measure",
    "measure_activations",
    "measure_all",
    "quantized_weights",
    "read",
    "read_tflite",
    "shrink",
    "total",
]
