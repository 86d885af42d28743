"""Measures what a model uses in general, over many rows.

The room is not called `importance`: an imported `tfexplain.importance` would hide the public
function of that name.
"""

from tfexplain.usage.attack import robustness
from tfexplain.usage.cluster_maps import clusters
from tfexplain.usage.clusters_result import Cluster, Clusters
from tfexplain.usage.decision_tree import DecisionTree
from tfexplain.usage.dependence import FeatureDependence, PartialDependence
from tfexplain.usage.dependence_passes import partial_dependence
from tfexplain.usage.estimate import Estimate
from tfexplain.usage.hiding import HidingCurve
from tfexplain.usage.importance_result import Importance, Permuted
from tfexplain.usage.interactions import Interactions, Pair, shapley_interactions
from tfexplain.usage.measure import importance
from tfexplain.usage.robustness_result import Robustness
from tfexplain.usage.simple_models_result import SimpleModels
from tfexplain.usage.simplify import simple_models
from tfexplain.usage.spray import SpRAy

__all__ = [
    "Cluster",
    "Clusters",
    "DecisionTree",
    "Estimate",
    "FeatureDependence",
    "HidingCurve",
    "Importance",
    "Interactions",
    "Pair",
    "PartialDependence",
    "Permuted",
    "Robustness",
    "SimpleModels",
    "SpRAy",
    "clusters",
    "importance",
    "partial_dependence",
    "robustness",
    "shapley_interactions",
    "simple_models",
]
