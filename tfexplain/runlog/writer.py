"""Writes the log of one run, so that a lost or slow disk is noticed and costs training little."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from tfexplain.errors import ExplainWarning
from tfexplain.runlog import events
from tfexplain.runlog.background import BackgroundJob, answered
from tfexplain.runlog.event_file import EventFile
from tfexplain.wire import schema
from tfexplain.wire.clock import event_step

# Events of failed or late writes are kept for the next try, up to this many bytes.
MOST_PENDING_BYTES = 64 << 20
# How long training waits for the directory at an epoch's end, and once more when the log is closed.
WAIT_SECONDS = 10.0

# Records that only hold numbers, whose layout their content tells.
_ALIKE = frozenset({"map", "channels", "matrix", "units"})


def _warn(what: str, why: str) -> None:
    warnings.warn(f"tfexplain: {what} is left out: {why}", ExplainWarning, stacklevel=2)


@dataclass(frozen=True)
class Fine:
    """Holds training steps of an epoch, and how many times one is measured."""

    steps: int
    per_epoch: int


class RunWriter:
    """Writes one run directory.

    Events are collected by `add_...` and written by `commit`.

    The directory is touched on another thread, for at most one `commit` at a time. While one
    hangs, later ones do not wait for it: their events are kept, and written once it is over.

    Args:
        directory: The run's directory; made by `open`. One process writes it.
        tell: Called with what is left out, because no reader would take it, and why.

    Attributes:
        reopened: How many files were begun because the one before was lost.
        heard: Called with each record that is added: (tag, step, bytes).
    """

    def __init__(self, directory: str, tell: Callable[[str, str], None] | None = None) -> None:
        self.directory = directory
        self.tell = tell or _warn
        self.reopened = 0
        self.heard: Callable[[schema.Tag, float, bytes], None] | None = None
        self._file = EventFile(directory)
        self._constant: list[events.Entry] = []
        self._pending: list[events.Entry] = []
        self._dropped = 0
        self._checked: set[tuple[str, tuple[int, ...]]] = set()
        self._job: BackgroundJob | None = None
        self._in_hand: list[events.Entry] = []  # what the job writes
        self._error: BaseException | None = None  # of the last job that is over
        self._fine: Fine | None = None
        self._beside: list[RunWriter] = []

    def open(self) -> None:
        """Makes the directory and begins a new file.

        Raises:
            OSError: it cannot be written, or does not answer; says where and why.
        """
        try:
            answered(self._file.begin)
        except Exception as error:
            raise OSError(
                f"log_dir={self.directory!r}: expected a directory that can be written; {error}. "
                "Pass another log_dir."
            ) from error

    def beside(self, name: str) -> RunWriter:
        """Opens the same room of another run, which lies in the run's directory: `X/explain` has
        `X/name/explain` beside it. It is committed and closed with this one.

        Raises:
            OSError: see `open`.
        """
        run, room = os.path.split(self.directory)
        other = RunWriter(os.path.join(run, name, room), self.tell)
        other._fine = self._fine
        other.open()
        self._beside.append(other)
        return other

    def count_finely(self, steps: int, per_epoch: int) -> None:
        """Counts fractions of epochs from now on, also in whole epochs.

        What TensorBoard's own tabs show stands at the number of training steps that were made.

        Args:
            steps: Training steps of an epoch.
            per_epoch: How many times an epoch is measured.
        """
        self._fine = Fine(steps, per_epoch)

    def _shown(self, step: float) -> int:
        """Returns the step of an event for TensorBoard's own tabs."""
        return int(step) if self._fine is None else round((step + 1) * self._fine.steps)

    def add_constant(self, tag: schema.Tag, record: schema.Record, content: schema.Content) -> None:
        """Adds a record at step 0, written once, and again whenever a new file is begun."""
        data = self._sound(tag, content, record)
        if data:
            self._keep(events.record(tag, 0, data, content))
            if self.heard is not None:
                self.heard(tag, 0, data)

    def add_pictures(
        self, tag: schema.Tag, pictures: Sequence[bytes], content: schema.Content
    ) -> None:
        """Adds PNG files, written once, and again whenever a new file is begun.

        They stand at a step that is new each time: of several blob sequences at one step,
        TensorBoard's Python mode shows the first, not the last.
        """
        if self._sound(tag, content):
            self._keep(events.blobs(tag, int(time.time()), pictures, content))

    def add(
        self, tag: schema.Tag, step: float, record: schema.Record, content: schema.Content
    ) -> None:
        """Adds one record."""
        fine = self._fine
        if fine is not None:
            content = replace(content, per_epoch=fine.per_epoch)
        data = self._sound(tag, content, record)
        if data:
            counted = event_step(step, fine is not None)
            self._pending.append(events.record(tag, counted, data, content))
            if self.heard is not None:
                self.heard(tag, step, data)

    def add_image(
        self, tag: str, step: float, png: bytes, size: tuple[int, int], text: str
    ) -> None:
        """Adds a picture for TensorBoard's own Images tab; `size` is (width, height)."""
        self._pending.append(events.image(tag, self._shown(step), png, size, text))

    def add_scalar(self, tag: str, step: float, value: float, text: str = "") -> None:
        """Adds a number for TensorBoard's own Scalars tab."""
        self._pending.append(events.scalar(tag, self._shown(step), value, text))

    def add_histogram(
        self, tag: str, step: float, buckets: npt.NDArray[np.float64], text: str = ""
    ) -> None:
        """Adds counts [n, 3] (left, right, count) for its Histograms and Distributions tabs."""
        self._pending.append(events.histogram(tag, self._shown(step), buckets, text))

    def commit(self) -> None:
        """Writes and flushes what was added, in at most `WAIT_SECONDS`; what fails is kept.

        Raises:
            OSError: the disk is full or the directory is gone.
            TimeoutError: it does not answer.
        """
        self._write(0.0, close=False)
        for other in self._beside:
            other.commit()

    def close(self) -> None:
        """Writes what is left, in at most twice `WAIT_SECONDS`, and closes the file.

        Raises:
            OSError: some events are lost; says how many.
        """
        for other in self._beside:
            other.close()
        self._write(WAIT_SECONDS, close=True)
        if self._dropped:
            raise OSError(
                f"log_dir={self.directory!r}: could not be written for a while. {self._fate(True)}"
            )

    def _sound(
        self, tag: schema.Tag, content: schema.Content, record: schema.Record | None = None
    ) -> bytes:
        """Returns the record's bytes, or its tag without one; b"" where no reader takes it, which
        is told."""
        text = str(tag)
        known = (text, tuple(content.shape))
        try:
            if record is not None and known in self._checked:
                return record.encode()
            schema.Tag.parse(text)
            content.encode()
            if record is None:
                return text.encode()
            data = record.encode()
            schema.check(tag.kind, data)
            # Records of one shape are laid out alike at all steps.
            if tag.kind in _ALIKE:
                self._checked.add(known)
        except schema.SchemaError as error:
            self.tell(f"{tag.kind} {tag.explainer} {tag.layer}".strip(), f"{error}.")
            return b""
        return data

    def _keep(self, entry: events.Entry) -> None:
        self._constant.append(entry)
        self._pending.append(entry)

    def _write(self, waiting: float, close: bool) -> None:
        """Hands what is pending to a new job once the last one is over, and waits for that."""
        over = self._over(waiting)
        if over:
            self._in_hand, self._pending = self._pending, []
            work = partial(self._file.write, self._in_hand, list(self._constant), close)
            self._job = BackgroundJob(work)
            over = self._over(WAIT_SECONDS)
        if over and self._error is None:
            return
        self._forget_oldest()
        failed = OSError if over else TimeoutError
        why = f"cannot be written: {self._error}" if over else "does not answer"
        raise failed(
            f"log_dir={self.directory!r}: {why}. {self._fate(close)} Check its disk or network."
        ) from self._error

    def _over(self, seconds: float) -> bool:
        """Returns whether no job is left; what the last could not write is pending again."""
        job = self._job
        if job is None:
            return True
        if not job.over(seconds):
            return False
        self._job, self._error = None, job.error
        self.reopened = max(0, self._file.begun - 1)
        if job.error is not None:
            self._pending = self._in_hand + self._pending
        self._in_hand = []
        return True

    def _forget_oldest(self) -> None:
        size = sum(entry.size for entry in self._in_hand + self._pending)
        while size > MOST_PENDING_BYTES and self._pending:
            size -= self._pending.pop(0).size
            self._dropped += 1

    def _fate(self, close: bool) -> str:
        """Describes what becomes of the events that are not written."""
        kept = len(self._in_hand) + len(self._pending)
        if close:
            return f"{kept + self._dropped} events are lost."
        dropped = f", {self._dropped} older ones are lost" if self._dropped else ""
        return f"{kept} events are kept for the next try{dropped}."
