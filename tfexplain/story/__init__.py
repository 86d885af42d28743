"""Finds in the records of a log what is worth saying in plain words, each with its number."""

from tfexplain.story.finding import Finding, percent
from tfexplain.story.log_records import RunRecords
from tfexplain.story.story import ALARMS, in_order, story

__all__ = ["ALARMS", "Finding", "RunRecords", "in_order", "percent", "story"]
