"""Reads the kernels of Keras models, quantized and wrapped ones included."""
