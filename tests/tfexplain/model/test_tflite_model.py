"""Predictions of .tflite files against those of the Keras models they were converted from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support.tflite import convert, edited, operator_of

from tfexplain.compression import WeightsError, measure, read, read_tflite
from tfexplain.compression.tflite import file as tflite_file
from tfexplain.model import litert
from tfexplain.model.tflite_model import TfliteModel


def network(library: Any = keras) -> Any:
    library.utils.set_random_seed(3)
    layers = library.layers
    return library.Sequential(
        [
            layers.Input((8, 8, 4), name="image"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(30, activation="relu"),
            layers.Dense(5, activation="softmax"),
        ]
    )


def images(count: int) -> Any:
    return np.random.default_rng(1).normal(size=(count, 8, 8, 4)).astype("float32")


@pytest.fixture(scope="module")
def model() -> Any:
    return network()


@pytest.mark.parametrize("count", [1, 7, 70])
def test_a_float_file_predicts_like_its_model(model: Any, count: int) -> None:
    rows = images(count)
    found = TfliteModel(convert(model)).predict(rows)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, model.predict(rows, verbose=0), atol=1e-5)


def test_quantized_files_predict_nearly_so(model: Any) -> None:
    rows = images(70)
    exact = model.predict(rows, verbose=0)
    for mode, allowed in (("float16", 0.002), ("dynamic", 0.02), ("int8", 0.06)):
        found = TfliteModel(convert(model, mode)).predict(rows)
        assert 0 < np.abs(found - exact).max() < allowed, mode


@pytest.mark.parametrize("dtype", [tf.int8, tf.uint8])
def test_codes_in_and_out_are_numbers_outside(model: Any, dtype: Any) -> None:
    """A file whose own inputs and outputs are codes, as microcontrollers want it."""

    def codes(converter: Any) -> None:
        converter.inference_input_type = converter.inference_output_type = dtype

    data = convert(model, "int8", adjust=codes)
    rows = images(40)
    found = TfliteModel(data).predict(rows)
    np.testing.assert_allclose(found, model.predict(rows, verbose=0), atol=0.06)
    assert len(np.unique(found)) <= 256
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=0.02)
    far = TfliteModel(data).predict(rows * 1e6)  # beyond the range: the nearest code
    assert np.isfinite(found).all()
    assert far.shape == found.shape
    with pytest.raises(ValueError, match="expected numbers for 'image'; got NaN"):
        TfliteModel(data).predict(np.full((1, 8, 8, 4), np.nan))


def test_shapes_and_name(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "small.tflite"
    path.write_bytes(convert(model))
    found = TfliteModel(path)
    assert found.name == "small"
    assert found.input_shapes == {"image": (None, 8, 8, 4)}
    assert found.output_shape == (None, 5)
    assert found.predict(images(0)).shape == (0, 5)


@pytest.mark.parametrize("size", [1, 4])
def test_a_file_of_fixed_batch_takes_any_number(size: int) -> None:
    layers = tf_keras.layers
    fixed = tf_keras.Sequential(
        [layers.Input((8, 8, 4), batch_size=size), layers.Conv2D(8, 3), layers.Flatten()]
    )
    found = TfliteModel(convert(fixed))
    assert list(found.input_shapes.values()) == [(size, 8, 8, 4)]
    rows = images(9)
    np.testing.assert_allclose(found.predict(rows), fixed(rows), atol=1e-5)


def test_a_graph_with_its_size_written_into_it_runs_one_by_one(model: Any) -> None:
    """Older converters wrote the size of a flattened sample with its batch of 1 into the file."""

    def write_in(content: Any) -> None:
        graph = content.subgraphs[0]
        reshape = operator_of(content, "RESHAPE")
        sizes = graph.tensors[reshape.inputs[1]]
        content.buffers.append(type(content.buffers[0])())
        content.buffers[-1].data = np.array([1, 288], np.int32).view(np.uint8)
        sizes.buffer = len(content.buffers) - 1
        maker = next(op for op in graph.operators if reshape.inputs[1] in op.outputs)
        graph.operators.remove(maker)

    found = TfliteModel(edited(convert(model), write_in))
    rows = images(5)
    np.testing.assert_allclose(found.predict(rows), model.predict(rows, verbose=0), atol=1e-5)
    np.testing.assert_allclose(found.predict(rows), model.predict(rows, verbose=0), atol=1e-5)


def two_inputs() -> Any:
    layers = keras.layers
    keras.utils.set_random_seed(3)
    words, image = layers.Input((6,), dtype="int32", name="words"), layers.Input((4,), name="side")
    x = layers.Flatten()(layers.Embedding(9, 3)(words))
    return keras.Model([words, image], layers.Dense(2)(layers.Concatenate()([x, image])))


def test_several_inputs_by_name_or_in_order() -> None:
    model = two_inputs()
    found = TfliteModel(convert(model))
    assert found.input_shapes == {"words": (None, 6), "side": (None, 4)}
    rng = np.random.default_rng(0)
    given = {"side": rng.normal(size=(40, 4)), "words": rng.integers(0, 9, (40, 6))}
    expected = model.predict([given["words"], given["side"]], verbose=0)
    np.testing.assert_allclose(found.predict(given), expected, atol=1e-5)
    in_order = [given[name] for name in found.input_shapes]
    np.testing.assert_allclose(found.predict(in_order), expected, atol=1e-5)
    with pytest.raises(ValueError, match="expected the names"):
        found.predict({"words": given["words"]})
    with pytest.raises(ValueError, match="expected 2 arrays"):
        found.predict(given["words"])
    with pytest.raises(ValueError, match="as many samples for each; got"):
        found.predict({**given, "side": given["side"][:3]})
    with pytest.raises(ValueError, match="expected whole numbers for 'words'"):
        found.predict({**given, "words": given["words"] + 0.5})


def test_wrong_shapes_are_named(model: Any) -> None:
    found = TfliteModel(convert(model))
    for wrong in (np.zeros((8, 8, 4)), np.zeros((2, 8, 8, 1))):
        with pytest.raises(ValueError, match=r"expected shape \('N', 8, 8, 4\) for 'image'; got"):
            found.predict(wrong)


def test_files_that_cannot_be_opened_say_so(model: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        TfliteModel(tmp_path / "missing.tflite")
    path = tmp_path / "model.keras"
    path.write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(ValueError, match=r"model\.keras': cannot be opened as a \.tflite file"):
        TfliteModel(path)
    data = convert(model)
    with pytest.raises(ValueError, match="cannot be opened"):
        TfliteModel(data[: len(data) // 2])


def test_several_outputs_are_refused() -> None:
    image = keras.layers.Input((3,))
    both = [keras.layers.Dense(2)(image), keras.layers.Dense(4)(image)]
    with pytest.raises(ValueError, match="expected a model of one output; got 2: output_0, output"):
        TfliteModel(convert(keras.Model(image, both)))


@pytest.fixture(params=[0, 1], ids=["tensorflow", "ai-edge-litert"])
def only_one(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One of the two packages, as if the other were not there."""
    package, *_ = litert.PLACES[request.param][0].split(".")
    pytest.importorskip(package)
    monkeypatch.setattr(litert, "PLACES", (litert.PLACES[request.param],))
    tflite_file._names.cache_clear()
    return package


def test_files_are_run_and_read_by_either_package(only_one: str, model: Any) -> None:
    assert litert.schema().__name__.startswith(only_one)
    images_ = images(5)
    data = convert(model, "dynamic")
    found = TfliteModel(data)
    assert type(found._interpreter).__module__.startswith(only_one)
    np.testing.assert_allclose(found.predict(images_), model.predict(images_, verbose=0), atol=0.05)
    kernels = read_tflite(data)
    assert [one.shape for one in kernels] == [one.shape for one in read(model)]
    for ours, theirs in zip(kernels, read(model), strict=True):
        np.testing.assert_allclose(ours.effective(), theirs.effective(), atol=0.02)
    sparse = tf_keras.Sequential([tf_keras.layers.Input((64,)), wide()])
    (kernel,) = read_tflite(convert(sparse, sparse=True))
    assert measure(kernel).sparsity == measure(read(sparse)[0]).sparsity
    with pytest.raises(ValueError, match=r"cannot be opened as a \.tflite file"):
        TfliteModel(b"\x00" * 64)
    with pytest.raises(WeightsError, match=r"expected a \.tflite file"):
        read_tflite(b"\x00" * 64)


def wide() -> Any:
    """A layer of which nine blocks in ten are zero."""
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(64, 256)) * np.repeat(rng.random((16, 256)) < 0.1, 4, 0)
    start = tf_keras.initializers.Constant(kernel)
    return tf_keras.layers.Dense(256, use_bias=False, kernel_initializer=start)


def test_without_either_package_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(litert, "PLACES", (("no_such.interpreter", "no_such.schema"),))
    with pytest.raises(ImportError, match=r"No module named 'no_such'.*pip install ai-edge-litert"):
        TfliteModel(b"\x00" * 64)
