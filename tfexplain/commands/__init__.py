"""Implements `tfexplain COMMAND`, one command a file."""
