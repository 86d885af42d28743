"""Refuses layers without a second derivative, which a penalty on gradients needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from tfexplain.errors import SettingError
from tfexplain.model.keras_private import all_layers, takes_cudnn
from tfexplain.types import Model

_REMEDY = (
    "Make them with use_cudnn=False (Keras 3), or from cells: RNN(LSTMCell(units)); their weights "
    "are the same."
)


def check_second_derivatives(model: Model) -> None:
    """Raises SettingError for recurrent layers that a GPU would compute by cuDNN."""
    if not tf.config.list_physical_devices("GPU"):
        return
    names = [layer.name for layer in all_layers(model) if takes_cudnn(layer)]
    if names:
        raise SettingError(
            f"penalise: layers {', '.join(names)} are computed by cuDNN, which has no second "
            f"derivative. {_REMEDY}"
        )


@contextmanager
def told() -> Iterator[None]:
    """While open, an operation whose gradient has none ends in a SettingError that says so."""
    try:
        yield
    except LookupError as error:
        if "gradient registry" not in str(error) and "No gradient defined" not in str(error):
            raise
        operation = str(error).rpartition(":")[2].strip()
        remedy = _REMEDY if "rnn" in operation.lower() else "Use another layer in its place."
        raise SettingError(
            f"penalise: the operation {operation} has no second derivative, which a penalty on "
            f"gradients needs. {remedy}"
        ) from error
