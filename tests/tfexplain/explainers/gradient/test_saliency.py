"""Saliency: closed forms, and inputs that have no gradient."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tfexplain import Saliency


def two_inputs(dtypes: list[str]) -> Any:
    left, right = (
        keras.Input((2,), name=n, dtype=d) for n, d in zip(("a", "b"), dtypes, strict=True)
    )
    flat = [keras.layers.Rescaling(scale)(x) for scale, x in ((2.0, left), (-3.0, right))]
    return keras.Model({"a": left, "b": right}, keras.layers.Add()(flat))


def test_each_input_has_its_map() -> None:
    ones = np.ones((3, 2), np.float32)
    model = two_inputs(["float32", "float32"])
    found = Saliency().each(model, {"a": ones, "b": ones}, [0, 1, 0])
    picked = np.eye(2)[[0, 1, 0]]
    assert np.allclose(found["a"].values, 2 * picked)
    assert np.allclose(found["b"].values, -3 * picked)
    assert np.allclose(found["b"].scores, -1)


@pytest.mark.parametrize("dtypes", [["float32", "int32"], ["int32", "int32"]])
def test_whole_numbers_have_the_gradient_behind_their_cast(dtypes: list[str]) -> None:
    inputs = {n: np.ones((3, 2), dtype) for n, dtype in zip("ab", dtypes, strict=True)}
    found = Saliency().each(two_inputs(dtypes), inputs, 0)
    assert found["a"].values.tolist() == [[2, 0]] * 3
    assert found["b"].values.tolist() == [[-3, 0]] * 3


def test_an_input_the_output_ignores_has_a_map_of_zeros() -> None:
    left, right = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model({"a": left, "b": right}, keras.layers.Rescaling(2.0)(left))
    ones = np.ones((1, 2), np.float32)
    found = Saliency().each(model, {"a": ones, "b": ones}, 1)
    assert not found["b"].values.any()
    assert found["a"].values.tolist() == [[0, 2]]
