"""What is shared: counted in the graph that was compiled."""

from __future__ import annotations

from collections import Counter
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfexplain import FeatureMaps, GradCAM, IntegratedGradients, Saliency
from tfexplain.explainers.run import explain_all, explanations
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.targets import Targets

layers = keras.layers


def two_heads() -> Any:
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, activation="relu", name="conv1")(inputs)
    x = layers.Conv2D(4, 3, activation="relu", name="conv2")(x)
    flat = layers.Flatten()(x)
    one = layers.Dense(3, activation="softmax", name="one")(flat)
    return keras.Model(inputs, {"one": one, "two": layers.Dense(2, name="two")(flat)})


X = np.random.default_rng(0).random((4, 8, 8, 1), np.float32)


def operations(traced_model: KerasModel) -> Counter[str]:
    """Kinds of operations in all functions that were compiled."""
    return Counter(
        op.type for f in traced_model.compiled.values() for op in f.graph.get_operations()
    )


def run(explainers: list[Any], targets: Targets = 1) -> tuple[list[Any], Counter[str]]:
    keras.utils.set_random_seed(0)
    model = two_heads()
    traced_model = KerasModel(model, tf.constant(X))
    return explanations(model, explainers, X, targets, traced_model=traced_model), operations(
        traced_model
    )


def test_one_forward_and_one_backward_for_all_layers_and_the_input() -> None:
    explainers = [FeatureMaps(), GradCAM(layer=["conv1", "conv2"]), Saliency()]
    _, counted = run(explainers)
    assert counted["Conv2D"] == 2
    assert counted["Conv2DBackpropInput"] == 2  # down to the input, once


def test_one_forward_for_several_heads_and_scores() -> None:
    both = [
        GradCAM(output="one"),
        GradCAM(output="two"),
        Saliency(output="one", score="probability"),
    ]
    together, counted = run(both)
    assert counted["Conv2D"] == 2
    for explainer, found in zip(both, together, strict=True):
        (alone,), _ = run([explainer])
        for layer, one in found.attributions.items():
            assert np.allclose(one.values, alone.attributions[layer].values, atol=1e-6)
            assert np.array_equal(one.scores, alone.attributions[layer].scores)
            assert np.abs(one.values).max() > 0


def test_scores_of_the_shared_pass_serve_the_path() -> None:
    _, counted = run([IntegratedGradients(), Saliency()])
    _, alone = run([IntegratedGradients()])
    assert counted["Conv2D"] == alone["Conv2D"]


def test_a_batch_is_copied_only_where_it_is_divided() -> None:
    given: list[Any] = []

    class Watched(KerasModel):
        def run(self, key: Any, make: Any, *arguments: Any, **options: Any) -> Any:
            given.append(arguments[0])
            return super().run(key, make, *arguments, **options)

    model, batch = two_heads(), tf.constant(X)
    passes = Watched(model, batch)
    for at_once in (None, 4, 3):
        explain_all([(GradCAM(), tf.constant([1] * 4))], passes, batch, at_once)
    assert given[0] is given[1] is batch
    assert [len(part) for part in given[2:]] == [3, 1]
