"""A student beside its teacher, against both models' own maps and predictions."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from scipy import special, stats
from support.models import digits, same_bits
from support.read import Run, read_run

import tfexplain
from tfexplain import Attention, Explain, GradCAM, IntegratedGradients, TfexplainError
from tfexplain.quality.similarity import MEASURES, OTHERS
from tfexplain.resampling import stretched

X, Y = digits()
layers = keras.layers


def network(filters: int, depth: int, seed: int) -> Any:
    keras.utils.set_random_seed(seed)
    convolutions = [
        layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv{n}_{filters}")
        for n in range(depth)
    ]
    pools = [layers.AveragePooling2D(2)] if depth > 2 else []
    parts = [*convolutions, *pools, layers.GlobalAveragePooling2D(), layers.Dense(10)]
    return keras.Sequential([keras.Input((8, 8, 1)), *parts, layers.Softmax()])


class Learning(keras.Model):  # type: ignore[misc]
    """A student that learns from a teacher by a step of its own; the teacher learns too, or not."""

    def __init__(self, student: Any, teacher: Any, moves: bool = False) -> None:
        super().__init__()
        self.student, self.teacher, self._moves = student, teacher, moves

    def train_step(self, data: Any) -> Any:
        import tensorflow as tf

        x, _ = data
        wanted = self.teacher(x, training=False)
        with tf.GradientTape() as tape:
            said = self.student(x, training=True)
            loss = tf.reduce_mean(keras.losses.kl_divergence(wanted, said))
        weights = self.student.trainable_weights
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        if self._moves:
            for weight in self.teacher.weights:
                weight.assign(weight * 0.7)
        return {"loss": loss}


def fit(model: Any, log_dir: Path, **settings: Any) -> Run:
    callback = Explain(
        (X, Y),
        log_dir=log_dir,
        **{"explainers": [GradCAM(relu=False)], "reference": "teacher"} | settings,
        write_images=False,
        on_error="raise",
        verbose=False,
    )
    settings = {"epochs": 2, "batch_size": 32, "shuffle": False, "verbose": 0}
    model.fit(X[:64], Y[:64], callbacks=[callback], **settings)
    return read_run(log_dir)


def maps(run: Run, layer: str, step: int) -> Any:
    return np.stack([m.values for m in run.maps("GradCAM", layer, step)]).astype(np.float64)


@pytest.fixture(scope="module")
def distilled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A teacher of three layers and a student of one, under Keras' Distiller; and the log."""
    distillation = pytest.importorskip("keras.distillation")
    teacher, student = network(6, 3, seed=1), network(4, 1, seed=2)
    model = distillation.Distiller(
        teacher=teacher,
        student=student,
        distillation_losses=distillation.LogitsDistillation(),
        distillation_loss_weights=1.0,
    )
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    folder = tmp_path_factory.mktemp("logs")
    run = fit(model, folder / "run")
    return teacher, student, run, tfexplain.read(folder)


def test_maps_are_compared_with_the_teachers_at_its_own_last_layer(distilled: Any) -> None:
    teacher, student, run, logs = distilled
    log = logs["run"]
    hashes = run.record("samples", 0).hashes if "samples" in run.values else None
    assert hashes is not None
    tag = "drift/GradCAM/conv0_4"
    assert sorted(run.values[tag]) == [0, 1]
    found = run.record(tag, 1)
    assert (found.reference, found.reference_step) == ("the teacher", None)
    # The same samples, found by what they hold.
    labels = run.record("samples", 0).labels.astype(int)
    own = maps(run, "conv0_4", 1)
    rows = [rows_of(student, own, labels)[n] for n in range(len(own))]
    theirs = GradCAM(relu=False)(teacher, X[rows], targets=labels).values
    assert theirs.shape[1:] != own.shape[1:]
    wide = stretched(theirs.astype(np.float64), own.shape[1:])
    expected = [
        stats.pearsonr(a.ravel(), b.ravel()).statistic for a, b in zip(own, wide, strict=True)
    ]
    np.testing.assert_allclose(found.values[:, MEASURES.index("pearson")], expected, atol=3e-3)
    same = student.predict(X[rows], verbose=0).argmax(1) == teacher.predict(
        X[rows], verbose=0
    ).argmax(1)
    assert found.agrees.tolist() == same.tolist()
    # The control: the teacher's maps of four others of the eight samples.
    rolled = [np.roll(wide, shift, axis=0) for shift in (1, 3, 5, 7)]
    others = [
        np.mean([stats.spearmanr(a.ravel(), r[n].ravel()).statistic for r in rolled])
        for n, a in enumerate(own)
    ]
    assert found.measures == [*MEASURES, OTHERS]
    np.testing.assert_allclose(found.values[:, -1], others, atol=0.02)
    np.testing.assert_allclose(log.similarity[OTHERS][-8:], found.values[:, -1])
    assert set(log.similarity["reference"]) == {"the teacher"}


def test_the_teachers_own_maps_are_a_run_beside_written_once(distilled: Any) -> None:
    teacher, student, run, logs = distilled
    own, log = read_run(logs["run"].directory / "teacher"), logs["run/teacher"]
    tags = [tag for tag in own.values if tag.startswith(("map/", "predictions"))]
    assert {tuple(own.written[tag]) for tag in tags} == {(0,)}
    # Called after the layer that it stands beside; which it is of is told.
    content = own.content("map/GradCAM/conv0_4/0")
    (place,) = {tag.rpartition("/")[0] for tag in tags if tag.startswith("map/")}
    assert place == "map/GradCAM/conv0_4"
    assert content.settings["layer of the teacher"].startswith("average_pooling2d")
    assert (content.role, own.content("predictions").role) == ("teacher", "teacher")
    # Its input is called as the student's, over which maps are drawn.
    assert {f"inputs/{content.input}"} == {tag for tag in own.values if tag.startswith("inputs/")}
    assert content.input == run.content("map/GradCAM/conv0_4/0").input != ""
    samples = run.record("samples", 0)
    assert own.record("samples", 0).hashes.tolist() == samples.hashes.tolist()
    rows = rows_of(student, maps(run, "conv0_4", 1), samples.labels.astype(int))
    theirs = GradCAM(relu=False)(teacher, X[rows], targets=samples.labels.astype(int)).values
    np.testing.assert_allclose(maps(own, "conv0_4", 0), theirs, atol=1e-3 * abs(theirs).max())
    expected = teacher.predict(X[rows], verbose=0)
    np.testing.assert_allclose(own.record("predictions", 0).outputs, expected, rtol=1e-4)
    assert list(log.predictions["predicted"]) == expected.argmax(1).tolist()
    assert log.maps[0].maps().shape == theirs.shape


def rows_of(student: Any, own: Any, labels: Any) -> list[int]:
    """Which rows of the data were explained: those whose maps these are."""
    everything = GradCAM(relu=False)(student, X, targets=Y).values.reshape(len(X), -1)
    flat = own.reshape(len(own), -1)
    errors = np.abs(flat[:, None] - everything[None]).max(-1) + 9 * (labels[:, None] != Y[None])
    return [int(row) for row in errors.argmin(1)]


def test_predictions_and_attention_are_compared_too(distilled: Any) -> None:
    teacher, student, run, logs = distilled
    log = logs["run"]
    found = run.record("fidelity", 1)
    said, wanted = (m.predict(X, verbose=0).astype(np.float64) for m in (student, teacher))
    assert found.numbers["samples"] == len(X)
    assert found.numbers["agreement"] == (said.argmax(1) == wanted.argmax(1)).mean()
    expected = np.mean([stats.entropy(a, b) for a, b in zip(wanted, said, strict=True)])
    assert found.numbers["kl"] == pytest.approx(expected, rel=1e-3)
    (name,) = (name for name in found.numbers if name.startswith("attention"))
    assert name == "attention transfer conv0_4"
    labels = run.record("samples", 0).labels.astype(int)
    rows = rows_of(student, maps(run, "conv0_4", 1), labels)
    pair = []
    for model, layer in ((student, "conv0_4"), (teacher, "average_pooling2d")):
        at = next(one for one in model.layers if one.name.startswith(layer))
        read = keras.Model(model.inputs, at.output)
        square = np.square(read.predict(X[rows], verbose=0)).mean(-1)
        wide = stretched(square.astype(np.float64), (8, 8)).reshape(len(rows), -1)
        pair.append(wide / np.linalg.norm(wide, axis=1, keepdims=True))
    distance = np.linalg.norm(pair[0] - pair[1], axis=1).mean()
    assert found.numbers[name] == pytest.approx(distance, rel=1e-3)
    table = log.fidelity
    assert list(table["epoch"]) == [0, 1]
    assert table["agreement"][1] == found.numbers["agreement"]


def test_a_teacher_of_ones_own_step_that_moves_is_explained_again(tmp_path: Path) -> None:
    """After two epochs of four steps its weights are nearly zero, and it says the same of all."""
    model = Learning(network(4, 1, seed=2), network(4, 1, seed=2), moves=True)
    model.compile(keras.optimizers.SGD(0.0))
    run = fit(model, tmp_path)
    numbers = [run.record("fidelity", step).numbers for step in (0, 1)]
    assert numbers[0]["kl"] < numbers[1]["kl"]
    assert run.record("drift/GradCAM/conv0_4", 0).values.shape == (8, len(MEASURES) + 1)
    own = read_run(tmp_path / "teacher")
    assert own.written["map/GradCAM/conv0_4/0"] == [0, 1]
    seen = [own.record("predictions", step).outputs for step in (0, 1)]
    assert np.ptp(seen[1]) < np.ptp(seen[0])


def test_training_is_left_as_it_was(tmp_path: Path) -> None:
    ends = []
    for logs in (True, False):
        model = Learning(network(4, 1, seed=2), network(6, 3, seed=1))
        model.compile(keras.optimizers.Adam(0.01))
        if logs:
            fit(model, tmp_path)
        else:
            model.fit(X[:64], Y[:64], epochs=2, batch_size=32, shuffle=False, verbose=0)
        ends.append([w.numpy() for w in (*model.student.weights, *model.teacher.weights)])
    assert same_bits(*ends)


def test_a_layer_that_only_the_student_has_is_named(tmp_path: Path) -> None:
    model = Learning(network(4, 1, seed=2), network(6, 3, seed=1))
    model.compile(keras.optimizers.SGD(0.01))
    run = fit(model, tmp_path, explainers=[GradCAM(layer="conv0_4", relu=False)])
    assert np.isfinite(run.record("drift/GradCAM/conv0_4", 1).values[:, 0]).any()


def test_what_has_no_teacher_is_told(tmp_path: Path) -> None:
    model = network(4, 1, seed=2)
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(TfexplainError, match="attribute `teacher`"):
        fit(model, tmp_path / "none")
    flat = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten()])
    other = Learning(network(4, 1, seed=2), flat)
    other.compile("sgd")
    with pytest.raises(TfexplainError, match="cannot be explained beside the student"):
        fit(other, tmp_path / "other")


@pytest.mark.parametrize("compiled", ["whole", "teacher", "none"])
def test_logits_of_who_is_not_compiled_are_read_by_the_loss_of_the_others(
    tmp_path: Path, compiled: str
) -> None:
    """Where no loss says that they are logits, there is no KL: they may be anything."""

    def linear() -> Any:
        return keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10)])

    model = Learning(linear(), linear())
    logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", logits if compiled == "whole" else None)
    if compiled == "teacher":
        model.teacher.compile("sgd", logits)
    run = fit(model, tmp_path, explainers=[IntegratedGradients(steps=4)])
    found = run.record("fidelity", 1).numbers
    said, wanted = (
        special.softmax(one.predict(X, verbose=0).astype(np.float64), axis=1)
        for one in (model.student, model.teacher)
    )
    activation = run.record("predictions", 1).activation
    if compiled == "none":
        assert ("kl" in found, activation) == (False, "none")
    else:
        assert activation == "softmax"
        expected = stats.entropy(wanted, said, axis=1).mean()
        assert found["kl"] == pytest.approx(expected, rel=1e-3)


def attending(heads: int, seed: int) -> Any:
    """Eight rows of a digit as tokens, and one attention over them."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((8, 8, 1))
    tokens = layers.Dense(8, name="embed")(layers.Reshape((8, 8))(inputs))
    seen = layers.MultiHeadAttention(heads, 4, name=f"attention{heads}")(tokens, tokens)
    x = layers.GlobalAveragePooling1D()(layers.Add()([tokens, seen]))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def test_attention_of_other_numbers_of_heads_is_compared_by_its_mean(tmp_path: Path) -> None:
    student, teacher = attending(2, seed=1), attending(4, seed=2)
    model = Learning(student, teacher)
    model.compile(keras.optimizers.SGD(0.0))
    run = fit(model, tmp_path, explainers=[Attention()])
    values = run.record("drift/Attention/attention2", 1).values[:, MEASURES.index("pearson")]
    tags = [f"matrix/Attention/attention2/{n}" for n in range(8)]
    logged = [run.record(tag, 1).values for tag in tags]
    labels = run.record("samples", 0).labels.astype(int)
    own = Attention()(student, X, targets=Y)["attention2"].values
    # By what they hold, as above.
    flat = np.stack(logged).reshape(len(logged), -1)
    errors = np.abs(flat[:, None] - own.reshape(len(X), -1)[None]).max(-1)
    rows = (errors + 9 * (labels[:, None] != Y[None])).argmin(1)
    theirs = Attention()(teacher, X[rows], targets=labels)["attention4"].values.mean(1)
    pairs = zip(own[rows].mean(1), theirs, strict=True)
    expected = [stats.pearsonr(a.ravel(), b.ravel()).statistic for a, b in pairs]
    np.testing.assert_allclose(values, expected, atol=3e-3)


# Of Keras, which saves the weights of convolutions so.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_restart_goes_on_under_mixed_precision_and_several_steps_at_once(tmp_path: Path) -> None:
    """As in two processes: each with a callback of its own, the second one restored."""

    class Killed(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                raise KeyboardInterrupt

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        for killed in (True, False):
            model = Learning(network(4, 1, seed=2), network(6, 3, seed=1))
            model.compile(keras.optimizers.SGD(0.01), steps_per_execution=4)
            model.built = True  # it has no call; without this Keras backs nothing up
            explain = Explain(
                (X, Y),
                log_dir=tmp_path / "run",
                explainers=[GradCAM(relu=False)],
                reference="teacher",
                write_images=False,
                on_error="raise",
                verbose=False,
            )
            callbacks = [explain, keras.callbacks.BackupAndRestore(tmp_path / "backup")]
            with pytest.raises(KeyboardInterrupt) if killed else nullcontext():
                model.fit(
                    *(X[:64], Y[:64]),
                    epochs=4,
                    batch_size=8,
                    verbose=0,
                    callbacks=[*callbacks, *([Killed()] if killed else [])],
                )
    finally:
        keras.config.set_dtype_policy(before)
    run, own = read_run(tmp_path / "run"), read_run(tmp_path / "run" / "teacher")
    assert sorted(run.values["drift/GradCAM/conv0_4"]) == [0, 1, 2, 3]
    steps = own.written["map/GradCAM/conv0_4/0"]
    assert steps[0] == 0
    assert len(steps) == 2  # once by each
    first, again = (maps(own, "conv0_4", step) for step in steps)
    np.testing.assert_array_equal(first, again)


def reading(blocks: int, width: int, seed: int) -> Any:
    """Twelve words, and blocks of attention over them; inputs have the names that Keras gives."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((12,), dtype="int32")
    x = layers.Embedding(30, width)(inputs)
    for n in range(blocks):
        seen = layers.MultiHeadAttention(2, 4, name=f"attention{n}_{width}")(x, x)
        x = layers.Add(name=f"block{n}_{width}")([x, seen])
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def test_students_of_words_are_compared_by_layer_too(tmp_path: Path) -> None:
    words = np.random.default_rng(0).integers(1, 30, (24, 12))
    classes = np.arange(24) % 3
    student, teacher = reading(1, 6, seed=1), reading(3, 8, seed=2)
    model = Learning(student, teacher)
    model.compile(keras.optimizers.SGD(0.0))
    methods = [GradCAM(layer="stages"), IntegratedGradients(steps=4)]
    callback = Explain(
        (words, classes),
        log_dir=tmp_path / "run",
        explainers=methods,
        reference="teacher",
        write_images=False,
        on_error="raise",
        verbose=False,
    )
    model.fit(words, classes, epochs=1, verbose=0, callbacks=[callback])
    run, own = read_run(tmp_path / "run"), read_run(tmp_path / "run" / "teacher")
    rows = run.record("samples", 0).rows
    numbers = run.record("fidelity", 0).numbers
    transfer = {name: value for name, value in numbers.items() if name.startswith("attention ")}
    stages = [
        tag.split("/", 2)[2].rpartition("/")[0]
        for tag in run.values
        if tag.startswith("map/GradCAM/") and tag.endswith("/0")
    ]
    assert transfer.keys() == {f"attention transfer {stage}" for stage in stages}
    assert transfer
    paired = {
        stage: own.content(f"map/GradCAM/{stage}/0").settings["layer of the teacher"]
        for stage in stages
    }
    for stage, other in paired.items():
        pair = []
        for one, layer in ((student, stage), (teacher, other)):
            read = keras.Model(one.inputs, one.get_layer(layer).output)
            square = np.square(read.predict(words[rows], verbose=0).astype(np.float64)).mean(-1)
            pair.append(square / np.linalg.norm(square, axis=1, keepdims=True))
        distance = np.linalg.norm(pair[0] - pair[1], axis=1).mean()
        assert transfer[f"attention transfer {stage}"] == pytest.approx(distance, rel=1e-3)
    # Maps of words lie over the words, whatever each model calls its input.
    (name,) = {tag.split("/")[1] for tag in run.values if tag.startswith("values/")}
    tag = f"map/IntegratedGradients/{name}/0"
    assert (own.content(tag).input, own.content(tag).layout) == (name, "tokens")
    assert run.content(tag).layout == "tokens"
