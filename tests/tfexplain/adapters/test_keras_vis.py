"""tf-keras-vis by `adapt`: its own numbers, of the model of the epoch, which stays as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.golden import load
from support.models import digits, same_bits, small_cnn

import tfexplain
from tfexplain import Explain, GradCAM, LayerCAM, TfexplainError, compare
from tfexplain import Saliency as OurSaliency
from tfexplain.adapters import adapt

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # its imports from SciPy
    # Its own calls, by hand.
    pytest.mark.filterwarnings("ignore:(?s).*structure of `inputs`:UserWarning"),
]

X, Y = digits(6)
RAW: dict[str, Any] = {"expand_cam": False, "normalize_cam": False}


def theirs(name: str) -> Any:
    """A class of tf-keras-vis by its name."""
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
    from tf_keras_vis.layercam import Layercam
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.scorecam import Scorecam

    return {c.__name__: c for c in (Gradcam, GradcamPlusPlus, Layercam, Saliency, Scorecam)}[name]


def sequential() -> Any:
    """One column of classes; it grew by `add`, so that its layers were called in other graphs."""
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, name="conv")])
    model.add(keras.layers.GlobalAveragePooling2D())
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    return model


def by_hand(name: str, model: Any, inputs: Any, classes: Any, **options: Any) -> Any:
    """As its tutorials use it: on a clone whose last activation is linear."""
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import CategoricalScore

    modifier = None if name == "Scorecam" else ReplaceToLinear()
    engine = theirs(name)(model, model_modifier=modifier, clone=True)
    return np.asarray(engine(CategoricalScore(list(classes)), inputs, **options))


def gap(found: Any, expected: Any) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize("name", ["Gradcam", "GradcamPlusPlus", "Layercam", "Scorecam"])
@pytest.mark.parametrize("layer", ["conv1", "conv2"])
def test_maps_are_those_of_the_library_on_a_clone(name: str, layer: str) -> None:
    model, given, _ = load("plain_cnn")
    x, targets = given["x"], given["target"]
    options = {"penultimate_layer": layer, "seek_penultimate_conv_layer": False}
    expected = by_hand(name, model, x, targets.tolist(), **options)
    found = adapt(theirs(name), layer=layer)(model, x, targets)
    assert gap(found.values, expected) < 1e-4
    assert (found.explainer, found.layer) == (
        f"{name}(tf-keras-vis)",
        OurSaliency()(model, x).layer,
    )
    assert found.unit == "of its own range"
    assert found.values.min() == 0
    np.testing.assert_allclose(found.values.max(axis=(1, 2)), 1, atol=1e-3)


@pytest.mark.parametrize(("name", "ours"), [("Gradcam", GradCAM), ("Layercam", LayerCAM)])
def test_without_rescaling_they_are_ours(name: str, ours: Any) -> None:
    model, given, _ = load("plain_cnn")
    expected = ours(layer="conv1")(model, given["x"], given["target"])
    found = adapt(theirs(name), layer="conv1", **RAW)(model, given["x"], given["target"])
    assert gap(found.values, expected.values) < 1e-4
    assert (found.layer, found.unit) == (expected.layer, expected.unit) == ("conv1", "logit")


def test_gradients_are_ours_and_their_default_is_rescaled() -> None:
    model = small_cnn()
    plain = {"keepdims": True, "normalize_map": False, "gradient_modifier": None}
    ours, found = OurSaliency()(model, X, Y), adapt(theirs("Saliency"), **plain)(model, X, Y)
    assert gap(found.values, ours.values) < 1e-5
    assert (found.unit, found.signed) == (ours.unit, True)
    np.testing.assert_allclose(found.maps, ours.maps, rtol=1e-5, atol=1e-9)
    rescaled = adapt(theirs("Saliency"))(model, X, Y)
    size = np.abs(ours.values[..., 0])
    low, high = (f(size, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    np.testing.assert_allclose(rescaled.values, (size - low) / (high - low + 1e-7), atol=1e-4)
    assert not rescaled.signed


def test_the_weights_of_now_are_explained() -> None:
    model, method = small_cnn(), adapt(theirs("Gradcam"), **RAW)
    before = method(model, X, Y).values
    model.get_layer("head").kernel.assign(3 * model.get_layer("head").kernel)
    np.testing.assert_allclose(method(model, X, Y).values, 3 * before, rtol=1e-4, atol=1e-8)


def test_the_model_stays_as_it_was() -> None:
    model = small_cnn()
    model.predict(X, verbose=0)
    weights, predict = [v.numpy() for v in model.variables], model.predict_function
    kept = {layer.name: dict(vars(layer)) for layer in model.layers}
    activations = [getattr(layer, "activation", None) for layer in model.layers]
    np.random.seed(5)
    for name in ("Gradcam", "GradcamPlusPlus", "Layercam", "Saliency", "Scorecam"):
        options = {"smooth_samples": 2} if name == "Saliency" else {}
        adapt(theirs(name), **options)(model, X, Y)
    drawn = np.random.random()
    np.random.seed(5)
    assert drawn == np.random.random()
    assert same_bits([v.numpy() for v in model.variables], weights)
    assert model.predict_function is predict
    assert [getattr(layer, "activation", None) for layer in model.layers] == activations
    assert {layer.name: set(vars(layer)) for layer in model.layers} == {
        name: set(own) for name, own in kept.items()
    }


def test_noise_is_the_same_at_each_call() -> None:
    model = small_cnn()
    first, second, other = (
        adapt(theirs("Saliency"), smooth_samples=3, seed=seed)(model, X, Y).values
        for seed in (0, 0, 1)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def noisy() -> Any:
    """Dropout, batch normalization and a collected loss."""
    keras.utils.set_random_seed(2)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3, activation="relu", activity_regularizer="l2", name="conv"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def test_it_is_logged_beside_ours_and_training_stays_the_same(tmp_path: Path) -> None:
    plain, explained = noisy(), noisy()
    x, y = digits(32)
    order = np.random.default_rng(0).permutation(32)
    plain.fit(x[order], y[order], epochs=2, verbose=0)
    methods = [
        GradCAM(layer="conv"),
        adapt(theirs("Gradcam"), layer="conv", **RAW),
        adapt(theirs("Gradcam"), layer="conv"),
        adapt(theirs("Scorecam")),
        adapt(theirs("Saliency"), smooth_samples=2),
    ]
    keras.utils.set_random_seed(2)
    explained.set_weights(noisy().get_weights())
    callback = Explain(
        (x, y), log_dir=tmp_path, explainers=methods, samples=4, on_error="raise", verbose=0
    )
    explained.fit(x[order], y[order], epochs=2, verbose=0, callbacks=[callback])
    assert same_bits(plain.get_weights(), explained.get_weights())
    (run,) = tfexplain.read(tmp_path).values()
    for epoch in (0, 1):
        ours = run["GradCAM", "conv"].maps(epoch)
        np.testing.assert_allclose(
            run["Gradcam(tf-keras-vis)", "conv"].maps(epoch), ours, rtol=2e-3, atol=1e-5
        )
        rescaled = run["Gradcam(tf-keras-vis)-2"].maps(epoch)
        assert rescaled.shape == (4, 8, 8)
        np.testing.assert_allclose(rescaled.max(axis=(1, 2)), 1, atol=2e-2)
    text = str(run.settings)
    assert "rescaled" in text
    assert "tf-keras-vis 0." in text


def test_it_compares_models(tmp_path: Path) -> None:
    x, y = digits(32)
    one, two = small_cnn(seed=1), small_cnn(seed=2)
    found = compare(
        {"one": one, "copy": keras.models.clone_model(one), "two": two},
        validation_data=(x, y),
        log_dir=tmp_path,
        explainers=[adapt(theirs("Layercam"), layer="conv")],
        samples=6,
    )
    assert list(found.models["two"].drifts) == [("Layercam(tf-keras-vis)", "input")]
    assert (found.models["two"].drifts["Layercam(tf-keras-vis)", "input"].values < 0.99).any()


def nested() -> Any:
    inner = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(3, 3, name="deep")])
    layers = [inner, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10)]
    return keras.Sequential([keras.Input((8, 8, 1)), *layers])


class Subclassed(keras.Model):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = keras.layers.Conv2D(3, 3), keras.layers.Dense(10)

    def call(self, x: Any) -> Any:
        return self.head(tf.reduce_mean(self.conv(x), axis=(1, 2)))


def test_what_it_cannot_do_is_said_in_our_words() -> None:
    gradcam = theirs("Gradcam")
    model = nested()
    path = GradCAM()(model, X).layer
    with pytest.raises(TfexplainError, match=f"layer='{path}': .* model itself .* GradCAM"):
        adapt(gradcam, layer=path)(model, X)
    subclassed = Subclassed()
    subclassed(X)
    with pytest.raises(TfexplainError, match=r"expected a functional or Sequential .* Subclassed"):
        adapt(gradcam)(subclassed, X)
    picture, conv = keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 3, padding="same", name="conv")
    twice = keras.layers.Dense(2)(keras.layers.Flatten()(conv(conv(picture))))
    with pytest.raises(TfexplainError, match=r"expected a layer of the model .* called once"):
        adapt(gradcam, layer="conv@1")(keras.Model(picture, twice), X)
    a, b = keras.Input((8, 8, 1), name="a"), keras.Input((8, 8, 1), name="b")
    both = keras.layers.Flatten()(keras.layers.Concatenate()([a, b]))
    with pytest.raises(TfexplainError, match="a model of one input; got a, b"):
        adapt(gradcam)(keras.Model([a, b], keras.layers.Dense(2)(both)), [X, X])
    with pytest.raises(TfexplainError, match="at least two classes"):
        adapt(theirs("Scorecam"))(sequential(), X)
    with pytest.raises(TfexplainError, match="expected the class Gradcam; got an object"):
        adapt(gradcam(sequential()))
    with pytest.raises(TfexplainError, match="layer='conv': Saliency reads none"):
        adapt(theirs("Saliency"), layer="conv")


def test_of_one_column_both_classes_are_explained() -> None:
    model = sequential()
    for target in (0, 1):
        ours = GradCAM(layer="conv")(model, X, target)
        found = adapt(theirs("Gradcam"), layer="conv", **RAW)(model, X, target)
        np.testing.assert_allclose(found.values, ours.values, rtol=1e-4, atol=1e-7)
