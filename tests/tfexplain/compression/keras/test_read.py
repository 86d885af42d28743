"""`read` on models of every kind: order, names, layouts, errors, memory."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfexplain.compression import WeightsError, buffers, measure, read, total
from tfexplain.compression.layout import einsum_layout
from tfexplain.compression.weights import find


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_every_layout_of_both_libraries(library: Any) -> None:
    layers = library.layers
    model = library.Sequential(
        [
            layers.Input((12, 12, 4)),
            layers.Conv2D(6, 3, name="conv"),
            layers.Conv2D(6, 1, groups=2, name="grouped"),
            layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise"),
            layers.SeparableConv2D(5, 3, name="separable"),
            layers.Conv2DTranspose(7, 2, strides=2, name="up"),
            layers.BatchNormalization(),
            layers.Reshape((144, 7)),
            layers.Conv1D(3, 5, name="line"),
            layers.Dense(2, name="each"),
            layers.LSTM(4, name="lstm"),
            layers.Dense(3, name="head"),
        ]
    )
    found = {layer.name.removeprefix("lstm/"): layer for layer in read(model)}
    sides = {
        name: (one.layout.kind, one.layout.positions, one.layout.inputs, one.layout.outputs)
        for name, one in found.items()
    }
    assert sides == {
        "conv": ("conv", 9, 4, 6),
        "grouped": ("conv", 1, 3, 6),
        "depthwise": ("depthwise", 9, 1, 12),
        "separable.depthwise_kernel": ("depthwise", 9, 1, 12),
        "separable.pointwise_kernel": ("conv", 1, 12, 5),
        "up": ("transposed", 4, 5, 7),
        "line": ("conv", 5, 7, 3),
        "each": ("dense", 1, 3, 2),
        "lstm_cell.kernel": ("dense", 1, 2, 16),
        "lstm_cell.recurrent_kernel": ("dense", 1, 4, 16),
        "head": ("dense", 1, 4, 3),
    }
    positions = {name: one.positions for name, one in found.items()}
    assert positions == {
        "conv": 100,
        "grouped": 100,
        "depthwise": 64,
        "separable.depthwise_kernel": 36,
        "separable.pointwise_kernel": 36,
        "up": 36,
        "line": 140,
        "each": 140,
        "lstm_cell.kernel": None,
        "lstm_cell.recurrent_kernel": None,
        "head": 1,
    }
    kernels = {w.path if library is keras else w.name: np.asarray(w) for w in model.weights}
    for one in found.values():
        same = [k for k in kernels.values() if k.shape == one.shape]
        cubes = [one.layout.cube(k.reshape(one.layout.outer, one.layout.inner, -1)) for k in same]
        assert any(np.array_equal(one.effective(), cube) for cube in cubes)


def test_reading_copies_nothing_and_writing_shows() -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    (layer,) = read(model)
    model.layers[0].kernel.assign(np.zeros((3, 2)))
    assert measure(layer).sparsity == 1
    model.layers[0].kernel.assign(np.ones((3, 2)))
    assert measure(layer).sparsity == 0


def test_memory_does_not_grow_with_the_kernel() -> None:
    model = keras.Sequential(
        [keras.Input((4096,)), keras.layers.Dense(8192, kernel_initializer="ones", use_bias=False)]
    )
    tracemalloc.start()
    try:
        measure(read(model)[0])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # 128 MiB of kernel. numpy's arrays are traced; the kernel's own memory is TensorFlow's.
    assert peak < 32 << 20


def test_a_hand_made_mask_is_shown_and_not_applied() -> None:
    class Masked(keras.layers.Dense):
        def build(self, shape: Any) -> None:
            super().build(shape)
            kind = {"shape": self.kernel.shape, "trainable": False, "initializer": "ones"}
            self.mask = self.add_weight(name="mask", **kind)

    model = keras.Sequential([keras.Input((4,)), Masked(5, name="masked")])
    mask = np.ones((4, 5))
    mask[0] = 0
    model.layers[0].mask.assign(mask)
    (layer,) = read(model)
    numbers = measure(layer)
    assert (numbers.mask_sparsity, numbers.leak, numbers.sparsity) == (0.25, 1.0, 0.0)
    assert "not known" in layer.note
    model.layers[0].kernel.assign(model.layers[0].kernel * mask)
    numbers = measure(layer)
    assert (numbers.mask_sparsity, numbers.leak, numbers.sparsity) == (0.25, 0.0, 0.25)


def test_student_and_teacher_are_told_apart() -> None:
    def small(units: int, name: str) -> Any:
        layers = [keras.Input((4,)), keras.layers.Dense(units), keras.layers.Dense(3)]
        return keras.Sequential(layers, name=name)

    distiller = keras.distillation.Distiller(
        teacher=small(50, "large"),
        student=small(5, "small"),
        distillation_losses=keras.distillation.LogitsDistillation(),
    )
    layers = read(distiller)
    assert {layer.part for layer in layers} == {"student", "teacher"}
    totals = total(measure(layer) for layer in layers)
    assert totals["student"].weights == 4 * 5 + 5 * 3
    assert totals["teacher"].weights == 4 * 50 + 50 * 3


def test_weights_that_are_not_built_are_an_error() -> None:
    with pytest.raises(WeightsError, match="not built yet"):
        read(keras.Sequential([keras.layers.Dense(3)]))
    with pytest.raises(WeightsError, match="Call it on a batch"):
        read(tf_keras.Sequential([tf_keras.layers.Dense(3)]))


def test_a_layer_without_kernel_is_an_error_that_lists_those_with() -> None:
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, name="a"), keras.layers.ReLU(name="relu")]
    )
    layers = read(model)
    assert find(layers, "a") is layers[0]
    with pytest.raises(WeightsError, match=r"'relu': no layer of this name has a kernel.*: a"):
        find(layers, "relu")


def test_a_reference_of_another_architecture_is_an_error() -> None:
    one, other = (
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(n, name="a")]) for n in (3, 5)
    )
    with pytest.raises(WeightsError, match=r"expected a kernel of shape \(4, 3\); got shape"):
        read(one, reference=other)


def test_what_training_did_to_a_float_layer_is_no_quantization() -> None:
    before, after = (
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="a")]) for _ in range(2)
    )
    (found,) = read(after, reference=before)
    assert measure(found).sqnr is None


@pytest.mark.parametrize("kernel", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("library", [keras, tf_keras])
def test_a_transposed_convolution_uses_its_kernel_at_each_input_position(
    library: Any, padding: str, stride: int, kernel: int
) -> None:
    layer = library.layers.Conv2DTranspose(3, kernel, strides=stride, padding=padding)
    (found,) = read(library.Sequential([library.layers.Input((4, 7, 2)), layer]))
    assert found.positions == 4 * 7


def test_shared_layers_are_counted_once() -> None:
    inputs = keras.Input((4,))
    shared = keras.layers.Dense(4)
    model = keras.Model(inputs, shared(shared(inputs)))
    assert len(read(model)) == 1


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_other_floats(dtype: str) -> None:
    layer = keras.layers.Dense(3, dtype=dtype, name="a")
    model = keras.Sequential([keras.Input((4,)), layer])
    kernel = np.array([[0, -0.0, 0.5], [1, 2, 3], [0, 0, 0], [1, 1, 1]])
    layer.kernel.assign(kernel)
    (found,) = read(model)
    assert found.dtype == dtype
    numbers = measure(found)
    assert numbers.nonzeros == 7
    np.testing.assert_array_equal(found.effective()[0], kernel)


def test_mixed_precision_is_read_as_it_is_stored() -> None:
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, dtype="mixed_float16", name="a")]
    )
    (found,) = read(model)
    assert (found.dtype, found.bits_stored) == ("float32", 32)


def test_a_subclassed_model_takes_shapes_from_outside() -> None:
    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.conv = keras.layers.Conv2D(4, 3, name="conv")

        def call(self, x: Any) -> Any:
            return self.conv(x)

    model = Net()
    model(np.zeros((1, 8, 8, 3), np.float32))
    assert read(model)[0].positions is None
    (layer,) = read(model, shapes={"conv": (6, 6, 4)})
    assert measure(layer).macs == 36 * 9 * 3 * 4


def test_einsum_layouts_of_attention() -> None:
    assert einsum_layout("abcd,cde->abe", (2, 8, 16)).inputs == 16
    assert einsum_layout("ab,cb->ac", (7, 11)).order == (1, 0)


def test_nothing_imports_tfmot() -> None:
    code = (
        "import sys, tfexplain.compression; print('tensorflow_model_optimization' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_tensors_of_older_versions_are_borrowed_as_well() -> None:
    """Before TensorFlow 2.20 they do not lend their memory to numpy by themselves."""
    tensor = tf.constant([[1.0, -0.0], [np.nan, 4.0]])
    array = np.from_dlpack(buffers._Lent(tensor))
    np.testing.assert_array_equal(array, tensor.numpy())
    assert array.__array_interface__["data"] == buffers.view(tensor).__array_interface__["data"]
