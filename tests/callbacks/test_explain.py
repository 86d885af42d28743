"""`Explain` from the outside: what people pass it, what it writes, what it refuses."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from PIL import Image
from support.models import digits, small_cnn
from support.read import read_run

from tfexplain import Explain, FeatureMaps, GradCAM, IntegratedGradients
from tfexplain.wire import schema


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> Any:
        x, y = digits()
        return x[16 * index :][:16], y[16 * index :][:16]


class OldBatches(tf_keras.utils.Sequence):  # type: ignore[misc]
    __len__, __getitem__ = Batches.__len__, Batches.__getitem__


def dataset(*parts: Any) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(parts if len(parts) > 1 else parts[0]).batch(10)


FORMS: dict[str, Callable[[Any, Any], Any]] = {
    "arrays": lambda x, y: (x, y),
    "tensors": lambda x, y: (tf.constant(x), tf.constant(y)),
    "weights": lambda x, y: (x, y, np.ones(len(x))),
    "labels in a column": lambda x, y: (x, y[:, None]),
    "one-hot": lambda x, y: (x, np.eye(10)[y]),
    "dataset": lambda x, y: dataset(x, y),
    "endless dataset": lambda x, y: dataset(x, y).repeat(),
    "PyDataset": lambda x, y: Batches(),
    "Sequence": lambda x, y: OldBatches(),
}


def fit(val: Any, log_dir: Path, epochs: int = 1, model: Any = None, **options: Any) -> Any:
    x, y = digits()
    model = model or small_cnn()
    settings = {"on_error": "raise", "verbose": False, **options}
    callback = Explain(val, log_dir=log_dir, **settings)
    model.fit(x, y, epochs=epochs, batch_size=48, verbose=0, callbacks=[callback])
    return callback


@pytest.fixture(scope="module")
def shared() -> Any:
    """For tests that ask nothing of its weights: what `fit` and explainers trace is traced once."""
    return small_cnn()


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_labelled_data_is_balanced(form: str, tmp_path: Path, shared: Any) -> None:
    x, y = digits()
    fit(FORMS[form](x, y), tmp_path, model=shared, samples=20)
    run = read_run(tmp_path)
    samples = run.record("samples")
    assert samples.label_kind == "class"
    assert np.array_equal(np.sort(samples.labels), np.repeat(np.arange(10), 2))
    wanted = y[samples.rows % len(y)]
    assert np.array_equal(samples.labels, wanted)
    targets = [m.target for m in run.maps("GradCAM", "conv")]
    assert targets == wanted.tolist()


@pytest.mark.parametrize("form", ["array", "dataset"])
def test_without_labels_the_predicted_class_is_explained(
    form: str, tmp_path: Path, shared: Any
) -> None:
    x, _ = digits()
    fit(x if form == "array" else dataset(x), tmp_path, model=shared)
    run = read_run(tmp_path)
    assert run.record("samples").label_kind == "none"
    predicted = run.record("predictions").predicted.tolist()
    assert [m.target for m in run.maps("GradCAM", "conv")] == predicted


def test_the_choice_of_samples_depends_on_the_seed_alone(tmp_path: Path, shared: Any) -> None:
    val = digits()
    rows = []
    for i, seed in enumerate([0, 0, 1]):
        fit(val, tmp_path / str(i), model=shared, seed=seed)
        rows.append(read_run(tmp_path / str(i)).record("samples").rows.tolist())
    assert rows[0] == rows[1] != rows[2]
    assert len(set(rows[0])) == 8


def test_what_is_logged_and_printed(tmp_path: Path, capsys: Any) -> None:
    x, y = digits()
    explainers = [
        FeatureMaps(layer=["conv"], max_channels=4),
        GradCAM(),
        IntegratedGradients(steps=4),
    ]
    fit((x, y), tmp_path, 3, explainers=explainers, class_names="abcdefghij", verbose=True)
    run = read_run(tmp_path)
    assert {schema.Tag.parse(t).group for t in run.values if not t.startswith("tfexplain/")} == {
        "samples",
        "structure",
        "places/input",
        "inputs/input",
        "metrics",
        "predictions",
        *(
            f"{kind}/{place}"
            for kind in ("start", "trust")
            for place in ("GradCAM/conv", "IntegratedGradients/input")
        ),
        "status",
        "channels/FeatureMaps/conv",
        "map/GradCAM/conv",
        "map/IntegratedGradients/input",
        "drift/GradCAM/conv",
        "drift/IntegratedGradients/input",
    }
    assert sorted(run.values["map/GradCAM/conv/7"]) == [0, 1, 2]
    assert set(run.record("metrics").values) == {"loss", "accuracy", "learning_rate"}
    assert run.record("predictions").explained == 3
    assert np.allclose(run.record("predictions").outputs.sum(1), 1)
    explainers = {"FeatureMaps", "GradCAM", "IntegratedGradients"}
    assert set(run.record("status").seconds) == {*explainers, "drift", "trust", "overlays"}
    assert not run.record("status").problems
    for tag in ("metrics", "predictions", "status", "map/GradCAM/conv/7"):
        assert run.written[tag] == [0, 1, 2]
    samples = run.record("samples")
    assert samples.class_names == list("abcdefghij")
    pictures = [np.asarray(Image.open(io.BytesIO(p))) for p in run.pictures()]
    assert np.array_equal(pictures, np.round(255 * x[samples.rows][..., 0]))
    content = run.content("map/IntegratedGradients/input/0")
    assert (content.unit, content.signed, content.shape) == ("logit", True, (8, 8))
    assert (content.input, content.settings["steps"]) == ("input", "4")
    assert run.content("channels/FeatureMaps/conv/0").channels == 6
    printed = capsys.readouterr().out
    assert printed.count("tfexplain: explaining to ") == 1
    assert printed.count("tfexplain: explaining took") == 1
    for value in samples.settings.values():
        assert value in printed


def test_overlay_grids_are_in_the_images_tab(tmp_path: Path, shared: Any) -> None:
    fit(digits(), tmp_path, 2, shared)
    run = read_run(tmp_path)
    for name in ("FeatureMaps", "GradCAM", "IntegratedGradients"):
        width, height, png = run.values[f"tfexplain/{name}"][1]
        assert Image.open(io.BytesIO(png)).size == (int(width), int(height))
    without = tmp_path / "without"
    fit(digits(), without, model=shared, write_images=False)
    assert not [t for t in read_run(without).values if t.startswith("tfexplain/")]


def test_every_so_many_epochs_and_the_last(tmp_path: Path, shared: Any) -> None:
    fit(digits(), tmp_path, 6, shared, every=4)
    run = read_run(tmp_path)
    assert sorted(run.values["map/GradCAM/conv/0"]) == [0, 4, 5]
    assert sorted(run.values["metrics"]) == [0, 1, 2, 3, 4, 5]


def test_a_second_fit_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    x, y = digits()
    model, callback = small_cnn(), Explain((x, y), log_dir=tmp_path, on_error="raise")
    model.fit(x, y, epochs=2, verbose=0, callbacks=[callback])
    model.fit(x, y, epochs=2, verbose=0, callbacks=[callback])
    model.fit(x, y, epochs=6, initial_epoch=4, verbose=0, callbacks=[callback])
    run = read_run(tmp_path)
    assert sorted(run.values["map/GradCAM/conv/0"]) == [0, 1, 2, 3, 4, 5]
    assert run.record("predictions").explained == 2


def test_two_explainers_of_one_kind_keep_apart(tmp_path: Path, shared: Any) -> None:
    explainers = [IntegratedGradients(steps=4), IntegratedGradients(steps=4, baseline=1.0)]
    fit(digits(), tmp_path, model=shared, explainers=explainers)
    run = read_run(tmp_path)
    first, second = (run.record(f"map/IntegratedGradients{n}/input/0") for n in ("", "-2"))
    assert not np.allclose(first.values, second.values)
    assert run.content("map/IntegratedGradients-2/input/0").settings["baseline"] == "1.0"


@pytest.mark.parametrize("built", [True, False])
def test_tf_keras_models(built: bool, tmp_path: Path) -> None:
    x, y = digits()
    model = small_cnn(tf_keras)
    if not built:
        model = tf_keras.Sequential(
            model.layers[:0] + [type(m).from_config(m.get_config()) for m in model.layers]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        assert not model.built
    fit((x, y), tmp_path, 2, model)
    run = read_run(tmp_path)
    ours = [m.values for m in run.maps("GradCAM", "conv")]
    cams = GradCAM()(model, x[run.record("samples").rows], run.record("samples").labels)
    assert np.allclose(ours, cams.values, atol=1e-3 * cams.values.max())
    assert cams.values.max() > 0


def test_a_model_is_never_opened_beside_its_training(tmp_path: Path) -> None:
    """Keras 3 calls batch hooks in another thread; an unbuilt model waits for its epoch."""
    x, y = digits()
    model = small_cnn()
    callback = Explain((x, y), log_dir=tmp_path, on_error="raise", verbose=False)
    callback.set_model(model)
    model.built = False
    callback.on_train_begin()
    beside = threading.Thread(target=callback.on_train_batch_end, args=(0,))
    beside.start()
    beside.join()
    assert not (tmp_path / "explain").exists()
    model.built = True
    callback.on_epoch_begin(0)
    callback.on_epoch_end(0, {"loss": 1.0})
    callback.on_train_end()
    assert sorted(read_run(tmp_path).values["map/GradCAM/conv/0"]) == [0]


def test_maps_of_several_inputs_lie_over_the_input_they_come_from(tmp_path: Path) -> None:
    x, y = digits()
    layers = keras.layers
    left, right = keras.Input((8, 8, 1), name="left"), keras.Input((8, 8, 1), name="right")
    maps = [layers.Conv2D(4, 3, name=f"conv_{side.name}")(side) for side in (left, right)]
    pooled = layers.Concatenate()([layers.GlobalAveragePooling2D()(m) for m in maps])
    model = keras.Model([left, right], layers.Dense(10, activation="softmax")(pooled))
    model.compile("adam", "sparse_categorical_crossentropy")
    explainers = [GradCAM(layer=["conv_left", "conv_right"]), IntegratedGradients(steps=4)]
    callback = Explain(([x, 1 - x], y), explainers=explainers, log_dir=tmp_path, on_error="raise")
    model.fit([x, 1 - x], y, epochs=1, verbose=0, callbacks=[callback])
    run = read_run(tmp_path)
    for side in ("left", "right"):
        assert run.content(f"map/GradCAM/conv_{side}/0").input == side
        assert run.content(f"map/IntegratedGradients/{side}/0").input == side
        png = run.values[f"tfexplain/GradCAM/{side}"][0][2]
        top = np.asarray(Image.open(io.BytesIO(png)))[:96:12, :96:12, 0]
        sample = x[run.record("samples").rows[0], ..., 0]
        assert np.array_equal(top, np.round(255 * (sample if side == "left" else 1 - sample)))


def test_labels_belong_to_the_output_of_the_first_explainer(tmp_path: Path) -> None:
    x, y = digits()
    layers = keras.layers
    inputs = keras.Input((8, 8, 1))
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="conv")(inputs))
    heads = [layers.Dense(k, activation="softmax", name=f"of{k}")(pooled) for k in (10, 12)]
    model = keras.Model(inputs, heads)
    model.compile("adam", ["sparse_categorical_crossentropy"] * 2)
    explainers = [GradCAM(), GradCAM(output="of12")]
    callback = Explain((x, [y, y + 2]), explainers=explainers, log_dir=tmp_path, on_error="raise")
    model.fit(x, [y, y + 2], epochs=1, verbose=0, callbacks=[callback])
    run = read_run(tmp_path)
    rows = run.record("samples").rows
    assert [m.target for m in run.maps("GradCAM", "conv")] == y[rows].tolist()
    predicted = model.predict(x[rows], verbose=0)[1].argmax(1).tolist()
    assert [m.target for m in run.maps("GradCAM-2", "conv")] == predicted


def test_tables_get_integrated_gradients_alone(tmp_path: Path) -> None:
    x, y = digits()
    flat = x.reshape(len(x), -1)
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    callback = Explain((flat, y), log_dir=tmp_path, on_error="raise")
    model.fit(flat, y, epochs=1, verbose=0, callbacks=[callback])
    run = read_run(tmp_path)
    found = run.record("map/IntegratedGradients/input/0")
    samples = run.record("samples")
    row, label = samples.rows[0], int(samples.labels[0])
    expected = model.layers[0].kernel.numpy()[:, label] * flat[row]
    assert np.allclose(found.values, expected, atol=1e-3 * np.abs(expected).max())
    assert not [t for t in run.values if t.startswith(("inputs", "map/GradCAM"))]


def test_targets_can_be_given_one_by_one(tmp_path: Path, shared: Any) -> None:
    targets = np.arange(8)[::-1] % 5
    fit(digits(), tmp_path, model=shared, targets=targets)
    run = read_run(tmp_path)
    assert [m.target for m in run.maps("GradCAM", "conv")] == targets.tolist()
    assert run.record("samples").settings["target"] == "as passed, explained as logit"


def test_segmentation_is_explained_through_a_function(tmp_path: Path) -> None:
    x, _ = digits()
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(4, 3, padding="same", name="conv")]
    )
    model.add(layers.Conv2D(2, 1, activation="softmax", name="mask"))
    model.compile("adam", "sparse_categorical_crossentropy")
    y = (x[..., 0] > 0.5).astype(int)
    area = lambda outputs: tf.reduce_sum(outputs[..., 1], axis=[1, 2])  # noqa: E731
    callback = Explain((x, y), log_dir=tmp_path, targets=area, on_error="raise")
    model.fit(x, y, verbose=0, callbacks=[callback])
    run = read_run(tmp_path)
    rows = run.record("samples").rows
    scores = [m.score for m in run.maps("GradCAM", "conv")]
    assert np.allclose(scores, model.predict(x[rows], verbose=0)[..., 1].sum((1, 2)), atol=1e-3)


def test_nan_is_logged_as_nan(tmp_path: Path) -> None:
    x, y = digits()
    model = small_cnn()
    model.compile(keras.optimizers.SGD(1e30), "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=2, verbose=0, callbacks=[Explain((x, y), log_dir=tmp_path)])
    run = read_run(tmp_path)
    assert not np.isfinite(run.record("map/IntegratedGradients/input/0").values).any()
    assert not np.isfinite(run.record("metrics").values["loss"])


def broken(x: Any) -> Any:
    return np.where(np.arange(x.size).reshape(x.shape) % 7 == 0, np.nan, x)


X, Y = digits()
NAMED = {"explainers": GradCAM()}
REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "unknown layer": (
        (X, Y),
        {"explainers": GradCAM(layer="conv9")},
        r"layer='conv9': no such layer.*: conv\.",
    ),
    "flat layer": ((X, Y), {"explainers": GradCAM(layer="head")}, r"\[N, h, w, C\]; got \[N, 10\]"),
    "too few class names": ((X, Y), {"class_names": range(9)}, "expected 10 names, .* got 9"),
    "class without a name": ((X, Y), {"class_names": [*"abc", None]}, "class 3 has none"),
    "empty arrays": ((X[:0], Y[:0]), {}, "expected at least one sample"),
    "empty dataset": (dataset(X, Y).take(0), {}, "expected at least one sample"),
    "NaN": ((broken(X), Y), NAMED, "expected finite inputs; every row holds NaN"),
    "other lengths": (
        (X, Y[:5]),
        {},
        r"as many labels and weights as inputs; got lengths \[5, 96\]",
    ),
    "wrong shape": ((np.repeat(X, 2, -1), Y), NAMED, "the model could not be called on them"),
    "not batched": (tf.data.Dataset.from_tensor_slices((X, Y)), {}, "Call .batch"),
    "not data": ("val", {}, "validation_data: expected .* got str"),
    "generator": ((i for i in range(3)), {}, "validation_data: expected .* got generator"),
    "every": ((X, Y), {"every": 0}, "every=0: expected a whole number"),
    "samples": ((X, Y), {"samples": 0}, "samples=0: expected a whole number"),
    "targets": ((X, Y), {"targets": "truth"}, "targets='truth': expected 'label'"),
    "target index": ((X, Y), {"targets": 10}, r"class indices in 0\.\.9"),
    "explainers": ((X, Y), {"explainers": ["GradCAM"]}, "expected explainers such as"),
    "baseline": (
        (X, Y),
        {"explainers": IntegratedGradients(baseline=np.ones(3))},
        "baseline: expected",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_work_is_refused_before_the_first_batch(case: str, tmp_path: Path) -> None:
    val, options, message = REFUSED[case]
    batches: list[int] = []
    model = small_cnn()
    counter = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda b, logs: batches.append(b))
    options = {"verbose": False, **options}
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(
            X, Y, verbose=0, callbacks=[counter, Explain(val, log_dir=tmp_path / "a", **options)]
        )
    assert not batches
    assert not (tmp_path / "a").exists()


def test_a_log_directory_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(OSError, match=r"log_dir=.*file/explain': expected a directory"):
        fit((X, Y), tmp_path / "file")


def test_nothing_happens_in_the_constructor(tmp_path: Path) -> None:
    Explain("nonsense", log_dir=tmp_path / "run", every=-1)
    assert not (tmp_path / "run").exists()


def test_two_callbacks_of_one_directory_are_refused(tmp_path: Path) -> None:
    both = [Explain((X, Y), log_dir=tmp_path, verbose=False) for _ in range(2)]
    with pytest.raises(ValueError, match="another Explain of this fit already writes"):
        small_cnn().fit(X, Y, verbose=0, callbacks=both)


def test_a_training_that_was_interrupted_does_not_lock_its_directory(tmp_path: Path) -> None:
    def interrupt(epoch: int, logs: Any) -> None:
        raise KeyboardInterrupt

    model, first = small_cnn(), Explain((X, Y), log_dir=tmp_path, on_error="raise")
    stop = keras.callbacks.LambdaCallback(on_epoch_end=interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, verbose=0, callbacks=[first, stop])
    second = Explain((X, Y), log_dir=tmp_path, on_error="raise", verbose=False)
    small_cnn().fit(X, Y, initial_epoch=1, epochs=2, verbose=0, callbacks=[second])
    assert sorted(read_run(tmp_path).values["map/GradCAM/conv/0"]) == [0, 1]


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (1, 0), (2, 3)])
def test_a_line_for_each_epoch_where_it_is_asked_for(
    tmp_path: Path, capsys: Any, verbose: int, lines: int
) -> None:
    fit((X, Y), tmp_path, 3, explainers=GradCAM(), verbose=verbose)
    printed = capsys.readouterr().out
    assert ("tfexplain: explaining to" in printed) == (verbose > 0)
    told = re.findall(r"^tfexplain: epoch (\d) explained in \d+\.\d\d s$", printed, re.MULTILINE)
    assert told == [str(epoch) for epoch in range(lines)]
