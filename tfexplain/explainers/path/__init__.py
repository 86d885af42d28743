"""Explainers that integrate gradients along a path."""
