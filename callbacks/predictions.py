"""Defines `Predictions`, the callback that logs outputs on many validation rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tfexplain.callbacks.base import LoggingCallback
from tfexplain.callbacks.guard import OnError
from tfexplain.callbacks.predictions_run import PredictionsRun, PredictionsSettings
from tfexplain.callbacks.step_clock import check_settings
from tfexplain.callbacks.work import Work
from tfexplain.data import validation
from tfexplain.runlog.naming import Naming


class Predictions(LoggingCallback):
    """Logs the model's outputs on many validation rows at the end of epochs.

    One forward pass of the rows, as in prediction. What follows from outputs and labels is computed
    of the log: the confusion matrix, precision, recall, F1, ROC, calibration with their intervals,
    and over the epochs which rows are hard, ambiguous or forgotten (docs/predictions.md). Works for
    Keras 3 and tf_keras models.

    Args:
        validation_data: Validation data as `Explain` takes it, `(x, y)` or `(x, y, weights)`.
        log_dir: Directory of the run; records are written below it in `predictions`.
        rows: How many rows of `validation_data` to run at most, chosen by what they hold at the
            data's own shares of classes.
        every: Run them every so many epochs, and in the last one.
        every_steps: Run them every so many training steps as well, and at the end of each epoch:
            for trainings of one long epoch (docs/training.md).
        groups: A name for the group of each row of the data, such as its hospital; the data are
            arrays then.
        class_names: Names of the classes in the order of the outputs.
        thumbnails: Whether the log holds, once, a small picture of each row or a short text of its
            values or words.
        feature_names: Names of a table's columns or a sequence's channels, as in `Explain`.
        vocabulary: The words that ids stand for, as in `Explain`.
        decode: A function from ids to words, as in `Explain`.
        output: Name or position of the output, where a model has several. Default the one that is
            trained on classes.
        write_scalars: Whether to write totals for TensorBoard's Scalars tab as well.
        on_error: `"warn"`: a failure is reported once, counted and shown on the page, and training
            goes on. `"raise"` is for tests.
        verbose: 0: silent. 1 (default): what was chosen is printed once, before the first batch.
        part: Which part of a model of several models is run. Default the model that is trained.
        logs: Names of totals that are put into the `logs` of every epoch, for the callbacks behind
            this one, such as `"predictions/macro_f1"` (docs/training.md).

    Raises:
        TfexplainError, OSError: before the first batch, for settings, data or a directory that
            cannot be used.

    Example:
        >>> import keras, numpy as np, tempfile
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
        >>> model.compile("sgd", "sparse_categorical_crossentropy")
        >>> x, y = np.ones((8, 4)), np.arange(8) % 3
        >>> callback = Predictions((x, y), log_dir=tempfile.mkdtemp(), verbose=False)
        >>> _ = model.fit(x, y, callbacks=[callback], verbose=0)
    """

    def __init__(
        self,
        validation_data: Any,
        *,
        log_dir: str | os.PathLike[str],
        rows: int = 1024,
        every: int = 1,
        every_steps: int | None = None,
        groups: Sequence[Any] | None = None,
        class_names: Sequence[str] = (),
        thumbnails: bool = True,
        feature_names: Sequence[str] | Mapping[str, Sequence[str]] = (),
        vocabulary: Sequence[str] | Mapping[int, str] | None = None,
        decode: Callable[[Any], Sequence[str]] | None = None,
        output: str | int | None = None,
        write_scalars: bool = True,
        on_error: OnError = "warn",
        verbose: bool | int = 1,
        part: str | None = None,
        logs: Sequence[str] = (),
    ) -> None:
        self._choices = PredictionsSettings(
            validation_data=validation_data,
            rows=rows,
            every=every,
            groups=groups,
            class_names=class_names,
            thumbnails=thumbnails,
            naming=Naming(feature_names=feature_names, vocabulary=vocabulary, decode=decode),
            output=output,
            write_scalars=write_scalars,
            verbose=verbose,
        )
        super().__init__(log_dir, "predictions", on_error, "predictions", part, logs, every_steps)

    @property
    def _validation_data(self) -> Any:
        return self._choices.validation_data

    def _check(self) -> None:
        check_settings(self._choices, self._every_steps, "rows")
        validation.check(self._choices.validation_data)
        self._choices.naming.check_names()

    @property
    def _asked(self) -> bool:
        return False

    def _begin(self) -> Work:
        return PredictionsRun(self._choices, self._subject, self._guard, self._clock)
