"""Metrics of explanations: whether a map follows the model, holds still, and lies where it should.

Each is settings that are called as an explainer is, with what it judges: an explainer, or the
result of one. docs/trust.md says what each number says and what it does not.
"""

from tfexplain.trust.boxes import Boxes
from tfexplain.trust.deletion import Deletion, Insertion
from tfexplain.trust.invariance import InputInvariance
from tfexplain.trust.maps_alone import (
    Completeness,
    EffectiveShare,
    Entropy,
    Gini,
    MassAccuracy,
    PointingGame,
    RankAccuracy,
    TopKIntersection,
)
from tfexplain.trust.metric import Measured, Metric
from tfexplain.trust.randomisation import ModelRandomisation, RandomLogit
from tfexplain.trust.regions import Avoid, region_masks
from tfexplain.trust.road import ROAD
from tfexplain.trust.sensitivity import LocalLipschitz, MaxSensitivity
from tfexplain.trust.subsets import FaithfulnessCorrelation, Infidelity

__all__ = [
    "ROAD",
    "Avoid",
    "Boxes",
    "Completeness",
    "Deletion",
    "EffectiveShare",
    "Entropy",
    "FaithfulnessCorrelation",
    "Gini",
    "Infidelity",
    "InputInvariance",
    "Insertion",
    "LocalLipschitz",
    "MassAccuracy",
    "MaxSensitivity",
    "Measured",
    "Metric",
    "ModelRandomisation",
    "PointingGame",
    "RandomLogit",
    "RankAccuracy",
    "TopKIntersection",
    "region_masks",
]
