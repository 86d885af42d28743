"""`compare` on models that were trained for real, against numbers had by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from scipy import stats
from support.models import digits
from support.read import read_run
from support.tflite import convert

import tfexplain
from tfexplain import GradCAM, IntegratedGradients, compare, prune
from tfexplain.compression import read, read_tflite
from tfexplain.model.tflite_model import TfliteModel
from tfexplain.quality.similarity import MEASURES
from tfexplain.wire import schema

# Keras' own variables, when Keras itself makes arrays of them.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't:DeprecationWarning"
)

X, Y = (array[100:160] for array in digits(160))
EXPLAINERS = [GradCAM(relu=False), IntegratedGradients(steps=4)]
PLACES = [("GradCAM", "conv2"), ("IntegratedGradients", "input")]


@pytest.fixture(scope="module")
def compared(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A comparison of files, and where it was logged."""
    log_dir = tmp_path_factory.mktemp("logs")
    names = ("dense", "same", "pruned", "int8")
    found = compare(
        [files / f"{name}.keras" for name in names],
        validation_data=files / "val.npz",
        log_dir=log_dir,
        control=[files / "seed.keras"],
        explainers=EXPLAINERS,
        samples=12,
    )
    return found, log_dir


def models(files: Path) -> dict[str, Any]:
    names = ("dense", "pruned", "int8", "seed")
    return {name: keras.models.load_model(files / f"{name}.keras", compile=False) for name in names}


def test_an_identical_copy_is_identical(compared: Any) -> None:
    same = compared[0].models["same"]
    assert same.fidelity.numbers["agreement"] == 1
    assert same.fidelity.numbers["kl"] == 0
    assert not same.fidelity.flips.any()
    assert list(same.drifts) == PLACES
    for drifted in same.drifts.values():
        assert drifted.agrees.all()
        assert (drifted.values == 1).all()
    assert not [one for one in compared[0].moved(1000) if one.model == "same"]


@pytest.mark.parametrize("name", ["pruned", "int8", "seed"])
def test_fidelity_is_over_all_rows(name: str, compared: Any, files: Path) -> None:
    opened = models(files)
    p, q = (opened[n].predict(X, verbose=0).astype(np.float64) for n in ("dense", name))
    found = compared[0].models[name].fidelity
    flipped = p.argmax(1) != q.argmax(1)
    assert found.numbers["samples"] == 60
    assert found.numbers["agreement"] == (~flipped).mean()
    expected = np.mean([stats.entropy(a, b) for a, b in zip(p, q, strict=True)])
    assert np.isclose(found.numbers["kl"], expected, rtol=1e-3, atol=1e-7)
    assert found.numbers["accuracy"] == (q.argmax(1) == Y).mean()
    assert found.numbers["reference_accuracy"] == (p.argmax(1) == Y).mean()
    for digit in range(10):
        assert found.counts[digit] == (p.argmax(1) == digit).sum()
        assert found.flips[digit] == (flipped & (p.argmax(1) == digit)).sum()


@pytest.mark.parametrize("name", ["pruned", "int8", "seed"])
def test_maps_are_compared_for_the_same_targets(name: str, compared: Any, files: Path) -> None:
    found, opened = compared[0], models(files)
    rows = found.rows
    assert np.array_equal(found.labels, Y[rows])
    maps = [GradCAM(relu=False)(opened[n], X[rows], Y[rows]).maps for n in ("dense", name)]
    drifted = found.models[name].drifts["GradCAM", "conv2"]
    for sample, (x, y) in enumerate(zip(*maps, strict=True)):
        expected = [np.corrcoef(x.ravel(), y.ravel())[0, 1], stats.spearmanr(x, y, axis=None)[0]]
        assert np.allclose(drifted.values[sample, :2], expected, atol=1e-4)
    predicted = [opened[n].predict(X[rows], verbose=0).argmax(1) for n in ("dense", name)]
    assert drifted.agrees.tolist() == (predicted[0] == predicted[1]).tolist()


def test_what_is_logged(compared: Any, files: Path) -> None:
    found, log_dir = compared
    assert sorted(p.name for p in log_dir.iterdir()) == sorted(found.models)
    first = read_run(log_dir / "dense")
    for name, one in found.models.items():
        run = read_run(log_dir / name)
        samples = run.record("samples")
        assert np.array_equal(samples.rows, found.rows)
        assert samples.settings["reference"] == "dense"
        assert samples.settings["role"] == one.role
        assert samples.layers == {"GradCAM": ["conv2"], "IntegratedGradients": ["input"]}
        assert samples.settings["target"] == "the true label, explained as logit"
        assert run.pictures() == first.pictures()
        assert [m.target for m in run.maps("GradCAM", "conv2")] == Y[found.rows].tolist()
        assert np.array_equal(
            run.record("predictions").predicted, one.predicted.classes[found.rows]
        )
        assert all(list(steps) == [0] for tag, steps in run.values.items() if "inputs" not in tag)
        if name == "dense":
            assert not [tag for tag in run.values if tag.startswith(("drift", "fidelity"))]
            continue
        role = "control" if name == "seed" else "model"
        for (explainer, layer), drifted in one.drifts.items():
            record = run.record(f"drift/{explainer}/{layer}")
            assert np.array_equal(record.values, drifted.values, equal_nan=True)
            assert np.array_equal(record.agrees, drifted.agrees)
            assert tuple(record.measures) == MEASURES
            assert (record.reference, record.role) == ("dense", role)
            assert record.reference_step is None
            assert run.content(f"drift/{explainer}/{layer}").role == role
        assert run.content("fidelity").role == role
        record = run.record("fidelity")
        assert dict(record.numbers) == dict(one.fidelity.numbers)
        assert np.array_equal(record.flips, one.fidelity.flips)
        assert (record.reference, record.role) == ("dense", role)


def test_weights_are_logged_as_compression_logs_them(compared: Any, files: Path) -> None:
    found, log_dir = compared
    for name in ("dense", "pruned", "int8", "seed"):
        run = read_run(log_dir / name, "compression")
        record = run.record("kernels")
        assert [row["name"] for row in record.rows] == ["conv1", "conv2", "hidden", "head"]
        total = found.models[name].totals[""]
        assert record.totals[""]["sparsity"] == total.sparsity
        assert isinstance(run.record("kernel/conv2"), schema.Kernel)
        column = list(record.metrics).index("sparsity")
        if name != "int8":
            kernel = models(files)[name].get_layer("hidden").kernel.numpy()
            assert np.isclose(record.values[2, column], (kernel == 0).mean())
    assert found.models["pruned"].totals[""].sparsity > 0.55
    assert found.models["int8"].totals[""].sqnr > 30, "measured against the reference"
    record = read_run(log_dir / "int8", "compression").record("kernels")
    measured = ~np.isnan(record.values[:, list(record.metrics).index("sqnr")])
    assert measured.tolist() == [row["mode"] == "int8" for row in record.rows]
    assert measured.tolist() == [False, False, True, True]
    # What pruning took away is no error of quantization.
    assert found.models["pruned"].totals[""].sqnr is None
    assert [n for n, one in found.models.items() if one.activations is not None] == ["int8"]
    record = read_run(log_dir / "int8", "compression").record("activations")
    assert (record.reference, record.rows) == ("dense", len(found.rows))
    rows = X[found.rows]
    exact, rounded = (models(files)[n].predict(rows, verbose=0) for n in ("dense", "int8"))
    expected = 10 * np.log10((exact**2).sum() / ((exact - rounded) ** 2).sum())
    assert record.values[-1, 0] == pytest.approx(expected, abs=0.05)
    assert "the layers at which most is lost" in found.summary()


def test_the_band_and_what_moved(compared: Any) -> None:
    found = compared[0]
    control = found.models["seed"].drifts["GradCAM", "conv2"]
    band = found.band("GradCAM", "conv2")
    values = control.values[control.agrees]
    assert np.allclose(band, np.nanpercentile(values, [10, 90], axis=0))
    moved = found.moved(1000)
    spearman = [one.spearman for one in moved]
    assert spearman == sorted(spearman)
    expected = [
        (name, *place, int(found.rows[i]))
        for name in ("same", "pruned", "int8")
        for place in PLACES
        for i in range(12)
        if found.models[name].drifts[place].agrees[i]
        and found.models[name].drifts[place].values[i, 1] < 1
    ]
    assert sorted((m.model, m.explainer, m.layer, m.row) for m in moved) == sorted(expected)
    for one in moved:
        assert one.label == str(Y[one.row])
        low = found.band(one.explainer, one.layer)[0, 1]
        assert one.outside == (one.spearman < low)
    assert found.moved(3) == moved[:3]


def test_the_summary_says_what_the_numbers_are(compared: Any) -> None:
    found = compared[0]
    text = found.summary(moved=2)
    assert text.startswith("Predictions on 60 rows, beside those of dense")
    lines = {" ".join(line.split()[:4]): line for line in text.splitlines()}
    pruned = found.models["pruned"]
    line = next(v for k, v in lines.items() if k.startswith("pruned model"))
    assert f"{pruned.fidelity.numbers['agreement']:.3f}" in line
    assert f"{pruned.totals[''].sparsity:.3f}" in line
    drifted = pruned.drifts["GradCAM", "conv2"]
    for word, chosen in (("agree", drifted.agrees), ("flipped", ~drifted.agrees)):
        start = f"pruned GradCAM conv2 {chosen.sum()}"
        line = next(
            x for x in text.splitlines() if " ".join(x.split()).startswith(f"{start} {word}")
        )
        assert line.split()[-4] == f"{np.nanmean(drifted.values[chosen, 0]):.3f}"
    assert "10th..90th percentile" in text
    assert f"tensorboard --logdir {compared[1]}" in text
    assert "no control" not in text
    assert str(found) == found.summary()


def test_two_pruned_models_are_asked_which_weights_both_keep(files: Path) -> None:
    dense, pruned, more = (
        keras.models.load_model(files / f"{name}.keras") for name in ("dense", "pruned", "pruned")
    )
    masks = prune(more, 0.8)
    found = compare(
        {"dense": dense, "pruned": pruned, "more": more},
        validation_data=(X, Y),
        explainers=GradCAM(),
        samples=2,
    )
    assert list(found.overlaps) == [("pruned", "more")]
    # What the one keeps the other keeps too.
    kept = sum(mask.sum() for mask in masks.values())
    before = sum(np.count_nonzero(layer.effective()) for layer in read(pruned))
    overlap = found.overlaps["pruned", "more"]
    assert overlap.jaccard == kept / before
    line = next(x for x in str(found).splitlines() if x.split()[:2] == ["pruned", "more"])
    assert line.split()[4:] == [f"{overlap.jaccard:.3f}", f"{overlap.chance:.3f}"]


def test_without_labels_all_are_explained_for_what_the_reference_predicts(files: Path) -> None:
    opened = models(files)
    found = compare(
        {n: opened[n] for n in ("dense", "pruned")},
        validation_data=X,
        samples=20,
        explainers=EXPLAINERS,
    )
    rows = found.rows
    predicted = opened["dense"].predict(X[rows], verbose=0).argmax(1)
    maps = [GradCAM(relu=False)(opened[n], X[rows], predicted).maps for n in ("dense", "pruned")]
    drifted = found.models["pruned"].drifts["GradCAM", "conv2"]
    assert not drifted.agrees.all(), "nothing flipped: a poor test"
    expected = [np.corrcoef(x.ravel(), y.ravel())[0, 1] for x, y in zip(*maps, strict=True)]
    assert np.allclose(drifted.values[:, 0], expected, atol=1e-4)
    assert "accuracy" not in found.models["pruned"].fidelity.numbers
    assert "no control: how far two trainings" in found.summary()
    assert "Target: the class that dense predicts, explained as logit" in found.summary()
    assert all(one.label == "" and one.outside is None for one in found.moved())


def test_values_are_compared_too() -> None:
    several = {}
    for seed in (0, 1):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(2, name="out")])
        if not seed:
            model.compile("sgd", "mse")  # the other is not compiled: it reads like this one
        several[f"seed{seed}"] = model
    flat = X.reshape(60, 64)
    found = compare(several, validation_data=(flat, np.stack([Y, -Y], 1).astype(float)), samples=6)
    other = found.models["seed1"]
    outputs = [model.predict(flat, verbose=0) for model in several.values()]
    expected = abs(outputs[0] - outputs[1]).mean()
    assert np.isclose(other.fidelity.numbers["mean_abs_difference"], expected, rtol=1e-5)
    assert list(other.fidelity.numbers) == ["samples", "mean_abs_difference"]
    assert other.drifts["IntegratedGradients", "input"].agrees.all()
    assert "mean |difference|" in found.summary()


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5:UserWarning")
def test_files_of_tf_keras_and_of_tfmot(old_files: Path, files: Path) -> None:
    paths = [old_files / name for name in ("old.keras", "old.h5", "stripped.keras")]
    found = compare(paths, validation_data=files / "val.npz", samples=8)
    assert list(found.models) == ["old", "old-2", "stripped"]
    assert found.models["old-2"].fidelity.numbers["agreement"] == 1
    for drifted in found.models["old-2"].drifts.values():
        assert np.isnan(drifted.values).sum() + (drifted.values == 1).sum() == drifted.values.size
    stripped = found.models["stripped"]
    assert 0.65 < stripped.totals[""].sparsity < 0.75
    assert stripped.fidelity.numbers["kl"] > 0
    beside = compare(
        [files / "dense.keras", old_files / "old.keras"],
        validation_data=files / "val.npz",
        samples=4,
    )
    assert beside.models["old"].fidelity.numbers["samples"] == 60


def sqnr_of(files: Path) -> float:
    """Of the .tflite file's quantized kernels against those they came from, in dB."""
    floats = {one.name: one for one in read(keras.models.load_model(files / "dense.keras"))}
    pairs = [
        (floats[one.name].effective().astype(np.float64), one.effective())
        for one in read_tflite(files / "int8.tflite")
        if one.mode == "int8"
    ]
    assert pairs
    energy = sum((kernel**2).sum() for kernel, _ in pairs)
    error = sum(((kernel - effective) ** 2).sum() for kernel, effective in pairs)
    return float(10 * np.log10(energy / error))


def test_a_tflite_file_takes_part_without_maps(files: Path, tmp_path: Path) -> None:
    paths = [files / "dense.keras", files / "int8.tflite"]
    found = compare(
        paths, validation_data=files / "val.npz", log_dir=tmp_path, explainers=EXPLAINERS, samples=6
    )
    one = found.models["int8"]
    predicted = TfliteModel(files / "int8.tflite").predict(X)
    assert np.array_equal(one.predicted.outputs, predicted)
    assert one.fidelity.numbers["accuracy"] == (predicted.argmax(1) == Y).mean()
    assert 0 < one.fidelity.numbers["kl"] < 0.1
    assert not one.drifts
    assert one.totals[""].weights == found.reference.totals[""].weights
    assert one.totals[""].effective_bits < 31
    assert one.totals[""].sqnr == pytest.approx(sqnr_of(files), abs=1e-4)
    assert "int8: no gradients in a .tflite file: predictions and weights only" in found.summary()
    run = read_run(tmp_path / "int8")
    shown = run.record("predictions")
    assert np.array_equal(shown.outputs, predicted[found.rows])
    assert run.record("fidelity").reference == "dense"
    assert not [tag for tag in run.values if tag.startswith(("map", "drift"))]
    weights = read_run(tmp_path / "int8", "compression")
    assert len(weights.record("kernels").rows) == 4
    assert len(weights.record("activations").layers) > 2


def test_the_size_of_a_sparse_file_is_what_stands_in_it(tmp_path: Path) -> None:
    """An export with every weight is what a sparse file is not."""
    rng = np.random.default_rng(0)
    model = tf_keras.Sequential([tf_keras.layers.Input((64,)), tf_keras.layers.Dense(256)])
    kernel = rng.normal(size=(64, 256)) * np.repeat(rng.random((16, 256)) < 0.1, 4, 0)
    model.layers[0].set_weights([kernel, np.zeros(256)])
    (tmp_path / "sparse.tflite").write_bytes(convert(model, sparse=True))
    x = rng.normal(size=(8, 64)).astype("float32")
    found = compare({"dense": model, "sparse": tmp_path / "sparse.tflite"}, validation_data=x)
    lines = [line.split() for line in found.summary().splitlines()]
    sizes = {line[0]: float(line[-1]) for line in lines if line[1:2] in (["reference"], ["model"])}
    (kernel,) = read_tflite(tmp_path / "sparse.tflite")
    assert sizes["dense"] == 64 * 256 * 4 / 1024
    assert sizes["sparse"] == pytest.approx(kernel.bytes_stored / 1024, abs=0.05)
    assert kernel.bytes_stored < (tmp_path / "sparse.tflite").stat().st_size < 64 * 256 * 4
    assert "of a .tflite file as they stand in it" in found.summary()


def test_a_comparison_replaces_a_former_one_and_nothing_else(files: Path, tmp_path: Path) -> None:
    opened = models(files)
    pair = {"dense": opened["dense"], "pruned": opened["pruned"]}
    options = {"explainers": GradCAM(relu=False)}
    compare(pair, validation_data=X, log_dir=tmp_path / "cmp", samples=3, **options)
    compare(pair, validation_data=X, log_dir=tmp_path / "cmp", samples=5, **options)
    for room in ("explain", "compression"):
        assert len(list((tmp_path / "cmp" / "pruned" / room).glob("*tfevents*"))) == 1
    assert len(read_run(tmp_path / "cmp" / "pruned").record("samples").rows) == 5

    training = tmp_path / "logs" / "pruned"
    callback = tfexplain.Explain((X, Y), explainers=GradCAM(), log_dir=training, verbose=False)
    opened["seed"].compile("sgd", "sparse_categorical_crossentropy")
    opened["seed"].fit(X, Y, verbose=0, callbacks=[callback])
    before = {p: p.stat().st_mtime_ns for p in training.rglob("*")}
    for log_dir in (training.parent, training):
        with pytest.raises(ValueError, match=r"log_dir=.*pruned' holds events of something else"):
            compare(pair, validation_data=X, log_dir=log_dir, **options)
    assert {p: p.stat().st_mtime_ns for p in training.rglob("*")} == before


def test_a_reader_that_knows_only_the_log_finds_the_flips(compared: Any) -> None:
    _, log_dir = compared
    run, first = read_run(log_dir / "pruned"), read_run(log_dir / "dense")
    same = run.record("predictions").predicted == first.record("predictions").predicted
    assert np.array_equal(run.record("drift/GradCAM/conv2").agrees, same)


def dense(seed: int) -> Any:
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])


ROWS = np.random.default_rng(0).random((12, 4)).astype("f4")


def test_labels_that_are_texts_are_classes_by_their_names() -> None:
    models, names = {"a": dense(0), "b": dense(1)}, ["cat", "dog", "owl"]
    classes = np.arange(12) % 3
    by_number = compare(models, validation_data=(ROWS, classes), class_names=names, samples=6)
    by_name = compare(
        models, validation_data=(ROWS, np.array(names)[classes]), class_names=names, samples=6
    )
    assert by_name.labels.tolist() == by_number.labels.tolist()
    assert by_name.models["b"].fidelity.numbers == by_number.models["b"].fidelity.numbers
    assert "accuracy" in by_name.models["b"].fidelity.numbers


def test_rows_without_a_label_are_explained_for_what_the_reference_predicts(
    tmp_path: Path,
) -> None:
    a, b = dense(0), dense(0)
    kernel, bias = b.get_weights()
    b.set_weights([-kernel, bias])  # the least likely class is the likeliest
    found = compare(
        {"a": a, "b": b},
        validation_data=(ROWS, np.tile([0, 1, -1], 4)),
        log_dir=tmp_path,
        samples=12,
    )
    predicted, unknown = a.predict(ROWS, verbose=0).argmax(1)[found.rows], np.isnan(found.labels)
    expected = np.where(unknown, predicted, found.labels).tolist()
    for name in ("a", "b"):
        run = read_run(tmp_path / name)
        assert [one.target for one in run.maps("IntegratedGradients", "input")] == expected
    assert (b.predict(ROWS, verbose=0).argmax(1)[found.rows] != predicted)[unknown].any()


def test_models_with_a_state_for_each_row_are_compared_and_left_as_they_were() -> None:
    def recurrent(**options: Any) -> Any:
        i = keras.Input(**options)
        x = keras.layers.LSTM(3, stateful="batch_shape" in options)(i)
        return keras.Model(i, keras.layers.Dense(3, activation="softmax")(x))

    models = {name: recurrent(batch_shape=(4, 5, 2)) for name in "ab"}
    states = [state for model in models.values() for state in model.layers[1].states]
    x = np.random.default_rng(0).random((10, 5, 2)).astype("f4")
    found = compare(models, validation_data=(x, np.arange(10) % 3), samples=5)
    assert not np.any([state.numpy() for state in states])
    for name, model in models.items():
        plain = recurrent(shape=(5, 2))
        plain.layers[1].cell.set_weights(model.layers[1].cell.get_weights())
        plain.layers[2].set_weights(model.layers[2].get_weights())
        outputs = found.models[name].predicted.outputs
        np.testing.assert_allclose(outputs, plain.predict(x, verbose=0), atol=1e-6)


def test_what_is_left_out_is_noted() -> None:
    x = ROWS.copy()
    x[3] = np.nan
    found = compare(
        {"a": dense(0), "b": dense(1)}, validation_data=(x, np.arange(12) % 3), samples=6
    )
    (note,) = found.reference.notes
    assert note.startswith("left out: rows of validation_data: 1 of 12 rows hold NaN")
    assert note in found.summary()


def test_maps_of_zeros_are_told() -> None:
    conv = keras.layers.Conv2D(2, 3, activation="relu", name="conv")
    head = keras.layers.Dense(3, kernel_initializer=keras.initializers.Constant(-1.0))
    model = keras.Sequential([keras.Input((8, 8, 1)), conv, keras.layers.Flatten(), head])
    models = {"one": model, "same": model}
    told = "GradCAM at conv: no pair of maps can be compared"
    for relu in (True, False):
        found = compare(models, validation_data=X, explainers=[GradCAM(relu=relu)], samples=4)
        assert (told in found.summary()) == relu
