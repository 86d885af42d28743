"""How far an explanation can be believed, and how far two differ."""

from tfexplain.quality.similarity import MEASURES, similarity

__all__ = ["MEASURES", "similarity"]
