"""Models from files: of Keras 3, of tf_keras, and .tflite."""

from __future__ import annotations

import json
import os
import warnings
import zipfile
from pathlib import Path
from typing import Any

from tfexplain.errors import TfexplainError, plain
from tfexplain.types import Model

_WRAPPED = ("PruneLowMagnitude", "QuantizeWrapper", "QuantizeLayer", "ClusterWeights")


def open_model(path: str, argument: str, otherwise: str) -> Model:
    """A model from a .keras, .h5 or .tflite file, of Keras 3 or tf_keras.

    Args:
        path: Of the file.
        argument: What errors call it.
        otherwise: What they say can be done with a model that does not load from its file alone.

    Raises:
        FileNotFoundError: no such file.
        TfexplainError: another kind of file, a damaged one, or one that needs more than itself.
    """
    if not os.path.exists(path):
        raise FileNotFoundError(f"{argument}={path!r}: no such file. Check the path.")
    suffix = Path(path).suffix
    if suffix == ".tflite":
        from tfexplain.model.tflite_model import TfliteModel

        return TfliteModel(path)
    if os.path.isdir(path) or suffix not in (".keras", ".h5", ".hdf5"):
        raise TfexplainError(
            f"{argument}={path!r}: expected a .keras, .h5 or .tflite file. Save the model with "
            f"model.save('name.keras'). {otherwise}"
        )
    return _keras_model(path, argument, otherwise)


def _keras_model(path: str, argument: str, otherwise: str) -> Model:
    try:
        library = _library(_keras_version(path))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise TfexplainError(
            f"{argument}={path!r}: cannot be read as a Keras model: {plain(error)}. Save it "
            "again with model.save()."
        ) from error
    if library is None:
        raise TfexplainError(
            f"{argument}={path!r}: was saved by Keras 2, which tf_keras reads. Install tf_keras."
        )
    try:
        return _loaded(library, path)
    except Exception as error:
        wrapped = any(name in str(error) for name in _WRAPPED)
        remedy = (
            "It holds wrappers of tensorflow_model_optimization: save what strip_pruning or "
            "strip_clustering returns."
            if wrapped
            else "Custom layers must be registered before."
        )
        first = " ".join(plain(error).split())[:300]
        raise TfexplainError(
            f"{argument}={path!r}: cannot be loaded: {first}. {remedy} {otherwise}"
        ) from error


def _loaded(library: Any, path: str) -> Model:
    with warnings.catch_warnings():
        # The loss says how outputs read; the optimizer's state is of no use here.
        warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
        try:
            return library.models.load_model(path)
        except Exception:
            # A loss or metric that is not known here is none of our business.
            return library.models.load_model(path, compile=False)


def _keras_version(path: str) -> str:
    if path.endswith(".keras"):
        with zipfile.ZipFile(path) as archive:
            metadata = json.loads(archive.read("metadata.json"))
        return str(metadata["keras_version"])
    import h5py  # type: ignore[import-untyped]

    with h5py.File(path) as file:
        version = file.attrs.get("keras_version")
    if version is None:
        raise TfexplainError("it holds weights but no model")
    return version.decode() if isinstance(version, bytes) else str(version)


def _library(version: str) -> Any:
    """Keras 3, or tf_keras for what Keras 2 and tf_keras save; None where that is missing."""
    if int(version.partition(".")[0]) >= 3:
        import keras

        return keras
    try:
        import tf_keras
    except ImportError:
        return None
    return tf_keras
