"""Drift during training, against numbers recomputed from the maps in the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from scipy import stats
from support.models import digits, small_cnn
from support.read import Run, read_run

from tfexplain import Explain, FeatureMaps, GradCAM, IntegratedGradients
from tfexplain.quality.similarity import MEASURES

X, Y = digits()
EXPLAINERS = [FeatureMaps(), GradCAM(relu=False), IntegratedGradients(steps=4)]
PLACES = [("GradCAM", "conv"), ("IntegratedGradients", "input")]


def quick_cnn() -> Any:
    """A model whose predictions change within a few epochs."""
    model = small_cnn()
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    return model


def fit(log_dir: Path, epochs: int = 3, model: Any = None, **options: Any) -> Run:
    model = model or quick_cnn()
    settings = {"explainers": EXPLAINERS, "on_error": "raise", "verbose": False, **options}
    callback = Explain((X, Y), log_dir=log_dir, write_images=False, **settings)
    model.fit(X, Y, epochs=epochs, batch_size=16, verbose=0, callbacks=[callback])
    return read_run(log_dir)


def maps(run: Run, explainer: str, layer: str, step: int) -> Any:
    return np.stack([m.values for m in run.maps(explainer, layer, step)]).astype(np.float64)


def by_hand(a: Any, b: Any) -> Any:
    """Pearson, Spearman and overlap [N, 3], sample by sample."""
    found = []
    for x, y in zip(a.reshape(len(a), -1), b.reshape(len(b), -1), strict=True):
        tops = [set(np.argsort(-abs(z))[: round(0.1 * z.size)].tolist()) for z in (x, y)]
        overlap = len(tops[0] & tops[1]) / len(tops[0] | tops[1])
        found.append([np.corrcoef(x, y)[0, 1], stats.spearmanr(x, y).statistic, overlap])
    return np.array(found)


def test_drift_from_the_first_epoch_is_what_its_logged_maps_say(tmp_path: Path) -> None:
    run = fit(tmp_path)
    assert not [tag for tag in run.values if tag.startswith("drift/FeatureMaps")]
    for explainer, layer in PLACES:
        tag = f"drift/{explainer}/{layer}"
        assert sorted(run.values[tag]) == [0, 1, 2]
        assert (run.record(tag, 0).values == 1).all()
        for step in (1, 2):
            found = run.record(tag, step)
            assert (found.reference, found.role) == ("epoch 0", "model")
            assert found.reference_step == 0
            assert tuple(found.measures) == MEASURES
            assert found.values.shape == (8, 4)
            expected = by_hand(*(maps(run, explainer, layer, s) for s in (step, 0)))
            # Maps are logged as float16 of their largest magnitude; ranks may swap.
            assert np.allclose(found.values[:, 0], expected[:, 0], atol=2e-3)
            assert np.allclose(found.values[:, 1], expected[:, 1], atol=2e-2)
            assert np.allclose(found.values[:, 2], expected[:, 2], atol=0.35)
            assert np.median(abs(found.values[:, 2] - expected[:, 2])) == 0
            assert (found.values[:, 3] < 1).all()
            same = [run.record("predictions", s).predicted for s in (step, 0)]
            assert found.agrees.tolist() == (same[0] == same[1]).tolist()
    assert not run.record("drift/GradCAM/conv", 2).agrees.all(), "nothing flipped: a poor test"


@pytest.mark.parametrize("metric", ["loss", "val_loss"])
def test_the_best_epoch_moves_while_training_improves(metric: str, tmp_path: Path) -> None:
    losses = [3.0, 2.0, 2.5, float("nan"), 1.0, 1.0]

    class Losses(keras.callbacks.Callback):  # type: ignore[misc]
        """Says what the loss was; the others of this `fit` read it."""

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["loss"] = -epoch if metric == "val_loss" else losses[epoch]
            logs[metric] = losses[epoch]

    model = small_cnn()
    callback = Explain(
        (X, Y),
        explainers=EXPLAINERS,
        log_dir=tmp_path,
        reference="best",
        on_error="raise",
        verbose=False,
    )
    model.fit(X, Y, epochs=6, batch_size=16, verbose=0, callbacks=[Losses(), callback])
    run = read_run(tmp_path)
    for explainer, layer in PLACES:
        records = [run.record(f"drift/{explainer}/{layer}", step) for step in range(6)]
        best = [0, 1, 1, 1, 4, 4]
        assert [r.reference for r in records] == [
            f"epoch {b}, the best so far by {metric}" for b in best
        ]
        assert [r.reference_step for r in records] == best
        for step, (record, b) in enumerate(zip(records, best, strict=True)):
            expected = by_hand(*(maps(run, explainer, layer, s) for s in (step, b)))
            assert np.allclose(record.values[:, 0], expected[:, 0], atol=2e-3)
            assert (record.values == 1).all() == (step == b)


def test_epochs_without_validation_never_become_the_best(tmp_path: Path) -> None:
    model = small_cnn()
    callback = Explain(
        (X, Y),
        explainers=GradCAM(),
        log_dir=tmp_path,
        reference="best",
        on_error="raise",
        verbose=False,
    )
    options = {"validation_data": (X, Y), "validation_freq": 2, "verbose": 0}
    model.fit(X, Y, epochs=5, batch_size=16, callbacks=[callback], **options)
    run = read_run(tmp_path)
    texts = [run.record("drift/GradCAM/conv", step).reference for step in range(5)]
    validated = [f"epoch {s}, the best so far by val_loss" for s in (1, 1, 3, 3)]
    assert texts == ["epoch 0, the best so far by loss", *validated]


def resumed(log_dir: Path, val: Any = (X, Y), **options: Any) -> Run:
    """Goes on from epoch 2, as a new process does: with another model and another callback."""
    settings = {"explainers": EXPLAINERS[1:], "on_error": "raise", "verbose": False, **options}
    callback = Explain(val, log_dir=log_dir, write_images=False, **settings)
    quick_cnn().fit(X, Y, initial_epoch=2, epochs=4, batch_size=16, verbose=0, callbacks=[callback])
    return read_run(log_dir)


def test_a_training_that_goes_on_is_compared_with_its_own_first_epoch(tmp_path: Path) -> None:
    fit(tmp_path, epochs=2)
    for run in (resumed(tmp_path), resumed(tmp_path, reference=0)):
        assert sorted(run.values["predictions"]) == [0, 1, 2, 3]
        for explainer, layer in PLACES:
            for step in (2, 3):
                found = run.record(f"drift/{explainer}/{layer}", step)
                assert (found.reference, found.reference_step) == ("epoch 0", 0)
                expected = by_hand(*(maps(run, explainer, layer, s) for s in (step, 0)))
                assert np.allclose(found.values[:, 0], expected[:, 0], atol=2e-3)
                same = [run.record("predictions", s).predicted for s in (step, 0)]
                assert found.agrees.tolist() == (same[0] == same[1]).tolist()
    # Maps of other settings, or of other samples, are no reference: the new one is named.
    other = [GradCAM(relu=False), IntegratedGradients(steps=8)]
    run = resumed(tmp_path, explainers=other)
    tags = [f"drift/{explainer}/{layer}" for explainer, layer in PLACES]
    assert [run.record(tag).reference for tag in tags] == ["epoch 0", "epoch 2"]
    run = resumed(tmp_path, val=(X[:40], Y[:40]))
    assert [run.record(tag).reference for tag in tags] == ["epoch 2", "epoch 2"]
    assert (run.record(tags[0], 2).values == 1).all()
    best = resumed(tmp_path, reference="best").record(tags[0]).reference
    assert best == "epoch 3, the best since epoch 2 by loss"


def test_an_epoch_as_reference(tmp_path: Path) -> None:
    run = fit(tmp_path, 6, reference=2, every=2)
    assert sorted(run.values["drift/GradCAM/conv"]) == [2, 4, 5]
    assert (run.record("drift/GradCAM/conv", 2).values == 1).all()
    found = run.record("drift/GradCAM/conv", 5)
    assert found.reference == "epoch 2"
    expected = by_hand(*(maps(run, "GradCAM", "conv", s) for s in (5, 2)))
    assert np.allclose(found.values[:, 0], expected[:, 0], atol=2e-3)


def test_a_model_as_reference(tmp_path: Path, capsys: Any) -> None:
    dense = small_cnn(seed=5)
    dense.fit(X, Y, epochs=4, batch_size=16, verbose=0)
    run = fit(tmp_path, 2, reference=dense, verbose=True)
    rows = run.record("samples").rows
    theirs = GradCAM(relu=False)(dense, X[rows], Y[rows]).values
    predicted = dense.predict(X[rows], verbose=0).argmax(1)
    for step in (0, 1):
        found = run.record("drift/GradCAM/conv", step)
        assert (found.reference, found.reference_step) == (f"model {dense.name}", None)
        expected = by_hand(maps(run, "GradCAM", "conv", step), theirs.astype(np.float64))
        assert np.allclose(found.values[:, 0], expected[:, 0], atol=2e-3)
        ours = run.record("predictions", step).predicted
        assert found.agrees.tolist() == (ours == predicted).tolist()
    assert f"from model {dense.name}" in capsys.readouterr().out


def test_a_pruned_model_drifts_from_the_dense_one_it_was_made_of(tmp_path: Path) -> None:
    sparsity = pytest.importorskip("tensorflow_model_optimization").sparsity.keras
    dense = small_cnn(tf_keras)
    dense.fit(X, Y, epochs=4, batch_size=16, verbose=0)
    copy = tf_keras.models.clone_model(dense)
    copy.set_weights(dense.get_weights())
    schedule = sparsity.ConstantSparsity(0.8, 0, frequency=1)
    pruned = sparsity.prune_low_magnitude(copy, schedule)
    pruned.compile(tf_keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    callback = Explain(
        (X, Y),
        explainers=EXPLAINERS,
        log_dir=tmp_path,
        reference=dense,
        on_error="raise",
        verbose=False,
    )
    steps = sparsity.UpdatePruningStep()
    pruned.fit(X, Y, epochs=2, batch_size=16, verbose=0, callbacks=[steps, callback])
    found = read_run(tmp_path).record("drift/GradCAM/conv")
    assert found.reference == f"model {dense.name}"
    assert np.nanmin(found.values[:, 0]) < 0.9
    assert "map/GradCAM/conv/0" in read_run(tmp_path).values, "its maps go by another name"
    rows = read_run(tmp_path).record("samples").rows
    theirs, ours = (GradCAM(relu=False)(m, X[rows], Y[rows]).maps for m in (dense, pruned))
    seen = np.ptp(ours, axis=(1, 2)) > 0
    expected = by_hand(ours[seen], theirs[seen])
    assert np.allclose(found.values[seen, :2], expected[:, :2], atol=1e-5)
    assert np.isnan(found.values[~seen, 0]).all()


def test_samples_explained_for_another_class_have_no_drift(tmp_path: Path) -> None:
    run = fit(tmp_path, targets="predicted")
    targets = [np.array([m.target for m in run.maps("GradCAM", "conv", s)]) for s in (0, 2)]
    flipped = targets[0] != targets[1]
    found = run.record("drift/GradCAM/conv", 2)
    assert 0 < flipped.sum() < 8, "a poor test"
    assert np.isnan(found.values[flipped]).all()
    assert np.isfinite(found.values[~flipped]).all()
    assert found.agrees.tolist() == (~flipped).tolist()


def test_values_always_agree(tmp_path: Path) -> None:
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Conv2D(3, 3, name="conv"), keras.layers.Flatten()]
    )
    model.add(keras.layers.Dense(1))
    model.compile("adam", "mse")
    run = fit(tmp_path, 2, model)
    assert run.record("drift/GradCAM/conv").agrees.all()


def test_the_reference_outlives_a_fit_and_not_its_samples(tmp_path: Path) -> None:
    settings = {"log_dir": tmp_path, "on_error": "raise", "verbose": False}
    model, callback = small_cnn(), Explain((X, Y), explainers=GradCAM(), **settings)
    for _ in range(2):
        model.fit(X, Y, epochs=2, verbose=0, callbacks=[callback])
    run = read_run(tmp_path)
    assert [run.record("drift/GradCAM/conv", s).reference for s in range(4)] == ["epoch 0"] * 4

    moving = {"data": (X, Y)}

    class Validation(keras.utils.PyDataset):  # type: ignore[misc]
        def __len__(self) -> int:
            return 1

        def __getitem__(self, index: int) -> Any:
            return moving["data"]

    callback = Explain(
        Validation(), explainers=GradCAM(), **{**settings, "log_dir": tmp_path / "other"}
    )
    for data in ((X, Y), (1 - X, Y)):
        moving["data"] = data
        model.fit(X, Y, epochs=2, verbose=0, callbacks=[callback])
    run = read_run(tmp_path / "other")
    texts = [run.record("drift/GradCAM/conv", s).reference for s in range(4)]
    assert texts == ["epoch 0", "epoch 0", "epoch 2", "epoch 2"]


def test_no_drift_where_none_is_asked_for(tmp_path: Path) -> None:
    run = fit(tmp_path, 1, reference=None)
    assert not [tag for tag in run.values if tag.startswith("drift/")]
    assert run.record("samples").settings["drift"] == "not measured"


def test_a_failure_is_told_and_training_goes_on(tmp_path: Path) -> None:
    class NoLosses(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs.clear()

    callback = Explain(
        (X, Y), explainers=GradCAM(), log_dir=tmp_path, reference="best", verbose=False
    )
    with pytest.warns(RuntimeWarning, match="drift: TfexplainError at epoch 0: reference='best'"):
        small_cnn().fit(X, Y, epochs=2, verbose=0, callbacks=[NoLosses(), callback])
    run = read_run(tmp_path)
    assert sorted(run.values["map/GradCAM/conv/0"]) == [0, 1]
    (problem,) = run.record("status").problems
    assert problem.count == 2


def other(**changes: Any) -> Any:
    """A model like `small_cnn`, apart from one thing."""
    found = {"strides": 1, "more": "", "classes": 10, **changes}
    layers = keras.layers
    conv = layers.Conv2D(
        *(6, 3), padding="same", strides=found["strides"], activation="relu", name="conv"
    )
    hidden = [conv, *([layers.ReLU(name=found["more"])] if found["more"] else [])]
    head = layers.Dense(found["classes"], activation="softmax")
    return keras.Sequential(
        [keras.Input((8, 8, 1)), *hidden, layers.GlobalAveragePooling2D(), head], name="theirs"
    )


REFUSED: dict[str, tuple[Any, str]] = {
    "name": (
        "last",
        "reference='last': expected None, 'first', 'best', 'teacher', an epoch or a model",
    ),
    "truth": (True, "reference=True: expected None"),
    "negative": (-2, "reference=-2: expected an epoch that is explained"),
    "skipped": (3, "reference=3: .* those are every 2. Pass a multiple of every=2"),
    "unbuilt": (keras.Sequential([keras.layers.Dense(1)]), "its weights are not built"),
    "input": (
        keras.Sequential([keras.Input((9,)), keras.layers.Dense(10)]),
        "the model could not be called on them",
    ),
    "outputs": (
        other(classes=12),
        r"reference='theirs': .* outputs of sizes \[10\]; got \[12\]\..*Pass a model",
    ),
    "layer": (
        other(more="theirs"),
        "GradCAM at layer '(conv|theirs)': expected maps of both; got maps at conv and",
    ),
    "shape": (
        other(strides=2),
        r"GradCAM at layer 'conv': expected maps of one shape; got \[8, 8\] and, of the",
    ),
}


@pytest.fixture(scope="module")
def untrained() -> Any:
    """One model for all that is refused, which is traced once."""
    return quick_cnn()


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_be_no_reference_is_refused_before_the_first_batch(
    case: str, tmp_path: Path, untrained: Any
) -> None:
    reference, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        fit(tmp_path, model=untrained, reference=reference, every=2)
    assert untrained.optimizer.iterations == 0
    assert not (tmp_path / "explain").exists()


def test_texts_are_known_again_in_the_next_fit(tmp_path: Path) -> None:
    texts, y = np.array(["a b", "b c", "c d", "d a"], object), np.array([0, 1, 0, 1])
    split = keras.layers.TextVectorization(output_sequence_length=2)
    split.adapt(texts)
    embed = keras.layers.Embedding(8, 3, embeddings_initializer="uniform")
    layers = [split, embed, keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")]
    model = keras.Sequential([keras.Input((), dtype="string"), *layers])
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    data = tf.data.Dataset.from_tensor_slices((texts, y)).batch(4)
    method = IntegratedGradients(steps=2)
    callback = Explain(
        data, explainers=method, log_dir=tmp_path, reference="best", on_error="raise", verbose=False
    )
    model.optimizer.learning_rate = -1.0  # it gets worse
    for _ in range(2):
        model.fit(data, epochs=1, shuffle=False, verbose=0, callbacks=[callback])
    (tag,) = (tag for tag in read_run(tmp_path).values if tag.startswith("drift/"))
    run = read_run(tmp_path)
    said = [run.record(tag, step).reference for step in (0, 1)]
    assert said == 2 * ["epoch 0, the best so far by loss"]
