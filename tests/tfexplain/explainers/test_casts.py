"""Whole numbers as inputs: a gradient where the model casts them, and no zeros without one."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfexplain import InputXGradient, IntegratedGradients, Saliency, SmoothGrad
from tfexplain.explainers.choosing import fitting
from tfexplain.model.call_batch import as_batch
from tfexplain.model.keras_model import KerasModel

LIBRARIES = pytest.mark.parametrize("library", [keras, tf_keras])
RNG = np.random.default_rng(7)
BYTES = RNG.integers(0, 255, (3, 4, 4, 1)).astype("uint8")
WEIGHTS = RNG.normal(size=(16, 2)).astype("float32")


def scaled(library: Any, dtype: str, *, flat_first: bool = False, channels: bool = True) -> Any:
    """Pixels / 255 times weights: each adds pixel * weight / 255 to the score."""
    layers = library.layers
    flat, scale, top = layers.Flatten(), layers.Rescaling(1 / 255), layers.Dense(2, use_bias=False)
    pixels = library.Input((4, 4, 1) if channels else (4, 4), dtype=dtype)
    inner = scale(flat(pixels)) if flat_first else flat(scale(pixels))
    model = library.Model(pixels, top(inner))
    top.set_weights([WEIGHTS])
    return model


class Converted(keras.Model):  # type: ignore[misc]
    """Scales whole numbers only: what it makes of floating-point ones differs."""

    def call(self, pixels: Any) -> Any:
        flat = tf.reshape(tf.image.convert_image_dtype(pixels, tf.float32), [-1, 16])
        return tf.matmul(flat, WEIGHTS)


EXPECTED = BYTES / 255 * WEIGHTS[:, 1].reshape(4, 4, 1)


@LIBRARIES
@pytest.mark.parametrize("flat_first", [False, True])
@pytest.mark.parametrize("given", ["uint8", "float32"])
def test_bytes_have_the_gradient_of_what_they_are_cast_to(
    library: Any, flat_first: bool, given: str
) -> None:
    model, pixels = scaled(library, "uint8", flat_first=flat_first), BYTES.astype(given)
    found = IntegratedGradients()(model, pixels, 1)
    np.testing.assert_allclose(found.values, EXPECTED, atol=1e-6)
    np.testing.assert_allclose(found.completeness_gap, 0, atol=1e-5)
    assert (found.layer, found.channel_axis) == ("input", -1)
    np.testing.assert_allclose(InputXGradient()(model, pixels, 1).values, EXPECTED, atol=1e-6)
    slopes = Saliency()(model, pixels, 1)
    per_byte = np.broadcast_to(WEIGHTS[:, 1].reshape(4, 4, 1) / 255, BYTES.shape)
    np.testing.assert_allclose(slopes.values, per_byte, rtol=1e-5)
    assert slopes.unit == "output per unit of input"


@LIBRARIES
def test_grey_bytes_are_numbers_where_the_model_takes_numbers(library: Any) -> None:
    model, grey = scaled(library, "float32", channels=False), BYTES[..., 0]
    batch = as_batch(grey, model)
    assert batch.dtype == tf.float32
    assert as_batch(grey).dtype == tf.uint8  # of a model that says nothing they may be indices
    found = IntegratedGradients()(model, grey, 1)
    np.testing.assert_allclose(found.values, EXPECTED[..., 0], atol=1e-6)
    assert "IntegratedGradients" in [method.name for method in fitting(KerasModel(model, batch))]


def test_a_model_that_treats_whole_numbers_apart_gets_them_as_they_are() -> None:
    found = IntegratedGradients()(Converted(), BYTES[..., 0], 1)
    np.testing.assert_allclose(found.values, EXPECTED[..., 0], atol=1e-6)


def test_inputs_by_name_are_cast_as_the_model_says() -> None:
    b, a = keras.Input((3,), name="b"), keras.Input((3,), dtype="int32", name="a")
    model = keras.Model([b, a], keras.layers.Dense(1)(b + keras.ops.cast(a, "float32")))
    rows = {"a": np.ones((2, 3), "int64"), "b": np.ones((2, 3), "int64")}
    found = as_batch(rows, model)
    assert (found["a"].dtype, found["b"].dtype) == (tf.int64, tf.float32)


@pytest.mark.parametrize(
    "step",
    [
        tf.round,
        lambda x: tf.cast(tf.cast(x, tf.int32), tf.float32),
        lambda x: tf.one_hot(tf.argmax(x, 1), 4),
    ],
    ids=["rounding", "casting", "comparing"],
)
def test_a_gradient_that_does_not_exist_is_no_map_of_zeros(step: Any) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(step), keras.layers.Dense(2)])
    x = np.array([[0.4, 1.3, 2.2, 5.1]], "float32")
    for method in (Saliency(), IntegratedGradients()):
        with pytest.raises(ValueError, match="only through operations that have no gradient"):
            method(model, x, 1)


def test_what_the_number_does_not_depend_on_is_a_map_of_zeros() -> None:
    one, other = keras.Input((2,), name="one"), keras.Input((2,), name="other")
    double = keras.layers.Rescaling(2.0)
    model = keras.Model([one, other], [double(one), double(other)])
    x = [np.ones((1, 2), "float32")] * 2
    for method in (Saliency(), IntegratedGradients()):
        assert not method.each(model, x, 1)["other"].values.any()


def test_noise_is_refused_where_the_model_cuts_it_off() -> None:
    with pytest.raises(ValueError, match=r"expected floating-point numbers .* got \['uint8'\]"):
        SmoothGrad()(scaled(keras, "uint8"), BYTES, 1)
