"""Explainers that hide parts of the input and read predictions only."""
