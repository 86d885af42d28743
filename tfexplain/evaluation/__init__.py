"""Scores predictions against labels: classes, rankings, calibration, values, and over epochs."""

from tfexplain.evaluation.calibration import Calibration
from tfexplain.evaluation.dynamics import TrainingDynamics
from tfexplain.evaluation.evaluated import Evaluated
from tfexplain.evaluation.hits import Hits, RowHits
from tfexplain.evaluation.ranking import Ranking, ranking_interval
from tfexplain.evaluation.values import ErrorsByValue

__all__ = [
    "Calibration",
    "ErrorsByValue",
    "Evaluated",
    "Hits",
    "Ranking",
    "RowHits",
    "TrainingDynamics",
    "ranking_interval",
]
