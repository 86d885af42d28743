"""Computes the loss that a model is trained with, and says where it may be another."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.checks import is_whole
from tfexplain.errors import SettingError, TfexplainError
from tfexplain.model.keras_private import outside_strategies
from tfexplain.model.replaced import replaced
from tfexplain.types import Array, Model, Tensor

# (inputs, labels, weights, outputs) -> the loss, a number
Loss = Callable[[Any, Any, Any, Any], Tensor]


def training_loss(model: Model) -> Loss | None:
    """Returns the compiled loss with what regularizers and layers add to it; None where none is
    compiled and the model has a training step of its own, whose loss nobody knows.

    `compute_loss` of Keras 3 and tf_keras, also where a model has its own. The loss raises
    TfexplainError where it needs what is not there.
    """
    compiled, own_loss = bool(getattr(model, "loss", None)), _owner(model, "compute_loss")
    if not compiled and not own_loss and _owner(model, "train_step"):
        return None
    own = inspect.signature(model.compute_loss).parameters
    options = {"training": True} if "training" in own else {}

    def loss(inputs: Any, labels: Any, weights: Any, outputs: Any) -> Tensor:
        if not own_loss and compiled and labels is None:
            raise TfexplainError(
                "validation_data: expected labels, which the loss reads; got none. Pass (x, y)."
            )
        if not own_loss and not compiled and not model.losses:
            raise TfexplainError("the model has no compiled loss, and no layer adds one.")
        with _uncounted(model, outputs), outside_strategies():
            given = model.compute_loss(
                x=inputs, y=labels, y_pred=outputs, sample_weight=weights, **options
            )
        return tf.cast(given, tf.float32)

    return loss


@contextmanager
def _uncounted(model: Model, outputs: Any) -> Iterator[None]:
    """While open, the loss of tf_keras leaves its metrics alone: under a strategy, each replica
    has its own, which cannot be written from outside of one."""
    container: Any = getattr(model, "compiled_loss", None)
    if not hasattr(container, "metrics"):  # of Keras 3, where replicas agree
        yield
        return
    if not container.metrics:  # until its first call
        with model.distribute_strategy.scope():
            container.build(outputs)
    with ExitStack() as stack:
        for metric in container.metrics:
            stack.enter_context(replaced(metric, "update_state", lambda *_, **__: None))
        yield


def loss_scale(model: Model) -> Tensor:
    """Returns what the optimizer multiplies the loss with, so that float16 gradients do not
    vanish; 1 where it does not."""
    optimizer = getattr(model, "optimizer", None)
    scaled = getattr(optimizer, "get_scaled_loss", None) or getattr(optimizer, "scale_loss", None)
    one = tf.constant(1.0)
    return one if scaled is None else tf.cast(scaled(one), tf.float32)


def loss_text(model: Model, weighted: bool, classes: bool) -> str:
    """Says which loss it is, for people."""
    own = _owner(model, "compute_loss")
    loss = model.loss
    named = loss if isinstance(loss, str) else getattr(loss, "name", None) or type(loss).__name__
    if isinstance(loss, (dict, list, tuple)):
        named = "one for each output"
    text = f"the compiled one ({named})" if loss else "what layers add"
    text = f"compute_loss of {own}" if own else text
    text += ", with regularizers"
    text += ", with sample weights" if weighted else ""
    text += ", with class weights" if classes else ", without class weights"
    if step := _owner(model, "train_step"):
        text += f"; training runs train_step of {step}, whose loss may be another"
    return text


def class_weights(labels: Any, by_class: Mapping[int, float], weights: Any) -> Array:
    """Returns the weight of each row, as `fit(class_weight=)` weighs them.

    Raises:
        SettingError: labels are no classes of one output.
    """
    if not all(is_whole(label) and weight >= 0 for label, weight in by_class.items()):
        raise SettingError(
            f"class_weight={dict(by_class)!r}: expected a weight of 0 or more for numbers of "
            "classes, as fit takes it. Pass {0: 1.0, 1: 5.0}."
        )
    flat = tf.nest.flatten(labels)
    if labels is None or len(flat) != 1:
        raise SettingError(
            f"class_weight: expected labels of one output; got {len(flat)} parts. Leave "
            "class_weight= out, and pass (x, y, weights) as validation data."
        )
    values = np.asarray(flat[0])
    several = values.ndim > 1 and values.shape[-1] > 1
    classes = values.argmax(-1) if several else values.reshape(len(values), -1)[:, 0]
    own = np.array([by_class.get(int(label), 1.0) for label in classes], np.float32)
    return own if weights is None else own * np.asarray(tf.nest.flatten(weights)[0], np.float32)


def _owner(model: Model, method: str) -> str | None:
    """Returns the name of the class that replaces a method of Keras; None where none does."""
    for kind in type(model).__mro__:
        if method in vars(kind):
            ours = kind.__module__.split(".")[0] in ("keras", "tf_keras")
            return None if ours else kind.__name__
    return None
