"""Occlusion: another framework's numbers, a direct loop, and every kind of input."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.twin import gap_to

from tfexplain import Occlusion
from tfexplain.explainers import FeatureAblation
from tfexplain.explainers.run import explanations
from tfexplain.model.batching import even_chunks
from tfexplain.model.keras_model import KerasModel

GOLDEN = Path(__file__).parents[3] / "golden"


@pytest.mark.parametrize("case", ["plain_cnn", "nested_cnn"])
def test_golden(case: str) -> None:
    model = keras.models.load_model(GOLDEN / f"{case}.keras")
    given, expected = np.load(GOLDEN / f"{case}.npz"), np.load(GOLDEN / f"{case}.expected.npz")
    wanted = expected["occlusion_4x4_stride2"]
    method = Occlusion(window=4, stride=2, baseline=given["baseline"])
    found = method(model, given["x"], given["target"])
    for channel in range(wanted.shape[-1]):
        assert gap_to(wanted[..., channel], found.values) < 1e-5
    assert found.passes is not None
    assert found.passes.tolist() == [49] * 6
    small = Occlusion(window=4, stride=2, baseline=0.25, batch_size=7)(
        model, given["x"], given["target"]
    )
    assert gap_to(found.values, small.values) < 1e-5


def looped(
    function: Any, sample: Any, sides: Any, window: list[int], stride: list[int], base: float
) -> Any:
    """The definition, window by window; those at the end are cut off."""
    lost, count = np.zeros(sides), np.zeros(sides)
    starts = [
        [at for at in range(0, side, step) if at == 0 or at - step + size < side]
        for side, size, step in zip(sides, window, stride, strict=True)
    ]
    for corner in itertools.product(*starts):
        where = tuple(slice(at, at + size) for at, size in zip(corner, window, strict=True))
        hidden = sample.copy()
        hidden[where] = base
        lost[where] += function(sample[None])[0] - function(hidden[None])[0]
        count[where] += 1
    return lost / count


@pytest.mark.parametrize(
    ("shape", "sides", "window", "stride"),
    [
        ((9, 3), (9,), [4], [3]),
        ((7, 10, 2), (7, 10), [3, 4], [2, 3]),
        ((4, 5, 6, 2), (4, 5, 6), [2, 3, 4], [2, 1, 3]),
        ((8,), (8,), [1], [1]),
        ((5, 6), (5, 6), [5, 2], [1, 2]),
    ],
    ids=["sequence", "image", "volume", "table", "grey"],
)
def test_every_kind_of_input_against_a_loop(
    shape: Any, sides: Any, window: Any, stride: Any
) -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=shape) / np.sqrt(np.prod(shape))
    x = rng.normal(size=(3, *shape)).astype("float32")

    def function(batch: Any) -> Any:
        return np.tanh((batch * weights).reshape(len(batch), -1).sum(axis=1))

    model = function if shape != (9, 3) else sequence_model(weights)
    called = function if shape != (9, 3) else lambda batch: model(batch).numpy()[:, 0]
    found = Occlusion(window=window, stride=stride, baseline=0.5)(model, x)
    assert found.values.shape == (3, *sides)
    for sample, values in zip(x, found.values, strict=True):
        assert gap_to(looped(called, sample, sides, window, stride, 0.5), values) < 1e-5


def sequence_model(weights: Any) -> Any:
    """A convolution, which tells that [N, t, c] is a sequence."""
    model = keras.Sequential(
        [
            keras.Input(weights.shape),
            keras.layers.Conv1D(2, 3, name="conv", activation="tanh"),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    model.set_weights([np.resize(weights, w.shape) for w in model.get_weights()])
    return model


def test_window_of_one_is_feature_ablation() -> None:
    x = np.random.default_rng(1).normal(size=(4, 5)).astype("float32")

    def product(batch: Any) -> Any:
        return np.prod(batch, axis=1)

    one = Occlusion(baseline=0.3)(product, x).values
    assert np.allclose(one, FeatureAblation(baseline=0.3)(product, x).values, atol=1e-6)
    assert np.abs(one).max() > 0


def test_tokens_are_replaced_and_padding_counts_nothing() -> None:
    tokens = np.array([[3, 1, 2, 0], [2, 2, 0, 0]], np.int32)
    meaning = np.array([0.0, 1.0, -2.0, 4.0])
    found = Occlusion()(lambda ids: meaning[ids].sum(axis=1), tokens)
    assert np.allclose(found.values, meaning[tokens])
    assert found.layer == "input"


def test_each_input_has_its_map_while_the_other_stays() -> None:
    a, b = np.array([[2.0, 3.0]], "float32"), np.array([[5.0]], "float32")
    found = Occlusion().each(lambda x: x["a"].sum(axis=1) * x["b"][:, 0], {"a": a, "b": b})
    assert found["a"].values.tolist() == [[10.0, 15.0]]
    assert found["b"].values.tolist() == [[25.0]]


def test_several_baselines_are_averaged() -> None:
    x = np.array([[2.0, 3.0], [1.0, 5.0]], "float32")
    found = Occlusion(baseline=[0.0, x[::-1]])(lambda x: x.prod(axis=1), x)
    ones = [Occlusion(baseline=b)(lambda x: x.prod(axis=1), x).values for b in (0.0, x[::-1])]
    assert np.allclose(found.values, np.mean(ones, axis=0))
    assert found.passes is not None
    assert found.passes.tolist() == [4, 4]


def test_nothing_is_traced_again_and_no_batch_is_held() -> None:

    model = keras.models.load_model(GOLDEN / "plain_cnn.keras")
    x = np.load(GOLDEN / "plain_cnn.npz")["x"]
    traced_model, method = KerasModel(model, x), Occlusion(window=4, stride=2, batch_size=10)
    (first,) = explanations(model, [method], x, 0, traced_model=traced_model)
    traces = traced_model.traces
    (second,) = explanations(model, [method], x + 1, 0, traced_model=traced_model)
    assert traced_model.traces == traces
    fresh = Occlusion(window=4, stride=2)(model, x + 1, 0)
    assert np.allclose(second.attributions["input"].values, fresh.values, atol=1e-6)
    assert not np.allclose(first.attributions["input"].values, fresh.values, atol=1e-3)


def test_chunks_have_one_length() -> None:
    lengths = {len(chunk) for chunk in even_chunks(1000, 128)}
    assert lengths == {125}
    assert [chunk.tolist() for chunk in even_chunks(3, 100)] == [[0, 1, 2]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 0}, "window=0: expected a whole number of at least 1"),
        ({"batch_size": 0}, "batch_size=0: expected a whole number of at least 1"),
        ({"window": (2, 2, 2)}, r"window=\(2, 2, 2\): expected one number, or 2"),
        ({"window": 2, "stride": 3}, r"stride=\(3, 3\): expected at most the window \(2, 2\)"),
    ],
)
def test_wrong_settings_are_refused(settings: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Occlusion(**settings)(lambda x: x.sum(axis=(1, 2)), np.ones((1, 4, 5), "float32"))


def test_inputs_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="inputs: expected numbers or texts, parts of"):
        Occlusion()(lambda x: x.real.sum(axis=1), np.ones((2, 3), complex))
