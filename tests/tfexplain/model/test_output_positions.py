"""The number that is explained at outputs with positions, beside numpy."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfexplain import Saliency
from tfexplain.explainers.run import explanations
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.outputs import TargetError
from tfexplain.model.trace_model import trace_model

layers = keras.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 5, 5, 2)).astype("float32")
IDS = np.array([[3, 7, 2, 0, 0], [4, 5, 9, 5, 0], [9, 8, 7, 6, 5]], np.int32)
Array = Any


def plane(units: int, activation: Any, loss: Any) -> keras.Model:
    keras.utils.set_random_seed(3)
    last = layers.Conv2D(units, 1, activation=activation, name="out")
    model = keras.Sequential([keras.Input((5, 5, 2)), layers.Conv2D(3, 3, padding="same"), last])
    model.compile("sgd", loss)
    return model


def raw(model: keras.Model, x: Any) -> Any:
    """What the last layer gives before its activation."""
    *body, last = model.layers
    for layer in body:
        x = layer(x)
    kernel, bias = last.get_weights()
    return tf.tensordot(x, tf.reshape(kernel, [-1, kernel.shape[-1]]), 1) + bias


def in_region(values: Array, given: Array) -> Array:
    """The mean where `given`, or everywhere where nothing is: [N] of [N, h, w]."""
    return np.array(
        [v[g].mean() if g.any() else v.mean() for v, g in zip(values, given, strict=True)]
    )


def found(model: keras.Model, targets: Any, **settings: Any) -> Any:
    return Saliency(**settings)(model, X, targets)


def test_a_class_is_explained_over_the_positions_that_are_given_to_it() -> None:
    model = plane(3, "softmax", "sparse_categorical_crossentropy")
    logits = raw(model, X).numpy()
    given = logits.argmax(-1)
    never = next((c for c in range(3) if not (given == c).any(axis=(1, 2)).all()), 2)
    for label in range(3):
        for targets in (f"mask:{label}", label):
            one = found(model, targets)
            expected = in_region(logits[..., label], given == label)
            np.testing.assert_allclose(one.scores, expected, atol=1e-5)
            assert (one.targets == label).all()
            assert one.unit == "logit per unit of input"
    # Of what the model says itself, the class that most positions are given to but 0.
    counts = np.stack([(given == c).sum((1, 2)) for c in range(3)], 1) * [0, 1, 1]
    one = found(model, None)
    assert one.targets.tolist() == counts.argmax(1).tolist()
    chance = found(model, f"mask:{never}", score="probability")
    p = model.predict(X, verbose=0)
    np.testing.assert_allclose(chance.scores, in_region(p[..., never], given == never), atol=1e-5)
    with tf.GradientTape() as tape:
        x = tf.constant(X)
        tape.watch(x)
        own = tf.constant((given == 1).astype("float32"))
        own = tf.where(tf.reduce_any(own > 0, (1, 2), keepdims=True), own, tf.ones_like(own))
        each = tf.reduce_sum(own * raw(model, x)[..., 1], (1, 2)) / tf.reduce_sum(own, (1, 2))
    slopes = tape.gradient(each, x)
    np.testing.assert_allclose(found(model, "mask:1").values, slopes, atol=1e-5)


def test_one_sigmoid_has_two_classes() -> None:
    model = plane(1, "sigmoid", "binary_crossentropy")
    logits = raw(model, X).numpy()[..., 0]
    for label, sign in ((0, -1), (1, 1)):
        one = found(model, f"mask:{label}")
        expected = in_region(sign * logits, (logits > 0) == bool(label))
        np.testing.assert_allclose(one.scores, expected, atol=1e-5)
    assert found(model, None).targets.tolist() == [1, 1, 1, 1]


def test_labels_that_do_not_exclude_each_other() -> None:
    model = plane(3, "sigmoid", "binary_crossentropy")
    logits = raw(model, X).numpy()
    one = found(model, None)
    assert one.targets.tolist() == (logits > 0).sum((1, 2)).argmax(1).tolist()
    expected = in_region(logits[..., 0], logits[..., 0] > 0)
    np.testing.assert_allclose(found(model, "mask:0").scores, expected, atol=1e-5)


def test_values_are_averaged_over_their_positions() -> None:
    model = plane(2, "sigmoid", "mse")
    p = model.predict(X, verbose=0)
    assert found(model, None).unit == "output per unit of input"
    np.testing.assert_allclose(found(model, None).scores, p[..., 0].mean((1, 2)), atol=1e-6)
    np.testing.assert_allclose(found(model, 1).scores, p[..., 1].mean((1, 2)), atol=1e-6)


def language(masked: bool, *, causal: bool = True, named: bool = False) -> keras.Model:
    keras.utils.set_random_seed(1)
    ids = keras.Input((5,), dtype="int32", name="token_ids")
    h = layers.Embedding(20, 8, mask_zero=masked)(ids)
    h = h + layers.MultiHeadAttention(2, 4)(h, h, use_causal_mask=causal)
    out = layers.Dense(20)(h)
    if not named:
        return keras.Model(ids, out)
    mask = keras.Input((5,), dtype="int32", name="padding_mask")
    shown = out + 0.0 * keras.ops.cast(mask, "float32")[..., None]
    return keras.Model({"token_ids": ids, "padding_mask": mask}, shown)


@pytest.mark.parametrize("way", ["masked", "plain", "padding_mask"])
def test_the_next_token_is_predicted_behind_the_last_one(way: str) -> None:
    model = language(way == "masked", named=way == "padding_mask")
    inputs: Any = IDS
    if way == "padding_mask":
        inputs = {"token_ids": IDS, "padding_mask": (IDS > 0).astype("int32")}
    last = np.array([4, 4, 4] if way == "plain" else [2, 3, 4])
    logits = np.asarray(model(inputs))[np.arange(3), last]
    for targets in (None, "next token"):
        (one,) = explanations(model, [Saliency()], inputs, targets)
        some = next(iter(one.attributions.values()))
        assert some.targets.tolist() == logits.argmax(1).tolist()
        np.testing.assert_allclose(some.scores, logits.max(1), atol=1e-5)
    # By name, a class is one of a tag: over the positions where it is the likeliest.
    (one,) = explanations(model, [Saliency()], inputs, "mask:7")
    assert not np.allclose(next(iter(one.attributions.values())).scores, logits[:, 7])


def test_what_sees_the_tokens_behind_it_continues_no_text() -> None:
    assert trace_model(language(True), IDS).model_outputs[0].tokens
    assert not trace_model(language(True, causal=False), IDS).model_outputs[0].tokens
    tags = keras.Sequential(
        [keras.Input((5,), dtype="int32"), layers.Embedding(20, 4), layers.Dense(3)]
    )
    assert not KerasModel(tags, IDS).model_outputs[0].tokens


def test_padding_is_no_tag() -> None:
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(20, 4, mask_zero=True),
            layers.Dense(3, activation="softmax"),
        ]
    )
    *_, last = model.layers
    logits = model.layers[0](IDS).numpy() @ last.kernel.numpy()
    given = np.where(IDS > 0, logits.argmax(-1), -1)
    one = Saliency()(model, IDS, "mask:2")
    everywhere = (IDS > 0)[..., None]
    expected = [
        v[g].mean() if g.any() else v[e[:, 0]].mean()
        for v, g, e in zip(logits[..., 2], given == 2, everywhere, strict=True)
    ]
    np.testing.assert_allclose(one.scores, expected, atol=1e-5)


def test_one_label_of_several() -> None:
    model = keras.Sequential(
        [keras.Input((5, 5, 2)), layers.Flatten(), layers.Dense(4, activation="sigmoid")]
    )
    np.testing.assert_array_equal(found(model, "label:2").values, found(model, 2).values)
    assert (found(model, "label:2").targets == 2).all()


@pytest.mark.parametrize(
    ("targets", "flat", "message"),
    [
        ("mask:1", True, r"targets='mask:1': expected an output of positions.*targets='label:1'"),
        ("next token", True, "expected an output of positions and classes"),
        ("label:1", False, r"expected an output of classes and no positions.*targets='mask:1'"),
        ("mask:3", False, r"expected class indices in 0\.\.2"),
        ("mask:", False, "targets='mask:': expected 'label', 'predicted', .*'mask:3'"),
    ],
)
def test_presets_that_do_not_fit(targets: str, flat: bool, message: str) -> None:
    model = plane(3, "softmax", "sparse_categorical_crossentropy")
    if flat:
        model = keras.Sequential([model, layers.Flatten(), layers.Dense(2)])
    with pytest.raises(TargetError, match=message):
        found(model, targets)
