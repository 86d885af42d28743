"""What `Explain` writes of inputs that are no pictures, and how it says that maps lie."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from support import zoo
from support.kinds import WordAttention, WordEvidence, made
from support.read import Run, read_run
from support.texts import TEXTS, vectorizer
from support.texts import text_model as text_model_of_texts

import tfexplain
from tfexplain import (
    Attention,
    AttentionRollout,
    Compression,
    Explain,
    GradCAM,
    IntegratedGradients,
)
from tfexplain.errors import ExplainWarning
from tfexplain.model.trace_model import trace_model
from tfexplain.row_sheets import WIDTH
from tfexplain.runlog.batch import pictures_of
from tfexplain.runlog.input_values import input_values
from tfexplain.runlog.settings import ExplainSettings

layers = keras.layers
WORDS = ["", "[UNK]", *(f"word{i}" for i in range(2, 20))]
KERNELS = ("kernel", "recurrent_kernel")
IDS = np.array([[3, 7, 2, 0, 0], [4, 4, 19, 5, 0], [9, 8, 7, 6, 5]], np.int64)


def text_model(**embedding: Any) -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int64"),
            layers.Embedding(20, 4, name="embed", **embedding),
            layers.GlobalAveragePooling1D(),
            layers.Dense(3),
        ]
    )
    return compiled(model)


def compiled(model: keras.Model) -> keras.Model:
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def logged(model: keras.Model, x: Any, tmp_path: Path, *explainers: Any, **settings: Any) -> Run:
    count = len(keras.tree.flatten(x)[0])
    callback = Explain(
        (x, np.arange(count) % 3),
        explainers=explainers or None,
        log_dir=tmp_path,
        on_error="raise",
        verbose=False,
        **settings,
    )
    model.fit(x, np.arange(count) % 3, epochs=1, verbose=0, callbacks=[callback])
    return read_run(tmp_path)


def rows_of(run: Run) -> Any:
    return run.record("samples").rows


# ------------------------------------------------------------------------------------ words


def test_words_by_a_vocabulary(tmp_path: Path) -> None:
    run = logged(text_model(), IDS, tmp_path, WordEvidence(), vocabulary=WORDS)
    values = run.record("values/input")
    ids = IDS[rows_of(run)]
    assert values.layout == "tokens"
    np.testing.assert_array_equal(values.values, ids)
    assert values.words == [WORDS[i] for i in ids.ravel()]
    content = run.content("map/WordEvidence/input/0")
    assert (content.layout, content.input, content.shape) == ("tokens", "input", (5,))
    assert run.record("samples").settings["inputs"] == "input as 5 words"


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({}, "#19"),
        ({"vocabulary": {19: "owl", 4: "cat"}}, "owl"),
        ({"vocabulary": {4: "cat"}}, "#19"),
        ({"decode": lambda row: [f"<{i}>" for i in row]}, "<19>"),
    ],
)
def test_other_ways_to_words(settings: dict[str, Any], word: str, tmp_path: Path) -> None:
    run = logged(text_model(), IDS, tmp_path, WordEvidence(), **settings)
    words = np.reshape(run.record("values/input").words, (3, 5))
    assert words[rows_of(run) == 1][0, 2] == word


def test_numbers_of_segments_are_no_words(tmp_path: Path) -> None:
    parts, words = (keras.Input((5,), dtype="int64", name=name) for name in ("parts", "words"))
    x = layers.Embedding(20, 4)(words) + layers.Embedding(2, 4)(parts)
    model = keras.Model(
        {"parts": parts, "words": words}, layers.Dense(3)(layers.GlobalAveragePooling1D()(x))
    )
    inputs = {"parts": (IDS > 4).astype("int64"), "words": IDS}
    run = logged(compiled(model), inputs, tmp_path, IntegratedGradients(), vocabulary=WORDS)
    assert set(run.record("values/parts").words) == {"#0", "#1"}
    assert set(run.record("values/words").words) <= set(WORDS)


def test_what_an_embedding_masks_is_padding(tmp_path: Path) -> None:
    model = text_model(mask_zero=True)
    words = logged(model, IDS, tmp_path / "masked", WordEvidence()).record("values/input").words
    assert sum(word == "" for word in words) == 3
    plain = logged(text_model(), IDS, tmp_path / "plain", WordEvidence())
    assert "" not in plain.record("values/input").words


def test_maps_of_convolutions_say_which_words_positions_read(tmp_path: Path) -> None:
    inputs = keras.Input((5,), dtype="int64")
    first = layers.Conv1D(4, 2, activation="relu", name="pairs")
    x = first(layers.Embedding(20, 4)(inputs))
    x = layers.LSTM(4, return_sequences=True, name="whole")(layers.MaxPooling1D(2, name="max")(x))
    model = compiled(keras.Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling1D()(x))))
    cams = GradCAM(["pairs", "max", "whole"])
    run = logged(model, IDS, tmp_path, cams, vocabulary=WORDS)
    pairs, most, whole = (run.content(f"map/GradCAM/{name}/0") for name in cams.layer)
    assert (pairs.word_step, pairs.word_offsets, pairs.word_note) == (1, (0, 1), "")
    assert (most.word_step, most.word_offsets) == (2, (0, 1, 2))
    assert (whole.word_offsets, whole.word_note) == ((), "each position reads all words")
    assert {content.layout for content in (pairs, most, whole)} == {"line"}
    assert {content.input for content in (pairs, most, whole)} == {"input"}
    assert run.record("map/GradCAM/pairs/0").values.shape == (4,)
    # The Images tab has the words of the layers whose positions say which they read.
    with Image.open(io.BytesIO(run.values["tfexplain/GradCAM"][0][2])) as sheet:
        assert sheet.width > 2 * WIDTH  # two samples beside each other


def test_a_recurrent_network_over_series_by_defaults(tmp_path: Path) -> None:
    keras.utils.set_random_seed(3)
    whole = layers.LSTM(4, return_sequences=True, name="whole")
    last = [layers.GRU(3, name="last"), layers.Dense(2, name="head")]
    model = keras.Sequential([keras.Input((9, 2), name="series"), whole, *last])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    series = np.random.default_rng(0).normal(size=(6, 9, 2)).astype("f4")
    callbacks = [
        Explain((series, np.arange(6) % 2), log_dir=tmp_path, on_error="raise", verbose=0),
        Compression(log_dir=tmp_path, on_error="raise", verbose=0),
    ]
    model.fit(series, np.arange(6) % 2, epochs=1, verbose=0, callbacks=callbacks)
    run = tfexplain.read(tmp_path)[tmp_path.name]
    np.testing.assert_array_equal(run.inputs["input"], series[run.samples["row"]])
    slopes = run["IntegratedGradients"]
    assert (slopes.content.layout, slopes.content.input) == ("line", "input")
    # What Integrated Gradients add up to is what the model itself says of series and of zeros.
    target = slopes.scores()["target"].astype(int)
    given = model(series[run.samples["row"]]).numpy()[range(6), target]
    without = model(np.zeros((1, 9, 2), "f4")).numpy()[0, target]
    np.testing.assert_allclose(slopes.maps().sum(axis=1), given - without, atol=5e-3)
    assert run["GradCAM"].maps().shape == (6, 9)
    cells = [
        f"{cell}.{kernel}" for cell in ("whole/lstm_cell", "last/gru_cell") for kernel in KERNELS
    ]
    assert run.kernels["name"].tolist() == [*cells, "head"]


def test_attention_is_a_matrix_over_words(tmp_path: Path) -> None:
    run = logged(text_model(), IDS, tmp_path, WordAttention())
    content = run.content("matrix/WordAttention/embed/0")
    assert (content.kind, content.shape, content.input) == ("matrix", (3, 5, 5), "input")
    record = run.record("matrix/WordAttention/embed/2")
    np.testing.assert_array_equal(record.attention_heads, [0, 1, 5])
    np.testing.assert_allclose(record.values.sum(axis=-1), 1, atol=5e-3)
    assert run.record("drift/WordAttention/embed").values[:, 0] == pytest.approx(1)


def test_maps_of_layers_lie_over_words_and_not_over_a_mask_of_them(tmp_path: Path) -> None:
    mask, words = (keras.Input((5,), dtype="int64", name=name) for name in ("mask", "words"))
    see = keras.ops.not_equal(mask, 0)[:, None]
    x = layers.Embedding(20, 4)(words)
    attend = layers.MultiHeadAttention(2, 2, name="attend")
    mixed, _ = attend(x, x, attention_mask=see, return_attention_scores=True)
    x = layers.Add(name="sum")([x, mixed])
    top = layers.Dense(3)(layers.GlobalAveragePooling1D()(x))
    model = compiled(keras.Model({"mask": mask, "words": words}, top))
    methods = [Attention(), AttentionRollout(), GradCAM()]
    run = logged(model, {"mask": (IDS > 0).astype("int64"), "words": IDS}, tmp_path, *methods)
    tags = ("matrix/Attention/attend/0", "map/AttentionRollout/words/0", "map/GradCAM/sum/0")
    assert [run.content(tag).input for tag in tags] == ["words"] * 3


def test_maps_of_a_layer_with_a_place_for_each_word_are_of_words(tmp_path: Path) -> None:
    """One that has joined words is a line beside them."""
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(20, 4),
            layers.Conv1D(4, 3, padding="same", name="same"),
            layers.Conv1D(4, 3, name="valid"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(3),
        ]
    )
    run = logged(compiled(model), IDS, tmp_path, GradCAM(layer=["same", "valid"]))
    found = [run.content(f"map/GradCAM/{layer}/0") for layer in ("same", "valid")]
    assert [c.layout for c in found] == ["tokens", "line"]
    assert {c.input for c in found} == {"input"}


# -------------------------------------------------------------------- tables, lines, volumes


def test_tables_have_names(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("f4")
    model = compiled(keras.Sequential([keras.Input((3,)), layers.Dense(3)]))
    run = logged(model, x, tmp_path, feature_names=np.array(["mass", "age", "sex"]))
    values = run.record("values/input")
    assert (values.layout, values.names, values.words) == ("features", ["mass", "age", "sex"], [])
    np.testing.assert_array_equal(values.values, x[rows_of(run)])
    content = run.content("map/IntegratedGradients/input/0")
    assert (content.layout, content.input) == ("features", "input")


def test_several_inputs_have_names_of_their_own(tmp_path: Path) -> None:
    left, right = keras.Input((2,), name="left"), keras.Input((6, 2), name="right")
    joined = layers.Concatenate()([left, layers.GRU(2)(right)])
    model = compiled(keras.Model([left, right], layers.Dense(3)(joined)))
    x = [np.ones((3, 2), "f4"), np.ones((3, 6, 2), "f4")]
    names = {"left": ["a", "b"], "right": ["x", "y"]}
    run = logged(model, x, tmp_path, IntegratedGradients(steps=2), feature_names=names)
    for name, layout in (("left", "features"), ("right", "line")):
        values = run.record(f"values/{name}")
        assert (values.layout, values.names) == (layout, names[name])
        assert run.content(f"map/IntegratedGradients/{name}/0").layout == layout


def test_a_line_and_its_layers(tmp_path: Path) -> None:
    kind = zoo.line(keras)
    x = np.concatenate([kind.inputs] * 2)
    run = logged(compiled(kind.model), x, tmp_path, IntegratedGradients(steps=2), GradCAM())
    assert run.record("values/input").values.shape == (4, 16, 2)
    for tag in ("map/IntegratedGradients/input/0", "map/GradCAM/two/0"):
        assert (run.content(tag).layout, run.content(tag).input) == ("line", "input")


def test_a_volume_is_kept_whole(tmp_path: Path) -> None:
    kind = zoo.volume(keras)
    x = np.concatenate([kind.inputs] * 2)
    run = logged(
        compiled(kind.model), x, tmp_path, IntegratedGradients(steps=4), color_range=(-3, 3)
    )
    content = run.content("map/IntegratedGradients/input/0")
    assert (content.layout, content.shape) == ("volume", (4, 5, 6))
    # The parts of a volume add up to its difference of scores, as those of a picture do.
    record = run.record("map/IntegratedGradients/input/0")
    assert abs(record.gap) < 0.2 * np.abs(record.values).sum()
    inputs = run.content("inputs/input")
    assert (inputs.layout, inputs.shape) == ("volume", (4, 5, 6, 1))
    sheet = np.asarray(Image.open(io.BytesIO(run.pictures()[0])))
    assert sheet.shape == (10, 12)
    shown = np.round(255 * np.clip((x[rows_of(run)][0, ..., 0] + 3) / 6, 0, 1))
    for i, (row, column) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        found = sheet[row * 5 : row * 5 + 5, column * 6 : column * 6 + 6]
        np.testing.assert_array_equal(found, shown[i])
    overlay = np.asarray(Image.open(io.BytesIO(run.values["tfexplain/IntegratedGradients"][0][2])))
    assert overlay.shape[0] > 2 * 80


def test_units_are_features_without_an_input(tmp_path: Path) -> None:
    """A dense layer's values have no place in the picture that they come from."""
    model = compiled(
        keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3, name="d")])
    )
    x = np.random.default_rng(0).random((3, 4, 4, 1)).astype("f4")
    run = logged(model, x, tmp_path, UnitSums())
    content = run.content("map/UnitSums/d/0")
    assert (content.layout, content.input) == ("features", "")


class UnitSums(WordEvidence):
    def attributions(self, context: Any, _: Any) -> Any:
        return {"d": made(self, context, np.ones((3, 3)), layer="d")}


def test_what_is_too_large_is_left_out(tmp_path: Path) -> None:
    x = np.zeros((3, 2_000_000), "f4")
    model = compiled(
        keras.Sequential([keras.Input((2_000_000,)), layers.Dense(3, kernel_initializer="zeros")])
    )
    settings = ExplainSettings(x, None, 3, (), "label", None, True, 0, False)
    assert input_values(trace_model(model, x), x, settings) == {}
    assert input_values(trace_model(model, x), x[:1], settings).keys() == {"input"}


# ---------------------------------------------------------------------------------- refused

TABLE = np.ones((3, 2), "f4")
REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "one name": (TABLE, {"feature_names": "mass"}, "feature_names: expected a list of names"),
    "numbers": (TABLE, {"feature_names": [1, 2]}, "feature_names: expected a list of names"),
    "too few": (TABLE, {"feature_names": ["a"]}, "expected 2 names for input 'input'; got 1"),
    "no such input": (TABLE, {"feature_names": {"x": ["a"]}}, r"one of \['input'\]; got 'x'"),
    "of words": (IDS, {"feature_names": list("abcde")}, "expected names for a table"),
    "no words": (TABLE + 0.5, {"vocabulary": WORDS}, r"expected an input \[N, T\] of whole"),
    "a word": (IDS, {"vocabulary": "word"}, "vocabulary: expected a list of words"),
    "ids by word": (IDS, {"vocabulary": {"a": 1}}, "Turn words by id around"),
    "short": (IDS, {"vocabulary": WORDS[:10]}, "got 10 words and the id 19"),
    "both": (IDS, {"vocabulary": WORDS, "decode": str}, "got both"),
    "not callable": (IDS, {"decode": WORDS}, "decode=.*expected a function"),
    "text": (IDS, {"decode": lambda row: "words"}, "expected a list of 5 words; got str"),
    "joined": (IDS, {"decode": lambda row: ["a"]}, "expected 5 words for a row of 5 ids; got 1"),
    "bytes": (IDS, {"decode": lambda row: [b"a"] * 5}, "expected a list of 5 words; got"),
    "raises": (IDS, {"decode": lambda row: row.words}, "it raised AttributeError"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_the_inputs_is_refused(case: str, tmp_path: Path) -> None:
    x, settings, message = REFUSED[case]
    table = keras.Sequential([keras.Input((2,)), layers.Dense(3)])
    model = compiled(table) if x is not IDS else text_model()
    with pytest.raises(ValueError, match=message):
        logged(
            model, x, tmp_path, WordEvidence() if x is IDS else IntegratedGradients(), **settings
        )
    assert not (tmp_path / "explain").exists()


# ------------------------------------------------------------------------------- texts


def test_words_of_texts_are_those_of_the_model_itself(tmp_path: Path) -> None:
    model = text_model_of_texts(keras, length=4)
    model.compile("sgd", "binary_crossentropy")
    labels = np.array([1, 0, 0, 1])
    data = tf.data.Dataset.from_tensor_slices((TEXTS, labels)).batch(2)
    explain = Explain(data, log_dir=tmp_path, on_error="raise", verbose=False)
    compression = Compression(
        log_dir=tmp_path, validation_data=data, on_error="raise", verbose=False
    )
    model.fit(data, epochs=1, shuffle=None, verbose=0, callbacks=[explain, compression])
    run = read_run(tmp_path)
    values, rows = run.record("values/input"), run.record("samples").rows
    words = np.reshape(values.words, (4, 4))
    assert [" ".join(row).strip() for row in words] == TEXTS[rows].tolist()
    assert run.record("samples").settings["inputs"] == "input as 4 words"
    content = run.content("map/IntegratedGradients/input/0")
    assert (content.layout, content.input, content.shape) == ("tokens", "input", (4,))
    own = Explain(data, log_dir=tmp_path / "b", vocabulary={2: "GOOD"}, verbose=False)
    model.fit(data, epochs=1, shuffle=None, verbose=0, callbacks=[own])
    said = read_run(tmp_path / "b").record("values/input").words
    assert {"GOOD", "#3"} <= set(said)


def test_ids_that_a_vocabulary_does_not_reach_end_no_training(tmp_path: Path) -> None:
    """Here all ids are moved on behind the layer whose vocabulary it is."""
    ids = vectorizer(keras, output_sequence_length=4)(text := keras.Input((), dtype="string"))
    vectors = layers.Embedding(32, 4)(ids + 20)
    top = layers.Dense(1, activation="sigmoid")(layers.GlobalAveragePooling1D()(vectors))
    model = keras.Model(text, top)
    model.compile("sgd", "binary_crossentropy")
    data = tf.data.Dataset.from_tensor_slices((TEXTS, np.array([1, 0, 0, 1]))).batch(4)
    callback = Explain(data, log_dir=tmp_path, on_error="raise", verbose=False)
    model.fit(data, epochs=1, shuffle=None, verbose=0, callbacks=[callback])
    assert {"#22", "#20"} <= set(read_run(tmp_path).record("values/input").words)


def test_columns_of_texts_are_shown_and_explained(tmp_path: Path) -> None:
    kind, age = keras.Input((1,), dtype="string", name="kind"), keras.Input((1,), name="age")
    known = layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")(kind)
    model = keras.Model([age, kind], layers.Dense(1)(layers.Concatenate()([age, known])))
    model.compile("sgd", "mse")
    rows = (np.arange(4.0)[:, None], np.array([["a"], ["b"], ["b"], ["c"]]))
    data = tf.data.Dataset.from_tensor_slices((rows, np.arange(4.0))).batch(4)
    explain = Explain(data, log_dir=tmp_path, verbose=False)
    with pytest.warns(ExplainWarning, match="input 'kind' of IntegratedGradients is left out"):
        model.fit(data, epochs=1, shuffle=None, verbose=0, callbacks=[explain])
    run = read_run(tmp_path)
    assert run.record("values/kind").words == rows[1][run.record("samples").rows, 0].tolist()
    content = run.content("map/Occlusion/kind/0")
    assert (content.layout, content.input, content.shape) == ("tokens", "kind", (1,))


def test_columns_of_one_number_are_explained_whatever_stands_beside_them(tmp_path: Path) -> None:
    kind = keras.Input((1,), dtype="int32", name="kind")
    shop = keras.Input((1,), dtype="int32", name="shop")
    age = keras.Input((), name="age")
    known = layers.CategoryEncoding(3, output_mode="one_hot")(kind)
    embedded = layers.Flatten()(layers.Embedding(3, 2)(shop))
    joined = layers.Concatenate()([layers.Reshape((1,))(age), known, embedded])
    dense = layers.Dense(1)
    model = keras.Model({"age": age, "kind": kind, "shop": shop}, dense(joined))
    model.compile("sgd", "mse")
    columns = {
        "age": np.arange(1, 5, dtype=np.float32),
        "kind": np.array([[0], [1], [2], [1]]),
        "shop": np.array([[0], [1], [1], [2]]),
    }
    data = tf.data.Dataset.from_tensor_slices((columns, np.arange(4.0))).batch(4)
    explain = Explain(data, log_dir=tmp_path, verbose=False)
    with pytest.warns(ExplainWarning, match="input 'kind' of IntegratedGradients is left out"):
        model.fit(data, epochs=1, shuffle=None, verbose=0, callbacks=[explain])
    run = read_run(tmp_path)
    weight = float(dense.get_weights()[0][0, 0])  # of the age
    rows = run.record("samples").rows
    for method in ("IntegratedGradients", "Occlusion"):
        for sample, row in enumerate(rows):
            shown = run.record(f"map/{method}/age/{sample}").values
            np.testing.assert_allclose(shown, [weight * columns["age"][row]], rtol=2e-3)
    assert run.content("map/IntegratedGradients/shop/0").layout == "tokens"
    assert run.content("map/Occlusion/kind/0").shape == (1,)


def test_flags_are_hidden_and_shown_as_numbers(tmp_path: Path) -> None:
    flags = keras.Input((3,), dtype="bool")
    dense = layers.Dense(1)
    model = keras.Model(flags, dense(layers.Lambda(lambda x: tf.cast(x, "float32"))(flags)))
    model.compile("sgd", "mse")
    x = np.array([[0, 1, 1], [1, 0, 0], [1, 1, 1], [0, 0, 1]], bool)
    explain = Explain((x, np.arange(4.0)), log_dir=tmp_path, verbose=False)
    model.fit(x, np.arange(4.0), verbose=0, callbacks=[explain])
    run = read_run(tmp_path)
    rows = run.record("samples").rows
    np.testing.assert_array_equal(run.record("values/input").values, x[rows])
    for sample, row in enumerate(rows):
        shown = run.record(f"map/Occlusion/input/{sample}").values
        np.testing.assert_allclose(shown, x[row] * dense.get_weights()[0][:, 0], atol=2e-3)


def test_a_picture_is_drawn_with_the_channels_that_the_model_has() -> None:
    turned = [layers.Permute((2, 3, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)]
    model = keras.Sequential([keras.Input((3, 8, 6)), *turned])
    pictures = tf.random.stateless_uniform((2, 3, 8, 6), (1, 2))
    drawn, _ = pictures_of(trace_model(model, pictures), pictures, (0.0, 1.0))
    assert drawn["input"].shape == (2, 8, 6, 3)
    expected = np.round(np.moveaxis(pictures.numpy(), 1, -1) * 255)
    assert np.abs(drawn["input"].astype(float) - expected).max() <= 1
