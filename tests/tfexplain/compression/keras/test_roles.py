"""What counts as a kernel, in every kind of layer: by what is done with it, never by rank."""

from __future__ import annotations

import inspect
import re
from math import prod
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from support.read import read_run

from tfexplain import Compression, compare
from tfexplain.compression import WeightsError, measure, measure_all, read, total
from tfexplain.compression.keras import layer_readers as readers_module
from tfexplain.compression.keras.roles import KERNELS, kind_of, role_of
from tfexplain.compression.layout import einsum_layout
from tfexplain.errors import ExplainWarning

LIBRARIES = pytest.mark.parametrize("library", [keras, tf_keras])


def shapes(model: Any) -> list[tuple[int, ...]]:
    return [kernel.shape for kernel in read(model)]


def model_of(library: Any, shape: tuple[int, ...], *layers: Any) -> Any:
    return library.Sequential([library.layers.Input(shape), *layers])


@LIBRARIES
def test_biases_slopes_and_norms_are_no_kernels(library: Any) -> None:
    layers = library.layers
    model = model_of(
        *(library, (6, 4)),
        layers.GRU(5, return_sequences=True),
        layers.PReLU(),
        layers.LayerNormalization(axis=(1, 2)),
        layers.BatchNormalization(),
        layers.GroupNormalization(1),
        layers.UnitNormalization(),
        layers.LSTM(3, return_sequences=True),
        layers.SimpleRNN(2, return_sequences=True),
        layers.Bidirectional(layers.GRU(2, reset_after=True)),
    )
    recurrent = [(5, 9 + 3), (3, 12), (3, 2), (2, 2), *[(2, 6), (2, 6)] * 2]
    assert shapes(model) == [(4, 15), (5, 15), *recurrent]
    counted = total(measure_all(read(model)))[""].weights
    assert counted == sum(map(prod, shapes(model)))
    others = [w for w in model.weights if "kernel" not in w.name]
    assert counted == model.count_params() - sum(int(np.prod(w.shape)) for w in others)


@LIBRARIES
def test_kernels_of_convolutions(library: Any) -> None:
    layers = library.layers
    model = model_of(
        *(library, (3, 9, 9, 2)),
        layers.ConvLSTM2D(4, 3, padding="same"),
        layers.SeparableConv2D(5, 3),
        layers.DepthwiseConv2D(3, depth_multiplier=2),
        layers.Normalization(),
        layers.Reshape((25, 10)),
        layers.SeparableConv1D(3, 2),
    )
    assert shapes(model) == [
        *[(3, 3, 2, 16), (3, 3, 4, 16)],
        *[(3, 3, 4, 1), (1, 1, 4, 5), (3, 3, 5, 2)],
        *[(2, 10, 1), (1, 10, 3)],
    ]
    kinds = [kernel.layout.kind for kernel in read(model)]
    assert kinds == ["conv", "conv", "depthwise", "conv", "depthwise", "depthwise", "conv"]


def test_a_spectral_vector_is_no_kernel() -> None:
    layer = keras.layers.SpectralNormalization(keras.layers.Dense(3))
    assert shapes(model_of(keras, (4,), layer)) == [(4, 3)]
    assert layer.vector_u.shape == (1, 3)
    # tf_keras calls it otherwise, and its wrapper does not run in a model of this version.
    assert (
        role_of(tf_keras.layers.SpectralNormalization(tf_keras.layers.Dense(3)), "sn_u") == "other"
    )


@LIBRARIES
def test_attention_has_four_kernels_with_their_heads(library: Any) -> None:
    layers = library.layers
    inputs, memory = layers.Input((6, 8)), layers.Input((3, 10))
    attention = layers.MultiHeadAttention(2, 4, value_dim=5, name="attention")
    model = library.Model([inputs, memory], attention(inputs, memory))
    found = {kernel.path.split("/")[-1]: kernel for kernel in read(model)}
    sides = {
        name: (one.shape, one.layout.inputs, one.layout.outputs) for name, one in found.items()
    }
    assert sides == {
        "query": ((8, 2, 4), 8, 8),
        "key": ((10, 2, 4), 10, 8),
        "value": ((10, 2, 5), 10, 10),
        "attention_output": ((2, 5, 8), 10, 8),
    }
    # Each position of the input that a projection reads meets its whole kernel once.
    macs = {name: measure(one).macs for name, one in found.items()}
    assert macs == {
        "query": 6 * 8 * 8,
        "key": 3 * 10 * 8,
        "value": 3 * 10 * 10,
        "attention_output": 6 * 10 * 8,
    }
    kernel = attention._query_dense.kernel
    values = np.random.default_rng(0).normal(size=kernel.shape)
    values[3] = values[:, 1, 2] = 0  # an input that nobody reads, a unit of a head that is gone
    kernel.assign(values)
    structure = measure(found["query"]).structure
    assert structure is not None
    assert np.flatnonzero(structure.channels).tolist() == [3]
    assert np.flatnonzero(structure.filters).tolist() == [1 * 4 + 2]
    # What the layer multiplies with, by an identity.
    answer = np.asarray(attention._query_dense(np.eye(8, dtype="float32")[None]))[0]
    bias = np.asarray(attention._query_dense.bias)
    np.testing.assert_allclose(
        found["query"].effective()[0], (answer - bias).reshape(8, 8), atol=5e-8
    )


@LIBRARIES
def test_models_with_attention_are_compared_and_logged(library: Any, tmp_path: Path) -> None:
    layers = library.layers
    inputs = layers.Input((6, 8))
    values = layers.GlobalAveragePooling1D()(layers.MultiHeadAttention(2, 4)(inputs, inputs))
    model = library.Model(inputs, layers.Dense(3, activation="softmax", name="head")(values))
    x = np.random.default_rng(0).random((12, 6, 8)).astype("float32")
    model.compile("sgd", "sparse_categorical_crossentropy")
    logging = Compression(log_dir=tmp_path, validation_data=x, on_error="raise", verbose=False)
    model.fit(x, np.arange(12) % 3, verbose=0, callbacks=[logging])
    record = read_run(tmp_path, "compression").record("kernels")
    assert len(record.rows) == 5
    # With samples the shapes are those of the pass, and say the same as the graph does.
    assert record.totals[""]["macs"] == total(measure_all(read(model)))[""].macs
    found = compare({"one": model, "same": model}, validation_data=x, samples=2)
    assert found.models["same"].totals[""].weights == 4 * 8 * 8 + 8 * 3
    assert "-" not in found.summary().splitlines()[3].split()[-3:]


def test_grouped_query_attention_has_four_kernels() -> None:
    inputs = keras.Input((6, 8))
    model = keras.Model(inputs, keras.layers.GroupQueryAttention(3, 4, 2)(inputs, inputs))
    assert shapes(model) == [(8, 4, 3), (8, 2, 3), (8, 2, 3), (4, 3, 8)]
    assert [measure(one).macs for one in read(model)] == [6 * 8 * 12, 6 * 48, 6 * 48, 6 * 12 * 8]


@LIBRARIES
@pytest.mark.parametrize(
    ("equation", "fed", "output", "bias"),
    [
        ("ab,bc->ac", (4,), (7,), "c"),
        ("abc,cde->abde", (5, 4), (5, 2, 3), "de"),
        ("abde,def->abf", (5, 2, 3), (5, 7), "f"),
        ("abc,bcd->abd", (5, 4), (5, 3), "bd"),
        ("abc,c->abc", (5, 4), (5, 4), "c"),
        ("...x,xy->...y", (5, 4), (5, 7), "y"),
        ("abc,dc->abd", (5, 4), (5, 7), "d"),
        ("abcd,bced->abce", (2, 3, 4), (2, 3, 5), None),
    ],
)
def test_einsum_kernels_by_their_equation(
    library: Any, equation: str, fed: tuple[int, ...], output: tuple[int, ...], bias: str | None
) -> None:
    layer = library.layers.EinsumDense(equation, output, bias_axes=bias)
    model = model_of(library, fed, layer)
    (found,) = read(model)
    kernel = np.random.default_rng(0).normal(size=found.shape).astype("float32")
    layer.kernel.assign(kernel)
    # By the definition of the cube: output o of group g sums the inputs of its group.
    source, axes, result = equation.replace("...", "@").replace("->", ",").split(",")
    named = source if "@" in source else source[1:]
    sizes = dict(zip(named, fed, strict=True)) | dict(zip(axes, found.shape, strict=True))
    # Every multiplication of the sum, none of them shared.
    assert measure(found).macs == prod(sizes.values())
    layout = found.layout
    split = [name for name in axes if name in source and name in result]
    assert layout.groups == prod(sizes[name] for name in split)
    assert layout.inputs == prod(sizes[name] for name in axes if name not in result)
    summed = [name for name in axes if name not in result]
    inputs = np.random.default_rng(1).normal(size=(layout.groups, layout.inputs))
    cube = found.effective()[0].astype(np.float64)
    ours = np.concatenate(
        [inputs[group] @ part for group, part in enumerate(np.split(cube, layout.groups, axis=1))]
    )
    outs = [name for name in axes if name not in (*split, *summed)]
    order = "".join([*split, *summed])
    shaped = inputs.reshape([sizes[name] for name in order])
    theirs = np.einsum(f"{order},{axes}->{''.join([*split, *outs])}", shaped, kernel)
    np.testing.assert_allclose(ours, theirs.reshape(-1), rtol=1e-6)


def test_an_axis_that_einsum_sums_besides_leaves_multiply_adds_open() -> None:
    """The sum can be taken before the product or behind it."""
    model = model_of(keras, (5, 4), keras.layers.EinsumDense("abc,cd->ad", (7,)))
    assert measure(read(model)[0]).macs is None
    assert "multiply-adds without 1 kernel" in total(measure_all(read(model)))[""].denominator
    assert einsum_layout("abc,cd->ad", (4, 7)).inputs == 4


class Linear(keras.layers.Layer):
    """As Keras' guide on making layers has it."""

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = units

    def build(self, shape: Any) -> None:
        self.w = self.add_weight(shape=(shape[-1], self.units), name="w")
        self.bias = self.add_weight(shape=(3, self.units), name="bias")
        self.temperature = self.add_weight(shape=(), name="temperature")
        self.position_embeddings = self.add_weight(shape=(3, 4), name="position_embeddings")
        self.steps = self.add_weight(shape=(2,), dtype="int32", trainable=False, name="steps")

    def call(self, x: Any) -> Any:
        return (x + self.position_embeddings) @ self.w * self.temperature + self.bias


class Named(keras.layers.Layer):
    """Its weights say what they are."""

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(shape=(shape[-1], 2), name="kernel")
        self.up = self.add_weight(shape=(2, 9), name="up_kernel")
        self.down = self.add_weight(shape=(9, 2), name="down_kernel")
        self.cls_token = self.add_weight(shape=(1, 2), name="cls_token")

    def call(self, x: Any) -> Any:
        return x @ self.kernel @ self.up @ self.down + self.cls_token


class Extended(keras.layers.Dense):
    """A class of Keras', with a weight more."""

    def build(self, shape: Any) -> None:
        super().build(shape)
        self.gate = self.add_weight(shape=(shape[-1], self.units), name="gate")

    def call(self, x: Any) -> Any:
        return super().call(x) * (x @ self.gate)


def custom() -> Any:
    layers = (Linear(5, name="mine"), Named(name="named"), Extended(3, name="extended"))
    model = model_of(keras, (3, 4), *layers)
    model.compile("sgd", "mse")
    return model


def test_a_weight_of_a_layer_that_is_not_known_is_listed_as_such() -> None:
    model = custom()
    found = {one.layer.name: one for one in measure_all(read(model))}
    roles = {name: one.layer.role for name, one in found.items()}
    assert roles == {
        "mine": "unknown",
        **{f"named.{name}": "kernel" for name in ("kernel", "up_kernel", "down_kernel")},
        "extended.kernel": "kernel",
        "extended.gate": "unknown",
    }
    kernel = np.asarray(model.layers[0].w).copy()
    kernel[0] = 0
    model.layers[0].w.assign(kernel)
    one = measure(found["mine"].layer)
    assert (one.sparsity, one.structure, one.macs) == (0.25, None, None)
    assert one.histogram is not None
    assert one.layer.note.startswith("role unknown: what Linear does with this weight is not known")
    assert 'call it "kernel"' in one.layer.note
    totals = total(found.values())[""]
    assert totals.weights == 5 * 2 + 2 * 9 + 9 * 2 + 2 * 3
    assert "nor 2 of unknown role" in totals.denominator
    # A layer of several kernels: its output is that of one of them.
    assert found["named.up_kernel"].macs is None
    assert found["named.kernel"].macs == 3 * 5 * 2


def test_weights_of_the_model_itself_are_read() -> None:
    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="net")
            self.dense = keras.layers.Dense(2, name="dense")
            self.first_kernel = self.add_weight(shape=(4, 3), name="first_kernel")
            self.cls_token = self.add_weight(shape=(1, 3), name="cls_token")

        def call(self, x: Any) -> Any:
            return self.dense(x @ self.first_kernel + self.cls_token)

    model = Net()
    model(np.zeros((1, 4), "float32"))
    assert [(one.name, one.shape) for one in read(model)] == [("net", (4, 3)), ("dense", (3, 2))]


def test_a_table_that_is_multiplied_with_too_has_multiply_adds() -> None:
    layer = keras.layers.ReversibleEmbedding(11, 4)
    inputs = keras.Input((6,), dtype="int32")
    model = keras.Model(inputs, layer(layer(inputs), reverse=True))
    (found,) = read(model)
    assert (found.layout.kind, measure(found).macs) == ("lookup", 6 * 11 * 4)


@pytest.mark.slow
@pytest.mark.parametrize("library", [keras.layers, tf_keras.layers], ids=["keras", "tf_keras"])
def test_every_kind_of_layer_that_has_weights_is_known(library: Any) -> None:
    """A layer of a Keras of tomorrow, whose weights nobody told the roles of, shows up here."""
    found = {}
    for cls in vars(library).values():
        if not inspect.isclass(cls):
            continue
        named = set()
        for one in cls.__mro__[:-1]:
            if one.__module__.startswith(("keras.src.layers.", "tf_keras.src.layers.")):
                named |= set(re.findall(r"add_weight\(\s*(?:name=)?[\"'](\w+)", _source(one)))
                named |= set(
                    re.findall(r"name=[\"'](\w+)[\"'],?\s*(?:shape=|initializer=)", _source(one))
                )
        if named and cls.__name__ not in ("Layer", "Wrapper", "TimeDistributed"):
            found[cls] = named
    assert len(found) > 20
    strangers = {
        cls.__name__: named
        for cls, named in found.items()
        if not any(one.__name__ in KERNELS for one in cls.__mro__)
    }
    assert not strangers


def _source(cls: type) -> str:
    text = inspect.getsource(cls)
    # The base of cells shows an example in its docstring.
    return text.replace(cls.__doc__ or " ", "")


@pytest.mark.skipif("sys.version_info < (3, 11)", reason="Keras Hub needs Python 3.11")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*compute_mask.*:UserWarning")
def test_layers_of_keras_hub() -> None:
    hub = pytest.importorskip("keras_hub")
    inputs = keras.Input((6,), dtype="int32")
    values = hub.layers.TokenAndPositionEmbedding(9, 6, 8, name="embed")(inputs)
    values = hub.layers.TransformerEncoder(12, 2, name="encoder")(values)
    model = keras.Model(inputs, hub.layers.RMSNormalization(8)(values))
    assert shapes(model) == [(9, 8), *[(8, 2, 4)] * 3, (2, 4, 8), (8, 12), (12, 8)]
    heads = {"num_query_heads": 2, "num_key_value_heads": 1, "head_dim": 4}
    gemma = hub.models.GemmaBackbone(
        vocabulary_size=20, num_layers=1, hidden_dim=8, intermediate_dim=16, **heads
    )
    found = {kernel.path.split("/")[-1]: kernel for kernel in read(gemma)}
    assert "token_embedding" in found
    inputs_and_outputs = {n: (k.layout.inputs, k.layout.outputs) for n, k in found.items()}
    assert inputs_and_outputs["query"] == (8, 2 * 4)
    assert inputs_and_outputs["key"] == inputs_and_outputs["value"] == (8, 4)
    assert inputs_and_outputs["attention_output"] == (2 * 4, 8)
    assert {kernel.role for kernel in found.values()} == {"kernel"}
    assert len(found) == 8


def test_a_class_is_known_by_what_it_derives_from_and_not_by_what_it_is_called() -> None:
    stranger = type("Embedding", (keras.layers.Layer,), {})()
    assert kind_of(stranger) == ""
    assert role_of(stranger, "embeddings") == "unknown"
    assert kind_of(type("Odd", (keras.layers.Conv2D,), {})(1, 1)) == "Conv2D"


def test_what_cannot_be_read_is_a_row_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = readers_module.layout_of

    def broken(layer: Any, weight: str, shape: tuple[int, ...]) -> Any:
        if layer.name == "odd":
            raise IndexError("an axis nobody expected")
        return real(layer, weight, shape)

    monkeypatch.setattr(readers_module, "layout_of", broken)
    dense = keras.layers.Dense
    model = model_of(keras, (4,), dense(5, name="fine"), dense(3, name="odd"))
    model.compile("sgd", "mse")
    fine, odd = read(model)
    assert (odd.source, odd.shape, odd.dtype) == (None, (5, 3), "float32")
    assert "IndexError: an axis nobody expected" in odd.note
    totals = total(measure_all([fine, odd]))[""]
    assert (totals.weights, totals.unread) == (20, 1)
    x = np.ones((4, 4))
    with pytest.warns(ExplainWarning, match="kernel odd is left out: Dense cannot be read"):
        model.fit(x, x[:, :3], verbose=0, callbacks=[Compression(log_dir=tmp_path, verbose=False)])
    run = read_run(tmp_path, "compression")
    assert [row["name"] for row in run.record("kernels").rows] == ["fine", "odd"]
    (problem,) = run.record("status").problems
    assert (problem.kind, problem.left_out) == ("kernel odd", True)


def test_a_kernel_that_cannot_be_measured_says_so() -> None:
    class Broken:
        def open(self) -> Any:
            raise OSError("gone")

        def steps(self) -> Any:
            return None

        zeros = steps

    (found,) = read(model_of(keras, (4,), keras.layers.Dense(3)))
    object.__setattr__(found, "source", Broken())
    (numbers,) = measure_all([found])
    assert numbers.sparsity is None
    assert "cannot be measured" in numbers.layer.note
    with pytest.raises(OSError, match="gone"):
        measure(found)


def test_a_reference_is_asked_only_for_what_needs_one() -> None:
    one, other = custom(), custom()
    assert len(read(one, reference=other)) == 6
    other = model_of(keras, (4,), keras.layers.Dense(2, name="dense"))
    with pytest.raises(WeightsError, match="'dense'"):
        read(other, reference=one)


def test_training_logs_rows_of_unknown_role(tmp_path: Path) -> None:
    model, x = custom(), np.ones((4, 3, 4), "float32")
    model.fit(
        x,
        x[..., :3],
        verbose=0,
        callbacks=[Compression(log_dir=tmp_path, validation_data=x, verbose=False)],
    )
    run = read_run(tmp_path, "compression")
    record = run.record("kernels")
    notes = {row["name"]: row["note"] for row in record.rows}
    assert notes["mine"].startswith("role unknown")
    assert run.record("kernel/mine").pruned.size == 0
    assert run.record("kernel/mine").counts.sum() == 4 * 5
    assert "nor 2 of unknown role" in record.denominators[""]
    settings = run.content("kernels").settings
    assert settings["kernels"] == "4: 4 float; 2 weights of unknown role beside them"
