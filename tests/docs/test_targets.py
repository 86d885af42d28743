"""The worked examples of docs/targets.md: they run as printed, and their maps are right."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

PAGE = Path(__file__).parents[2] / "docs" / "targets.md"


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """The names that the page defines, once all of it ran."""
    names: dict[str, Any] = {}
    test = doctest.DocTestParser().get_doctest(PAGE.read_text(), names, PAGE.name, str(PAGE), 0)
    printed: list[str] = []
    done = doctest.DocTestRunner(verbose=False).run(test, out=printed.append, clear_globs=False)
    assert not done.failed, "".join(printed)
    assert done.attempted > 20
    return test.globs


def softmax_free(model: Any, x: Any) -> Any:
    """What a Sequential gives before the activation of its last layer."""
    *body, last = model.layers
    for layer in body:
        x = layer(x)
    weights, bias = last.get_weights()
    return tf.tensordot(x, tf.reshape(weights, [-1, weights.shape[-1]]), 1) + bias


def region(page: dict[str, Any], x: Any) -> Any:
    scores = softmax_free(page["segment"], x)
    picked = np.argmax(scores.numpy(), -1) == 1
    means = [tf.reduce_mean(row[own][:, 1]) for row, own in zip(scores, picked, strict=True)]
    return tf.stack(means)


def both(page: dict[str, Any], x: Any) -> Any:
    outputs = page["tagging"](x)
    return tf.math.log(outputs[:, 1] * outputs[:, 3])


def difference(page: dict[str, Any], x: Any) -> Any:
    outputs = page["classify"](x)
    return tf.math.log(outputs[:, 2] / outputs[:, 0])


EXAMPLES: dict[str, tuple[str, Callable[[dict[str, Any], Any], Any]]] = {
    "masked": ("images", region),
    "found": ("images", region),
    "one": ("images", lambda page, x: softmax_free(page["tagging"], x)[:, 3]),
    "together": ("images", both),
    "north": ("rows", lambda page, x: page["house"](x)["place"][:, 1]),
    "cost": ("rows", lambda page, x: page["house"](x)["price"][:, 0]),
    "away": ("rows", lambda page, x: tf.sqrt(tf.reduce_sum(page["house"](x)["place"] ** 2, 1))),
    "why": ("images", difference),
    "mean": ("images", lambda page, x: tf.reduce_mean(page["deep"].layers[0](x)[..., 3], (1, 2))),
    "there": ("images", lambda page, x: page["deep"].layers[0](x)[:, 0, 2, 3]),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_map_is_the_gradient_taken_by_hand(page: dict[str, Any], name: str) -> None:
    given, score = EXAMPLES[name]
    x = tf.constant(page[given])
    with tf.GradientTape() as tape:
        tape.watch(x)
        scores = score(page, x)
    slopes = tape.gradient(scores, x).numpy()
    assert np.abs(slopes).max() > 1e-4
    assert np.allclose(page[name].scores, scores, atol=1e-5)
    assert np.allclose(page[name].values, slopes, atol=1e-5)
