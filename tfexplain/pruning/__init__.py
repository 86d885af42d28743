"""Prunes kernels by magnitude: which weights stay, and masks that hold while a model trains.

docs/pruning.md says how `tfexplain.MagnitudePruning` uses it.
"""

from tfexplain import needs_tensorflow  # noqa: F401
from tfexplain.pruning.overlap import MaskOverlap, mask_overlap
from tfexplain.pruning.selection import prune

__all__ = ["MaskOverlap", "mask_overlap", "prune"]
