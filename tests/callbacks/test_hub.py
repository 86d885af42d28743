"""Tasks of Keras Hub, which preprocess what they are given: explained on what they compute with."""

from __future__ import annotations

import random
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support import hub
from support.read import Run, read_run

from tfexplain import Compression, Explain, FeatureMaps, Health, IntegratedGradients, Saliency
from tfexplain.errors import ExplainWarning
from tfexplain.model.preprocessing import compiled_once, preprocessed

pytestmark = [
    pytest.mark.skipif(not find_spec("keras_hub"), reason="Keras Hub needs Python 3.11"),
    pytest.mark.filterwarnings("ignore:.*shuffle=True:UserWarning"),
]
TEXTS = np.array(hub.TEXTS)


def logged(
    model: Any,
    x: Any,
    y: Any,
    tmp_path: Path,
    *explainers: Any,
    beside: Sequence[Any] = (),
    **settings: Any,
) -> Run:
    val = x if y is None else (x, y)
    explain = Explain(
        val, explainers=explainers, log_dir=tmp_path, on_error="raise", verbose=False, **settings
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", ExplainWarning)  # nothing is to be told
        model.fit(x, y, batch_size=4, epochs=1, verbose=0, callbacks=[explain, *beside])
    return read_run(tmp_path)


def predictions_agree(run: Run, model: Any, x: Any) -> None:
    """As logged after the last epoch, and as the user predicts."""
    outputs = np.asarray(run.record("predictions").outputs, np.float32)
    logits = model.predict(x[run.record("samples").rows], verbose=0)
    own = tf.nn.softmax(logits).numpy()  # which is what stands on the page
    np.testing.assert_allclose(outputs, own, atol=2e-3 * np.abs(own).max())


@pytest.mark.slow
def test_a_classifier_of_texts(tmp_path: Path) -> None:
    model, labels = hub.text_classifier(), np.arange(8) % 2
    run = logged(model, TEXTS, labels, tmp_path, Saliency())
    predictions_agree(run, model, TEXTS)
    words = np.reshape(run.record("values/token_ids").words, (8, 8))
    expected = [["[CLS]", *text.split(), "[SEP]"] for text in TEXTS[run.record("samples").rows]]
    assert [[word for word in row if word] for row in words] == expected
    slopes = run.record("map/Saliency/token_ids/0").values
    assert (np.asarray(slopes)[words[0] == ""] == 0).all()
    own = Saliency().each(model, TEXTS, 1)  # outside of training, texts as they are
    assert own["token_ids"].values.shape == (8, 8)


def test_a_vocabulary_that_is_given_comes_before_the_tokenizer(tmp_path: Path) -> None:
    model = hub.text_classifier()
    run = logged(model, TEXTS, np.arange(8) % 2, tmp_path, Saliency(), vocabulary={5: "GOOD"})
    assert {"GOOD", "#6"} <= set(run.record("values/token_ids").words)


def test_a_classifier_of_pictures_that_it_resizes(tmp_path: Path) -> None:
    model = hub.picture_classifier()
    run = logged(model, hub.PICTURES, np.arange(8) % 3, tmp_path, IntegratedGradients())
    predictions_agree(run, model, hub.PICTURES)
    assert run.content("inputs/input").shape == (32, 32, 3)
    # To the bit: resizing rounds otherwise outside of a data set.
    called = model(preprocessed(model, hub.PICTURES)[0], training=False).numpy()
    np.testing.assert_array_equal(called, model.predict(hub.PICTURES, verbose=0))


@pytest.mark.slow
def test_a_language_model_that_makes_its_labels(tmp_path: Path) -> None:
    model = hub.causal_model()
    # Its embedding is its output layer too, with other units.
    compression = Compression(
        log_dir=tmp_path / "b", validation_data=TEXTS, on_error="raise", verbose=False
    )
    run = logged(
        *(model, TEXTS, None, tmp_path, IntegratedGradients(steps=4)),
        beside=[compression],
        targets=lambda outputs: outputs[:, 3, 2],
    )
    words = np.reshape(run.record("values/token_ids").words, (8, 10))
    assert words[0, 0] == "<|endoftext|>"  # the start, of the id that fills up as well
    texts = ["".join(row).replace("<|endoftext|>", "").replace("Ġ", " ") for row in words]
    rows = run.record("samples").rows
    assert all(TEXTS[row].startswith(text.strip()) for row, text in zip(rows, texts, strict=True))
    assert read_run(tmp_path / "b", "compression").values["kernels"]
    inputs, labels = preprocessed(model, TEXTS)
    np.testing.assert_array_equal(labels[:, :-1], inputs["token_ids"][:, 1:])


def test_a_segmenter_with_its_masks(tmp_path: Path) -> None:
    model = hub.segmenter()
    masks = (hub.PICTURES.mean(axis=-1, keepdims=True) > 127).astype("int32")
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    run = logged(model, hub.PICTURES, masks, tmp_path, FeatureMaps(max_channels=1))
    assert run.content("inputs/input").shape == (32, 32, 3)
    inputs, resized = preprocessed(model, hub.PICTURES, masks)
    assert (inputs.shape, resized.shape) == ((8, 32, 32, 3), (8, 32, 32, 1))


def test_without_a_preprocessor_data_is_taken_as_it_is() -> None:
    model = hub.text_classifier()
    tokens, _ = preprocessed(model, TEXTS)
    again, _ = preprocessed(model, tokens)
    assert again is tokens
    model.preprocessor = None
    assert preprocessed(model, tokens)[0] is tokens


def test_preprocessing_is_compiled_once_and_is_the_same() -> None:
    model, traced = hub.text_classifier(), []
    own = type(model).preprocess_samples
    type(model).preprocess_samples = lambda *given: (traced.append(given), own(*given))[1]
    try:
        with compiled_once():
            texts, few = (preprocessed(model, TEXTS[:count])[0] for count in (8, 3))
            assert len(traced) == 1
            _, labels = preprocessed(model, TEXTS, np.arange(8) % 2)
            assert len(traced) == 2
        model.preprocessor.packer.sequence_length = 5
        changed, _ = preprocessed(model, TEXTS)
    finally:
        type(model).preprocess_samples = own
    for name, tokens in texts.items():
        np.testing.assert_array_equal(few[name], tokens[:3])
        assert changed[name].shape == (8, 5)
    np.testing.assert_array_equal(labels, np.arange(8) % 2)


def test_data_that_the_preprocessor_cannot_take_is_said() -> None:
    with pytest.raises(ValueError, match=r"what the model's own BertTextClassifierPreprocessor"):
        preprocessed(hub.text_classifier(), {"other": np.zeros((2, 3))})


def test_what_preprocessing_draws_changes_no_later_draw() -> None:
    class Drawing(keras.Model):  # type: ignore[misc]
        preprocessor = "any"

        def preprocess_samples(self, x: Any, y: Any = None, sample_weight: Any = None) -> Any:
            return x + np.random.random() + random.random() + float(tf.random.normal([]))

    def drawn() -> list[float]:
        return [np.random.random(), random.random(), float(tf.random.normal([]))]

    keras.utils.set_random_seed(4)
    expected = drawn()
    keras.utils.set_random_seed(4)
    found, _ = preprocessed(Drawing(), np.zeros(2))
    assert np.asarray(found).any()
    assert drawn() == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "x", "y"),
    [
        (hub.text_classifier, TEXTS, np.arange(8) % 2),
        (hub.causal_model, TEXTS, None),
        (hub.picture_classifier, hub.PICTURES, np.arange(8) % 3),
    ],
    ids=["texts", "language model", "pictures"],
)
def test_health_is_of_the_loss_that_the_task_trains(
    make: Any, x: Any, y: Any, tmp_path: Path
) -> None:
    """Padding weighs nothing, as in `evaluate`, but for dropout, which drops in training."""
    model = make()
    model.optimizer.learning_rate = 0.0
    health = Health(x if y is None else (x, y), log_dir=tmp_path, on_error="raise", verbose=False)
    model.fit(x, y, batch_size=8, epochs=1, verbose=0, callbacks=[health])
    record = read_run(tmp_path, "health").record("health")
    loss = model.evaluate(x, y, batch_size=8, verbose=0, return_dict=True)["loss"]
    assert record.totals["loss"] == pytest.approx(loss, rel=0.2)
    assert record.totals["gradient_norm"] > 0
    assert len(record.weights_of) == len(model.trainable_variables)
