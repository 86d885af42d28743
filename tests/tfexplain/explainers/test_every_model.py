"""Every explainer on every kind of model, against results without any tap.

What works and what does not is the table in docs/models.md; a test holds it to this one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support import transformers, zoo
from support.zoo import Cut, Specimen

from tfexplain import (
    ExpectedGradients,
    FeatureMaps,
    GradCAM,
    InputXGradient,
    IntegratedGradients,
    Saliency,
)
from tfexplain.explainers import Explainer
from tfexplain.explainers.concat import Explanation
from tfexplain.explainers.run import explanations
from tfexplain.model import tap
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.layer_calls import LayerError
from tfexplain.model.traced_model import TracedModel

DOCS = Path(__file__).parents[3] / "docs" / "models.md"
NODES = 16
OF_INPUTS: list[Explainer] = [
    Saliency(),
    InputXGradient(),
    IntegratedGradients(steps=NODES, batch_size=2 * NODES),
    ExpectedGradients(draws=6),
]
WORKS = "yes"


@dataclass(frozen=True)
class ModelRow:
    """A row of the table: a kind of model, in which libraries, and what each explainer does."""

    text: str
    make: Callable[[Any], Specimen]
    tf_keras: str = WORKS
    feature_maps: str = WORKS
    grad_cam: str = WORKS
    saliency: str = WORKS
    integrated_gradients: str = WORKS

    @property
    def cells(self) -> tuple[str, ...]:
        """As the docs have them."""
        of_layers = (self.feature_maps, self.grad_cam)
        of_inputs = (self.saliency, self.integrated_gradients)
        return (self.text, *of_layers, *of_inputs, self.tf_keras)


WHOLE = "no: whole numbers have no gradient"
NO_REMAT = "no: it has no remat"
NO_CPU = "no: TensorFlow has no such convolution on CPU"
ROWS = [
    ModelRow("Sequential", zoo.sequential),
    ModelRow("Functional, with operations between layers", zoo.functional),
    ModelRow("subclassed, layers as attributes", zoo.subclassed),
    ModelRow("subclassed, layers in lists", zoo.lists),
    ModelRow("subclassed, layers in dicts", zoo.dicts),
    ModelRow("nested three deep", zoo.nested),
    ModelRow("a block that ends in a sum without a layer", zoo.residual),
    ModelRow("a layer called twice", zoo.shared),
    ModelRow("custom `train_step`", zoo.train_step),
    ModelRow("`call` under `@tf.function`", zoo.tf_function),
    ModelRow(
        "`call` under `@tf.function` that branches on tensors",
        zoo.tf_function_that_branches,
        feature_maps="around it: what is inside is out of reach",
        grad_cam="around it: what is inside is out of reach",
    ),
    ModelRow("layers made in `keras.RematScope`", zoo.remat_scope, NO_REMAT),
    ModelRow(
        "a layer inside `keras.remat`",
        zoo.remat_function,
        NO_REMAT,
        grad_cam="around it: what is recomputed has no gradient",
    ),
    ModelRow("channels first", zoo.channels_first, NO_CPU),
    ModelRow("several inputs", zoo.several_inputs),
    ModelRow("several outputs", zoo.several_outputs),
    ModelRow("1-D convolutions", zoo.line),
    ModelRow("3-D convolutions", zoo.volume),
    ModelRow("`TimeDistributed`", zoo.time_distributed),
    ModelRow("`Bidirectional`", zoo.bidirectional),
    ModelRow(
        "a cell inside a recurrent loop",
        zoo.recurrent,
        feature_maps="around it: a loop's tensors are out of reach",
        grad_cam="around it: a loop's tensors are out of reach",
    ),
    ModelRow("indices of words", zoo.words),
    ModelRow("whole numbers that the model casts", zoo.counts),
    ModelRow(
        "whole numbers that are only looked up",
        zoo.looked_up,
        saliency=WHOLE,
        integrated_gradients=WHOLE,
    ),
    ModelRow("vision transformer with a class token", transformers.class_token),
    ModelRow("vision transformer without one", transformers.no_class_token),
    ModelRow("vision transformer with registers", transformers.registers),
    ModelRow("vision transformer with tokens behind", transformers.registers_behind),
]
CASES = [
    pytest.param(library, row, id=f"{row.make.__name__}-{library.__name__}")
    for row in ROWS
    for library in (keras, tf_keras)
    if library is keras or row.tf_keras == WORKS
]


@pytest.mark.parametrize(("library", "row"), CASES)
def test_every_explainer(library: Any, row: ModelRow) -> None:
    library.utils.set_random_seed(3)
    kind = row.make(library)
    plain = kind.model(kind.inputs, training=False)
    before = left(kind.model)
    traced_model = KerasModel(kind.model, kind.inputs)
    paths = [cut.path for cut in kind.cuts]
    methods: list[Explainer] = [
        FeatureMaps(layer=paths, max_channels=None),
        GradCAM(layer=paths, relu=False),
    ]
    methods += [GradCAM(relu=False), GradCAM("stages", relu=False)]
    if kind.moving:  # all in one call, for each call traces what its methods share anew
        methods += OF_INPUTS
    maps, cams, chosen, stages, *of_inputs = explanations(
        kind.model, methods, kind.inputs, 1, traced_model=traced_model
    )
    for cut in kind.cuts:
        activation, cam = written_out(cut, kind.inputs)
        check_alike(activation, maps.attributions[cut.path].values, 1e-5)
        check_alike(cam, cams.attributions[cut.path].values, 1e-4)
    assert list(chosen.attributions) == [kind.default]
    assert np.abs(chosen.attributions[kind.default].values).max() > 1e-6
    assert list(stages.attributions)[-1] == kind.default
    for path, attribution in chosen.attributions.items():
        assert np.array_equal(attribution.values, stages.attributions[path].values)
    if kind.moving:
        slopes, products, integrated, expected = of_inputs
        check_saliency(kind, slopes)
        check_products(kind, traced_model, slopes, products)
        check_integrated_gradients(kind, integrated)
        check_expected_gradients(kind, expected)
    else:
        assert row.integrated_gradients == row.saliency == WHOLE
        for refused in OF_INPUTS:
            with pytest.raises(ValueError, match="expected floating-point numbers"):
                explanations(kind.model, [refused], kind.inputs, 1, traced_model=traced_model)
    for path, reason in kind.refused.items():
        with pytest.raises(LayerError, match=reason):
            explanations(
                kind.model, [GradCAM(layer=path)], kind.inputs, 1, traced_model=traced_model
            )
    assert left(kind.model) == before
    again = kind.model(kind.inputs, training=False)
    for one, other in zip(tf.nest.flatten(plain), tf.nest.flatten(again), strict=True):
        assert np.array_equal(one, other)
    assert tapped_outputs(kind, tapped=True) == tapped_outputs(kind, tapped=False)


def written_out(cut: Cut, inputs: Any) -> tuple[Any, Any]:
    """The activation of a layer and its Grad-CAM for class 1: eq. 1 and 2 of the paper in numpy."""
    tensors = tf.nest.map_structure(tf.constant, inputs)
    activation = cut.before(tensors)
    with tf.GradientTape() as tape:
        tape.watch(activation)
        score = tf.reduce_sum(cut.after(activation, tensors)[:, 1])
    slopes = cut.positions(tape.gradient(score, activation).numpy())
    values = cut.positions(activation.numpy())
    axes = tuple(range(1, values.ndim - 1))
    weights = slopes.mean(axis=axes, keepdims=True)
    return values, (values * weights).sum(-1)


def check_alike(expected: Any, found: Any, tolerance: float) -> None:
    """Equal up to a share of the greatest magnitude; zeros are zeros."""
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


def check_saliency(kind: Specimen, found: Explanation) -> None:
    """The gradient of the model that is called by hand."""
    tensors = tf.nest.map_structure(tf.constant, kind.inputs)
    if not kind.embedded:  # what the model casts has the gradient of what comes of it
        tensors = tf.nest.map_structure(lambda x: tf.cast(x, tf.float32), tensors)
    moving = [x for x in tf.nest.flatten(tensors) if x.dtype.is_floating]
    with tf.GradientTape() as tape:
        tape.watch(moving)
        first = kind.cuts[0].before(tensors)
        tape.watch(first)
        score = tf.reduce_sum(kind.cuts[0].after(first, tensors)[:, 1])
    sources = [first] if kind.embedded else moving
    expected = tape.gradient(score, sources, unconnected_gradients="zero")
    for slopes, part in zip(expected, found.attributions.values(), strict=True):
        written = slopes.numpy().sum(-1) if kind.embedded else slopes.numpy()
        check_alike(written, part.values, 1e-4)


def check_integrated_gradients(kind: Specimen, found: Explanation) -> None:
    """Complete as far as so few nodes can be, and the gap is what it is said to be."""
    cut, start = kind.cuts[0], tf.nest.map_structure(np.zeros_like, kind.inputs)
    scores = [
        cut.after(cut.before(x), x).numpy()[:, 1]
        for x in (tf.nest.map_structure(tf.constant, x) for x in (kind.inputs, start))
    ]
    parts = found.attributions.values()
    total = sum(part.values.reshape(len(part.values), -1).sum(1) for part in parts)
    gap = total - (scores[0] - scores[1])
    assert np.abs(gap).max() < kind.gap * np.abs(scores[0] - scores[1]).max()
    for part in parts:
        assert np.allclose(part.completeness_gap, gap, atol=1e-5)
        assert np.allclose(part.scores, scores[0], atol=1e-5)


def check_products(
    kind: Specimen, traced_model: TracedModel, slopes: Explanation, products: Explanation
) -> None:
    """Of inputs that have gradients themselves, with these."""
    tensors = tf.nest.flatten(tf.nest.map_structure(tf.constant, kind.inputs))
    for name, values in zip(traced_model.input_names, tensors, strict=True):
        if not kind.embedded:
            product = values.numpy() * slopes.attributions[name].values
            check_alike(product, products.attributions[name].values, 1e-5)


def check_expected_gradients(kind: Specimen, found: Explanation) -> None:
    """Complete from a background, which is the batch itself."""
    tensors = tf.nest.map_structure(tf.constant, kind.inputs)
    score = kind.cuts[0].after(kind.cuts[0].before(tensors), tensors).numpy()[:, 1]
    parts = found.attributions.values()
    total = sum(part.values.reshape(len(score), -1).sum(1) for part in parts)
    for part in parts:
        assert np.allclose(total - part.completeness_gap, score - score.mean(), atol=1e-4)
        assert not np.allclose(total, 0)


def left(model: Any) -> dict[str, dict[str, int]]:
    """Every attribute of every layer, by the identity of its value."""
    return {
        path: {name: id(value) for name, value in vars(layer).items()}
        for path, layer in tap.layers_by_path(model).items()
    }


def tapped_outputs(kind: Specimen, *, tapped: bool) -> list[bytes]:
    """The outputs of a traced pass, to the bit."""
    layers = tap.layers_by_path(kind.model) if tapped else {}

    @tf.function(autograph=False)
    def run(inputs: Any) -> Any:
        with tap.tap(layers, lambda path, tensor: None):
            return kind.model(inputs, training=False)

    inputs = tf.nest.map_structure(tf.constant, kind.inputs)
    return [tensor.numpy().tobytes() for tensor in tf.nest.flatten(run(inputs))]


def test_layers_that_only_use_operations_are_refused() -> None:
    class Bare(keras.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return keras.ops.mean(keras.ops.tanh(inputs), axis=(1, 2))

    model = keras.Sequential([keras.Input((4, 5, 3)), Bare(name="bare")])
    with pytest.raises(LayerError, match=r"No layer of this model has a spatial output.*: bare"):
        GradCAM()(model, np.ones((1, 4, 5, 3), "float32"), 0)


def test_the_table_in_the_docs_is_this_one() -> None:
    lines = DOCS.read_text().splitlines()
    table = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    listed = [cells for cells in table if len(cells) == 6][2:]
    assert listed == [row.cells for row in ROWS]
