"""Small models, trained for real, as files; made once for all tests of comparing."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from support.models import digits
from support.shared import made_once
from support.tflite import convert

X, Y = digits(160)
TRAIN, VAL = slice(0, 100), slice(100, 160)


def cnn(library: Any = keras, seed: int = 0, classes: int = 10, name: str = "conv2") -> Any:
    """Two convolutions and a hidden layer, so that int8 has a kernel that is not the last."""
    library.utils.set_random_seed(seed)
    layers = library.layers
    model = library.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(8, 3, padding="same", activation="relu", name="conv1"),
            layers.Conv2D(12, 3, padding="same", activation="relu", name=name),
            layers.Flatten(),
            layers.Dense(16, activation="relu", name="hidden"),
            layers.Dense(classes, activation="softmax", name="head"),
        ]
    )
    optimizer = library.optimizers.Adam(0.01)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def trained(library: Any = keras, seed: int = 0, epochs: int = 6) -> Any:
    model = cnn(library, seed)
    model.fit(X[TRAIN], Y[TRAIN], epochs=epochs, batch_size=20, verbose=0)
    return model


def pruned_by_hand(model: Any, share: float) -> None:
    """Set the smallest weights of every kernel to zero."""
    for layer in model.layers:
        if layer.get_weights():
            kernel, *others = layer.get_weights()
            kernel[abs(kernel) < np.quantile(abs(kernel), share)] = 0
            layer.set_weights([kernel, *others])


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with dense, same, pruned, int8 and seed (.keras), int8.tflite and val.npz."""
    return made_once(tmp_path_factory, "models", _make_files)


def _make_files(folder: Path) -> None:
    dense = trained()
    dense.save(folder / "dense.keras")
    dense.save(folder / "same.keras")
    trained(seed=1).save(folder / "seed.keras")
    copy = keras.models.load_model(folder / "dense.keras")
    pruned_by_hand(copy, 0.6)
    copy.save(folder / "pruned.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras says of each convolution that it stays float
        dense.quantize("int8")
        dense.save(folder / "int8.keras")
    dense = keras.models.load_model(folder / "dense.keras")
    (folder / "int8.tflite").write_bytes(convert(dense, "dynamic"))
    np.savez(folder / "val.npz", x=X[VAL], y=Y[VAL])


@pytest.fixture(scope="session")
def old_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with old.keras and old.h5 of tf_keras, stripped.keras and wrapped.keras of tfmot."""
    pytest.importorskip("tensorflow_model_optimization")
    return made_once(tmp_path_factory, "old-models", _make_old_files)


def _make_old_files(folder: Path) -> None:
    from tensorflow_model_optimization.sparsity import keras as sparsity

    model = trained(tf_keras)
    model.save(folder / "old.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that HDF5 is an old format
        model.save(folder / "old.h5")
    schedule = sparsity.ConstantSparsity(0.7, 0, frequency=1)
    wrapped = sparsity.prune_low_magnitude(model, schedule)
    wrapped.compile("adam", "sparse_categorical_crossentropy")
    wrapped.fit(
        *(X[TRAIN], Y[TRAIN]), epochs=1, verbose=0, callbacks=[sparsity.UpdatePruningStep()]
    )
    wrapped.save(folder / "wrapped.keras")
    sparsity.strip_pruning(wrapped).save(folder / "stripped.keras")
