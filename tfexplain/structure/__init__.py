"""Describes a model as the graph of its layers' calls, and what it is trained with."""

from tfexplain import needs_tensorflow  # noqa: F401
