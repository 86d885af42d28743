"""Whatever people validate on, as blocks of rows."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfexplain.data import validation
from tfexplain.data.row_choice import choose_rows
from tfexplain.data.validation import Rows, blocks, end_to_end
from tfexplain.model.keras_model import KerasModel


def model(inputs: int) -> keras.Model:
    several = [keras.Input((2,)) for _ in range(inputs)]
    joined = keras.layers.Concatenate()(several) if inputs > 1 else several[0]
    return keras.Model(several, keras.layers.Dense(3)(joined))


def read(val: Any, inputs: int = 1) -> Rows:
    return end_to_end(list(blocks(val, model(inputs))))


def test_data_is_looked_at_no_further_than_the_limits(monkeypatch: Any) -> None:
    taken = []

    def rows() -> Any:
        for i in range(10**6):
            taken.append(i)
            yield np.zeros((4,), np.float32), i % 3

    signature = (tf.TensorSpec((4,), tf.float32), tf.TensorSpec((), tf.int32))
    data = tf.data.Dataset.from_generator(rows, output_signature=signature).batch(90)
    monkeypatch.setattr(validation, "MOST_ROWS", 1000)
    assert len(read(data)) == 1000
    assert len(taken) < 3000
    # In bytes of float32, whatever the array's own type: of both as many rows.
    monkeypatch.setattr(validation, "MOST_BYTES", 16 * 700)
    for dtype in ("float32", "float64"):
        assert len(read((np.zeros((5000, 4), dtype), np.zeros(5000)))) == 700


def test_structures_are_kept() -> None:
    x = {"a": np.zeros((6, 2)), "b": np.ones((6, 1))}
    data = tf.data.Dataset.from_tensor_slices((x, np.arange(6))).batch(4)
    for val in (data, (x, np.arange(6))):
        taken = read(val).take(np.array([1, 5]))
        assert taken.inputs["a"].shape == (2, 2)
        assert np.array_equal(taken.labels, [1, 5])


def test_lists_are_x_and_y_unless_the_model_has_so_many_inputs() -> None:
    a, b, y = np.zeros((4, 2)), np.ones((4, 2)), np.arange(4)
    for val, inputs in (([a, y], 1), ([[a, b], y], 2), ([a, y, np.ones(4)], 1)):
        np.testing.assert_array_equal(read(val, inputs).labels, y)
    both = read([a, b], 2)
    assert both.labels is None
    np.testing.assert_array_equal(both.inputs[1], b)


def test_python_lists_of_numbers_are_arrays() -> None:
    assert np.array_equal(read((np.zeros((3, 2)), [2, 0, 1])).labels, [2, 0, 1])
    pool = read(([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [0, 1, 0]))
    assert pool.take(np.array([2])).inputs.tolist() == [[5.0, 6.0]]


def test_words_of_different_lengths_are_padded_and_their_tags_ignored() -> None:
    ids = [np.array([[1, 2, 3], [4, 5, 0]]), np.array([[6, 7, 8, 9, 1]])]
    parts = [Rows(i, np.ones(i.shape, np.uint8)) for i in ids]
    joined = end_to_end(parts)
    assert joined.inputs.tolist() == [[1, 2, 3, 0, 0], [4, 5, 0, 0, 0], [6, 7, 8, 9, 1]]
    assert joined.labels.tolist()[0] == [1, 1, 1, -1, -1]


def test_pictures_of_different_sizes_are_refused_by_their_sizes() -> None:
    sizes = [np.zeros((2, side, 5, 1)) for side in (4, 6)]
    data = tf.data.Dataset.from_generator(
        lambda: iter(sizes), output_signature=tf.TensorSpec((None, None, 5, 1))
    )
    with pytest.raises(
        ValueError, match=r"validation_data: expected rows of one shape; .*\[4, 5, 1\] and \[6"
    ):
        read(data)


@pytest.mark.parametrize(
    ("val", "message"),
    [
        (
            [[1, 2], [3]],
            r"validation_data: expected arrays of numbers, .* got rows of lengths \[1, 2\]. Pad",
        ),
        (
            np.array([[1, 2], [3]], object),
            r"validation_data: expected arrays of numbers.*lengths \[1, 2\]",
        ),
        (
            np.array([[1, None]], object),
            "validation_data: expected arrays of numbers.*an array of objects",
        ),
        (
            (np.zeros((4, 2)), np.array([{}] * 4)),
            "validation_data: expected arrays of numbers.*objects",
        ),
        ((np.zeros(2), 1), r"validation_data: expected batches; got single numbers.*y\[None\]"),
    ],
)
def test_what_is_no_array_of_numbers_names_val(val: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(val)


def test_objects_that_are_arrays_of_one_shape_are_put_together() -> None:
    rows = np.empty(3, object)
    rows[:] = [np.ones(2), np.zeros(2), np.ones(2)]
    assert read(rows).inputs.tolist() == [[1, 1], [0, 0], [1, 1]]
    assert read(np.array([["a"], ["b"]], object)).inputs.tolist() == [["a"], ["b"]]


def test_one_sample_without_an_axis_of_samples_says_so() -> None:
    image = keras.Sequential([keras.Input((5, 4, 1)), keras.layers.Flatten()])
    with pytest.raises(
        ValueError, match=r"validation_data: .* got one of shape \[5, 4, 1\].* x\[None\]"
    ):
        choose_rows(np.zeros((5, 4, 1), "f4"), image, 1, 0)
    with pytest.raises(ValueError, match=r"inputs: expected a batch.* got one of shape \[5, 4, 1"):
        KerasModel(image, np.zeros((5, 4, 1), "f4"))
    # Keras gives these a last axis.
    assert KerasModel(image, np.zeros((3, 5, 4), "f4")).model_outputs
    column = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    assert KerasModel(column, np.zeros(1, "f4")).model_outputs


def test_ragged_and_sparse_data_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected dense arrays; got a RaggedTensor.*to_tensor"):
        read(tf.data.Dataset.from_tensors(tf.ragged.constant([[1], [1, 2]])))
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(
        ValueError, match=r"validation_data: expected dense arrays; got a csr_.*toarray"
    ):
        read((sparse.csr_matrix(np.eye(3)), np.arange(3)))
