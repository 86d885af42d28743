"""Base class of all callbacks: opens the log, counts its steps, keeps failures from training."""

from __future__ import annotations

import os
import threading
import weakref
from abc import abstractmethod
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, ClassVar

import keras

from tfexplain.callbacks.copied_settings import CopiedSettings
from tfexplain.callbacks.distribution import Workers
from tfexplain.callbacks.fit_frame import running
from tfexplain.callbacks.guard import Guard, OnError
from tfexplain.callbacks.log_lock import LogLock, lock_log
from tfexplain.callbacks.named_numbers import NamedNumbers
from tfexplain.callbacks.parts import hint, lend_losses
from tfexplain.callbacks.step_clock import StepClock, count_finely, step_clock
from tfexplain.callbacks.weak_model import WeakModel
from tfexplain.callbacks.work import Unplanned, Work
from tfexplain.errors import CallError, TfexplainError
from tfexplain.model.keras_private import CALLBACK_MODEL, BatchHooks
from tfexplain.model.preprocessing import compiled_once
from tfexplain.runlog.attribution_records import metrics
from tfexplain.runlog.directory import located
from tfexplain.runlog.weights_epoch import Moment, Weights
from tfexplain.runlog.writer import RunWriter
from tfexplain.structure.training_facts import learning_rate
from tfexplain.wire import schema


class LoggingCallback(WeakModel, CopiedSettings, BatchHooks, keras.callbacks.Callback):  # type: ignore[misc]
    """Base class: a callback that logs to one run directory, in Keras 3 and in tf_keras.

    Args:
        log_dir: Directory of the run.
        room: Directory below it, for what this callback writes.
        on_error: See `Guard`.
        does: The work of this callback, in a word.
        part: Path of the part of the model that is meant; None for the model.
        logs: Names of numbers that are put into the `logs` of each epoch.
        every_steps: Training steps between measurements within epochs; None for none.
    """

    params: Any
    _passing: ClassVar[frozenset[str]] = frozenset(
        {
            *("params", CALLBACK_MODEL, "_trained", "_guard", "_directory", "_log_lock", "_work"),
            *("_writer", "_workers", "_started", "_weights", "_last_step", "_offset", "_logged"),
            *("_first_epoch", "_thread", "_fit", "_clock", "_epoch"),
        }
    )

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        room: str,
        on_error: OnError,
        does: str,
        part: str | None,
        logs: Sequence[str],
        every_steps: int | None = None,
    ) -> None:
        self._log_dir, self._room, self._does = os.fsdecode(log_dir), room, does
        self._on_error, self._part, self._every_steps = on_error, part, every_steps
        self._named = NamedNumbers(logs)
        self._renew()

    def _renew(self) -> None:
        """Resets the callback, whatever was trained before."""
        self._trained: weakref.ref[Any] | None = None
        super().__init__()
        self._directory = ""
        self._log_lock: LogLock | None = None
        self._work: Work | None = None
        self._writer: RunWriter | None = None
        self._workers: Workers | None = None
        self._started = False
        self._offset = 0
        self._logged: weakref.ref[Any] | None = None  # the model of the last `fit`
        self._first_epoch, self._epoch = True, 0
        self._thread = 0
        self._clock: StepClock | None = None
        # The parameters of the `fit` that uses this, the same dictionary in all its callbacks.
        self._fit: Any = None
        self._forget()

    @abstractmethod
    def _check(self) -> None:
        """Raises for settings that are wrong whatever the model."""

    @property
    @abstractmethod
    def _asked(self) -> bool:
        """Whether the work was asked for by name, so that it cannot be left out."""

    @abstractmethod
    def _begin(self) -> Work:
        """Plans the work on the built model; raises for whatever cannot be done."""

    def _forget(self) -> None:
        """Begins as a new callback would, for another model is trained than in the last `fit`."""
        self._guard = Guard(self._on_error)
        self._weights = Weights()
        self._last_step = -1

    @property
    def _reads_train_batches(self) -> bool:
        """Whether it measures within epochs, or waits for a model that its first batch builds."""
        return not self.async_safe or (self.model is not None and not self._subject.built)

    @property
    def async_safe(self) -> bool:
        """Whether Keras 3 may call hooks of batches beside training: of who does nothing there."""
        return self._every_steps is None

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Checks everything, prints the choices, opens the log.

        Raises:
            RuntimeError: there is no model, or another `fit` that is running uses this callback.
        """
        self._check_use()
        self._fit = self.params
        self._workers = Workers(self.model)
        with self._workers.agreeing():
            self._directory = self._directory or located(self._log_dir)
            self._check()
            self._clock = step_clock(self._every_steps, self.params, self.model)
            self._close()
            if self._logged is not None and self._logged() is not self.model:
                self._forget()
        self._first_epoch, self._started = True, False
        self._thread = threading.get_ident()
        if unseen := self._named.blind(self, self.params):
            self._guard.tell("logs", unseen)
        if self._subject.built:
            self._start()

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Opens models that their first batch builds (tf_keras), and measures within epochs."""
        # Keras 3 may call this beside training, where the model must not be run or restored.
        if threading.get_ident() != self._thread:
            return
        if not self._started:
            self._start()
        epoch = self._epoch + self._offset
        if self._clock and (step := self._clock.due(epoch, batch)) is not None:
            self._log_within(step, logs or {})

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Opens the log, where the model is built; only now is it known where training begins.

        A second `fit` counts epochs from zero; its steps go on where the last ended.
        """
        self._epoch = epoch
        if not self._first_epoch:
            return
        workers = self._begun("on_epoch_begin")
        self._first_epoch = False
        with workers.agreeing():
            if workers.chief:
                self._log_lock = lock_log(self._directory, self.params, self.model, epoch)
                self._last_step = self._log_lock.after
                self._open()
        self._offset = max(0, self._last_step + 1 - epoch)

    def on_epoch_end(self, epoch: int, logs: MutableMapping[str, Any] | None = None) -> None:
        """Logs the epoch, and puts the numbers that were named into its `logs`."""
        workers = self._begun("on_epoch_end")
        if self._first_epoch:
            self.on_epoch_begin(epoch)
        if not self._started:
            self._start()
        measured: Mapping[str, float] = {}
        step = self._last_step = epoch + self._offset
        if self._log_lock is not None:
            self._log_lock.logged(step)
        with self._closed_if_interrupted(), workers.synced(self.model):
            if self._work is not None and self._writer is not None:
                self._write_metrics(step, logs or {}, self._writer)
                now = self._now(epoch, self._work)
                measured = self._work.at_epoch(now, logs or {}, self._writer)
                self._commit(step)
            self._named.put(workers, measured, logs)

    def _log_within(self, step: float, logs: Mapping[str, Any]) -> None:
        """Logs what is measured within an epoch; of its `logs`, what `fit` reports so far."""
        with self._closed_if_interrupted(), self._begun("_log_within").synced(self.model):
            if self._work is not None and self._writer is not None:
                self._write_metrics(step, logs, self._writer)
                self._work.at_epoch(Moment(self._epoch, step, weights=step), logs, self._writer)
                self._commit(step)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Logs what is due after training, and closes the log."""
        workers = self._begun("on_train_end")
        try:
            with workers.synced(self.model):
                if self._work is not None and self._writer is not None and self._last_step >= 0:
                    self._work.at_end(self._now(None, self._work), self._writer)
                self._commit(self._last_step)
        finally:
            self._close()

    def _begun(self, method: str) -> Workers:
        """Returns the workers of this training; raises TfexplainError where it never began."""
        if self._workers is None:
            raise TfexplainError(
                f"{type(self).__name__}.{method}: expected on_train_begin() before it. Pass the "
                "callback to fit, or call set_model(model) and on_train_begin() first."
            )
        return self._workers

    def _check_use(self) -> None:
        """Raises TfexplainError for use by hand without a model, and by two trainings at once."""
        name = type(self).__name__
        if self.model is None:
            raise TfexplainError(
                f"{name}.on_train_begin: expected a model. Pass the callback to fit, or call "
                "set_model(model) first."
            )
        used = self._work is not None and self._fit is not None and self._fit is not self.params
        if used and running(self._fit):
            # That training goes on with what it has.
            self.params, self._trained = self._fit, self._logged
            raise TfexplainError(
                f"callbacks: this {name} is used by another fit, which is still running. Give each "
                "its own; copy.deepcopy(callback) makes one of the same settings."
            )

    def _start(self) -> None:
        workers = self._begun("on_train_batch_end")
        self._started = True
        self._logged = weakref.ref(self.model)
        with workers.agreeing(), workers.synced(self.model):
            if workers.chief:
                self._work = self._planned()
                self._named.check_known(self._work.numbers)
                self._open()

    def _planned(self) -> Work:
        planned: list[Work] = []
        with nullcontext() if self._asked else self._guard.planning(self._does):
            self._begun("on_train_begin").check()
            lend_losses(self.model)
            try:
                with compiled_once():
                    planned.append(self._begin())
            except CallError as error:
                raise CallError(f"{error} {self._hint}".strip()) from error
        return planned[0] if planned else Unplanned(self._guard)

    @property
    def _hint(self) -> str:
        """Returns which parts of the model there are, where none was named."""
        return hint(self.model) if self._part is None else ""

    def _now(self, epoch: int | None, work: Work) -> Moment:
        """Returns the moment at the end of an epoch, or for None at that of training."""
        step, weights = self._last_step, None
        if not isinstance(work, Unplanned):
            with self._guard.watch("weights", step):
                known, model = self._weights, self._subject
                weights = known.after(model) if epoch is None else known.ended(model, step)
        if epoch is None:
            return Moment(step - self._offset, step, True, "end", weights)
        epochs = (self.params or {}).get("epochs")
        last = bool(getattr(self.model, "stop_training", False)) or epoch + 1 == epochs
        return Moment(epoch, step, last, "epoch", weights)

    def _write_metrics(self, step: float, logs: Mapping[str, Any], writer: RunWriter) -> None:
        with self._guard.watch("metrics", step):
            # Callbacks that change it log the one that the epoch was trained with.
            rate = learning_rate(self.model)
            known = {} if rate is None else {"learning_rate": rate}
            record, left_out = metrics(known | dict(logs))
            writer.add(schema.Tag("metrics"), step, record, schema.Content("metrics"))
            for name, why in left_out.items():
                self._guard.leave_out(f"metric {name!r}", why)

    def _open(self) -> None:
        """Opens the log, once both the work and the directory are known."""
        if self._work is None or self._log_lock is None:
            return
        try:
            other = self._log_lock.rooms.get(self._room)
            if other is not None and other is not self:
                self._take_over(other)
            room = os.path.join(self._log_lock.directory, self._room)
            writer = RunWriter(room, self._guard.leave_out)
            if self._clock is not None or self._log_lock.resumes:
                count_finely(writer, self._clock, self.params)
            writer.open()
        except BaseException:
            self._log_lock = None
            raise
        self._log_lock.rooms[self._room], self._writer = self, writer
        with self._guard.watch("choices", 0):  # printed to what may not take them
            self._work.announce(writer, self._log_lock.resumes)

    @contextmanager
    def _closed_if_interrupted(self) -> Iterator[None]:
        try:
            yield
        except BaseException:  # interrupted by the user; then Keras says no goodbye
            self._close()
            raise

    def _close(self) -> None:
        writer, log_lock = self._writer, self._log_lock
        self._work = self._writer = self._log_lock = None
        if writer is not None and log_lock is not None:
            log_lock.rooms.pop(self._room, None)
            with self._guard.watch("closing the log", self._last_step):
                writer.close()

    def _take_over(self, other: LoggingCallback) -> None:
        """Closes a log that an interrupted training left open; refuses one of this same `fit`."""
        # Keras hands one dictionary of parameters to all callbacks of a `fit`.
        if other.params is self.params:
            raise TfexplainError(
                f"log_dir: another {(name := type(self).__name__)} of this fit already writes "
                f"{self._log_dir!r}. Give each its own log_dir, or keep one {name}."
            )
        other._close()

    def _commit(self, step: float) -> None:
        if self._writer is None:
            return
        before = self._writer.reopened
        with self._guard.watch("writer", step):
            self._writer.commit()
        if self._writer.reopened > before:
            message = f"{self._writer.directory!r} was lost; a new file was begun there."
            self._guard.report("writer: log file lost", message, step)
