"""Reads rows of data that may outgrow memory, by their numbers."""
