"""What cannot be compared: each a message that says what is wrong and what to do."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.models import digits

from tfexplain import GradCAM, TfexplainError, compare

# Keras' own variables, when Keras itself makes arrays of them.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't:DeprecationWarning"
)

X, Y = digits(20)


def cnn(classes: int = 10, name: str = "conv", strides: int = 1, more: str = "") -> Any:
    layers = keras.layers
    conv = layers.Conv2D(3, 3, padding="same", strides=strides, name=name)
    hidden = [conv, *([layers.ReLU(name=more)] if more else [])]
    last = [layers.GlobalAveragePooling2D(), layers.Dense(classes, activation="softmax")]
    return keras.Sequential([keras.Input((8, 8, 1)), *hidden, *last], name="other")


def wide() -> Any:
    return keras.Sequential([keras.Input((9,)), keras.layers.Dense(10, activation="softmax")])


def pair(**changes: Any) -> dict[str, Any]:
    return {"models": {"dense": cnn(), "other": cnn(**changes)}}


REFUSED: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "outputs": (
        lambda: pair(classes=12),
        r"models: 'other': cannot be compared with the reference 'dense': expected outputs of "
        r"sizes \[10\]; got \[12\]\. Compare models of one architecture",
    ),
    "layer": (
        lambda: pair(more="another"),
        r"'other': .*GradCAM at layer 'another': expected maps of both; got maps at another and, "
        "of the reference, at conv",
    ),
    "shape": (
        lambda: pair(strides=2),
        r"'other': .* expected maps of one shape; got \[4, 4\] and, of the reference, \[8, 8\]",
    ),
    "missing layer": (
        lambda: {**pair(name="another", more="more"), "explainers": GradCAM(layer="conv")},
        r"'other': .*layer='conv': no such layer",
    ),
    "input": (
        lambda: {"models": {"dense": cnn(), "other": wide()}},
        r"'other': .*the model could not be called on them",
    ),
    "validation_data": (
        lambda: {**pair(), "validation_data": np.ones((4, 5))},
        "'dense': cannot be explained: .* called",
    ),
    "labels": (
        lambda: {**pair(), "validation_data": (X, Y + 5)},
        r"'dense': cannot be explained: validation_data: expected labels in 0\.\.9",
    ),
    "lengths": (
        lambda: {**pair(), "validation_data": (X, Y[:3])},
        "validation_data: expected as many labels and weights as inputs",
    ),
    "no data": (lambda: {**pair(), "validation_data": 7}, "validation_data: expected .* got int"),
    "unbuilt": (
        lambda: {"models": {"dense": cnn(), "other": keras.Sequential([keras.layers.Dense(1)])}},
        "models: 'other': its weights are not built. Call it on a batch",
    ),
    "one model": (lambda: {"models": [cnn()]}, "models: expected at least two.*got 1"),
    "no list": (lambda: {"models": cnn()}, "models: expected several .* got one"),
    "no model": (
        lambda: {"models": [cnn(), 3]},
        "models: 'model': expected a Keras model or a path",
    ),
    "name of a control": (
        lambda: {**pair(), "control": {"other": cnn()}},
        "control='other': expected a name that no model has",
    ),
    "name of no directory": (
        lambda: {"models": {"a/b": cnn(), "b": cnn()}},
        "models='a/b': expected a name that can be a directory's",
    ),
    "samples": (lambda: {**pair(), "samples": 0}, "samples=0: expected a whole number"),
    "explainers": (lambda: {**pair(), "explainers": ["GradCAM"]}, "expected explainers such as"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_models_and_data_that_do_not_fit(case: str, tmp_path: Path) -> None:
    arguments, message = REFUSED[case]
    with pytest.raises(TfexplainError, match=message):
        compare(**{"validation_data": (X, Y), "log_dir": tmp_path / "logs", **arguments()})
    assert not (tmp_path / "logs").exists()


def test_names_are_made_unique_and_controls_can_stand_alone() -> None:
    found = compare(
        [cnn(), cnn()], validation_data=X, control=[cnn()], explainers=GradCAM(), samples=2
    )
    assert list(found.models) == ["other", "other-2", "other-3"]
    assert list(
        compare({"a": cnn()}, validation_data=X, control={"b": cnn()}, samples=2).models
    ) == ["a", "b"]


def test_files_that_cannot_be_read(files: Path, tmp_path: Path) -> None:
    def refused(path: Path, message: str, error: type[Exception] = ValueError) -> None:
        with pytest.raises(error, match=message):
            compare([files / "dense.keras", path], validation_data=files / "val.npz")

    refused(tmp_path / "none.keras", "none.keras': no such file", FileNotFoundError)
    refused(files / "val.npz", r"val.npz': expected a .keras, .h5 or .tflite file")
    refused(tmp_path, "expected a .keras, .h5 or .tflite file")
    whole = (files / "dense.keras").read_bytes()
    for name, content in {"cut": whole[: len(whole) // 2], "empty": b"", "text": b"hello"}.items():
        (tmp_path / f"{name}.keras").write_bytes(content)
        refused(tmp_path / f"{name}.keras", f"{name}.keras': cannot be read as a Keras model")
    (tmp_path / "text.h5").write_bytes(b"hello")
    refused(tmp_path / "text.h5", "text.h5': cannot be read as a Keras model")
    (tmp_path / "text.tflite").write_bytes(b"hello")
    refused(tmp_path / "text.tflite", "text.tflite")
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as archive:
        archive.writestr("metadata.json", "{}")
    refused(tmp_path / "other.keras", "cannot be read as a Keras model")
    cnn().save_weights(tmp_path / "only.weights.h5")
    refused(
        tmp_path / "only.weights.h5", "cannot be read as a Keras model: it holds weights but no"
    )
    with zipfile.ZipFile(files / "dense.keras") as old:
        (tmp_path / "folder").mkdir()
        old.extractall(tmp_path / "folder")
    config = tmp_path / "folder" / "config.json"
    config.write_text(config.read_text().replace('"Conv2D"', '"MyConv"'))
    shutil.make_archive(str(tmp_path / "mine"), "zip", tmp_path / "folder")
    (tmp_path / "mine.zip").rename(tmp_path / "mine.keras")
    refused(tmp_path / "mine.keras", "cannot be loaded: .*MyConv.* Or load it yourself")
    with pytest.raises(ValueError, match=r"'int8' is a \.tflite file, which has no gradients"):
        compare([files / "int8.tflite", files / "dense.keras"], validation_data=files / "val.npz")


def test_wrappers_of_tfmot_are_to_be_stripped(old_files: Path, files: Path) -> None:
    paths = [old_files / "old.keras", old_files / "wrapped.keras"]
    with pytest.raises(ValueError, match=r"wrapped\.keras': cannot be loaded: .* strip_pruning"):
        compare(paths, validation_data=files / "val.npz")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": X, "b": Y, "c": Y}, "expected arrays x and y, or images and labels.*got a, b, c"),
        ({}, "expected arrays x and y.*got none"),
        ({"x": np.array([{}])}, "cannot be read as an .npz file"),
    ],
)
def test_npz_files_without_the_arrays(
    arrays: Any, message: str, files: Path, tmp_path: Path
) -> None:
    np.savez(tmp_path / "data.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        compare(
            [files / "dense.keras", files / "same.keras"], validation_data=tmp_path / "data.npz"
        )


def test_data_that_is_no_npz_file(files: Path, tmp_path: Path) -> None:
    both = [files / "dense.keras", files / "same.keras"]
    with pytest.raises(FileNotFoundError, match=r"validation_data=.*none\.npz': no such file"):
        compare(both, validation_data=tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("hello")
    np.save(tmp_path / "one.npy", X)
    (tmp_path / "cut.npz").write_bytes((files / "val.npz").read_bytes()[:900])
    for name in ("text.npz", "one.npy", "cut.npz"):
        with pytest.raises(ValueError, match=r"cannot be read as an \.npz file .*np\.savez"):
            compare(both, validation_data=tmp_path / name)


@pytest.mark.parametrize("names", [("images", "labels"), ("x", "y"), ("first", "second"), ("x",)])
def test_npz_files_of_other_names(names: tuple[str, ...], files: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", **dict(zip(names, (X, Y), strict=False)))
    both = [files / "dense.keras", files / "same.keras"]
    found = compare(both, validation_data=tmp_path / "data.npz", samples=4, explainers=GradCAM())
    assert ("accuracy" in found.models["same"].fidelity.numbers) == (len(names) == 2)
    assert found.models["same"].fidelity.numbers["samples"] == 20
