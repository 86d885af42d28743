"""Scores predictions against labels: classes, rankings, calibration, values, and over epochs."""

from tfexplain.evaluation.calibration import Calibration
from tfexplain.evaluation.dynamics import TrainingDynamics
from tfexplain.evaluation.evaluated import Evaluated
from tfexplain.evaluation.hits import Hits, RowHits
from tfexplain.evaluation.ranking import Ranking, ranking_interval
from tfexplain.evaluation.segmented import Segmented
from tfexplain.evaluation.values import ErrorsByValue

__all__ = [
    "Calibration",
    "ErrorsByValue",
    "Evaluated",
    "Hits",
    "Ranking",
    "RowHits",
    "Segmented",
    "TrainingDynamics",
    "ranking_interval",
]
