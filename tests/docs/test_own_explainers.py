"""docs/own_explainers.md runs as printed, and its maps are right."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

PAGE = Path(__file__).parents[2] / "docs" / "own_explainers.md"


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """The names that the page defines, once all of it ran."""
    names: dict[str, Any] = {}
    test = doctest.DocTestParser().get_doctest(PAGE.read_text(), names, PAGE.name, str(PAGE), 0)
    printed: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    done = runner.run(test, out=printed.append, clear_globs=False)
    assert not done.failed, "".join(printed)
    assert done.attempted > 15
    return test.globs


def test_the_function_s_map_is_the_error(page: dict[str, Any]) -> None:
    coder, images = page["coder"], page["images"][:4]
    found = page["missed"](coder, images)
    assert np.array_equal(found.values, np.abs(coder(images, training=False).numpy() - images))


def test_the_class_s_map_is_the_gradient_s_length(page: dict[str, Any]) -> None:
    model, images = page["model"], page["images"][:4]
    found = page["GradientNorm"](layer="conv")(model, images, 1)
    conv, *rest = model.layers
    with tf.GradientTape() as tape:
        activation = conv(images)
        tape.watch(activation)
        scores = activation
        for layer in rest:
            scores = layer(scores)
        total = tf.reduce_sum(scores[:, 1])
    expected = np.linalg.norm(tape.gradient(total, activation).numpy(), axis=-1)
    np.testing.assert_allclose(found.values, expected, rtol=1e-5)


def test_the_picture_that_excites_a_class_follows_its_weights(page: dict[str, Any]) -> None:
    """In a box, up to the smoothing: bright where the class's weight is above the others' mean."""
    classifier, images = page["classifier"], page["images"][:3]
    weights = classifier.layers[-1].get_weights()[0]
    found = page["exciting"](classifier, images, np.arange(3)).reshape(3, -1)
    for own, picture in zip(weights.T, found, strict=True):
        assert np.corrcoef(own, picture)[0, 1] > 0.5
    (logged,) = (page["run"]["Exciting"].maps(epoch=1),)
    assert np.array_equal(logged.reshape(3, -1)[np.argsort(page["run"].samples["label"])], found)
