"""Measures how similar two sets of maps are, and how faithful predictions are to a reference's."""

from tfexplain.quality.fidelity import Fidelity, Predicted, fidelity
from tfexplain.quality.similarity import similarity

__all__ = [
    "Fidelity",
    "Predicted",
    "fidelity",
    "similarity",
]
