"""Adds a penalty to the training of a Keras model, and leaves the model what it is."""

from __future__ import annotations

from tfexplain.errors import SettingError
from tfexplain.model.keras_private import is_layer
from tfexplain.model.model_inputs import check_backend
from tfexplain.training.penalised_steps import PenalisedSteps
from tfexplain.training.penalty import Penalty
from tfexplain.training.second_derivatives import check_second_derivatives
from tfexplain.types import Model


def penalise(model: Model, penalty: Penalty | None) -> Model:
    """Adds a penalty to what `fit` minimises, in place; None takes it off again.

    The model stays of its class and keeps its layers: files, copies, `compile`, `evaluate` and
    `predict` are a plain model's, and a model that is loaded trains without the penalty. `logs` get
    `base_loss`, `penalty` (its mean over the rows) and `penalty_weight`; `loss` is the first plus
    the product of the others. A `train_step` of your own must call `self.compute_loss`.

    Args:
        model: A Keras 3 or tf_keras model, compiled before or after.
        penalty: Takes the place of one that was added before.

    Returns:
        The model.

    Raises:
        TfexplainError: no Keras model, a layer that it does not have, or layers without a second
            derivative: recurrent ones that cuDNN computes. What depends on the data is told by
            `fit` before it changes a weight.

    >>> import keras
    >>> from tfexplain.training import InputGradientPenalty, penalise
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> penalise(model, InputGradientPenalty(0.1)) is model
    True
    """
    if not (is_layer(model) and hasattr(model, "train_step")):
        raise SettingError(f"model={model!r}: expected a Keras model, which has a train_step.")
    if penalty is not None and not isinstance(penalty, Penalty):
        raise SettingError(
            f"penalty={penalty!r}: expected InputGradientPenalty, RightReasons or None."
        )
    check_backend()
    if penalty is not None:
        check_second_derivatives(model)
    before = getattr(vars(model).get("train_step"), "__self__", None)
    if isinstance(before, PenalisedSteps):
        before.take_off()
    if penalty is not None:
        PenalisedSteps(model, penalty).put_on()
    model.train_function = None  # traced with what was there before
    return model
