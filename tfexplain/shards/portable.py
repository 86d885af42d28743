"""Takes models to other processes: as the path of a file, or as the bytes of one."""

from __future__ import annotations

import os
import tempfile
from typing import Any, TypeGuard

import numpy as np
import tensorflow as tf

from tfexplain.errors import TfexplainError
from tfexplain.model.call_batch import as_batch
from tfexplain.model.loading import open_model

_BY_PATH = "Pass the path of a file that workers can read."


def is_path(model: Any) -> TypeGuard[str | os.PathLike[str]]:
    """Returns whether a model is given by the path of its file."""
    return isinstance(model, str | os.PathLike)


def portable(model: Any, inputs: Any) -> bytes | str:
    """Returns what workers open a model from: its path, or its file's bytes.

    Args:
        model: A Keras model, or the path of a file.
        inputs: Some rows, on which it is compared with what is loaded again.

    Raises:
        TfexplainError: it is not the same after saving and loading.
    """
    if is_path(model):
        return os.path.abspath(os.fspath(model))
    if not hasattr(model, "save"):
        raise TfexplainError(f"model={model!r}: expected a Keras model. {_BY_PATH}")
    batch = as_batch(inputs, model)
    try:
        data = _saved(model)
        again = loaded(data)
        same = _close(model(batch, training=False), again(batch, training=False))
    except Exception as error:
        why = " ".join(str(error).split())[:300]
        raise TfexplainError(
            f"model: expected one that can be saved and loaded, for workers get it so; got {why} "
            f"{_BY_PATH}"
        ) from error
    if not same:
        raise TfexplainError(
            "model: expected one that is the same after saving and loading, for workers get it "
            f"so; its outputs differ. Save all that its layers hold. {_BY_PATH}"
        )
    return data


def _saved(model: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        model.save(path)
        with open(path, "rb") as file:
            return file.read()


def loaded(model: bytes | str) -> Any:
    """Opens a model from what `portable` returns."""
    if isinstance(model, str):
        return open_model(model, "model", _BY_PATH)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        with open(path, "wb") as file:
            file.write(model)
        return open_model(path, "model", _BY_PATH)


def _close(one: Any, other: Any) -> bool:
    pairs = zip(tf.nest.flatten(one), tf.nest.flatten(other), strict=True)
    return all(
        np.allclose(a.numpy(), b.numpy(), rtol=1e-4, atol=1e-5, equal_nan=True) for a, b in pairs
    )
