"""What hides parts of inputs, on every kind of model, against calls of the model by hand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support import transformers, zoo

from tfexplain import (
    LIME,
    RISE,
    FeatureAblation,
    KernelSHAP,
    Occlusion,
    PermutationImportance,
    ScoreCAM,
)
from tfexplain.explainers.run import explanations
from tfexplain.model.input_kinds import channel_axis
from tfexplain.model.keras_model import KerasModel

CASES = [
    *((keras, kind) for kind in (zoo.functional, zoo.subclassed, zoo.nested, zoo.tf_function)),
    *((keras, kind) for kind in (zoo.several_inputs, zoo.several_outputs, zoo.remat_function)),
    *((keras, kind) for kind in (zoo.line, zoo.volume, zoo.words)),
    *((keras, kind) for kind in (zoo.bidirectional, transformers.class_token)),
    *((tf_keras, kind) for kind in (zoo.sequential, zoo.several_inputs, zoo.line)),
]
SMALL = [
    Occlusion(),
    RISE(masks=6),
    FeatureAblation(),
    KernelSHAP(coalitions=260),
    LIME(masks=6, segments=(2, 2)),
]


def parts(shape: Any, channel_axis: int | None) -> list[Any]:
    """Masks [...] of halves of an input along its first axis of positions."""
    axis = 1 if channel_axis == 1 else 0
    first = np.arange(shape[axis]) * 2 // shape[axis]
    first = first.reshape([-1 if i == axis else 1 for i in range(len(shape))])
    return [np.broadcast_to(first == half, shape) for half in range(2)]


@pytest.mark.parametrize(
    ("library", "kind"), [pytest.param(*c, id=f"{c[1].__name__}-{c[0].__name__}") for c in CASES]
)
def test_halves_of_every_input(library: Any, kind: Any) -> None:
    """The score with either half hidden, and what the two are worth as players."""
    library.utils.set_random_seed(3)
    made = kind(library)
    traced_model = KerasModel(made.model, made.inputs)
    flat = tf.nest.flatten(made.inputs)
    halves = {
        name: parts(x.shape[1:], channel_axis(traced_model, x))
        for name, x in zip(traced_model.input_names, flat, strict=True)
    }

    def ids(sample: Any) -> Any:
        return next(h[1].astype(int) for h in halves.values() if h[1].shape == sample.shape)

    methods = [FeatureAblation(groups=ids), KernelSHAP(groups=ids)]
    ablated, shared = explanations(made.model, methods, made.inputs, 1, traced_model=traced_model)
    cut = made.cuts[0]

    def score(position: int, hidden: Any) -> Any:
        inputs = [tf.constant(x) for x in flat]
        inputs[position] = tf.constant(np.where(hidden, 0, flat[position]).astype(flat[0].dtype))
        batch = tf.nest.pack_sequence_as(made.inputs, inputs)
        return cut.after(cut.before(batch), batch).numpy()[:, 1]

    for position, (name, masks) in enumerate(halves.items()):
        full, none = score(position, False), score(position, True)
        without = [score(position, mask) for mask in masks]
        scale = max(np.abs(full).max(), 1.0)
        for mask, gone, kept in zip(masks, without, without[::-1], strict=True):
            found = ablated.attributions[name].values[:, mask]
            assert np.allclose(found, (full - gone)[:, None], atol=1e-5 * scale)
            share = (full - gone + kept - none) / 2
            total = shared.attributions[name].values[:, mask].sum(axis=1)
            assert np.allclose(total, share, atol=1e-5 * scale)
    assert max(np.abs(one.values).max() for one in ablated.attributions.values()) > 1e-6


@pytest.mark.parametrize("kind", [zoo.sequential, zoo.line, zoo.volume, zoo.recurrent])
def test_defaults_of_every_method(kind: Any) -> None:
    keras.utils.set_random_seed(3)
    made = kind(keras)
    sides = made.inputs.shape[1:-1]
    traced_model = KerasModel(made.model, made.inputs)
    line = len(sides) == 1
    several = [m for m in SMALL if not isinstance(m, LIME) or len(sides) == 2]
    methods = [*several, *([ScoreCAM(max_channels=2)] if not line else [])]
    for method, found in zip(
        methods,
        explanations(made.model, methods, made.inputs, 1, traced_model=traced_model),
        strict=True,
    ):
        (one,) = found.attributions.values()
        assert np.isfinite(one.values).all(), method
        if not isinstance(method, ScoreCAM):
            assert one.values.shape == (len(made.inputs), *sides), method
        assert one.passes is not None
    traces = traced_model.traces
    explanations(made.model, methods, made.inputs + 1, 1, traced_model=traced_model)
    assert traced_model.traces == traces


def test_channels_first() -> None:
    """Where channels stand first, a mask hides all of them too."""
    # Not a convolution: TensorFlow has none with channels first on every CPU.
    first = {"data_format": "channels_first"}
    model = keras.Sequential(
        [
            keras.Input((2, 4, 6)),
            keras.layers.ZeroPadding2D(1, **first),
            keras.layers.GlobalAveragePooling2D(**first),
            keras.layers.Dense(1, kernel_initializer="ones"),
        ]
    )
    x = np.random.default_rng(0).normal(size=(3, 2, 4, 6)).astype("float32")
    found = Occlusion(window=1, stride=1)(model, x)
    assert np.allclose(found.values, x.sum(axis=1) / (6 * 8), atol=1e-6)


def test_tokens_and_tables() -> None:
    keras.utils.set_random_seed(3)
    made = zoo.words(keras)
    count = made.inputs.shape[1]
    few = [Occlusion(), FeatureAblation(), KernelSHAP(coalitions=2 * count + 2), LIME(masks=8)]
    for method in [*few, PermutationImportance()]:
        assert method(made.model, made.inputs, 1).values.shape == made.inputs.shape
    with pytest.raises(ValueError, match="explain whole numbers with Occlusion"):
        RISE()(made.model, made.inputs, 1)


def test_half_the_batch_size_comes_after_memory_was_too_small() -> None:
    traced_model = KerasModel(zoo.sequential(keras).model, zoo.sequential(keras).inputs)
    for method in (*SMALL, ScoreCAM(), PermutationImportance()):
        smaller = method.with_half_batch(traced_model)
        assert smaller is not None
        assert type(smaller) is type(method)
        assert smaller.batch_size == 64
    assert Occlusion(batch_size=1).with_half_batch(traced_model) is None


@pytest.mark.parametrize("method", [*SMALL, PermutationImportance()], ids=lambda m: m.name)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_stays_with_its_sample(method: Any, bad: float) -> None:
    def function(x: Any) -> Any:
        return np.where(x[:, 0] > 5, bad, x.reshape(len(x), -1).sum(axis=1))

    x = np.ones((3, 4), "float32")
    x[1, 0] = 9
    if isinstance(method, LIME):
        method = LIME(masks=6)
    found = method(function, x).values
    assert not np.isfinite(found[1]).all()
    if not isinstance(method, PermutationImportance):  # others take their values from it
        assert np.isfinite(found[[0, 2]]).all()


def test_score_cam_of_a_model_that_became_nan() -> None:
    model = zoo.sequential(keras).model
    model.set_weights([np.full_like(w, np.nan) for w in model.get_weights()])
    found = ScoreCAM("two", max_channels=2)(model, zoo.sequential(keras).inputs, 1)
    assert np.isnan(found.values).all()


def test_settings_as_text_are_the_same_in_every_process() -> None:
    def own(_: Any) -> Any: ...

    found = FeatureAblation(groups=own, baseline={"a": np.zeros((2, 3)), "b": 1.0}).settings()
    assert found["groups"] == "own"
    assert found["baseline"] == "a: array of shape (2, 3), b: 1.0"
