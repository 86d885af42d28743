"""Agreement with attributions that another framework computed in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.golden import LAYERS, load
from support.twin import gap_to

from tfexplain import FeatureMaps, GradCAM, InputXGradient, IntegratedGradients, Saliency

CASES = ["plain_cnn", "nested_cnn", "tabular_mlp"]
CLOSE = 1e-5  # float32 against float64


@pytest.mark.parametrize("case", CASES)
def test_weights_and_logits_are_the_golden_ones(case: str) -> None:
    model, given, _ = load(case)
    weights = [given[f"w{i}"] for i in range(len(model.get_weights()))]
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_integrated_gradients(case: str) -> None:
    model, given, expected = load(case)
    method = IntegratedGradients(steps=50, baseline=given["baseline"])
    found = method(model, given["x"], given["target"])
    assert gap_to(expected["ig_gauss_legendre_50"], found.values) < 1e-3
    scale = np.abs(expected["score_difference"]).max()
    delta = expected["ig_gauss_legendre_50_delta"]
    assert np.allclose(found.completeness_gap, delta, atol=1e-5 * scale)
    logits = expected["logits"][np.arange(6), given["target"]]
    assert np.allclose(found.scores, logits, atol=CLOSE * np.abs(logits).max())


@pytest.mark.parametrize("case", CASES)
def test_saliency(case: str) -> None:
    model, given, expected = load(case)
    signed = expected["saliency_signed"]
    found = Saliency()(model, given["x"], given["target"])
    assert gap_to(signed, found.values) < CLOSE
    dropped = Saliency(absolute=True)(model, given["x"], given["target"])
    assert gap_to(np.abs(signed), dropped.values) < CLOSE
    assert (found.signed, dropped.signed) == (True, False)
    assert found.unit == "logit per unit of input"


@pytest.mark.parametrize("case", CASES)
def test_input_x_gradient(case: str) -> None:
    model, given, expected = load(case)
    found = InputXGradient()(model, given["x"], given["target"])
    assert gap_to(expected["input_x_gradient"], found.values) < CLOSE
    assert (found.signed, found.unit) == (True, "logit")


@pytest.mark.parametrize(("case", "layer"), LAYERS)
def test_gradient_x_activation(case: str, layer: str) -> None:
    model, given, expected = load(case)
    key = layer.replace("/", "__")
    found = InputXGradient(layer=layer)(model, given["x"], given["target"])
    assert gap_to(expected[f"layer_gradient_x_activation:{key}"], found.values) < CLOSE
    assert (found.layer, found.channel_axis) == (layer, -1)


@pytest.mark.parametrize("case", CASES)
def test_a_fine_midpoint_rule_comes_close_to_the_exact_integral(case: str) -> None:
    model, given, expected = load(case)
    method = IntegratedGradients(
        steps=2000, baseline=given["baseline"], quadrature="midpoint", batch_size=512
    )
    found = method(model, given["x"], given["target"])
    coarse = IntegratedGradients(steps=50, baseline=given["baseline"])
    first = gap_to(expected["ig_exact"], coarse(model, given["x"], given["target"]).values)
    assert gap_to(expected["ig_exact"], found.values) < 1e-3 < first < 1e-2


@pytest.mark.parametrize(("case", "layer"), LAYERS)
def test_activations_and_grad_cam(case: str, layer: str) -> None:
    model, given, expected = load(case)
    key = layer.replace("/", "__")
    maps = FeatureMaps(layer=[layer], max_channels=None)(model, given["x"])[layer]
    assert gap_to(expected[f"activation:{key}"], maps.values) < CLOSE
    cam = GradCAM(layer=layer)(model, given["x"], given["target"])
    assert gap_to(expected[f"grad_cam:{key}"], cam.values) < CLOSE


def test_several_layers_come_from_one_pass_and_agree() -> None:
    model, given, expected = load("plain_cnn")
    found = GradCAM(layer=["conv1", "conv2"]).each(model, given["x"], given["target"])
    for layer, cam in found.items():
        assert gap_to(expected[f"grad_cam:{layer}"], cam.values) < CLOSE


@pytest.mark.parametrize("case", CASES)
def test_the_explained_number_has_the_golden_slope(case: str) -> None:
    """Finite differences of the score that explainers report, against the golden saliency."""
    model, given, expected = load(case)
    x, saliency = given["x"], expected["saliency_signed"]
    rng = np.random.default_rng(0)
    flat = saliency.reshape(len(x), -1)
    for _ in range(5):
        direction = rng.normal(size=x.shape).astype("float32")
        direction /= np.linalg.norm(direction.reshape(len(x), -1), axis=1).reshape(
            -1, *[1] * (x.ndim - 1)
        )
        slope = _score(model, x, direction, given) / 2e-3
        wanted = (flat * direction.reshape(len(x), -1)).sum(axis=1)
        # A ReLU that flips between the two points, and float32, limit a finite difference.
        assert np.allclose(
            slope, wanted, atol=3e-2 * np.abs(flat).max() * np.sqrt(flat.shape[1]) / 4
        )


def _score(model: Any, x: Any, direction: Any, given: Any) -> Any:
    """score(x + h d) - score(x - h d) for h = 1e-3."""
    method = IntegratedGradients(steps=1)
    up = method(model, x + 1e-3 * direction, given["target"]).scores.astype(np.float64)
    down = method(model, x - 1e-3 * direction, given["target"]).scores
    return up - down


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # its own imports from scipy
def test_tf_keras_vis_agrees() -> None:
    """An independent TensorFlow implementation; it knows flat models only."""
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import CategoricalScore

    model, given, _ = load("plain_cnn")
    targets = given["target"].tolist()
    theirs = Gradcam(model, model_modifier=ReplaceToLinear(), clone=True)(
        CategoricalScore(targets),
        given["x"],
        penultimate_layer="conv2",
        expand_cam=False,
        normalize_cam=False,
    )
    ours = GradCAM(layer="conv2")(model, given["x"], targets)
    assert gap_to(np.asarray(theirs), ours.values) < 1e-4
