"""Weights come back to the bit, after an interrupt at any time too."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support.models import same_bits

from tfexplain.model.trace_model import trace_model
from tfexplain.trust.redrawing import Redrawing, weights_by_layer


def nested(library: Any) -> Any:
    """A model within a model, with moving statistics and a kernel that holds NaN."""
    layers = library.layers
    inner = library.Sequential(
        [
            library.Input((6, 6, 2)),
            layers.Conv2D(4, 3, name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.5),
        ],
        name="inner",
    )
    entry = library.Input((6, 6, 2))
    pooled = layers.GlobalAveragePooling2D()(inner(entry))
    model = library.Model(entry, layers.Dense(3, name="head")(pooled))
    rng = np.random.default_rng(0)
    some = [rng.normal(size=w.shape).astype(w.dtype) for w in model.get_weights()]
    some[0].flat[3] = np.nan
    model.set_weights(some)
    return model


def opened(model: Any) -> Any:
    return weights_by_layer(trace_model(model, tf.zeros((2, 6, 6, 2))))


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_layers_keep_their_values_in_another_order_and_then_their_bits(library: Any) -> None:
    model = nested(library)
    before = model.get_weights()
    layers = opened(model)
    assert [path for path, _ in layers] == ["inner/conv", "inner/norm", "head"]
    with Redrawing(0) as redrawing:
        for count, (_, weights) in enumerate(layers[::-1], 1):
            redrawing.redraw(weights)
            moved = {id(v) for _, own in layers[::-1][:count] for v in own}
            for kept, variable in zip(before, model.weights, strict=True):
                now = variable.numpy()
                same = now.tobytes() == kept.tobytes()
                assert same != (id(variable) in moved) or "dropout" in variable.name
                np.testing.assert_array_equal(np.sort(now, axis=None), np.sort(kept, axis=None))
    assert same_bits(before, model.get_weights())


class Interrupted:
    """A variable whose assignments are interrupted, before they are done or after."""

    def __init__(self, variable: Any, at: int, *, done: bool) -> None:
        self._variable, self._left, self._done = variable, at, done

    def numpy(self) -> Any:
        return self._variable.numpy()

    def assign(self, values: Any) -> None:
        self._left -= 1
        if self._left or self._done:
            self._variable.assign(values)
        if not self._left:
            raise KeyboardInterrupt


def draw(*variables: Any) -> None:
    with Redrawing(1) as redrawing:
        redrawing.redraw(variables)
        redrawing.redraw(variables[:1])


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_an_interrupt_at_any_assignment_leaves_no_weight_re_drawn(at: int, done: bool) -> None:
    plain = [tf.Variable(np.random.default_rng(i).normal(size=(5, 3))) for i in range(2)]
    before = [v.numpy() for v in plain]
    with pytest.raises(KeyboardInterrupt):
        draw(Interrupted(plain[0], at, done=done), plain[1])
    assert same_bits(before, [v.numpy() for v in plain])
