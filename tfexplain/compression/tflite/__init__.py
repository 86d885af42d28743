"""Reads the kernels of .tflite files."""
