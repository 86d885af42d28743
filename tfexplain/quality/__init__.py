"""How far an explanation can be believed, and how far two differ."""

from tfexplain.quality.drift import Drifted, Places, Shown, drift, matched
from tfexplain.quality.fidelity import Fidelity, Predicted, fidelity
from tfexplain.quality.similarity import MEASURES, similarity

__all__ = [
    "MEASURES",
    "Drifted",
    "Fidelity",
    "Places",
    "Predicted",
    "Shown",
    "drift",
    "fidelity",
    "matched",
    "similarity",
]
