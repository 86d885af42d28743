"""Defines `Health`, the callback that measures gradients, updates and activations of layers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from tfexplain.callbacks.base import LoggingCallback
from tfexplain.callbacks.guard import OnError
from tfexplain.callbacks.health_run import HealthRun, HealthSettings
from tfexplain.callbacks.step_clock import check_settings
from tfexplain.callbacks.work import Work
from tfexplain.checks import is_whole
from tfexplain.data import validation
from tfexplain.data.row_choice import Sampler
from tfexplain.health.batch import wanted_rows


class Health(LoggingCallback):
    """Logs gradients, updates and activations of every layer at the end of epochs.

    One forward and one backward pass of a few validation rows, as training does them
    (`training=True`, the compiled loss, regularizers, loss scaling); states and metrics are put
    back, and no weight changes. Says in plain words which gradients vanish or explode, which units
    are dead or saturated, and whose updates are too large or too small (docs/health.md). Works for
    Keras 3 and tf_keras models.

    Args:
        validation_data: Validation data as `Explain` takes it, `(x, y)` or `(x, y, weights)`.
        log_dir: Directory of the run; records are written below it in `health`.
        every: Measure every so many epochs, and in the last one.
        every_steps: Measure every so many training steps as well, and at the end of each epoch: for
            trainings of one long epoch (docs/training.md).
        samples: How many rows of `validation_data` to run, chosen by what they hold.
        class_weight: As `fit` takes it, which tells callbacks nothing of it: weight of each class.
        write_scalars: Whether to write totals for TensorBoard's Scalars tab as well.
        write_histograms: Whether to write activations and gradients for its Histograms and
            Distributions tabs as well.
        on_error: `"warn"`: a failure is reported once, counted and shown on the page, and training
            goes on. `"raise"` is for tests.
        verbose: 0: silent. 1 (default): what was chosen is printed once, before the first batch.
        part: Which part of a model of several models is measured. Default the model that is
            trained.
        logs: Names of totals that are put into the `logs` of every epoch, for the callbacks behind
            this one, such as `"health/gradient_norm"` (docs/training.md).

    Raises:
        TfexplainError, OSError: before the first batch, for settings, data or a directory that
            cannot be used. Gradients of a loss that needs what the data lack are left out with a
            warning.

    Example:
        >>> import keras, numpy as np, tempfile
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.ones((8, 4))
        >>> callback = Health((x, x[:, :1]), log_dir=tempfile.mkdtemp(), verbose=False)
        >>> _ = model.fit(x, x[:, :1], callbacks=[callback], verbose=0)
    """

    def __init__(
        self,
        validation_data: Any,
        *,
        log_dir: str | os.PathLike[str],
        every: int = 1,
        every_steps: int | None = None,
        samples: int = 32,
        class_weight: Mapping[int, float] | None = None,
        write_scalars: bool = True,
        write_histograms: bool = True,
        on_error: OnError = "warn",
        verbose: bool | int = 1,
        part: str | None = None,
        logs: Sequence[str] = (),
    ) -> None:
        self._choices = HealthSettings(
            validation_data=validation_data,
            every=every,
            samples=samples,
            class_weight=class_weight,
            write_scalars=write_scalars,
            write_histograms=write_histograms,
            verbose=verbose,
        )
        super().__init__(log_dir, "health", on_error, "health", part, logs, every_steps)

    # Rows that another callback read of the same data, until they are used.
    _read: Sampler | None = None
    _passing = LoggingCallback._passing | {"_read"}

    @property
    def _validation_data(self) -> Any:
        return self._choices.validation_data

    def _wanted_rows(self, other: LoggingCallback) -> Sampler | None:
        """Returns the sample to fill where another callback reads the same data for the same model;
        else None."""
        same = self._validation_data is other._validation_data and self.model is other.model
        count = self._choices.samples
        if not same or self._part != other._part or not (is_whole(count) and count > 0):
            return None
        return wanted_rows(self._subject, count)

    def _take_rows(self, sampler: Sampler) -> None:
        """Takes the sample, once the other callback has read the data."""
        self._read = sampler

    def _check(self) -> None:
        check_settings(self._choices, self._every_steps, "samples")
        validation.check(self._choices.validation_data)

    @property
    def _asked(self) -> bool:
        return False

    def _begin(self) -> Work:
        sampler, self._read = self._read, None
        rows = sampler.sampled().rows if sampler is not None and sampler.total else None
        return HealthRun(self._choices, self._subject, self._guard, self._clock, rows)
