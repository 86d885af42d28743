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


def test_inputs_of_whole_numbers_get_none() -> None:
    ones = np.ones((3, 2), np.float32)
    model = two_inputs(["float32", "int32"])
    found = Saliency().each(model, {"a": ones, "b": ones.astype(np.int32)}, 0)
    assert list(found) == ["a"]
    model = two_inputs(["int32", "int32"])
    whole = ones.astype(np.int32)
    with pytest.raises(ValueError, match=r"inputs: expected floating-point .* cast"):
        Saliency().each(model, {"a": whole, "b": whole}, 0)


def test_an_input_the_output_ignores_has_a_map_of_zeros() -> None:
    left, right = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model({"a": left, "b": right}, keras.layers.Rescaling(2.0)(left))
    ones = np.ones((1, 2), np.float32)
    found = Saliency().each(model, {"a": ones, "b": ones}, 1)
    assert not found["b"].values.any()
    assert found["a"].values.tolist() == [[0, 2]]
