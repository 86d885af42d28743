"""Texts that a model splits itself: explained where words become vectors, against sums by hand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support.texts import IDS, TABLE, TEXTS, WEIGHTS, text_model, vectorizer

from tfexplain import ExpectedGradients, GradCAM, InputXGradient, IntegratedGradients, Saliency
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.tokens import token_ids, vocabulary

LIBRARIES = pytest.mark.parametrize("library", [keras, tf_keras])


def worth(ids: Any, start: Any = 0) -> Any:
    """[N, T]: what each word adds to the mean score, over where its path starts."""
    moved = (TABLE[ids] - TABLE[start]) @ WEIGHTS[:, 0]
    counts = (ids > 0).sum(axis=1, keepdims=True)
    return np.where(ids > 0, moved, 0) / counts


@LIBRARIES
@pytest.mark.parametrize("shape", [(), (1,)])
def test_each_word_has_what_it_adds(library: Any, shape: tuple[int, ...]) -> None:
    model, texts = text_model(library, shape), tf.constant(TEXTS.reshape(-1, *shape))
    found = IntegratedGradients()(model, texts)
    assert (found.layer, found.explainer) == ("input", "IntegratedGradients")
    np.testing.assert_allclose(found.values, worth(IDS), atol=1e-6)
    np.testing.assert_allclose(found.completeness_gap, 0, atol=1e-6)
    flat = InputXGradient()(model, texts)
    vectors = np.where(IDS > 0, TABLE[IDS] @ WEIGHTS[:, 0], 0)
    counts = (IDS > 0).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(flat.values, vectors / counts, atol=1e-6)


def test_words_that_are_cut_off_and_rows_that_are_filled_up() -> None:
    cut = Saliency()(text_model(keras, first=2), tf.constant(TEXTS))
    assert cut.values.shape == (4, 2)
    filled = IntegratedGradients()(text_model(keras, length=6), tf.constant(TEXTS))
    np.testing.assert_allclose(filled.values, np.pad(worth(IDS), ((0, 0), (0, 3))), atol=1e-6)


def test_chunks_of_shorter_texts_are_as_long_as_all() -> None:
    # One sample at a time: the model alone would make a row of two words of the first.
    found = IntegratedGradients(steps=4, batch_size=1)(text_model(keras), tf.constant(TEXTS))
    np.testing.assert_allclose(found.values, worth(IDS), atol=1e-6)


def test_paths_begin_at_texts() -> None:
    model, texts = text_model(keras, mask=False), tf.constant(TEXTS)
    found = IntegratedGradients(baseline="film")(model, texts)
    start = np.array([3, 0, 0])
    np.testing.assert_allclose(
        found.values, (TABLE[IDS] - TABLE[start]) @ WEIGHTS[:, 0] / 3, atol=1e-6
    )
    drawn = ExpectedGradients(background=texts, draws=8)(model, texts)
    moved = [(TABLE[IDS] - TABLE[ids]) @ WEIGHTS[:, 0] / 3 for ids in IDS]
    np.testing.assert_allclose(drawn.values, np.mean(moved, axis=0), atol=1e-5)
    with pytest.raises(ValueError, match=r"baseline: expected texts of shape \(\) for input"):
        IntegratedGradients(baseline=[3.0, "film"])(model, texts)


def test_words_are_those_of_the_layer_that_makes_the_ids() -> None:
    traced_model = KerasModel(text_model(keras), tf.constant(TEXTS))
    (call,) = (call for call in traced_model.layer_calls if call.embeds is not None)
    assert (call.path, call.splits) == ("embed", "words")
    np.testing.assert_array_equal(token_ids(traced_model, call, tf.constant(TEXTS)), IDS)
    assert (vocabulary(traced_model, call) or [])[:4] == ["", "[UNK]", "good", "film"]


def test_a_layer_that_returns_ragged_tensors_hides_nothing_else() -> None:
    text = keras.Input((), dtype="string")
    ragged = vectorizer(keras, ragged=True)(text)
    ids = keras.layers.Lambda(lambda x: x.to_tensor(), output_shape=(None,), name="filled")(ragged)
    vectors = keras.layers.Embedding(12, 4, name="embed")(ids)
    mixed = keras.layers.Conv1D(3, 2, padding="same", name="conv")(vectors)
    model = keras.Model(text, keras.layers.GlobalAveragePooling1D()(mixed))
    assert GradCAM()(model, tf.constant(TEXTS), 1).layer == "conv"
    assert Saliency()(model, tf.constant(TEXTS), 1).values.shape == (4, 3)
    traced_model = KerasModel(model, tf.constant(TEXTS))
    assert "RaggedTensor" in traced_model.missed["words"]
    (call,) = (call for call in traced_model.layer_calls if call.embeds is not None)
    assert (vocabulary(traced_model, call) or [])[2] == "good"
