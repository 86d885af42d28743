"""Tells what a layer does with a weight: by the layer's kind and the weight's name, not by rank.

A bias of attention has two axes, a layer's learned positions too, and neither is multiplied with
anything. So each kind of layer says which of its weights are kernels; a weight of a kind that is
not known is told by its name where that is beyond doubt, and is of an unknown role otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

from tfexplain.types import Layer

Role: TypeAlias = Literal["kernel", "other", "unknown"]

# Names of the kernels of each kind of layer, of Keras 3 and tf_keras; kinds without kernels too.
KERNELS: Mapping[str, tuple[str, ...]] = {
    "Dense": ("kernel",),
    "EinsumDense": ("kernel",),
    "Embedding": ("embeddings",),
    "ReversibleEmbedding": ("embeddings", "reverse_embeddings"),
    **dict.fromkeys(("BaseConv", "Conv", "Conv1D", "Conv2D", "Conv3D"), ("kernel",)),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), ("kernel",)),
    "BaseConvTranspose": ("kernel",),
    **dict.fromkeys(
        ("BaseDepthwiseConv", "DepthwiseConv", "DepthwiseConv1D", "DepthwiseConv2D"),
        ("kernel", "depthwise_kernel"),
    ),
    **dict.fromkeys(
        ("BaseSeparableConv", "SeparableConv", "SeparableConv1D", "SeparableConv2D"),
        ("depthwise_kernel", "pointwise_kernel"),
    ),
    **dict.fromkeys(("LocallyConnected1D", "LocallyConnected2D"), ("kernel",)),
    **dict.fromkeys(
        ("SimpleRNNCell", "GRUCell", "LSTMCell", "ConvLSTMCell", "CuDNNGRU", "CuDNNLSTM"),
        ("kernel", "recurrent_kernel"),
    ),
    "RandomFourierFeatures": ("unscaled_kernel",),
    "STFTSpectrogram": ("real_kernel", "imag_kernel"),
    # Scales, offsets, statistics, slopes, vectors of norms, learned positions, counters.
    **dict.fromkeys(("BatchNormalization", "BatchNormalizationBase", "LayerNormalization"), ()),
    **dict.fromkeys(("GroupNormalization", "RMSNormalization", "SpectralNormalization"), ()),
    **dict.fromkeys(("Normalization", "Discretization", "PReLU", "LayerScale"), ()),
    **dict.fromkeys(("Attention", "AdditiveAttention", "RNN", "PositionEmbedding"), ()),
}
_LIBRARIES = ("keras", "tf_keras", "keras_hub", "keras_nlp", "keras_cv")
# What these kinds call the rest: looked at where a user's class derives from one of them.
_REST = frozenset(
    {"alpha", "scale", "mean", "variance", "count", "summary", "vector_u", "sn_u", "embeddings"}
    | {"concat_score_weight", "random_features_scale", "moving_stddev", "stddev"}
)
_CERTAIN = re.compile(
    r"(.*_)?(bias|beta|gamma|seed\w*|tokens?|rng_state|state_var)|(moving|renorm)_\w+"
    r"|(.*_)?pos(ition(al)?|itions)?(_?(emb\w*|enc\w*|table))?"
)


def kind_of(layer: Layer) -> str:
    """Returns the class of Keras or Keras Hub that says what the layer's weights are, or "".

    A class of a user counts as the one of these that it derives from, whatever it is called.
    """
    for cls in type(layer).__mro__:
        if cls.__name__ in KERNELS and _of_a_library(cls):
            return cls.__name__
    return ""


def role_of(layer: Layer, weight: str) -> Role:
    """Returns the role of the weight of this name: whether the layer multiplies with it, or looks
    up in it."""
    kind = kind_of(layer)
    if weight in KERNELS.get(kind, ()):
        return "kernel"
    if kind and (weight in _REST or _of_a_library(type(layer))):
        return "other"
    if weight == "kernel" or weight.endswith("_kernel"):
        return "kernel"
    return "other" if _CERTAIN.fullmatch(weight) else "unknown"


def _of_a_library(cls: type) -> bool:
    return cls.__module__.split(".")[0] in _LIBRARIES
