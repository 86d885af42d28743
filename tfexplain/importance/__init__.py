"""Measures what a model uses in general, over many rows."""

from tfexplain.importance.dependence import FeatureDependence, PartialDependence
from tfexplain.importance.interactions import Interactions, Pair, shapley_interactions
from tfexplain.importance.partial_dependence import partial_dependence

__all__ = [
    "FeatureDependence",
    "Interactions",
    "Pair",
    "PartialDependence",
    "partial_dependence",
    "shapley_interactions",
]
