"""The cure: penalties in training on what a model's explanations say, by `penalise(model, ...)`.

docs/right_reasons.md says which fits what, and how it is built into training.
"""

from tfexplain import needs_tensorflow  # noqa: F401
from tfexplain.training.input_gradient import InputGradientPenalty
from tfexplain.training.labels_with_regions import WithRegions
from tfexplain.training.penalise import penalise
from tfexplain.training.penalty import Penalty
from tfexplain.training.right_reasons import RightReasons

__all__ = ["InputGradientPenalty", "Penalty", "RightReasons", "WithRegions", "penalise"]
