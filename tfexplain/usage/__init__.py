"""Measures what a model uses in general, over many rows.

The room is not called `importance`: an imported `tfexplain.importance` would hide the public
function of that name.
"""

from tfexplain.usage.dependence import FeatureDependence, PartialDependence
from tfexplain.usage.dependence_passes import partial_dependence
from tfexplain.usage.hiding import HidingCurve
from tfexplain.usage.importance_result import Importance, Permuted
from tfexplain.usage.interactions import Interactions, Pair, shapley_interactions
from tfexplain.usage.measure import importance

__all__ = [
    "FeatureDependence",
    "HidingCurve",
    "Importance",
    "Interactions",
    "Pair",
    "PartialDependence",
    "Permuted",
    "importance",
    "partial_dependence",
    "shapley_interactions",
]
