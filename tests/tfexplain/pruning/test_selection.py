"""`prune` on models: which kernels, and their zeros against plain numpy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

from tfexplain.compression import read
from tfexplain.compression.weights import WeightsError
from tfexplain.errors import SettingError
from tfexplain.pruning import prune

# Keras asks numpy for copies as older ones did.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method:UserWarning"),
]


def network(library: Any = keras) -> Any:
    library.utils.set_random_seed(2)
    layers = library.layers
    inputs = library.Input((8, 8, 4))
    x = layers.Conv2D(8, 3, name="conv1")(inputs)
    x = layers.DepthwiseConv2D(3, name="depthwise")(x)
    block = library.Sequential(
        [layers.Input((4, 4, 8)), layers.Conv2DTranspose(6, 2, name="up")], name="block"
    )
    x = layers.Flatten(name="flat")(block(x))
    first = layers.Dense(5, name="first")(x)
    second = layers.Activation("softmax")(layers.Dense(3, name="second")(first))
    return library.Model(inputs, [first, second])


def kernels(model: Any) -> dict[str, Any]:
    return {layer.name: layer.variable.numpy() for layer in read(model)}


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_the_smallest_weights_of_each_kernel_become_zeros(library: Any) -> None:
    model = network(library)
    before, masks = kernels(model), prune(model, 0.8)
    assert list(masks) == list(before) == ["conv1", "depthwise", "block/up", "first", "second"]
    for name, after in kernels(model).items():
        gone = np.argsort(np.abs(before[name]), axis=None)[
            : before[name].size - after.astype(bool).sum()
        ]
        expected = before[name].copy()
        expected.ravel()[gone] = 0
        np.testing.assert_array_equal(after, expected)
        np.testing.assert_array_equal(masks[name], expected != 0)
        assert masks[name].mean() == pytest.approx(0.2, abs=0.5 / masks[name].size)


def test_filters_go_but_not_those_of_outputs() -> None:
    model = network()
    masks = prune(model, 0.5, structure="filters")
    # The path from `second` to the input meets `first`, which is an output as well.
    assert list(masks) == ["conv1", "depthwise", "block/up"]
    after = kernels(model)
    assert (after["conv1"] == 0).all(axis=(0, 1, 2)).sum() == 4
    assert (after["depthwise"] == 0).all(axis=(0, 1, 3)).sum() == 4
    # A transposed convolution keeps outputs before inputs.
    assert (after["block/up"] == 0).all(axis=(0, 1, 3)).sum() == 3
    assert after["first"].all()


def test_patterns_lie_on_the_inputs() -> None:
    model = network()
    masks = prune(model, structure="n:m", layers=["conv1", "block/up"])
    assert set(masks) == {"conv1", "block/up"}
    assert (masks["conv1"].reshape(3, 3, 1, 4, 8).sum(axis=3) == 2).all()
    assert (masks["block/up"].reshape(2, 2, 6, 2, 4).sum(axis=4) == 2).all()
    # What cannot have it is left out where nobody named it.
    assert "depthwise" not in prune(network(), structure="n:m")


def test_one_threshold_for_all() -> None:
    model = network()
    before = kernels(model)
    masks = prune(model, 0.6, scope="global")
    sizes = np.concatenate([np.abs(kernel).ravel() for kernel in before.values()])
    cut = np.sort(sizes)[round(0.6 * sizes.size)]
    for name, mask in masks.items():
        np.testing.assert_array_equal(mask, np.abs(before[name]) >= cut)
    assert len({round(float(mask.mean()), 2) for mask in masks.values()}) > 1


@pytest.mark.parametrize("layers", ["up", "block/up", ["Conv2DTranspose"]])
def test_layers_by_name_path_and_kind(layers: Any) -> None:
    assert list(prune(network(), 0.5, layers=layers)) == ["block/up"]


def test_frozen_layers_are_pruned_only_by_name() -> None:
    model = network()
    model.get_layer("conv1").trainable = False
    assert "conv1" not in prune(model, 0.5)
    assert list(prune(model, 0.5, layers="conv1")) == ["conv1"]


def test_a_plan_is_a_mapping_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"first": 0.5, "conv1": 0.25}))
    for plan in (path, str(path), {"first": 0.5, "conv1": 0.25}):
        masks = prune(network(), plan)
        assert {name: round(1 - float(m.mean()), 3) for name, m in masks.items()} == {
            "conv1": 0.25,
            "first": 0.5,
        }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sparsity": 1}, "sparsity=1: expected a share from 0 to below 1. Half is 0.5."),
        ({"sparsity": {"conv9": 0.5}}, "sparsity='conv9': model .* Layers with a kernel: conv1, "),
        ({"sparsity": {}}, "sparsity: expected the sparsity of at least one layer"),
        ({"sparsity": {"first": 0.5}, "layers": "first"}, "layers: expected no choice beside"),
        ({"sparsity": 0.5, "layers": "flat"}, "layers='flat': expected a layer with a kernel"),
        ({"structure": "n:m", "layers": "depthwise"}, "layers='depthwise': .* not summed over"),
        ({"structure": "n:m", "pattern": (2, 3), "layers": "conv1"}, "3 does not divide its 4"),
        ({"structure": "n:m", "scope": "global"}, "scope='global': expected one sparsity"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_pruned(
    arguments: dict[str, Any], message: str
) -> None:
    model = network()
    with pytest.raises(SettingError, match=message):
        prune(model, **arguments)
    assert all(kernel.all() for kernel in kernels(model).values())


def test_no_plan_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    filters = json.dumps({"size": "keras", "settings": {"conv1": "filters-25%"}})
    for text, message in (
        ("[1]", "expected a mapping"),
        ("{", "expected a JSON file; got"),
        (filters, "expected a plan that prunes single weights; this one does not"),
    ):
        path.write_text(text)
        with pytest.raises(SettingError, match=message):
            prune(network(), path)
    with pytest.raises(OSError, match="nowhere"):
        prune(network(), tmp_path / "nowhere.json")


def test_two_layers_of_one_name_and_kernels_that_are_no_floats() -> None:
    layers = keras.layers
    inner = [
        keras.Sequential([keras.Input((4,)), layers.Dense(4, name="dense")], name=name)
        for name in ("left", "right")
    ]
    model = keras.Sequential([keras.Input((4,)), *inner])
    with pytest.raises(SettingError, match="more than one layer: left/dense, right/dense"):
        prune(model, 0.5, layers="dense")
    model.quantize("int8")
    with pytest.raises(SettingError, match="left/dense: it is stored as int8"):
        prune(model, 0.5)
    with pytest.raises(WeightsError, match="not built"):
        prune(keras.Sequential([layers.Dense(2)]), 0.5)


def test_filters_of_outputs_are_found_in_models_within_and_without_a_graph() -> None:
    layers = keras.layers

    def top() -> Any:
        stack = [layers.Dense(6, name="inner"), layers.Dense(3, name="last")]
        return keras.Sequential([keras.Input((4,)), *stack], name="top")

    nested = keras.Sequential([keras.Input((5,)), layers.Dense(4, name="base"), top()])
    assert list(prune(nested, 0.5, structure="filters")) == ["base", "top/inner"]

    class Plain(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.base, self.head = layers.Dense(4, name="base"), layers.Dense(3, name="head")

        def call(self, inputs: Any) -> Any:
            return self.head(self.base(inputs))

    plain = Plain()
    plain(np.ones((1, 5), "float32"))
    assert list(prune(plain, 0.5, structure="filters")) == ["base"]
