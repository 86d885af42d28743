"""Explainers that read gradients at the input or at a layer."""
