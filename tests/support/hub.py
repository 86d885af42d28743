"""Tasks of Keras Hub, each built small from its configuration, with the preprocessor it has."""

from __future__ import annotations

import functools
from typing import Any

import keras
import numpy as np

TEXTS = ["good film", "bad film", "awful bad plot", "great good fun"] * 2
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film", "bad", "awful", "plot"]
WORDS += ["great", "fun"]
# Of byte pairs, where a space is written so.
PIECES = ["<|endoftext|>", *"abdefgilmnoprtuw", "Ġ", "Ġf", "Ġb", "Ġg", "Ġp"]
PICTURES = np.random.default_rng(0).integers(0, 255, (8, 20, 24, 3)).astype("uint8")


@functools.cache
def hub() -> Any:
    """Keras Hub, which takes seconds to import."""
    import keras_hub

    return keras_hub


def text_classifier() -> Any:
    """BERT of one layer on texts of up to 8 tokens."""
    models = hub().models
    keras.utils.set_random_seed(1)
    tokenizer = models.BertTokenizer(vocabulary=WORDS, lowercase=True)
    sizes = {"hidden_dim": 8, "intermediate_dim": 8, "max_sequence_length": 8}
    backbone = models.BertBackbone(len(WORDS), num_layers=1, num_heads=2, **sizes)
    preprocessor = models.BertTextClassifierPreprocessor(tokenizer, sequence_length=8)
    return models.BertTextClassifier(backbone, num_classes=2, preprocessor=preprocessor)


def causal_model() -> Any:
    """GPT-2 of one layer, which makes its labels of the texts."""
    models = hub().models
    keras.utils.set_random_seed(1)
    vocabulary = {piece: i for i, piece in enumerate(PIECES)}
    merges = ["Ġ f", "Ġ b", "Ġ g", "Ġ p"]
    tokenizer = models.GPT2Tokenizer(vocabulary=vocabulary, merges=merges)
    backbone = models.GPT2Backbone(
        len(PIECES),
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=8,
        max_sequence_length=16,
    )
    preprocessor = models.GPT2CausalLMPreprocessor(tokenizer, sequence_length=10)
    return models.GPT2CausalLM(backbone, preprocessor=preprocessor)


def picture_classifier() -> Any:
    """VGG of two blocks on pictures that are resized to 32 x 32 and scaled."""
    models = hub().models
    keras.utils.set_random_seed(1)
    backbone = models.VGGBackbone([1, 1], [4, 4], image_shape=(32, 32, 3))
    converter = hub().layers.VGGImageConverter(image_size=(32, 32), scale=1 / 255)
    preprocessor = models.VGGImageClassifierPreprocessor(image_converter=converter)
    return models.VGGImageClassifier(
        backbone, num_classes=3, preprocessor=preprocessor, pooling_hidden_dim=8
    )


def segmenter() -> Any:
    """SegFormer on pictures that are resized to 32 x 32, its masks with them."""
    models = hub().models
    keras.utils.set_random_seed(1)
    encoder = models.MiTBackbone(
        layerwise_depths=[1, 1],
        num_layers=2,
        layerwise_num_heads=[1, 1],
        layerwise_sr_ratios=[1, 1],
        layerwise_patch_sizes=[3, 3],
        layerwise_strides=[4, 2],
        hidden_dims=[4, 8],
        max_drop_path_rate=0.0,
        image_shape=(32, 32, 3),
    )
    backbone = models.SegFormerBackbone(image_encoder=encoder, projection_filters=4)
    converter = hub().layers.SegFormerImageConverter(image_size=(32, 32), scale=1 / 255)
    preprocessor = models.SegFormerImageSegmenterPreprocessor(
        image_converter=converter, resize_output_mask=True
    )
    return models.SegFormerImageSegmenter(backbone, num_classes=2, preprocessor=preprocessor)
