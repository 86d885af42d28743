"""Compares several models on the same data: their predictions, maps and weights."""

from tfexplain import needs_tensorflow  # noqa: F401
from tfexplain.comparing.comparison import Compared, Comparison, Moved
from tfexplain.comparing.payers import Exemplar, Paid
from tfexplain.comparing.run import compare

__all__ = ["Compared", "Comparison", "Exemplar", "Moved", "Paid", "compare"]
