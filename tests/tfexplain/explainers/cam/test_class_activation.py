"""Class activation maps: written-out loops, the golden cases, another library, linear heads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support import transformers, zoo
from support.golden import LAYERS, load
from support.twin import gap_to

from tfexplain import GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM
from tfexplain.explainers.run import explanations
from tfexplain.model.keras_model import KerasModel

Array = Any
layers = keras.layers
METHODS = [GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM]


# ----------------------------------------------------- the papers, position by position


def grad_cam(activation: Array, slopes: Array) -> Array:
    return sum(a * s.mean() for a, s in channels(activation, slopes))


def grad_cam_plus_plus(activation: Array, slopes: Array, normalised: bool = False) -> Array:
    """With the second and third derivatives of exp(score) written out, for a score of 0."""
    cam = np.zeros(activation.shape[:-1])
    for values, slope in channels(activation, slopes):
        alphas = np.zeros(values.shape)
        for at in np.ndindex(*values.shape):
            second, third = slope[at] ** 2, slope[at] ** 3
            if second:
                alphas[at] = second / (2 * second + values.sum() * third)
        if normalised and alphas.any():
            alphas /= alphas.sum()
        cam += values * sum(alphas[at] * max(slope[at], 0) for at in np.ndindex(*values.shape))
    return cam


def hires_cam(activation: Array, slopes: Array) -> Array:
    return sum(a * s for a, s in channels(activation, slopes))


def layer_cam(activation: Array, slopes: Array) -> Array:
    return sum(a * np.maximum(s, 0) for a, s in channels(activation, slopes))


WRITTEN: dict[Any, Callable[[Array, Array], Array]] = {
    GradCAM: grad_cam,
    GradCAMPlusPlus: grad_cam_plus_plus,
    HiResCAM: hires_cam,
    LayerCAM: layer_cam,
}


def channels(activation: Array, slopes: Array) -> list[tuple[Array, Array]]:
    """float64 (activation [*sides], gradient [*sides]) of each channel of one sample."""
    pairs = (np.moveaxis(x.astype(np.float64), -1, 0) for x in (activation, slopes))
    return list(zip(*pairs, strict=True))


# ------------------------------------------------------------------------------- tests


@pytest.mark.parametrize(
    "make", [zoo.nested, zoo.residual, zoo.subclassed, zoo.line, zoo.volume, transformers.registers]
)
def test_each_method_is_its_paper_written_out(make: Any) -> None:
    """On planes, lines, volumes and tokens; all from one pass."""
    keras.utils.set_random_seed(3)
    kind = make(keras)
    paths = [cut.path for cut in kind.cuts]
    traced_model = KerasModel(kind.model, kind.inputs)
    methods = [method(layer=paths, relu=False) for method in METHODS]
    found = explanations(kind.model, methods, kind.inputs, 1, traced_model=traced_model)
    assert traced_model.traces == 1
    for cut in kind.cuts:
        tensors = tf.nest.map_structure(tf.constant, kind.inputs)
        with tf.GradientTape() as tape:
            activation = cut.before(tensors)
            tape.watch(activation)
            score = tf.reduce_sum(cut.after(activation, tensors)[:, 1])
        slopes = cut.positions(tape.gradient(score, activation).numpy())
        values = cut.positions(activation.numpy())
        for method, explanation in zip(METHODS, found, strict=True):
            pairs = zip(values, slopes, strict=True)
            expected = np.stack([WRITTEN[method](a, s) for a, s in pairs])
            ours = explanation.attributions[cut.path]
            furthest = np.abs(ours.values - expected).max()
            assert furthest <= 1e-4 * np.abs(expected).max(), (cut.path, method)
            assert (ours.explainer, ours.signed, ours.unit) == (method.__name__, True, "output")


@pytest.mark.parametrize(("case", "layer"), LAYERS)
def test_hires_cam_and_layer_cam_are_the_golden_products(case: str, layer: str) -> None:
    model, given, expected = load(case)
    key = layer.replace("/", "__")
    products = expected[f"layer_gradient_x_activation:{key}"]
    activation = expected[f"activation:{key}"]
    assert activation.min() >= 0 or key == "backbone__stem"
    kept = HiResCAM(layer=layer, relu=False)(model, given["x"], given["target"])
    assert gap_to(products.sum(axis=-1), kept.values) < 1e-5
    cut = HiResCAM(layer=layer)(model, given["x"], given["target"])
    assert np.array_equal(cut.values, np.maximum(kept.values, 0))
    assert (kept.signed, cut.signed) == (True, False)
    # ReLU(g) a is ReLU(g a) where a >= 0, and -ReLU(-g a) where it is not.
    positive = np.where(activation >= 0, np.maximum(products, 0), np.minimum(products, 0))
    found = LayerCAM(layer=layer, relu=False)(model, given["x"], given["target"])
    assert gap_to(positive.sum(axis=-1), found.values) < 1e-5


def head(*after: Any) -> Any:
    keras.utils.set_random_seed(5)
    conv = layers.Conv2D(6, 3, activation="relu", name="conv")
    dense = layers.Dense(4, name="head", bias_initializer="normal")
    return keras.Sequential([keras.Input((8, 8, 2)), conv, *after, dense])


def images() -> Array:
    return np.random.default_rng(3).normal(size=(5, 8, 8, 2)).astype("float32")


def test_behind_average_pooling_hires_cam_is_grad_cam() -> None:
    """Every position has the mean gradient then; the map adds up to the logit less the bias."""
    model, x = head(layers.GlobalAveragePooling2D()), images()
    whole = HiResCAM(layer="conv", relu=False)(model, x, 1)
    assert gap_to(GradCAM(layer="conv", relu=False)(model, x, 1).values, whole.values) < 1e-5
    bias = model.get_layer("head").get_weights()[1][1]
    assert np.allclose(whole.values.sum(axis=(1, 2)), whole.scores - bias, atol=1e-5)


def test_behind_a_dense_layer_hires_cam_is_complete_and_grad_cam_is_not() -> None:
    model, x = head(layers.Flatten()), images()
    bias = model.get_layer("head").get_weights()[1][1]
    gaps = []
    for method in (HiResCAM, GradCAM):
        found = method(layer="conv", relu=False)(model, x, 1)
        gaps.append(np.abs(found.values.sum(axis=(1, 2)) - (found.scores - bias)).max())
    assert gaps[0] < 1e-5 < 1e-1 < gaps[1]


def test_behind_average_pooling_grad_cam_plus_plus_is_known() -> None:
    """With a gradient of w/Z everywhere, a weight is Z alpha w/Z for w > 0 and nothing else."""
    model, x = head(layers.GlobalAveragePooling2D()), images()
    activation = model.get_layer("conv")(x).numpy().astype(np.float64)
    weights = model.get_layer("head").get_weights()[0][:, 2].astype(np.float64)
    means = activation.mean(axis=(1, 2))
    strengths = np.maximum(weights, 0) / (2 + means * weights)
    found = GradCAMPlusPlus(layer="conv")(model, x, 2)
    assert gap_to(np.einsum("nhwc,nc->nhw", activation, strengths), found.values) < 1e-5


def test_grad_cam_plus_plus_of_a_sure_model_is_finite() -> None:
    """exp(score) is infinite there."""
    model, x = head(layers.GlobalAveragePooling2D()), images()
    dense = model.get_layer("head")
    dense.set_weights([1e4 * dense.get_weights()[0], dense.get_weights()[1]])
    found = GradCAMPlusPlus()(model, x)
    assert np.isfinite(found.values).all()
    assert found.scores.min() > 100
    assert found.values.any()


def test_a_gradient_of_zero_is_no_evidence() -> None:
    """0 / 0 in the paper's alpha."""
    model, x = head(layers.GlobalAveragePooling2D()), images()
    dense = model.get_layer("head")
    dense.set_weights([0 * dense.get_weights()[0], dense.get_weights()[1]])
    assert not any(method()(model, x, 0).values.any() for method in METHODS)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # its own imports from scipy
def test_tf_keras_vis_agrees() -> None:
    """Its Layercam is ours. Its GradcamPlusPlus differs in two known ways: it divides the alphas by
    their sum, and keeps the factor exp(score); both are in the loop above or undone here."""
    from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
    from tf_keras_vis.layercam import Layercam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import CategoricalScore

    model, given, _ = load("plain_cnn")
    x, targets = given["x"], given["target"].tolist()

    def theirs(method: Any) -> Array:
        engine = method(model, model_modifier=ReplaceToLinear(), clone=True)
        options = {"penultimate_layer": "conv1", "expand_cam": False, "normalize_cam": False}
        return np.asarray(engine(CategoricalScore(targets), x, **options))

    ours = LayerCAM(layer="conv1")(model, x, targets)
    assert gap_to(theirs(Layercam), ours.values) < 1e-4
    conv1, *behind = model.layers[1:]
    with tf.GradientTape() as tape:
        found = activation = conv1(x)
        tape.watch(activation)
        for layer in behind:
            found = layer(found)
        scores = tf.gather(found._keras_logits, targets, batch_dims=1)
    slopes = tape.gradient(scores, activation).numpy()
    pairs = list(zip(activation.numpy(), slopes, strict=True))
    normalised = np.stack([grad_cam_plus_plus(a, s, normalised=True) for a, s in pairs])
    factors = np.exp(scores.numpy())[:, None, None]
    assert gap_to(factors * normalised, theirs(GradcamPlusPlus)) < 1e-4
    plain = np.stack([grad_cam_plus_plus(a, s) for a, s in pairs])
    assert gap_to(plain, GradCAMPlusPlus(layer="conv1")(model, x, targets).values) < 1e-4
