"""Overlap of masks, counted by hand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tfexplain.errors import TfexplainError
from tfexplain.pruning import mask_overlap, prune


def network(seed: int, units: int = 6) -> Any:
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((8,)), layers.Dense(units, name="hidden"), layers.Dense(4, name="head")]
    )


def test_what_both_keep_is_counted_by_kernel_and_in_all() -> None:
    one, two = network(1), network(2)
    first, second = prune(one, 0.5), prune(two, 0.75, layers="hidden")
    second["head"] = np.ones((6, 4), bool)
    found = mask_overlap(one, two)
    both = either = chance = 0.0
    for name in ("hidden", "head"):
        a, b = first[name], second[name]
        assert found.layers[name].jaccard == (a & b).sum() / (a | b).sum()
        both, either = both + (a & b).sum(), either + (a | b).sum()
        chance += a.mean() * b.mean() * a.size
    assert found.jaccard == both / either
    kept = sum(mask.sum() for masks in (first, second) for mask in masks.values())
    assert found.chance == pytest.approx(chance / (kept - chance))


def test_equal_masks_overlap_wholly_and_drawn_ones_by_chance() -> None:
    model = network(1, 600)
    prune(model, 0.5)
    assert mask_overlap(model, model).jaccard == 1
    other = network(3, 600)
    prune(other, 0.5)
    found = mask_overlap(model, other)
    assert found.jaccard == pytest.approx(found.chance, abs=0.03) == pytest.approx(1 / 3, abs=0.03)


def test_models_of_other_architectures_are_refused() -> None:
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="other")])
    with pytest.raises(TfexplainError, match="expected two models of one architecture"):
        mask_overlap(network(1), other)
