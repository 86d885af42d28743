"""Defines `Compression`, the callback that measures every kernel at the end of epochs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from tfexplain import compression
from tfexplain.callbacks.base import LoggingCallback
from tfexplain.callbacks.compression_run import CompressionRun, CompressionSettings
from tfexplain.callbacks.guard import OnError
from tfexplain.callbacks.step_clock import check_settings
from tfexplain.callbacks.work import Work
from tfexplain.checks import check_whole
from tfexplain.data import validation


class Compression(LoggingCallback):
    """Logs how pruning and quantization change each kernel, at the end of epochs and of training.

    Works for Keras 3 and tf_keras models, with or without tfmot: wrapped for pruning, 2:4,
    clustering or quantization-aware training, quantized by Keras, with LoRA, with masks made by
    hand, and under a Distiller (student and teacher apart). Kernels of an unknown mode show their
    dtype and bytes. The callback reads weights in place and changes nothing. Put it behind other
    callbacks that change weights.

    Args:
        validation_data: Validation data as `Explain` takes it; adds activation sparsity and dead
            units, and of quantized models how far outputs of layers are from a float model's.
        log_dir: Directory of the run; records are written below it in `compression`.
        reference: The model before it was compressed, of the same architecture, for quantization
            errors of modes that keep no float weights. A model under quantization-aware training
            needs none.
        every: Measure every so many epochs. The end of training is always measured.
        every_steps: Measure every so many training steps as well, and at the end of each epoch: for
            trainings of one long epoch (docs/training.md).
        pattern: (n, m) of n:m sparsity on the input axis.
        block: (inputs, outputs) of the blocks whose sparsity is counted.
        gzip: Whether to compress the kernels for their size; slow.
        churn: Whether to count the changes of masks from one measurement to the next, at one bit
            per weight; default: up to 256 million weights.
        samples: How many samples of `validation_data` to run.
        write_scalars: Whether to write totals for TensorBoard's Scalars tab as well.
        write_histograms: Whether to write weights for its Histograms and Distributions tabs as
            well.
        seed: Seed of the choice of samples.
        on_error: `"warn"`: a failure is reported once, counted and shown on the page, and training
            goes on. `"raise"` is for tests.
        verbose: 0: silent. 1 (default): what was chosen is printed once, before the first batch.
            2: also one line for each measured epoch.
        part: Which part of a model of several models is measured, such as `"discriminator"`: a path
            of attributes and layers. Default the model that is trained.
        logs: Names of totals that are put into the `logs` of every epoch, for the callbacks behind
            this one: `"compression/sparsity"`, `"compression/student/size_dense"`
            (docs/training.md).

    Raises:
        TfexplainError, OSError: before the first batch, for settings, a `reference` or a directory
            that cannot be used. What cannot be measured is left out with a warning.

    Example:
        >>> import keras, numpy as np, tempfile
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.ones((8, 4))
        >>> callback = Compression(log_dir=tempfile.mkdtemp(), verbose=False)
        >>> _ = model.fit(x, x[:, :1], callbacks=[callback], verbose=0)
    """

    def __init__(
        self,
        validation_data: Any = None,
        *,
        log_dir: str | os.PathLike[str],
        reference: Any = None,
        every: int = 1,
        every_steps: int | None = None,
        pattern: tuple[int, int] = (2, 4),
        block: tuple[int, int] = (4, 4),
        gzip: bool = False,
        churn: bool | None = None,
        samples: int = 32,
        write_scalars: bool = True,
        write_histograms: bool = True,
        seed: int = 0,
        on_error: OnError = "warn",
        verbose: bool | int = 1,
        part: str | None = None,
        logs: Sequence[str] = (),
    ) -> None:
        n, m = pattern
        measured = compression.Settings(
            pattern=compression.Pattern(n, m, block), gzip=gzip, churn=churn
        )
        self._choices = CompressionSettings(
            validation_data=validation_data,
            reference=reference,
            every=every,
            samples=samples,
            seed=seed,
            measured=measured,
            write_scalars=write_scalars,
            write_histograms=write_histograms,
            verbose=verbose,
        )
        super().__init__(log_dir, "compression", on_error, "compression", part, logs, every_steps)

    @property
    def _validation_data(self) -> Any:
        return self._choices.validation_data

    def _check(self) -> None:
        check_settings(self._choices, self._every_steps, "samples")
        check_whole("seed", self._choices.seed, 0)
        if self._choices.validation_data is not None:
            validation.check(self._choices.validation_data)

    @property
    def _asked(self) -> bool:
        return self._choices.reference is not None

    def _begin(self) -> Work:
        return CompressionRun(self._choices, self._subject, self._guard, self._hint, self._clock)
