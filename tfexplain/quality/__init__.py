"""Numbers of maps: how similar two sets are, how concentrated, where their evidence lies; and how
faithful predictions are to a reference's."""

from tfexplain.quality.complexity import effective_share, entropy, gini
from tfexplain.quality.fidelity import Fidelity, Predicted, fidelity
from tfexplain.quality.localisation import (
    mass_accuracy,
    pointing_game,
    rank_accuracy,
    top_k_intersection,
)
from tfexplain.quality.similarity import similarity

__all__ = [
    "Fidelity",
    "Predicted",
    "effective_share",
    "entropy",
    "fidelity",
    "gini",
    "mass_accuracy",
    "pointing_game",
    "rank_accuracy",
    "similarity",
    "top_k_intersection",
]
