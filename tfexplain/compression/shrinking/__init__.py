"""Takes out of a model the channels that change nothing."""

from tfexplain.compression.shrinking.shrink import shrink
from tfexplain.compression.shrinking.shrunk import Kept, Latency, Removed, Shrunk

__all__ = ["Kept", "Latency", "Removed", "Shrunk", "shrink"]
