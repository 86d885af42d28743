"""Measures what a model uses in general, over many rows."""

from tfexplain.importance.interactions import Interactions, shapley_interactions

__all__ = ["Interactions", "shapley_interactions"]
