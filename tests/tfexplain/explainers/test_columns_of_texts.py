"""Tables with texts in them, by methods that hide parts: against the model called by hand."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support.texts import IDS, TABLE, TEXTS, WEIGHTS, text_model

from tfexplain import (
    LIME,
    RISE,
    FeatureAblation,
    IntegratedGradients,
    KernelSHAP,
    Occlusion,
    PermutationImportance,
)
from tfexplain.explainers.choosing import fitting
from tfexplain.model.call_batch import as_batch
from tfexplain.model.keras_model import KerasModel

LIBRARIES = pytest.mark.parametrize("library", [keras, tf_keras])
KINDS, PLACES = np.array([["fixed"], ["normal"], ["rev"]]), np.array(["a", "b", "a"])
AGES = np.array([[1.0], [-2.0], [0.5]], "float32")
ROWS = {"age": AGES, "kind": KINDS, "place": PLACES}


def table(library: Any) -> Any:
    """A number, and two columns of texts, [N, 1] and [N]: one is looked up, one is hashed."""
    layers = library.layers
    library.utils.set_random_seed(2)
    age = library.Input((1,), name="age")
    kind = library.Input((1,), dtype="string", name="kind")
    place = library.Input((), dtype="string", name="place")
    known = layers.StringLookup(vocabulary=["fixed", "normal", "rev"], output_mode="one_hot")(kind)
    hashed = layers.Embedding(5, 3)(layers.Hashing(5)(place))
    out = layers.Dense(1)(layers.Concatenate()([age, known, hashed]))
    return library.Model({"age": age, "kind": kind, "place": place}, out)


def scored(model: Any, **changed: Any) -> Any:
    rows = {name: tf.constant(values) for name, values in (ROWS | changed).items()}
    return model(rows).numpy()[:, 0]


@LIBRARIES
def test_a_text_is_worth_what_is_lost_without_it(library: Any) -> None:
    model = table(library)
    empty = {"age": AGES * 0, "kind": np.full((3, 1), ""), "place": np.full(3, "")}
    for method in (FeatureAblation(), Occlusion(), KernelSHAP()):
        found = method.each(model, ROWS)
        assert list(found) == ["age", "kind", "place"]
        for name, values in empty.items():
            lost = scored(model) - scored(model, **{name: values})
            np.testing.assert_allclose(found[name].values, lost[:, None], atol=1e-5)
    other = FeatureAblation(baseline={"kind": "rev"}).each(model, ROWS)["kind"].values
    lost = scored(model) - scored(model, kind=np.full((3, 1), "rev"))
    np.testing.assert_allclose(other[:, 0], lost, atol=1e-5)


def test_texts_of_other_samples() -> None:
    model = table(keras)
    found = PermutationImportance().each(model, ROWS)
    for name in ("kind", "place"):
        others = [scored(model, **{name: np.roll(ROWS[name], -shift, 0)}) for shift in (1, 2)]
        lost = scored(model) - np.mean(others, axis=0)
        np.testing.assert_allclose(found[name].values[:, 0], lost, atol=1e-5)
    assert set(LIME(masks=20).each(model, ROWS)) == {"age", "kind", "place"}


def test_what_cannot_explain_a_text_leaves_it_out_and_says_so() -> None:
    model = table(keras)
    for method, why in ((RISE(masks=4), "mixes values"), (IntegratedGradients(), "no gradient")):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert "kind" not in method.each(model, ROWS)
        told = [str(one.message) for one in caught]
        assert any("input 'kind' is left out: " in one and why in one for one in told)
    names = [method.name for method in fitting(KerasModel(model, as_batch(ROWS, model)))]
    assert names[-2:] == ["IntegratedGradients", "Occlusion"]


@LIBRARIES
def test_words_of_a_text_are_hidden_one_by_one(library: Any) -> None:
    model = text_model(library, mask=False)
    found = FeatureAblation()(model, tf.constant(TEXTS))
    lost = (TABLE[IDS] - TABLE[0]) @ WEIGHTS[:, 0] / 3
    np.testing.assert_allclose(found.values, lost, atol=1e-6)
    shapley = KernelSHAP(background=np.array(["", "film"]))(model, tf.constant(TEXTS))
    start = (TABLE[0] + TABLE[[3, 0, 0]]) / 2
    np.testing.assert_allclose(shapley.values, (TABLE[IDS] - start) @ WEIGHTS[:, 0] / 3, atol=1e-5)
