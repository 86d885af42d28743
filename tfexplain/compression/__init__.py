"""Reading weights as they really are (masks, codes, scales), and the numbers made of them."""

from tfexplain.compression.reading import read
from tfexplain.compression.weights import Block, LayerWeights, WeightsError, find

__all__ = ["Block", "LayerWeights", "WeightsError", "find", "read"]
