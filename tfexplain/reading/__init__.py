"""Reads logs back as arrays and tables, without TensorFlow."""

from tfexplain.reading.log import Log, read
from tfexplain.reading.logged_maps import LoggedMaps
from tfexplain.reading.logged_run import LoggedRun
from tfexplain.reading.tables import Table

__all__ = [
    "Log",
    "LoggedMaps",
    "LoggedRun",
    "Table",
    "read",
]
