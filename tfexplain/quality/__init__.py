"""How far an explanation can be believed, and how far two differ."""

from tfexplain.quality.fidelity import Fidelity, Predicted, fidelity
from tfexplain.quality.similarity import similarity

__all__ = [
    "Fidelity",
    "Predicted",
    "fidelity",
    "similarity",
]
