"""Provides what functions passed as `targets=` need: the logits of an output, and their error
class."""

from tfexplain.model.outputs import TargetError
from tfexplain.model.targets import Targets, logits
from tfexplain.model.unit import Unit

__all__ = ["TargetError", "Targets", "Unit", "logits"]
