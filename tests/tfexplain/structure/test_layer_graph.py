"""The graph of layer calls against Keras' own graphs, and numbers counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from support import zoo

from tfexplain.model.keras_model import KerasModel
from tfexplain.structure.layer_graph import LayerGraph, layer_graph
from tfexplain.structure.producers import producers

LIBRARIES = [keras, tf_keras]
KINDS = [
    *(zoo.sequential, zoo.functional, zoo.subclassed, zoo.lists, zoo.dicts, zoo.nested),
    *(zoo.residual, zoo.shared, zoo.train_step, zoo.tf_function, zoo.channels_first),
    *(zoo.tf_function_that_branches, zoo.several_inputs, zoo.several_outputs, zoo.volume),
    *(zoo.time_distributed, zoo.bidirectional, zoo.recurrent, zoo.words, zoo.looked_up),
]


def graph_of(model: Any, inputs: Any) -> LayerGraph:
    return layer_graph(KerasModel(model, inputs))


def edges_of(graph: LayerGraph) -> set[tuple[str, str]]:
    names = [node.name for node in graph.nodes]
    return {(names[start], names[end]) for start, end in graph.edges}


def keras_edges(model: Any) -> set[tuple[str, str]]:
    """What Keras keeps of a flat functional model, its inputs by their names."""
    calls: dict[str, list[int]] = {}
    pairs: set[tuple[tuple[str, int], tuple[str, int]]] = set()
    waiting, seen = list(model.outputs), set()
    while waiting:
        layer, index, _ = waiting.pop()._keras_history
        if (layer.name, index) in seen:
            continue
        seen.add((layer.name, index))
        calls.setdefault(layer.name, []).append(index)
        node = layer._inbound_nodes[index]
        tensors = node.input_tensors if hasattr(node, "operation") else node.keras_inputs
        # An input of tf_keras reads itself.
        for tensor in tensors if type(layer).__name__ != "InputLayer" else ():
            source, number, _ = tensor._keras_history
            pairs.add(((source.name, number), (layer.name, index)))
            waiting.append(tensor)

    def named(name: str, index: int) -> str:
        several = len(calls[name]) > 1
        return f"{name}@{sorted(calls[name]).index(index)}" if several else name

    return {(named(*start), named(*end)) for start, end in pairs}


def branching(library: Any) -> tuple[Any, Any]:
    """Residuals, a shared layer, two inputs, and identities on a branch only."""
    layers = library.layers
    picture, numbers = layers.Input((6, 6, 2), name="picture"), layers.Input((4,), name="numbers")
    conv = layers.Conv2D(2, 3, padding="same", name="conv")
    first = conv(picture)
    dropped = layers.Dropout(0.5, name="dropped")(first)
    again = conv(layers.Activation("linear", name="same")(dropped))
    total = layers.Add(name="total")([first, again])
    mean = layers.GlobalAveragePooling2D(name="mean")(total)
    both = layers.Concatenate(name="both")([mean, layers.Dense(3, name="side")(numbers)])
    model = library.Model(
        {"picture": picture, "numbers": numbers}, layers.Dense(2, name="head")(both)
    )
    return model, {"picture": zoo.batch(6, 6, 2), "numbers": zoo.batch(4)}


@pytest.mark.parametrize("library", LIBRARIES, ids=["keras", "tf_keras"])
def test_edges_are_those_of_a_functional_model(library: Any) -> None:
    model, inputs = branching(library)
    graph = graph_of(model, inputs)
    assert edges_of(graph) == keras_edges(model)
    assert ("conv@0", "total") in edges_of(graph)
    assert ("dropped", "total") not in edges_of(graph)


def test_a_whole_application() -> None:
    backbone = keras.applications.MobileNetV2(weights=None, input_shape=(32, 32, 3))
    backbone.get_layer("Conv1").trainable = False
    inputs = keras.Input((32, 32, 3))
    model = keras.Model(inputs, keras.layers.Dense(3, name="head")(backbone(inputs)))
    graph = graph_of(model, np.zeros((1, 32, 32, 3), np.float32))
    path = backbone.name + "/"
    inside = {
        (start.removeprefix(path), end.removeprefix(path))
        for start, end in edges_of(graph)
        if end.startswith(path) and start != "input"
    }
    known = keras_edges(backbone)
    assert inside == known - {(backbone.layers[0].name, "Conv1")}
    nodes = {node.name: node for node in graph.nodes}
    place = [node.name for node in graph.nodes].index(backbone.name)
    parts = [node for node in graph.nodes if node.parent == place]
    assert len(parts) == len(backbone.layers) - 1
    for layer in backbone.layers[1:]:
        assert nodes[path + layer.name].parameters == layer.count_params()
    assert nodes[path + "Conv1"].state == "frozen"
    assert nodes[path + "block_1_expand"].state == "trainable"
    assert (graph.parameters, graph.trainable) == (
        model.count_params(),
        sum(int(np.prod(weight.shape)) for weight in model.trainable_weights),
    )
    # 16 × 16 positions of a 3 × 3 × 3 × 32 kernel; 1280 × 1000 of a dense layer.
    assert nodes[path + "Conv1"].macs == 16 * 16 * 3 * 3 * 3 * 32
    assert nodes[path + "predictions"].macs == 1280 * 1000


@pytest.mark.parametrize("library", LIBRARIES, ids=["keras", "tf_keras"])
@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_every_kind_of_model(make: Callable[[Any], zoo.Specimen], library: Any) -> None:
    specimen = make(library)
    graph = graph_of(specimen.model, specimen.inputs)
    own = sum(node.parameters for node in graph.nodes if not node.is_again)
    assert own == graph.parameters == specimen.model.count_params()
    inputs = [i for i, node in enumerate(graph.nodes) if node.kind == "input"]
    reached = set(inputs)
    for start, end in graph.edges:
        assert start < end
        reached |= {end} if start in reached else set()
    calls = {i for i, node in enumerate(graph.nodes) if node.kind == "call"}
    assert reached == calls | set(inputs)  # all of these compute from an input
    names = {node.name for node in graph.nodes}
    assert {cut.path for cut in specimen.cuts} <= names


def test_a_block_without_an_output_of_its_own_reads_its_parts_and_what_they_read() -> None:
    specimen = zoo.residual(keras)
    graph = graph_of(specimen.model, specimen.inputs)
    assert {start for start, end in edges_of(graph) if end == "block"} == {"one", "block/branch"}
    assert [node.name for node in graph.nodes if node.parent >= 0] == ["block/branch"]


def test_calls_of_a_shared_nested_model_are_parts_of_their_own_call() -> None:
    layers = keras.layers
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="dense")], name="inner")
    inputs = keras.Input((4,))
    model = keras.Model(inputs, inner(inner(inputs)))
    graph = graph_of(model, zoo.batch(4))
    told = [
        (node.name, graph.nodes[node.parent].name if node.parent >= 0 else "", node.is_again)
        for node in graph.nodes
    ]
    assert told[1:] == [
        ("inner/dense@0", "inner@0", False),
        ("inner@0", "", False),
        ("inner/dense@1", "inner@1", True),
        ("inner@1", "", True),
    ]


def test_layers_that_are_never_called_are_listed_behind() -> None:
    class Model(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.used = keras.layers.Dense(2, name="used")
            self.spare = keras.layers.Dense(3, name="spare")
            self.spare.build((None, 4))

        def call(self, inputs: Any) -> Any:
            return self.used(inputs)

    model = Model()
    model(zoo.batch(4))
    last = graph_of(model, zoo.batch(4)).nodes[-1]
    assert (last.name, last.kind, last.shape, last.parameters) == ("spare", "uncalled", None, 15)


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
def test_modes_are_those_of_the_kernels() -> None:
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, name="dense")])
    model.layers[0].quantize("int8")
    node = graph_of(model, zoo.batch(8)).nodes[1]
    assert (node.mode, node.macs) == ("int8", 32)


def around(*inner: str, times: int = 1) -> Any:
    """A nested model of these layers, whose output is added to what reads it."""
    inputs = keras.Input((8,))
    made = {"dense": lambda: keras.layers.Dense(8), "dropout": lambda: keras.layers.Dropout(0.5)}
    nested = keras.Sequential([keras.Input((8,)), *(made[name]() for name in inner)], name="nested")
    reached = inputs
    for _ in range(times):
        reached = nested(reached)
    return keras.Model(inputs, keras.layers.Add()([reached, keras.layers.Dense(8)(reached)]))


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (around("dense", "dense"), True),
        (around("dense", "dropout", "dense"), False),
        (around("dense", "dense", times=2), False),
    ],
    ids=["nested", "dropout", "twice"],
)
def test_the_first_trace_tells_what_one_for_the_graph_alone_would(model: Any, told: bool) -> None:
    traced = KerasModel(model, np.ones((2, 8), np.float32))
    reads = traced.reads
    assert (reads is not None) == told
    if told:
        traced.reads = None
        assert reads == producers(traced)
