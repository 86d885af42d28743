"""Measures what compressing each kernel alone costs, and plans what may be compressed.

The room is not called `sensitivity`: an imported `tfexplain.sensitivity` would hide the public
function of that name.
"""

from tfexplain.layer_sensitivity.effect import Effect
from tfexplain.layer_sensitivity.plan import Plan, Point
from tfexplain.layer_sensitivity.result import Cost, Measured, Sensitivity
from tfexplain.layer_sensitivity.run import sensitivity
from tfexplain.layer_sensitivity.settings import Setting

__all__ = ["Cost", "Effect", "Measured", "Plan", "Point", "Sensitivity", "Setting", "sensitivity"]
