"""Reads logs back as arrays and tables, without TensorFlow."""

from tfexplain.reading.general_records import GeneralRecords
from tfexplain.reading.log import Log, read
from tfexplain.reading.logged_maps import LoggedMaps
from tfexplain.reading.logged_run import LoggedRun
from tfexplain.reading.tables import Table

__all__ = [
    "GeneralRecords",
    "Log",
    "LoggedMaps",
    "LoggedRun",
    "Table",
    "read",
]
