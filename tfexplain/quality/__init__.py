"""How far an explanation can be believed, and how far two differ."""

from tfexplain.quality.drift import Drifted, Places, Shown, drift, matched, unwrapped
from tfexplain.quality.similarity import MEASURES, similarity

__all__ = ["MEASURES", "Drifted", "Places", "Shown", "drift", "matched", "similarity", "unwrapped"]
