"""Models that take texts as they are, and split them inside."""

from __future__ import annotations

from typing import Any

import numpy as np

TEXTS = np.array(["good film", "bad film", "awful bad plot", "great good fun"])
# What the vocabulary of these comes to: by how often, then backwards by the alphabet.
IDS = np.array([[2, 3, 0], [4, 3, 0], [6, 4, 5], [7, 2, 8]])
RNG = np.random.default_rng(8)
TABLE = RNG.normal(size=(12, 4)).astype("float32")
WEIGHTS = RNG.normal(size=(4, 1)).astype("float32")


def vectorizer(library: Any, **options: Any) -> Any:
    """A TextVectorization that numbers the words of `TEXTS` as `IDS`."""
    words = ["good", "film", "bad", "plot", "awful", "great", "fun"]
    return library.layers.TextVectorization(vocabulary=words, name="words", **options)


def text_model(
    library: Any,
    shape: tuple[int, ...] = (),
    first: int | None = None,
    length: int | None = None,
    mask: bool = True,
) -> Any:
    """The mean of the words' vectors times weights: each adds (vector · weights) / count.

    Args:
        library: Keras 3 or tf_keras.
        shape: Of one sample.
        first: How many words are kept.
        length: Of all rows; default that of the longest of a batch.
        mask: Whether padding is left out of the mean.
    """
    layers = library.layers
    text = library.Input(shape, dtype="string", name="text")
    ids = vectorizer(library, output_sequence_length=length)(text)
    embed, top = layers.Embedding(12, 4, mask_zero=mask, name="embed"), layers.Dense(1, name="top")
    vectors = embed(ids if first is None else ids[:, :first])
    model = library.Model(text, top(layers.GlobalAveragePooling1D()(vectors)))
    embed.set_weights([TABLE])
    top.set_weights([WEIGHTS, np.zeros(1)])
    return model
