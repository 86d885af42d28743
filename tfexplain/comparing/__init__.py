"""Several models on the same data: what they predict, what they look at, how large they are."""

from tfexplain import needs_tensorflow  # noqa: F401
from tfexplain.comparing.comparison import Compared, Comparison, Moved
from tfexplain.comparing.run import compare

__all__ = ["Compared", "Comparison", "Moved", "compare"]
