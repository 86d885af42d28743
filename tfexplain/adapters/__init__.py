"""Explainers of other libraries as explainers of ours: tf-keras-vis, SHAP, LIME, Xplique."""

from tfexplain import needs_tensorflow  # noqa: F401
from tfexplain.adapters.adapt import adapt

__all__ = ["adapt"]
