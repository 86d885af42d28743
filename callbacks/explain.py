"""`Explain`: the callback that explains a validation batch at each epoch's end."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from tfexplain.callbacks.guard import Guard, OnError
from tfexplain.callbacks.session import Session
from tfexplain.callbacks.settings import Settings
from tfexplain.callbacks.writer import RunWriter
from tfexplain.explainers import Explainer
from tfexplain.schema import Metrics
from tfexplain.targets import Targets

# Who writes which run directory. Weak: a training that was interrupted never says goodbye.
_writing: weakref.WeakValueDictionary[str, Explain] = weakref.WeakValueDictionary()


class Explain(keras.callbacks.Callback):  # type: ignore[misc]
    """Explains a fixed handful of validation samples at each epoch's end and logs the numbers.

    Nothing is opened before training begins. Settings, data and log directory are checked before
    the first batch; every default that was chosen is printed once. Training is left as it was:
    it ends with the same weights, to the bit.

    Args:
        val: Validation data: (x, y) arrays, x alone, a `tf.data.Dataset`, or a Keras `PyDataset`
            or `Sequence`. Datasets are read up to 1024 rows.
        explainers: Methods with their settings. Default `FeatureMaps(), GradCAM(),
            IntegratedGradients()`; only the last for models without a spatial layer.
        log_dir: Where the run goes; records are written below it in `explain`.
        every: Explain every so many epochs. The last epoch is always explained.
        samples: How many validation samples to explain, balanced over the classes.
        class_names: Names of the classes, for the page.
        targets: `"label"` (the true class, where there are labels; default), `"predicted"`, a class
            index, or a function of the model's outputs that returns one number a sample.
        color_range: (black, white) of the input images; default 0..1, -1..1, 0..255 or else least
            and greatest, whichever fits.
        images: Whether to write overlay grids for TensorBoard's own Images tab as well.
        seed: Of the choice of samples.
        on_error: `"warn"`: a failure while explaining is told once, counted, shown on the page, and
            training goes on. `"raise"` is for tests.
        verbose: Whether to print the choices.

    Raises:
        ValueError, OSError: in `on_train_begin`, for whatever cannot work.

    Example:
        >>> import keras, numpy as np, tempfile
        >>> model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3),
        ...     keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")])
        >>> model.compile("sgd", "sparse_categorical_crossentropy")
        >>> x, y = np.random.default_rng(0).random((12, 8, 8, 1)), np.arange(12) % 3
        >>> callback = Explain((x, y), log_dir=tempfile.mkdtemp(), verbose=False)
        >>> _ = model.fit(x, y, epochs=2, callbacks=[callback], verbose=0)
    """

    # What Keras 3 asks: callbacks that look at batches and are not safe keep it from running the
    # others beside training. Ours does nothing there once the model is built.
    async_safe = True
    # What tf_keras asks: without it each batch waits for its logs to become numbers.
    _supports_tf_logs = True

    def __init__(
        self,
        val: Any,
        explainers: Sequence[Explainer] | Explainer | None = None,
        *,
        log_dir: str | os.PathLike[str],
        every: int = 1,
        samples: int = 8,
        class_names: Sequence[str] | None = None,
        targets: Targets | str = "label",
        color_range: tuple[float, float] | None = None,
        images: bool = True,
        seed: int = 0,
        on_error: OnError = "warn",
        verbose: bool = True,
    ) -> None:
        super().__init__()
        if isinstance(explainers, Explainer):
            explainers = [explainers]
        self._settings = Settings(
            val=val,
            explainers=None if explainers is None else tuple(explainers),
            every=every,
            samples=samples,
            class_names=tuple(class_names or ()),
            targets=targets,
            color_range=color_range,
            images=images,
            seed=seed,
            verbose=verbose,
        )
        self._guard = Guard(on_error)
        self._directory = os.path.join(os.fspath(log_dir), "explain")
        self._session: Session | None = None
        self._writer: RunWriter | None = None
        self._last_step = -1
        self._offset = 0
        self._first_epoch = True
        self._thread = 0

    def _implements_train_batch_hooks(self) -> bool:
        return self.model is not None and not self.model.built

    def _implements_test_batch_hooks(self) -> bool:
        return False

    def _implements_predict_batch_hooks(self) -> bool:
        return False

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Check everything, print the choices, open the log."""
        self._settings.check()
        self._close()
        other = _writing.get(self._directory)
        if other is not None and other is not self:
            self._take_over(other)
        self._first_epoch = True
        self._thread = threading.get_ident()
        if self.model.built:
            self._start()

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Models that are built by their first batch (tf_keras) are opened here."""
        # Keras 3 may call this beside training, where the model must not be run or restored.
        if self._session is None and threading.get_ident() == self._thread:
            self._start()

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """A second `fit` counts epochs from zero; its steps go on where the last ended."""
        if self._first_epoch:
            self._offset = max(0, self._last_step + 1 - epoch)
            self._first_epoch = False

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the epoch's metrics and, where it is due, explanations."""
        if self._session is None:
            self._start()
        if self._session is None or self._writer is None:
            return
        step = self._last_step = epoch + self._offset
        with self._guard.watch("metrics", step):
            self._session.log_metrics(step, Metrics(_numbers(logs or {})), self._writer)
        if epoch % self._settings.every == 0:
            self._explain(step)
        self._commit(step)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Explain the last epoch if that has not been done, and close the log."""
        try:
            if self._session and self._last_step not in {-1, *self._session.explained}:
                self._explain(self._last_step)
            self._commit(self._last_step)
        finally:
            self._close()

    def _close(self) -> None:
        writer, self._session, self._writer = self._writer, None, None
        if writer is not None:
            _writing.pop(self._directory, None)
            with self._guard.watch("writer", self._last_step):
                writer.close()

    def _start(self) -> None:
        session = Session(self._settings, self.model, self._guard)
        writer = RunWriter(self._directory)
        writer.open()
        _writing[self._directory] = self
        session.announce(writer)
        self._session, self._writer = session, writer

    def _take_over(self, other: Explain) -> None:
        """Close a log that an interrupted training left open; refuse one of this same `fit`."""
        # Keras hands one dictionary of parameters to all callbacks of a `fit`.
        if other.params is self.params:
            raise ValueError(
                f"log_dir: another Explain of this fit already writes {self._directory!r}. "
                "Give each its own log_dir, or one Explain all the explainers."
            )
        other._close()

    def _explain(self, step: int) -> None:
        if self._session is not None and self._writer is not None:
            with self._guard.watch("explain", step):
                self._session.explain(step, self._writer)

    def _commit(self, step: int) -> None:
        if self._writer is None:
            return
        before = self._writer.reopened
        with self._guard.watch("writer", step):
            self._writer.commit()
        if self._writer.reopened > before:
            message = f"{self._directory!r} was lost; a new file was begun there."
            self._guard.report("writer: log file lost", message, step)


def _numbers(logs: Mapping[str, Any]) -> dict[str, float]:
    return {str(name): float(value) for name, value in logs.items()}
