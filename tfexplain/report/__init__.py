"""Writes what a log holds into one file: the page with its data, or a summary in plain HTML."""
