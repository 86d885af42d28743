"""Masks against those of tfmot: same network, weights, data and schedule, so the same masks.

tfmot lets the optimizer refill what is pruned until its next step, and may keep it then; with
steps this small that is far below any threshold, so both rules choose alike.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tf_keras

from tfexplain import MagnitudePruning
from tfexplain.compression import read
from tfexplain.pruning import mask_overlap

tfmot: Any = pytest.importorskip("tensorflow_model_optimization")

# tfmot still asks TensorFlow for modules by their old names.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 6, 6, 8)).astype("float32")
Y = RNG.integers(0, 3, 48)
BEGIN, END, EVERY = 2, 10, 4


def network(convolutional: bool) -> Any:
    tf_keras.utils.set_random_seed(0)
    layers = tf_keras.layers
    stack = [
        layers.Flatten(),
        layers.Dense(12, name="hidden"),
        layers.Dense(3, name="head", activation="softmax"),
    ]
    if convolutional:
        stack.insert(0, layers.Conv2D(8, 3, name="conv"))
    return tf_keras.Sequential([layers.Input((6, 6, 8)), *stack])


def train(model: Any, callback: Any) -> None:
    model.compile(tf_keras.optimizers.SGD(1e-6), "sparse_categorical_crossentropy")
    model.fit(X, Y, 12, 3, verbose=0, shuffle=False, callbacks=[callback])


schedules = tfmot.sparsity.keras
RULES: dict[str, tuple[bool, dict[str, Any], dict[str, Any]]] = {
    "PolynomialDecay": (
        True,
        {"pruning_schedule": schedules.PolynomialDecay(0.2, 0.8, BEGIN, END, frequency=EVERY)},
        {"sparsity": 0.8, "initial": 0.2, "begin": BEGIN, "end": END, "every": EVERY},
    ),
    "ConstantSparsity": (
        True,
        {"pruning_schedule": schedules.ConstantSparsity(0.6, BEGIN, frequency=EVERY)},
        {"sparsity": 0.6, "schedule": "constant", "begin": BEGIN},
    ),
    "2:4": (
        True,
        {
            "pruning_schedule": schedules.ConstantSparsity(0.5, 0, frequency=1),
            "sparsity_m_by_n": (2, 4),
        },
        # Where tfmot updates these masks: once, at its first step.
        {"structure": "n:m", "begin": 1},
    ),
    "blocks": (
        False,
        {
            "pruning_schedule": schedules.ConstantSparsity(0.5, BEGIN, frequency=EVERY),
            "block_size": (4, 2),
        },
        {"sparsity": 0.5, "structure": "blocks", "block": (4, 2)}
        | {"schedule": "constant", "begin": BEGIN},
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_masks_are_those_of_tfmot(rule: str) -> None:
    convolutional, theirs, ours = RULES[rule]
    wrapped = tfmot.sparsity.keras.prune_low_magnitude(network(convolutional), **theirs)
    train(wrapped, tfmot.sparsity.keras.UpdatePruningStep())
    model, pruning = network(convolutional), MagnitudePruning(**ours, verbose=0)
    train(model, pruning)
    masks = {layer.path.rpartition("/")[2]: layer.mask() for layer in read(wrapped)}
    for layer in read(model):
        cube = layer.layout.to_cube(pruning.masks[layer.name])
        np.testing.assert_array_equal(cube, masks[layer.name], err_msg=layer.name)
        assert not cube.all()
    # Masks of its wrappers and zeros of a plain model are compared as they are.
    assert mask_overlap(wrapped, model).jaccard == 1
