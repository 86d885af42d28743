"""Measures the health of a network: gradients, updates and activations of its layers."""
