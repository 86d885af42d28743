"""The methods that stand on a model in place of its own while a penalty is added to its loss."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

import keras
import tensorflow as tf

from tfexplain.errors import SettingError, TfexplainError
from tfexplain.model.tap import around
from tfexplain.training.gradient_sources import (
    embeddings,
    layer_at,
    numbers,
    of_rows,
    with_gradient,
)
from tfexplain.training.labels_with_regions import parted
from tfexplain.training.penalty import Penalty, Step
from tfexplain.training.second_derivatives import told
from tfexplain.types import Model, Tensor

# What Keras calls of a model in training; all are public in Keras 3 and tf_keras.
METHODS = ("train_step", "compute_loss", "compute_metrics", "get_metrics_result", "reset_metrics")


class _Running(threading.local):
    """Holds the step a thread is in: replicas of a strategy are traced in threads that take
    turns."""

    step: Step | None = None


class PenalisedSteps:
    """Adds a penalty to a model's loss, in `train_step` only.

    The model's own `train_step` runs as it is, inside a second tape that records the inputs. Where
    it asks for the loss, the gradient is taken of this tape and the penalty added: so there is one
    forward pass, and what the step does with the loss (scaling it, sharing it among replicas) it
    does with the penalty too.

    Args:
        model: The model.
        penalty: What is added.

    Raises:
        TfexplainError: the penalty's layer is none of the model's.
    """

    def __init__(self, model: Model, penalty: Penalty) -> None:
        self._model, self._penalty = model, penalty
        self._before = {name: vars(model)[name] for name in METHODS if name in vars(model)}
        self._own = {name: getattr(model, name) for name in METHODS}
        path = penalty.layer_path
        self._layer = [layer_at(model, path)] if path else []
        self._embeddings = embeddings(model)
        self._running = _Running()
        self._open, self._lock, self._stack = 0, threading.Lock(), ExitStack()
        own = isinstance(model, keras.Model)
        library: Any = keras if own else import_module("tf_keras")
        self._adds_loss = not own  # `loss` of tf_keras is what was compiled
        with model.distribute_strategy.scope():
            self._means = {
                name: library.metrics.Mean(name=name)
                for name in ("base_loss", "penalty", "penalty_weight")
            }

    def put_on(self) -> None:
        """Takes the place of the model's own methods."""
        for name in METHODS:
            # Not by the model's own `__setattr__`, which keeps track of what it holds.
            object.__setattr__(self._model, name, getattr(self, name))

    def take_off(self) -> None:
        """Leaves the model as it was."""
        for name in METHODS:
            object.__delattr__(self._model, name)
            if name in self._before:
                object.__setattr__(self._model, name, self._before[name])

    def train_step(self, data: Any) -> Any:
        """Runs the model's own step, whose loss gets the penalty."""
        parts = [*data] if isinstance(data, (tuple, list)) else [data]
        parts[0] = numbers(self._model, parts[0], bool(self._embeddings))
        y, regions = parted(parts[1]) if len(parts) > 1 else (None, None)
        parts[1:2] = [y] if len(parts) > 1 else []
        tape = tf.GradientTape(watch_accessed_variables=False)
        step = Step(self._model, parts[0], y, regions, tape, self._penalty.layer_path)
        self._running.step = step
        try:
            with told(), tape, self._tap():
                if not self._layer:
                    step.watch(with_gradient(step.x))
                logs = self._own["train_step"](tuple(parts) if len(parts) > 1 else parts[0])
                if not step.done:
                    raise SettingError(
                        f"model={type(self._model).__name__}: expected a train_step that calls "
                        "self.compute_loss, where the penalty is added. Call it in yours."
                    )
        except TfexplainError as error:
            error.ag_pass_through = True  # type: ignore[attr-defined]  # AutoGraph keeps its class
            raise
        finally:
            self._running.step = None
        return logs

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        **more: Any,
    ) -> Any:
        """Returns the model's own loss, in training with the penalty."""
        y, _ = parted(y)
        loss = self._own["compute_loss"](x, y, y_pred, sample_weight, **more)
        step = self._running.step
        if step is None or step.done:
            return loss
        step.done, step.y_pred, step.loss = True, y_pred, loss
        step.weights = _row_weights(sample_weight)
        penalty = tf.reduce_mean(self._penalty.of(step))
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        values = {
            "base_loss": loss * replicas,  # each replica has its share of the mean over all rows
            "penalty": penalty,
            "penalty_weight": self._penalty.weight,
        }
        for name, value in values.items():
            self._means[name].update_state(value, sample_weight=step.rows)
        return loss + tf.cast(self._penalty.weight * penalty / replicas, loss.dtype)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None, **more: Any
    ) -> Any:
        """Returns the model's own metrics, which see no regions."""
        return self._own["compute_metrics"](x, parted(y)[0], y_pred, sample_weight, **more)

    def get_metrics_result(self) -> Mapping[str, Any]:
        """Returns the model's own results, and in training those of the penalty."""
        results = dict(self._own["get_metrics_result"]())
        if not self._counts():
            return results
        own = {name: mean.result() for name, mean in self._means.items()}
        if self._adds_loss and "loss" in results:
            results["loss"] += own["penalty_weight"] * own["penalty"]
        return results | own

    def reset_metrics(self) -> None:
        """Begins anew, with the model's own metrics."""
        self._own["reset_metrics"]()
        for mean in self._means.values():
            mean.reset_state()

    def _counts(self) -> bool:
        """Whether results are asked for by training: in a step, or after some since the reset."""
        if self._running.step is not None:
            return True
        return (
            tf.executing_eagerly() and float(tf.convert_to_tensor(self._means["penalty"].count)) > 0
        )

    @contextmanager
    def _tap(self) -> Iterator[None]:
        """While open, outputs of the layers that gradients are taken of are recorded.

        Replicas enter and leave in any order: the first puts the tap on, the last takes it off.
        """
        with self._lock:
            if not self._open:
                for layer in self._layer or self._embeddings:
                    self._stack.enter_context(around(layer, self._watched))
            self._open += 1
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1
                if not self._open:
                    self._stack.close()

    def _watched(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            output = call(*args, **kwargs)
            step = self._running.step
            if step is not None and not step.done and (self._layer or of_rows(output, step.x)):
                step.watch([output])
            return output

        return watched


def _row_weights(sample_weight: Any) -> Tensor | None:
    """Returns the weight of each row [N], where it is one."""
    if sample_weight is None or isinstance(sample_weight, (dict, list, tuple)):
        return None
    weights = tf.convert_to_tensor(sample_weight)
    if weights.shape.rank == 2 and weights.shape[1] == 1:
        weights = weights[:, 0]
    return weights if weights.shape.rank == 1 else None
