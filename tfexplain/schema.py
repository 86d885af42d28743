"""Re-exports the wire format: records to bytes and back, and the names of series."""

# The list of names stands once, in the room that knows the format.
from tfexplain.wire.schema import *  # noqa: F403
from tfexplain.wire.schema import __all__ as __all__
