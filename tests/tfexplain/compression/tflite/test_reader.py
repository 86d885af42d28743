"""Kernels of real .tflite files against Keras' own, the interpreter, and numpy by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.tflite import convert, edited, interpreter, run, schema, weight_of

from tfexplain.compression import LayerWeights, WeightsError, measure, read, read_tflite, total
from tfexplain.compression.tflite.file import Level, Sparsity
from tfexplain.compression.tflite.names import tidy
from tfexplain.compression.tflite.sparse import densify

DENSE = "FULLY_CONNECTED"
# The int8 file's name for each, and the order of its dimensions that [K, I, O] begins with.
STORED = {
    "conv": ("net_1/conv_1/convolution", (1, 2, 3, 0)),
    "depthwise": ("net_1/depthwise_1/depthwise", (0, 1, 2, 3)),
    "up": ("net_1/up_1/conv_transpose", (1, 2, 3, 0)),
    "convolution": ("convolution", (1, 2, 3, 0)),
    "head": ("net_1/head_1/MatMul", (1, 0)),
}


def network(library: Any = keras, sparse: float = 0.6) -> Any:
    """One layer of each layout, with zeros: single ones, a filter and a channel of each."""
    library.utils.set_random_seed(3)
    layers = library.layers
    model = library.Sequential(
        [
            layers.Input((8, 8, 4)),
            layers.Conv2D(8, 3, activation="relu", name="conv"),
            layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise"),
            layers.Conv2DTranspose(6, 2, strides=2, name="up"),
            layers.Conv2D(10, 3, groups=2, name="grouped"),
            layers.Flatten(),
            layers.Dense(12, name="head"),
        ],
        name="net",
    )
    rng = np.random.default_rng(1)
    for layer in model.layers:
        if layer.weights:
            kernel, *rest = layer.get_weights()
            kernel *= rng.random(kernel.shape) > sparse
            kernel[..., 1] = kernel[..., 2, :] = 0
            layer.set_weights([kernel, *rest])
    return model


@pytest.fixture(scope="module")
def model() -> Any:
    return network()


@pytest.fixture(scope="module")
def files(model: Any) -> dict[str, bytes]:
    return {mode: convert(model, mode) for mode in ("float", "float16", "dynamic", "int8")}


def pairs(model: Any, data: bytes) -> list[tuple[LayerWeights, LayerWeights]]:
    return list(zip(read(model), read_tflite(data), strict=True))


def test_float_kernels_are_keras_to_the_bit(model: Any, files: dict[str, bytes]) -> None:
    for ours, found in pairs(model, files["float"]):
        np.testing.assert_array_equal(found.effective(), ours.effective())
        assert found.layout == ours.layout
        assert found.shape == ours.shape
        assert (found.mode, found.dtype, found.bits_compute) == ("float", "float32", 32)
    assert [layer.name for layer in read_tflite(files["float"])] == list(STORED)


def test_every_number_of_a_float_kernel_is_that_of_keras(
    model: Any, files: dict[str, bytes]
) -> None:
    for ours, found in pairs(model, files["float"]):
        expected, numbers = measure(ours).scalars(), measure(found).scalars()
        assert expected["filter_sparsity"] > 0
        assert expected["channel_sparsity"] > 0 or ours.layout.kind == "depthwise"
        if ours.layout.kind == "transposed":
            # 4 x 4 inputs meet the whole kernel once each.
            assert found.positions == 16
        assert numbers == expected


def test_float16_is_read_behind_its_dequantization(model: Any, files: dict[str, bytes]) -> None:
    for ours, found in pairs(model, files["float16"]):
        halves = ours.effective().astype(np.float16).astype(np.float32)
        np.testing.assert_array_equal(found.effective(), halves)
        assert (found.dtype, found.bits_stored, found.bits_compute) == ("float16", 16, 32)
        assert found.note == "dequantized to float32 before it is used"
        assert found.bytes_stored == 2 * found.size


def test_int8_is_what_the_interpreter_holds(model: Any, files: dict[str, bytes]) -> None:
    running = interpreter(files["int8"])
    tensors = {one["name"]: one for one in running.get_tensor_details()}
    for ours, found in pairs(model, files["int8"]):
        name, order = STORED[found.name]
        how = tensors[name]["quantization_parameters"]
        along = [1] * len(order)
        along[how["quantized_dimension"]] = -1
        codes = running.get_tensor(tensors[name]["index"]).astype(np.float32)
        values = (codes - how["zero_points"].reshape(along)) * how["scales"].reshape(along)
        expected = values.transpose(order).reshape(found.effective().shape)
        np.testing.assert_allclose(found.effective(), expected, rtol=1e-6)
        steps, zeros = found.scales(), found.zero_points()
        assert steps is not None
        assert zeros is None
        np.testing.assert_array_equal(steps.reshape(-1), how["scales"].astype(np.float64))
        assert (np.abs(found.effective() - ours.effective()) <= steps.max() * 0.501).all()
        assert (found.mode, found.bits_compute, found.note) == ("int8", 8, "")
        assert found.overhead_bytes == steps.size * 12
        assert found.bytes_stored == found.size + steps.size * 12


def test_numbers_of_int8_by_brute_force(files: dict[str, bytes]) -> None:
    for found in read_tflite(files["int8"]):
        numbers, codes = measure(found), found.codes()
        assert numbers.sparsity == np.mean(codes == 0)
        assert numbers.code_use == len(np.unique(codes)) / 256
        counts = np.unique(codes, return_counts=True)[1] / codes.size
        assert numbers.code_entropy == pytest.approx(-(counts * np.log2(counts)).sum())
        assert numbers.filter_sparsity == np.mean((codes == 0).all(axis=(0, 1)))
        assert numbers.sqnr is None


def test_dynamic_range_keeps_small_kernels_float(model: Any, files: dict[str, bytes]) -> None:
    found = {layer.name: layer for layer in read_tflite(files["dynamic"])}
    assert {name: layer.dtype for name, layer in found.items()} == {
        **dict.fromkeys(STORED, "float32"),
        "head": "int8",
    }
    assert found["head"].bits_compute == 8
    assert "dynamic range" in found["head"].note


def dense(units: int = 7, inputs: int = 300) -> Any:
    keras.utils.set_random_seed(5)
    return keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(units, name="head")])


@pytest.fixture(scope="module")
def dynamic() -> bytes:
    return convert(dense(), "dynamic")


@pytest.mark.parametrize("units", [1, 7])
@pytest.mark.parametrize("mode", ["float", "float16", "dynamic"])
def test_a_dense_layer_is_what_an_identity_shows(mode: str, units: int) -> None:
    data = convert(dense(units, 1100), mode)
    (found,) = read_tflite(data)
    assert found.dtype == {"float": "float32", "float16": "float16", "dynamic": "int8"}[mode]
    answer = run(data, np.eye(1100, dtype=np.float32))
    np.testing.assert_allclose(found.effective()[0], answer, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("inputs", [300, 301])
def test_int4_is_what_an_identity_shows(inputs: int) -> None:
    """The converter writes int4 only after training for it, so it is put in place of int8.

    Without -8, which the converter does not write and the interpreter turns into 8.
    """
    codes = np.random.default_rng(0).integers(-7, 8, 7 * inputs)

    def change(content: Any) -> None:
        tensor, buffer = weight_of(content, DENSE)
        halves = np.append(codes & 15, 0)[: codes.size + codes.size % 2].astype(np.uint8)
        tensor.type, buffer.data = schema.TensorType.INT4, halves[::2] | halves[1::2] << 4

    data = edited(convert(dense(inputs=inputs), "dynamic"), change)
    (found,) = read_tflite(data)
    np.testing.assert_array_equal(found.codes()[0], codes.reshape(7, inputs).T)
    answer = run(data, np.eye(inputs, dtype=np.float32))
    np.testing.assert_allclose(found.effective()[0], answer, rtol=1e-5, atol=1e-9)
    assert (found.mode, found.bits_stored, found.bits_code) == ("int4", 4, 4)
    assert found.bytes_stored == -(-codes.size // 2) + 7 * 12
    assert measure(found).code_use == 15 / 16


def test_pieces_of_large_kernels_are_those_of_the_whole(dynamic: bytes) -> None:
    """Kernels of several blocks, cut in inputs, positions and columns; int8 and int4."""
    layers = keras.layers
    net = keras.Sequential(
        [
            keras.Input((4, 4, 300)),
            layers.Conv2D(120, 3, name="conv"),
            layers.Conv2DTranspose(500, 3, name="up"),
            layers.Flatten(),
            layers.Dense(40, name="head"),
        ]
    )
    data = convert(net, "dynamic")

    def change(content: Any) -> None:
        tensor, buffer = weight_of(content, DENSE)
        tensor.type, buffer.data = schema.TensorType.INT4, buffer.data[: buffer.data.size // 2]

    for found in (*read_tflite(data), *read_tflite(edited(data, change))):
        whole, seen = found.effective(), 0
        for block in found.blocks(4):
            np.testing.assert_array_equal(block.effective, whole[block.k, block.i, block.o])
            seen += block.effective.size
        assert seen == whole.size > 1 << 18


def test_uint8_with_zero_points(dynamic: bytes) -> None:
    codes = np.random.default_rng(0).integers(0, 256, (7, 300)).astype(np.uint8)

    def change(content: Any) -> None:
        tensor, buffer = weight_of(content, DENSE)
        tensor.type, buffer.data = schema.TensorType.UINT8, codes.reshape(-1)
        tensor.quantization.zeroPoint = np.arange(7) + 100

    (found,) = read_tflite(edited(dynamic, change))
    steps, zeros = found.scales(), found.zero_points()
    assert steps is not None
    assert zeros is not None
    expected = ((codes.astype(int) - (np.arange(7) + 100)[:, None]) * steps.reshape(7, 1)).T
    np.testing.assert_allclose(found.effective()[0], expected, rtol=1e-6)
    assert measure(found).sparsity == np.mean(codes == (np.arange(7) + 100)[:, None])


@pytest.mark.parametrize("mode", ["float", "dynamic", "int8"])
def test_sparse_kernels_are_what_an_identity_shows(mode: str) -> None:
    """The converter's random, 2:4 and block formats; the interpreter unpacks them by itself."""
    net = network(tf_keras, sparse=0.8)
    inputs, units = 400, 64
    rng = np.random.default_rng(0)
    head = tf_keras.Sequential([tf_keras.layers.Input((inputs,)), tf_keras.layers.Dense(units)])
    for block in (1, 4, 16):
        kernel = rng.normal(size=(inputs, units)).astype("float32")
        kernel *= np.repeat(rng.random((inputs // block, units)) < 0.2, block, 0)
        head.layers[0].set_weights([kernel, np.zeros(units)])
        data = convert(head, mode, sparse=True)
        details = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0)).subgraphs[0].tensors
        assert any(one.sparsity is not None for one in details)
        (found,) = read_tflite(data)
        if mode == "float":
            np.testing.assert_array_equal(found.effective()[0], kernel)
        if mode != "int8":  # whose outputs are rounded as well
            answer = run(data, np.eye(inputs, dtype=np.float32))
            np.testing.assert_allclose(found.effective()[0], answer, rtol=1e-5, atol=2e-6)
        assert (found.effective()[0][kernel == 0] == 0).all()
        steps = np.float64(0) if mode == "float" else np.asarray(found.scales()).max()
        assert np.abs(found.effective()[0] - kernel).max() <= steps * 0.501
        assert found.bytes_stored < found.size * found.bits_code / 8 + found.overhead_bytes
        assert found.bits_compute == (32 if mode == "float" else 8)
        assert ("dynamic range" in found.note) == (mode == "dynamic")
    for ours, found in pairs(net, convert(net, "float", sparse=True)):
        np.testing.assert_array_equal(found.effective(), ours.effective())
        assert measure(found).sparsity == measure(ours).sparsity


def test_quantization_aware_training_and_pruning_of_tfmot() -> None:
    tfmot: Any = pytest.importorskip("tensorflow_model_optimization")
    layers = tf_keras.layers
    net = tf_keras.Sequential(
        [layers.Input((6, 6, 3)), layers.Conv2D(8, 3, name="conv"), layers.Flatten()]
    )
    aware = tfmot.quantization.keras.quantize_model(net)
    images = np.random.default_rng(0).normal(size=(32, 6, 6, 3)).astype("float32")
    aware.compile("sgd", "mse")
    aware.fit(images, aware.predict(images, verbose=0), verbose=0)
    data = convert(aware, "dynamic")
    ((ours, found),) = pairs(aware, data)
    assert (found.name, found.mode, found.bits_compute) == ("quant_conv", "int8", 8)
    # What training emulated is what the file holds.
    np.testing.assert_allclose(found.effective(), ours.effective(), atol=1e-6)
    assert measure(found).sparsity == measure(ours).sparsity


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_names_and_multiply_adds_are_those_of_the_model(library: Any) -> None:
    layers = library.layers
    backbone = library.Sequential(
        [layers.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv5"), layers.Conv2D(6, 3, name="b")],
        name="backbone",
    )
    shared = layers.Dense(5, name="shared")
    image, words = layers.Input((8, 8, 3)), layers.Input((6,), dtype="int32")
    x = layers.Flatten()(layers.SeparableConv2D(4, 2, name="sep")(backbone(image)))
    y = layers.Dense(7, name="each")(layers.Embedding(50, 9, name="table")(words))
    y = layers.Dense(8, activation="relu", name="again")(y)
    y = layers.EinsumDense("abc,cde->abde", (6, 2, 3), name="heads")(y)
    z = layers.Dense(5, name="mix")(layers.Concatenate()([x, layers.Flatten()(y)]))
    net = library.Model([image, words], shared(shared(z)))
    found = {layer.name: layer for layer in read_tflite(convert(net))}
    ours = {layer.name: layer for layer in read(net)}
    renamed = {
        "sep.depthwise_kernel": "sep.depthwise",
        "sep.pointwise_kernel": "sep.separable_conv2d",
    }
    assert set(found) == {renamed.get(name, name) for name in ours}
    for name, layer in ours.items():
        same = found[renamed.get(name, name)]
        assert same.positions == layer.positions, name
        np.testing.assert_array_equal(same.effective(), layer.effective())


def test_a_recurrent_layer_counts_its_steps_as_unknown() -> None:
    layers = keras.layers
    net = keras.Sequential(
        [keras.Input((6, 5)), layers.LSTM(7, name="lstm"), layers.Dense(3, name="head")]
    )
    found = {layer.name: layer for layer in read_tflite(convert(net, loops=True))}
    assert found["lstm/lstm_cell.MatMul"].positions is None
    assert found["lstm/lstm_cell.MatMul"].shape == (5, 28)
    totals = total(measure(layer) for layer in found.values())[""]
    assert totals.macs == found["head"].size


def test_other_types_show_dtype_and_bytes(dynamic: bytes) -> None:
    def change(content: Any) -> None:
        tensor, buffer = weight_of(content, DENSE)
        tensor.type, buffer.data = schema.TensorType.INT16, np.tile(buffer.data, 2)

    (found,) = read_tflite(edited(dynamic, change))
    assert (found.mode, found.dtype, found.bits_stored) == ("int16", "int16", 16)
    assert found.note.startswith("int16 is not known to this version of tfexplain")
    assert measure(found).sparsity is None


def test_paths_and_bytes_are_the_same(dynamic: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(dynamic)
    ((one,), (other,), (third,)) = (read_tflite(f) for f in (path, str(path), dynamic))
    np.testing.assert_array_equal(one.effective(), other.effective())
    np.testing.assert_array_equal(one.effective(), third.effective())


def test_what_is_no_tflite_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(WeightsError, match=r"expected a \.tflite file, .* at byte 4; got b' and'"):
        read_tflite(path)
    with pytest.raises(WeightsError, match="path='0 bytes'"):
        read_tflite(b"")
    with pytest.raises(FileNotFoundError):
        read_tflite(tmp_path / "missing.tflite")


@pytest.mark.parametrize("left", [8, 100, 1000, 0.5, 0.9])
def test_a_file_cut_short_says_so(dynamic: bytes, left: float) -> None:
    cut = dynamic[: int(left if left > 1 else left * len(dynamic))]
    with pytest.raises(WeightsError, match="damaged"):
        read_tflite(cut)


def test_contradictions_are_named(dynamic: bytes) -> None:
    def fewer_bytes(tensor: Any, buffer: Any) -> None:
        buffer.data = buffer.data[:-1]

    def other_axis(tensor: Any, buffer: Any) -> None:
        tensor.quantization.quantizedDimension = 1

    def other_rank(tensor: Any, buffer: Any) -> None:
        tensor.shape = np.array([7, 30, 10], np.int32)

    def fewer_zero_points(tensor: Any, buffer: Any) -> None:
        tensor.quantization.zeroPoint = tensor.quantization.zeroPoint[:3]

    for change, message in (
        (fewer_bytes, "expected 2,100 bytes for int8 of shape"),
        (other_axis, "expected a scale for each of dimension 1"),
        (other_rank, "expected a kernel of 2 dimensions for FULLY_CONNECTED"),
        (fewer_zero_points, "7 scales and 3 zero points"),
    ):
        data = edited(dynamic, lambda content, change=change: change(*weight_of(content, DENSE)))
        with pytest.raises(WeightsError, match=message):
            read_tflite(data)


def test_a_sparse_tensor_written_by_hand() -> None:
    """[[0, 1, 0], [2, 0, 3]], and every way in which indices can contradict it."""
    levels = {"segments": np.array([0, 1, 3]), "indices": np.array([1, 0, 2])}

    def dense(values: Any = (1, 2, 3), order: Any = (0, 1), rows: int = 2, **changed: Any) -> Any:
        tree = Sparsity(order, (), (Level(rows), Level(0, **{**levels, **changed})))
        return densify(np.array(values), (2, 3), tree, "kernel").tolist()

    assert dense() == [0, 1, 0, 2, 0, 3]
    for wrong, message in (
        ({"values": (1, 2)}, "2 values for 3 places"),
        ({"order": (0, 0)}, "an order of"),
        ({"rows": 3}, "a level of 3 where there are 2"),
        ({"segments": np.array([0, 3])}, "2 segments"),
        ({"segments": np.array([0, 4, 3])}, "segments that do not cover the indices"),
        ({"segments": np.array([0, 1, 2])}, "segments that do not cover the indices"),
        ({"indices": np.array([1, 0, 3])}, "indices outside of 3"),
    ):
        with pytest.raises(WeightsError, match=f"'kernel': expected a sparse .* got .*{message}"):
            dense(**wrong)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["m/dense/MatMul", "m/dense_1/MatMul1"], ["dense", "dense_1"]),
        (["m_1/a_1/MatMul", "m_1/b/c_1/MatMul"], ["a_1", "b/c_1"]),
        (["m_1/a_1/MatMul", "m_1/b_1/c_1/MatMul"], ["a", "b/c"]),
        (["m/a/MatMul", "n/a/MatMul"], ["m/a", "n/a"]),
        (["m/a/MatMul", "m/a/MatMul_1"], ["a.MatMul", "a.MatMul_1"]),
        (["m/a/MatMul", "m/a/MatMul"], ["m/a/MatMul.kernel", "m/a/MatMul#1.kernel"]),
        (["m/a/Add;m/a/Conv2D;m/b/Relu", "convolution"], ["a", "convolution"]),
        (["m/depthwise/depthwise"], ["depthwise"]),
        (["", ""], ["tensor", "tensor#1"]),
    ],
)
def test_paths_out_of_names(names: list[str], expected: list[str]) -> None:
    found = tidy([[name] for name in names])
    paths = [path for path, _ in found]
    assert [
        path if one == path else f"{path}.{weight}"
        for (path, weight), one in zip(found, expected, strict=True)
    ] == expected
    assert len(set(found)) == len(paths)


@pytest.fixture(scope="module")
def small_sparse() -> bytes:
    head = tf_keras.Sequential([tf_keras.layers.Input((64,)), tf_keras.layers.Dense(8)])
    kernel = np.random.default_rng(0).normal(size=(64, 8))
    head.layers[0].set_weights([kernel * (kernel > 1), np.zeros(8)])
    return convert(head, sparse=True)


@pytest.mark.parametrize("name", ["dynamic", "small_sparse"])
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_damaged_bytes_raise_nothing_but_our_error(
    name: str, flips: list[tuple[float, int]], request: pytest.FixtureRequest
) -> None:
    data = bytearray(request.getfixturevalue(name))
    for place, value in flips:
        data[int(place * (len(data) - 1))] = value
    try:
        with np.errstate(all="ignore"):
            for layer in read_tflite(bytes(data)):
                measure(layer)
    except WeightsError:
        pass


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_a_constant_factor_of_a_matrix_product(first: bool, turned: bool) -> None:
    """Each constant [2, O, I] or [2, I, O] against the product with unit vectors."""
    constant = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    turned_shape = (0, 2, 1) if turned else (0, 1, 2)
    inner = constant.transpose(turned_shape).shape[2 if first else 1]

    @tf.function(input_signature=[tf.TensorSpec((2, inner, inner))])
    def product(x: Any) -> Any:
        if first:
            return tf.matmul(constant, x, adjoint_a=turned)
        return tf.matmul(x, constant, adjoint_b=turned)

    data = tf.lite.TFLiteConverter.from_concrete_functions(
        [product.get_concrete_function()], tf.Module()
    ).convert()
    (found,) = read_tflite(data)
    unit = np.broadcast_to(np.eye(inner, dtype=np.float32), (2, inner, inner))
    expected = np.asarray(product(unit))
    expected = expected.transpose(0, 2, 1) if first else expected
    np.testing.assert_array_equal(found.effective(), expected)
    assert found.layer_type == "BATCH_MATMUL"
