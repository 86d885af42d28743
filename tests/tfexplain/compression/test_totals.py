"""Totals against counts over all kernels laid end to end."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tfexplain.compression import Settings, measure, read, total


@pytest.fixture
def model() -> Any:
    """Two dense layers, of which the first lost one output, one input and half of the rest."""
    rng = np.random.default_rng(0)
    made = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(6, name="one"), keras.layers.Dense(3, name="two")]
    )
    one, two = (np.float32(rng.normal(size=shape)) for shape in ((8, 6), (6, 3)))
    one[:, 2] = one[5] = 0
    one[rng.random(one.shape) < 0.5] = -0.0
    two[0] = 0
    made.get_layer("one").kernel.assign(one)
    made.get_layer("two").kernel.assign(two)
    return made


def kernels(model: Any) -> list[np.ndarray]:
    return [layer.kernel.numpy() for layer in model.layers]


def test_shares_are_of_all_kernels_together(model: Any) -> None:
    found = total(measure(layer) for layer in read(model))[""]
    one, two = kernels(model)
    zeros = (one == 0).sum() + (two == 0).sum()
    assert found.weights == 48 + 18
    assert found.sparsity == pytest.approx(zeros / 66, abs=1e-15)
    assert found.filter_sparsity == ((one == 0).all(0).sum() + (two == 0).all(0).sum()) / 9
    dead_inputs = (one == 0).all(1).sum() + (two == 0).all(1).sum()
    assert found.channel_sparsity == found.row_sparsity == dead_inputs / 14
    fits = sum(
        (column[start : start + 4] != 0).sum() <= 2
        for kernel in (one, two)
        for column in kernel.T
        for start in range(0, len(column), 4)
    )
    assert found.nm_compliance == fits / (2 * 6 + 2 * 3)
    blocks = [
        (kernel[i : i + 4, o : o + 4] == 0).all()
        for kernel in (one, two)
        for i in range(0, kernel.shape[0], 4)
        for o in range(0, kernel.shape[1], 4)
    ]
    assert found.block_sparsity == np.mean(blocks)
    assert found.bits_stored == 32
    assert found.mask_sparsity is None
    assert found.quantized_to_zero is None


def test_churn_is_of_the_kernels_measured_before(model: Any) -> None:
    layers, settings = read(model), Settings(churn=True)
    before = [measure(layer, settings) for layer in layers]
    assert total(before)[""].churn is None
    changed = kernels(model)[1]
    changed[0, :] = 1
    model.get_layer("two").kernel.assign(changed)
    after = [
        measure(layer, settings, then.kept) for layer, then in zip(layers, before, strict=True)
    ]
    assert after[1].churn == 3 / 18
    assert total(after)[""].churn == pytest.approx(3 / 66, abs=1e-15)


# Keras says of each layer it leaves as it is that it does.
@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method:UserWarning")
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't:DeprecationWarning")
def test_what_quantization_lost_is_pooled_by_weights(model: Any) -> None:
    reference = keras.models.clone_model(model)
    reference.set_weights(model.get_weights())
    model.quantize("int8")
    numbers = [measure(layer) for layer in read(model, reference)]
    found = total(numbers)[""]
    lost = 0
    for one, kernel in zip(numbers, kernels(reference), strict=True):
        effective = one.layer.effective()[0]
        lost += int(((effective == 0) & (kernel != 0)).sum())
    assert found.quantized_to_zero == pytest.approx(lost / 66, abs=1e-15)
    assert found.bits_stored == 8
    assert found.scales_bad is not None


def test_nothing_known_makes_no_numbers() -> None:
    assert total([]) == {}
