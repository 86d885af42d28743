"""Activation maximisation: closed forms, real models of every kind, another library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support import transformers, zoo
from support.golden import load

from tfexplain import ActivationMaximization, Explain
from tfexplain.model.layer_calls import LayerError
from tfexplain.model.outputs import TargetError
from tfexplain.model.trace_model import trace_model

layers = keras.layers
EXACT: dict[str, Any] = {"jitter": 0.0, "blur": 0.0}


def linear(shape: tuple[int, ...] = (3,), classes: int = 2) -> tuple[Any, Any]:
    """A linear model and its weights [classes, *shape], none near zero."""
    rng = np.random.default_rng(1)
    size = int(np.prod(shape))
    weights = rng.choice([-1, 1], (size, classes)) * rng.uniform(0.5, 1.5, (size, classes))
    inputs = keras.Input(shape)
    model = keras.Model(inputs, layers.Dense(classes)(layers.Flatten()(inputs)))
    model.set_weights([weights.astype("float32"), np.ones(classes, "float32")])
    return model, np.moveaxis(weights, -1, 0).reshape(classes, *shape)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.0, 5.0), (0.0, 255.0)])
def test_in_a_box_a_linear_model_is_maximal_at_a_corner(low: float, high: float) -> None:
    model, weights = linear((4, 4, 2))
    found = ActivationMaximization(bounds=(low, high), contrast=None, **EXACT)(model, (4, 4, 2))
    corner = np.where(weights > 0, high, low)
    assert np.array_equal(found.values, corner.astype("float32"))
    best = 1 + (weights * corner).sum(axis=(1, 2, 3))
    assert np.allclose(found.reached, best, rtol=1e-5)
    assert (found.start < found.reached).all()
    assert (found.layer, found.unit, found.bounds) == (model.output_names[0], "output", (low, high))
    assert found.channels.tolist() == [0, 1]


def test_in_a_ball_a_linear_model_is_maximal_along_its_weights() -> None:
    model, weights = linear((4, 4, 2))
    found = ActivationMaximization(bounds=(-2, 4), contrast=0.3, **EXACT)(model, (4, 4, 2))
    for values, along in zip(found.values, weights, strict=True):
        size = np.sqrt((along**2).mean())
        assert np.allclose(values, 1 + 0.3 * 3 * along / size, atol=0.02)
    apart = found.values - 1
    assert np.allclose(np.sqrt((apart**2).mean(axis=(1, 2, 3))), 0.9, rtol=1e-4)


KINDS = [
    (keras, zoo.sequential),
    (keras, zoo.nested),
    (tf_keras, zoo.nested),
    (keras, zoo.subclassed),
    (tf_keras, zoo.subclassed),
    (keras, zoo.shared),
    (keras, zoo.tf_function),
    (keras, zoo.line),
    (keras, zoo.volume),
    (keras, transformers.class_token),
]


@pytest.mark.parametrize(("library", "make"), KINDS)
def test_it_climbs_in_models_of_every_kind(library: Any, make: Any) -> None:
    """What it says to have reached is what the layers give when they are called by hand."""
    library.utils.set_random_seed(3)
    kind = make(library)
    weights = [w.tobytes() for w in kind.model.get_weights()]
    cut = kind.cuts[0]
    method = ActivationMaximization(layer=cut.path, channels=[1, 0], steps=12, rate=0.2)
    found = method(kind.model, kind.inputs)
    assert found.values.shape == (2, *kind.inputs.shape[1:])
    means = cut.positions(cut.before(tf.constant(found.values)).numpy())
    means = means.reshape(2, -1, means.shape[-1]).mean(axis=1)
    assert np.allclose([means[0, 1], means[1, 0]], found.reached, atol=1e-5)
    assert (found.reached > found.start).all()
    assert (found.layer, found.unit, found.input) == (cut.path, "activation", "input")
    low, high = found.bounds
    assert low <= found.values.min() < found.values.max() <= high
    classes = ActivationMaximization(channels=1, steps=12, rate=0.2)(kind.model, kind.inputs)
    scores = cut.after(cut.before(tf.constant(classes.values)), tf.constant(classes.values))
    assert np.allclose(scores.numpy()[:, 1], classes.reached, atol=1e-5)
    assert (classes.reached > classes.start).all()
    assert weights == [w.tobytes() for w in kind.model.get_weights()]


def test_the_gain_is_large_in_a_trained_network() -> None:
    """More than all of its real inputs excite the same channels."""
    model, given, _ = load("plain_cnn")
    found = ActivationMaximization(layer="conv2", channels=[2, 7, 9])(model, given["x"])
    x = given["x"]
    for layer in model.layers[1:4]:
        x = layer(x)
    real = x.numpy().mean(axis=(1, 2))[:, [2, 7, 9]]
    assert (found.reached > real.max(axis=0)).sum() >= 2
    assert (found.reached > found.start).all()


def test_it_climbs_in_mixed_precision() -> None:
    keras.utils.set_random_seed(3)
    half = layers.Conv2D(4, 3, dtype="mixed_float16", activation="relu", name="half")
    top = layers.Dense(3, activation="softmax", dtype="float32")
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), half, layers.GlobalAveragePooling2D(dtype="mixed_float16"), top]
    )
    for settings in ({"layer": "half"}, {}):
        found = ActivationMaximization(**settings, steps=30, **EXACT)(model, (8, 8, 1))
        assert found.values.dtype == found.reached.dtype == np.float32
        assert (found.reached >= found.start).all()
        assert (found.reached > found.start).sum() >= 3


def test_what_is_off_at_the_start_is_found() -> None:
    """Behind a ReLU that is off there is no gradient to follow."""
    relu = layers.Dense(1, activation="relu", name="relu")
    model = keras.Sequential([keras.Input((4,)), relu])
    relu.set_weights([np.array([[1.0], [-1], [1], [-1]], "float32"), np.array([-1.0], "float32")])
    found = ActivationMaximization(layer="relu", contrast=None, rate=0.2)(model, (4,))
    assert found.start.tolist() == [0]
    assert np.allclose(found.values, [[1, 0, 1, 0]])
    assert found.reached.tolist() == [1]


def test_the_seed_decides_to_the_bit() -> None:
    model, given, _ = load("plain_cnn")
    settings: dict[str, Any] = {"layer": "conv2", "channels": [2, 5], "steps": 5}
    first, again, other = (
        ActivationMaximization(**settings, seed=seed)(model, given["x"]).values.tobytes()
        for seed in (0, 0, 1)
    )
    assert first == again != other


def test_neighbours_and_chunks_change_nothing() -> None:
    model, given, _ = load("plain_cnn")
    settings: dict[str, Any] = {"layer": "conv1", "steps": 5}
    whole = ActivationMaximization(**settings, channels=[1, 3, 7])(model, given["x"])
    chunked = ActivationMaximization(**settings, channels=[1, 3, 7], batch_size=2)
    parts = chunked(model, given["x"])
    assert np.allclose(parts.values, whole.values, atol=1e-4)
    assert parts.channels.tolist() == [1, 3, 7]
    alone = ActivationMaximization(**settings, channels=3)(model, given["x"])
    assert np.allclose(alone.values[0], whole.values[1], atol=1e-4)
    traced_model = trace_model(model, tf.constant(given["x"]))
    before = traced_model.traces
    chunked(model, given["x"])
    assert traced_model.traces == before


def test_smoothed_steps_make_smoother_inputs() -> None:
    model, given, _ = load("plain_cnn")
    rough, smooth = (
        ActivationMaximization(steps=20, jitter=0.0, blur=blur)(model, given["x"]).values
        for blur in (0.0, 2.0)
    )
    changes = [np.abs(np.diff(v, axis=1)).mean() / v.std() for v in (rough, smooth)]
    assert changes[1] < 0.7 * changes[0]


def test_all_inputs_of_floating_point_numbers_climb() -> None:
    one, other = keras.Input((2,), name="one"), keras.Input((3,), name="other")
    words = keras.Input((1,), name="words", dtype="int32")
    looked_up = layers.Flatten()(layers.Embedding(4, 1, embeddings_initializer="ones")(words))
    parts = [layers.Dense(1, kernel_initializer=k)(x) for k, x in (("ones", one), (minus, other))]
    model = keras.Model({"one": one, "other": other, "words": words}, sum(parts) + looked_up)
    x = {
        "one": np.array([[0.0, 1.0]], "float32"),
        "other": np.array([[0.0, 0.0, 200.0]], "float32"),
        "words": np.array([[2]], "int32"),
    }
    found = ActivationMaximization(contrast=None)(model, x)
    assert list(found) == ["one", "other"]
    assert found["one"].values.tolist() == [[1, 1]]
    assert found["other"].values.tolist() == [[0, 0, 0]]
    assert (found["one"].bounds, found["other"].bounds) == ((0, 1), (0, 255))
    assert found["one"].reached.tolist() == [3]


def minus(shape: Any, dtype: Any = None) -> Any:
    return -tf.ones(shape, dtype or "float32")


def test_bounds_are_those_of_the_examples() -> None:
    model, _ = linear()
    for examples, bounds in (
        (np.array([[0, 0.2, 0.9]]), (0, 1)),
        (np.array([[-0.5, 0.2, 0.9]]), (-1, 1)),
        (np.array([[0.0, 3, 200]]), (0, 255)),
        (np.array([[-7.0, 3, 2]]), (-7, 3)),
        ((3,), (0, 1)),
    ):
        found = ActivationMaximization(steps=1)(model, examples)
        assert found.bounds == bounds


def test_of_a_binary_head_both_classes_climb() -> None:
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, activation="sigmoid")])
    model.set_weights([np.array([[1.0], [-1.0]], "float32"), np.zeros(1, "float32")])
    found = ActivationMaximization(contrast=None)(model, (2,))
    assert found.values.tolist() == [[0, 1], [1, 0]]
    assert np.allclose(found.reached, [1, 1])
    sure = ActivationMaximization(contrast=None, score="probability", output=0)(model, (2,))
    assert np.allclose(sure.reached, 1 / (1 + np.exp(-1)))
    assert (found.unit, sure.unit) == ("logit", "probability")


def test_what_cannot_be_is_told() -> None:
    model, given, _ = load("plain_cnn")
    x = given["x"]
    for settings, error, words in (
        ({"channels": [0, 5]}, ValueError, r"channels=\[0, 5\]: expected numbers in 0\.\.4 of"),
        ({"channels": [0.5]}, ValueError, "expected numbers in"),
        ({"channels": []}, ValueError, "expected numbers in"),
        ({"layer": "conv1", "channels": 8}, ValueError, r"in 0\.\.7 of 'conv1'"),
        ({"layer": "nowhere"}, LayerError, r"layer='nowhere': no such layer"),
        ({"output": "nowhere"}, TargetError, r"output='nowhere'"),
        ({"steps": 0}, ValueError, r"steps=0: expected a whole number"),
        ({"contrast": 0}, ValueError, r"contrast=0: expected a number above 0"),
        ({"bounds": (1, 1)}, ValueError, r"bounds=\(1, 1\): expected \(least, greatest\)"),
        ({"blur": -1}, ValueError, r"blur=-1"),
        ({"score": "logits"}, ValueError, r"score='logits'"),
    ):
        with pytest.raises(error, match=words):
            ActivationMaximization(**settings)(model, x)  # type: ignore[arg-type]
    words_only = keras.Sequential([keras.Input((3,), dtype="int32"), layers.Embedding(5, 2)])
    with pytest.raises(ValueError, match="inputs: expected floating-point numbers"):
        ActivationMaximization()(words_only, np.zeros((1, 3), "int32"))
    whole, moving = keras.Input((3,), dtype="int32"), keras.Input((2,))
    inside = layers.Embedding(5, 2, name="inside")(whole)
    two = keras.Model([whole, moving], layers.Add()([layers.GlobalMaxPooling1D()(inside), moving]))
    with pytest.raises(LayerError, match=r"layer='inside': expected it to depend on an input"):
        ActivationMaximization(layer="inside")(
            two, [np.zeros((1, 3), "int32"), np.zeros((1, 2), "float32")]
        )
    kind = zoo.time_distributed(tf_keras)
    inner = next(
        s for s in trace_model(kind.model, tf.constant(kind.inputs)).layer_calls if s.within
    )
    with pytest.raises(LayerError, match="called on parts of them"):
        ActivationMaximization(layer=inner.path)(kind.model, kind.inputs)


def test_explain_takes_explainers_only(tmp_path: Path) -> None:
    model, _ = linear()
    model.compile("sgd", "mse")
    callback = Explain(np.ones((2, 3)), explainers=[ActivationMaximization()], log_dir=tmp_path)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="expected explainers such as GradCAM"):
        model.fit(np.ones((2, 3)), np.ones((2, 2)), verbose=0, callbacks=[callback])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # its own imports
@pytest.mark.filterwarnings("ignore:(?s).*structure of `inputs`:UserWarning")  # its own calls
def test_tf_keras_vis_agrees() -> None:
    """In a box, without its regularisers and our smoothing, both end at the same inputs where the
    best is one; on a network ours are no worse."""
    from tf_keras_vis.activation_maximization import ActivationMaximization as Theirs
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import CategoricalScore

    def theirs(model: Any, seed: Any, rate: float) -> Any:
        engine = Theirs(model, model_modifier=ReplaceToLinear(), clone=True)
        return np.asarray(
            engine(
                CategoricalScore(list(range(len(seed)))),
                seed_input=seed,
                input_range=(0.0, 1.0),
                regularizers=None,
                input_modifiers=None,
                steps=40,
                optimizer=keras.optimizers.SGD(rate),
            )
        )

    free = ActivationMaximization(contrast=None, **EXACT)
    model, _ = linear((4, 4, 2))
    middle = np.full((2, 4, 4, 2), 0.5, "float32")
    assert np.array_equal(theirs(model, middle, 0.1), free(model, (4, 4, 2)).values)
    model, given, _ = load("plain_cnn")
    found = free(model, given["x"])
    noise = 0.05 * np.random.default_rng(0).normal(size=given["x"].shape[1:])
    seed = np.tile((0.5 + noise)[None], (5, 1, 1, 1)).astype("float32")
    other = theirs(model, seed, 20.0)
    logits = keras.Model(model.inputs, model.layers[-2].output)(other) @ model.layers[-1].kernel
    scores = np.diagonal(logits + model.layers[-1].bias)
    assert (scores > found.start).all()
    assert (found.reached > scores - 0.1).all()
