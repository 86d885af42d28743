"""Score-CAM against a direct loop over channels."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.models import digits, small_cnn
from support.twin import gap_to

from tfexplain import ScoreCAM
from tfexplain.model.layer_calls import LayerError

X = digits(4)[0]
CLASS = 3


@pytest.fixture(scope="module")
def model() -> Any:
    return small_cnn()


def looped(model: Any, layer: str, x: Any, channels: int, softmax: bool, base: float) -> Any:
    """Definition 3 and algorithm 1 of the paper, channel by channel, with TensorFlow's own
    resizing."""
    inner = keras.Model(model.inputs[0], model.get_layer(layer).output)
    head = model.layers[-1]
    logits = keras.Model(
        model.inputs[0], keras.ops.matmul(model.layers[-2].output, head.kernel) + head.bias
    )
    maps = []
    for sample in x:
        activation = inner(sample[None]).numpy()[0]
        hidden = np.full_like(sample, base)
        least = logits(hidden[None]).numpy()[0, CLASS]
        spread = activation.var(axis=(0, 1))
        increases, kept = [], []
        for channel in np.argsort(-spread, kind="stable")[:channels]:
            mask = tf.image.resize(activation[..., channel, None], sample.shape[:2]).numpy()
            if np.ptp(activation[..., channel]) == 0:
                continue
            mask = (mask - mask.min()) / (mask.max() - mask.min())
            masked = mask * sample + (1 - mask) * hidden
            increases.append(logits(masked[None]).numpy()[0, CLASS] - least)
            kept.append(activation[..., channel])
        weights = np.array(increases)
        if softmax:
            weights = np.exp(weights - weights.max()) / np.exp(weights - weights.max()).sum()
        maps.append(np.maximum(np.tensordot(weights, np.stack(kept), axes=1), 0))
    return np.stack(maps)


@pytest.mark.parametrize(("channels", "softmax"), [(64, True), (3, True), (3, False)])
def test_against_a_loop(model: Any, channels: int, softmax: bool) -> None:
    method = ScoreCAM("conv", max_channels=channels, softmax=softmax, baseline=0.1, batch_size=5)
    found = method(model, X, CLASS)
    assert gap_to(looped(model, "conv", X, channels, softmax, 0.1), found.values) < 1e-5
    assert found.values.any()
    assert (found.layer, found.signed) == ("conv", False)
    assert found.unit == ("activation" if softmax else "logit")
    assert found.passes is not None
    assert set(found.passes) == {min(channels, 6) + 1}


def test_a_coarser_layer_is_drawn_out() -> None:
    keras.utils.set_random_seed(2)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(5, 3, strides=2, activation="tanh", name="coarse"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(4, activation="softmax"),
        ]
    )
    found = ScoreCAM(max_channels=None)(model, X, CLASS)
    assert found.layer == "coarse"
    assert gap_to(looped(model, "coarse", X, 5, True, 0.0), found.values) < 1e-5


def test_a_layer_that_does_not_change_gives_zeros(model: Any) -> None:
    dead = keras.models.clone_model(model)
    dead.set_weights([np.zeros_like(w) for w in model.get_weights()])
    found = ScoreCAM("conv")(dead, X, CLASS)
    assert not found.values.any()


def test_a_layer_without_positions_is_refused(model: Any) -> None:
    with pytest.raises(LayerError, match="expected an output of shape"):
        ScoreCAM("head")(model, X, CLASS)
    with pytest.raises(ValueError, match="max_channels=0: expected a whole number of at least 1"):
        ScoreCAM(max_channels=0)
