"""Prunes kernels: which weights stay."""
