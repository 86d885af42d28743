"""Indices of words: explained where they become vectors, against sums written by hand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfexplain import InputXGradient, IntegratedGradients, Saliency
from tfexplain.explainers.gradient.sources import gradient_sources
from tfexplain.model.keras_model import KerasModel

LIBRARIES = pytest.mark.parametrize("library", [keras, tf_keras])
RNG = np.random.default_rng(4)
IDS = RNG.integers(1, 12, (3, 6)).astype("int32")
IDS[0, 4:] = IDS[1, 2:] = 0  # filled up
TABLE = RNG.normal(size=(12, 5)).astype("float32")
WEIGHTS = RNG.normal(size=(5, 2)).astype("float32")


def bag(library: Any, how: str = "functional", **options: Any) -> Any:
    """The sum of the vectors times weights: each token adds (vector · weights) to the score."""
    layers = library.layers
    embed = layers.Embedding(12, 5, name="embed", **options)
    top = layers.Dense(2, use_bias=False, name="top")

    class Bag(layers.Layer):  # type: ignore[misc]
        """Ignores masks, as many layers do."""

        def call(self, values: Any) -> Any:
            return tf.reduce_sum(values, axis=1)

    total = Bag(name="total")
    total.supports_masking = True
    if how == "subclassed":

        class Model(library.Model):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.parts = [embed, total, top]

            def call(self, ids: Any) -> Any:
                return top(total(embed(ids)))

        model = Model()
        model(IDS)
    elif how == "nested":
        inner = library.Sequential([layers.Input((6,), dtype="int32"), embed], name="inner")
        model = library.Sequential([layers.Input((6,), dtype="int32"), inner, total, top])
    else:
        ids = layers.Input((6,), dtype="int32")
        model = library.Model(ids, top(total(embed(ids))))
    embed.set_weights([TABLE])
    top.set_weights([WEIGHTS])
    return model


@LIBRARIES
@pytest.mark.parametrize("how", ["functional", "subclassed", "nested"])
def test_each_token_of_a_bag_adds_what_it_adds(library: Any, how: str) -> None:
    model, w = bag(library, how), WEIGHTS[:, 1]
    found = IntegratedGradients()(model, IDS, 1)
    name = KerasModel(model, IDS).input_names[0]
    assert (found.layer, found.channel_axis, found.unit) == (name, None, "output")
    assert np.allclose(found.values, (TABLE[IDS] - TABLE[0]) @ w, atol=1e-5)
    assert np.abs(found.completeness_gap).max() < 1e-5
    assert np.allclose(InputXGradient()(model, IDS, 1).values, TABLE[IDS] @ w, atol=1e-5)
    slopes = Saliency()(model, IDS, 1)
    assert np.allclose(slopes.values, w.sum(), atol=1e-5)
    assert slopes.unit == "output per unit of embedding"
    assert np.allclose(Saliency(absolute=True)(model, IDS, 1).values, np.abs(w).sum(), atol=1e-5)


@LIBRARIES
def test_padding_gets_zero_and_never_moves(library: Any) -> None:
    w, filled = WEIGHTS[:, 0], IDS == 0
    for model, padding in ((bag(library, mask_zero=True), None), (bag(library), 0)):
        expected = np.where(filled, 0, TABLE[IDS] @ w)
        assert np.allclose(InputXGradient(padding=padding)(model, IDS, 0).values, expected)
        path = IntegratedGradients(padding=padding, baseline=7)(model, IDS, 0)
        assert np.allclose(path.values, np.where(filled, 0, (TABLE[IDS] - TABLE[7]) @ w), atol=1e-5)
        assert np.abs(path.completeness_gap).max() < 1e-5
    ones = np.full_like(IDS, 3)
    assert not IntegratedGradients(padding=3)(bag(library), ones, 0).values.any()
    other = IntegratedGradients(padding=3)(bag(library), IDS, 0).values
    assert np.allclose(other, np.where(IDS == 3, 0, (TABLE[IDS] - TABLE[3]) @ w), atol=1e-5)


def test_several_baselines_are_averaged() -> None:
    found = IntegratedGradients(baseline=[2, 5])(bag(keras), IDS, 1)
    start = TABLE[[2, 5]].mean(0)
    assert np.allclose(found.values, (TABLE[IDS] - start) @ WEIGHTS[:, 1], atol=1e-5)


@LIBRARIES
def test_masks_of_the_indices_reach_the_layers_that_read_them(library: Any) -> None:
    """A recurrent layer that skips padding gives what it gives for the words alone."""
    library.utils.set_random_seed(2)
    layers = library.layers
    embed, top = layers.Embedding(12, 5, mask_zero=True), layers.Dense(2)
    inner = library.Sequential([layers.Input((6,), dtype="int32"), embed], name="inner")
    loop = layers.SimpleRNN(4, unroll=True)
    model = library.Sequential([layers.Input((6,), dtype="int32"), inner, loop, top])
    short = library.Sequential([layers.Input((2,), dtype="int32"), embed, loop, top])
    method = IntegratedGradients(steps=16)
    whole = method(model, IDS, 1)
    assert np.abs(whole.values).max() > 1e-3
    alone = method(short, IDS[1:2, :2], 1)
    assert np.allclose(whole.values[1, :2], alone.values[0], atol=1e-5)
    assert not whole.values[IDS == 0].any()
    assert np.abs(whole.completeness_gap).max() < 1e-4
    # A replaced output keeps its mask.
    hidden = IntegratedGradients(steps=16, layer="inner")(model, IDS, 1)
    assert np.allclose(hidden.values.sum(-1), whole.values, atol=1e-5)
    hidden = InputXGradient(layer="inner")(model, IDS, 1).values
    assert np.allclose(hidden.sum(-1), InputXGradient()(model, IDS, 1).values, atol=1e-6)


def mixed(library: Any) -> Any:
    """Two embeddings of one input, numbers, and whole numbers that are only scaled."""
    layers = library.layers
    ids = layers.Input((6,), dtype="int32", name="ids")
    age, count = layers.Input((2,), name="age"), layers.Input((2,), dtype="int32", name="count")
    vectors = [layers.Embedding(12, size, name=f"embed{size}")(ids) for size in (3, 1)]
    parts = [layers.GlobalAveragePooling1D()(layers.Activation("tanh")(v)) for v in vectors]
    parts += [layers.Activation("tanh")(age), layers.Rescaling(0.1)(count)]
    out = layers.Dense(2, activation="tanh")(layers.Concatenate()(parts))
    return library.Model({"ids": ids, "age": age, "count": count}, out)


@LIBRARIES
def test_each_input_has_its_own_map(library: Any) -> None:
    library.utils.set_random_seed(6)
    model = mixed(library)
    age = RNG.normal(size=(3, 2)).astype("float32")
    batch = {"ids": IDS, "age": age, "count": IDS[:, :2]}
    found = IntegratedGradients(steps=32, baseline={"ids": 4, "age": 0.5}).each(model, batch, 1)
    assert {name: one.values.shape for name, one in found.items()} == {
        "age": (3, 2),
        "count": (3, 2),
        "ids": (3, 6),
    }
    none = np.zeros_like(IDS[:, :2])
    start = {"ids": np.full_like(IDS, 4), "age": np.full_like(age, 0.5), "count": none}
    scores = [model(tf.nest.map_structure(tf.constant, x)).numpy()[:, 1] for x in (batch, start)]
    total = sum(one.values.sum(1) for one in found.values())
    assert np.allclose(total, scores[0] - scores[1], atol=1e-4)
    assert np.abs(found["ids"].values).min() >= 0
    assert np.abs(found["ids"].values).max() > 1e-3
    assert np.allclose(found["ids"].values[IDS == 4], 0)
    assert list(Saliency().each(model, batch, 1)) == ["age", "count", "ids"]
    with pytest.raises(ValueError, match=r"whole numbers for input 'count'; got 0.5"):
        IntegratedGradients(baseline=0.5).each(model, batch, 1)


@LIBRARIES
def test_one_embedding_that_two_inputs_share(library: Any) -> None:
    layers = library.layers
    one, other = (layers.Input((6,), dtype="int32", name=name) for name in ("one", "other"))
    embed, mean = layers.Embedding(12, 5, name="embed"), layers.GlobalAveragePooling1D()
    dot = layers.Dot(axes=1)([mean(embed(one)), mean(embed(other))])
    model = library.Model({"one": one, "other": other}, dot)
    embed.set_weights([TABLE])
    turned = IDS[::-1].copy()
    found = InputXGradient().each(model, {"one": IDS, "other": turned})
    means = TABLE[IDS].mean(1), TABLE[turned].mean(1)
    for name, ids, beside in (("one", IDS, means[1]), ("other", turned, means[0])):
        expected = np.einsum("ntc,nc->nt", TABLE[ids] / 6, beside)
        assert np.allclose(found[name].values, expected, atol=1e-5)
    path = IntegratedGradients().each(model, {"one": IDS, "other": turned})
    start = TABLE[0] @ TABLE[0]
    total = path["one"].values.sum(1) + path["other"].values.sum(1)
    assert np.allclose(total, (means[0] * means[1]).sum(1) - start, atol=1e-3)


@LIBRARIES
def test_indices_that_are_floating_point_numbers(library: Any) -> None:
    layers = library.layers
    model = library.Sequential([layers.Input((6,)), *bag(library).layers[1:]])
    found = IntegratedGradients()(model, IDS.astype("float32"), 1)
    assert np.allclose(found.values, (TABLE[IDS] - TABLE[0]) @ WEIGHTS[:, 1], atol=1e-5)


def test_an_output_that_ignores_the_words_has_a_map_of_zeros() -> None:
    ids, age = keras.Input((6,), dtype="int32", name="ids"), keras.Input((2,), name="age")
    words = keras.layers.GlobalAveragePooling1D(name="words")(keras.layers.Embedding(12, 2)(ids))
    model = keras.Model({"ids": ids, "age": age}, [keras.layers.Dense(2, name="d")(age), words])
    batch = {"ids": IDS, "age": np.ones((3, 2), "float32")}
    for method in (Saliency(), IntegratedGradients()):
        found = method.each(model, batch, 0)
        assert not found["ids"].values.any()
        assert found["age"].values.any()


def test_positions_are_no_words() -> None:
    """A second embedding, of positions, depends on the indices' length only."""

    class Vectors(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="vectors")
            self.words = keras.layers.Embedding(12, 4, name="words")
            self.places = keras.layers.Embedding(6, 4, name="places")

        def call(self, ids: Any) -> Any:
            return self.words(ids) + self.places(keras.ops.arange(keras.ops.shape(ids)[-1]))

    ids = keras.Input((6,), dtype="int32")
    pooled = keras.layers.GlobalAveragePooling1D()(Vectors()(ids))
    (source,) = gradient_sources(KerasModel(keras.Model(ids, keras.layers.Dense(2)(pooled)), IDS))
    assert [call.path for call in source.calls] == ["vectors/words"]


def test_whole_numbers_that_are_only_looked_up() -> None:
    ids = keras.Input((6,), dtype="int32", name="ids")
    which = keras.layers.CategoryEncoding(12, output_mode="multi_hot")(ids)
    model = keras.Model(ids, keras.layers.Dense(2)(which))
    why = r"expected floating-point numbers .*input: its values \(int32\) reach .* or pass layer="
    for method in (IntegratedGradients(), Saliency()):
        with pytest.raises(ValueError, match=why.replace("or pass", "Or pass")):
            method(model, IDS, 0)
    age = keras.Input((1,), name="age")
    two = keras.Model([ids, age], keras.layers.Dense(2)(keras.layers.Concatenate()([which, age])))
    with pytest.warns(UserWarning, match=r"Saliency: input 'ids' is left out: its values \(int32"):
        found = Saliency().each(two, {"age": np.ones((3, 1), "float32"), "ids": IDS}, 0)
    assert list(found) == ["age"]
