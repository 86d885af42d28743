"""Measures drift while a model trains: of each epoch's maps from those of a reference."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np

from tfexplain.callbacks.resume import logged
from tfexplain.callbacks.schedule import Schedule
from tfexplain.checks import is_whole
from tfexplain.errors import SettingError, TfexplainError, plain
from tfexplain.model.outputs import choose_output
from tfexplain.quality.drift import Places, Shown, drift, matched
from tfexplain.quality.similarity import MEASURES
from tfexplain.runlog.background import answered
from tfexplain.runlog.plan import ExplainPlan, Found
from tfexplain.runlog.teacher import Teacher, Written
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema
from tfexplain.wire.clock import epoch_text

# "first", "best", "teacher", an epoch, a model, or None for no drift.
Wanted: TypeAlias = Literal["first", "best", "teacher"] | int | Any | None


@dataclass(frozen=True)
class _Kept:
    shown: Shown
    text: str
    step: float | None


class Reference:
    """Holds the maps that each epoch's are compared with, over all fits of one callback.

    Args:
        wanted: `"first"`: the first explained epoch; `"best"`: the one with the lowest val_loss
            (or loss, where there is no val_loss), which moves while training improves; the number
            of an epoch; `"teacher"`, that of the model in training; or a model of the same
            architecture. None for no drift.

    Only the maps of the reference are kept, no model and no other epoch.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._teacher: Teacher | None = None
        self._taught: Written | None = None
        self._best: tuple[str, float] | None = None
        self._batch = b""
        self._shapes: dict[tuple[str, str], tuple[int, ...]] = {}
        # The first epoch compared here, where the log holds earlier ones.
        self._resumed, self._since = False, -math.inf

    @property
    def wanted(self) -> bool:
        """Whether similarity is measured at all."""
        return self._wanted is not None

    @property
    def text(self) -> str:
        """Description of what drift is measured against."""
        if self._wanted is None:
            return "not measured"
        if self.epoch is not None:
            return f"from epoch {self._wanted}"
        if isinstance(self._wanted, str):
            return {
                "first": "from the first explained epoch",
                "best": "from the best epoch so far, by val_loss or else by loss",
                "teacher": "from the teacher",
            }[self._wanted]
        wanted: Any = self._wanted
        return f"from model {wanted.name}"

    @property
    def epoch(self) -> int | None:
        """Number of the epoch, where one was asked for."""
        wanted = self._wanted
        return int(wanted) if is_whole(wanted) else None

    def check(self, when: Schedule) -> None:
        """Raises ValueError for what can be no reference, whatever the model."""
        wanted, expected = self._wanted, "None, 'first', 'best', 'teacher', an epoch or a model"
        if self.epoch is not None:
            when.check_reference(self.epoch)
        elif wanted not in (None, "first", "best", "teacher") and not _is_model(wanted):
            raise TfexplainError(f"reference={wanted!r}: expected {expected}.")

    def begin(self, explaining: ExplainPlan, first: Found, teacher: Any = None) -> None:
        """Begins a `fit`; `first` are the model's explanations before it.

        Raises:
            SettingError: a reference model that cannot be explained as the model in training is.
        """
        maps = explaining.shown(first)
        self._shapes = {place: shown.maps.shape for place, shown in maps.items()}
        batch = _digest(explaining, maps)
        if batch != self._batch:
            # Other samples or other layers than in the fit before: nothing to compare with.
            self._kept.clear()
            self._best, self._batch = None, batch
        if self._wanted == "teacher":
            self._teacher = _taught(teacher, explaining, maps)
        if _is_model(self._wanted) and maps:
            self._kept = _of_model(self._wanted, explaining, maps)

    def resume(self, explaining: ExplainPlan, directory: str) -> None:
        """Reads the reference's maps from a log that the training goes on in, where it has them.

        Maps of other samples or settings do not count: a new reference is named.
        """
        if self._kept or _is_model(self._wanted) or self._wanted in (None, "teacher"):
            return
        self._resumed = True
        if self._wanted == "best":
            return
        log = answered(partial(logged, directory, self.epoch))
        batch, hashes = explaining.batch, getattr(log.samples, "hashes", None)
        if hashes is None or not np.array_equal(hashes, batch.hashes):
            return
        for place, shown in log.shown().items():
            explainer = explaining.explainers.get(place[0])
            if (
                explainer is not None
                and choose_output(explaining.traced_model.model_outputs, explainer.output)
                == explaining.output
                and self._shapes.get(place) == shown.maps.shape
                and _without_cells(log.settings.get(place, {})) == dict(explainer.settings())
            ):
                self._kept[place] = _Kept(shown, f"epoch {epoch_text(log.step or 0)}", log.step)

    def compare(
        self, maps: Places, now: Moment, logs: Mapping[str, Any]
    ) -> dict[tuple[str, str], schema.Drift]:
        """Computes the drift of one epoch's maps, which may become the reference themselves."""
        if not maps or self._wanted is None:
            return {}
        if self._teacher is not None:
            return self._teacher.compare(maps)
        if math.isinf(self._since):
            self._since = now.step
        text = self._moves(now, logs)
        drifts = {}
        for key, shown in maps.items():
            if text and not (self._wanted == "first" and self._knows(key, now.step)):
                self._kept[key] = _Kept(shown, text, now.step)
            if key in self._kept:
                kept = self._kept[key]
                moved = drift(shown, kept.shown)
                drifts[key] = schema.Drift(
                    moved.values, moved.agrees, MEASURES, kept.text, reference_step=kept.step
                )
        return drifts

    def fidelity(self) -> schema.Fidelity | None:
        """Returns predictions and attention beside the teacher's, where there is one."""
        return None if self._teacher is None else self._teacher.fidelity()

    def announce_teacher(self, writer: RunWriter) -> None:
        """Opens the run of the teacher, where there is one, beside that of the model."""
        if self._teacher is not None:
            self._teacher.announce(writer)

    def write_teacher(self, now: Moment) -> None:
        """Writes the teacher's own maps, once and whenever its weights have changed."""
        if self._teacher is not None:
            self._taught = self._teacher.write(now, self._taught)

    def _knows(self, place: tuple[str, str], step: float) -> bool:
        """Returns whether there are maps of an earlier step; those that are trained again go."""
        kept = self._kept.get(place)
        return kept is not None and (kept.step is None or kept.step < step)

    def _moves(self, now: Moment, logs: Mapping[str, Any]) -> str:
        """Returns the name of the epoch where it becomes the reference, else ""."""
        if self._wanted == "first" or (self.epoch is not None and now.step == self.epoch):
            return now.name
        # An epoch's logs say nothing of weights that were restored since.
        # Within an epoch there is no val_loss, and the loss is that of the steps so far.
        own = not now.within and (now.kind == "epoch" or now.weights == now.step)
        if self._wanted == "best" and own and (metric := self._improves(logs)):
            when = f"since epoch {epoch_text(self._since)}" if self._resumed else "so far"
            return f"{now.name}, the best {when} by {metric}"
        return ""

    def _improves(self, logs: Mapping[str, Any]) -> str:
        """Returns the metric by which this epoch is the best one so far, else ""."""
        metric = next((name for name in ("val_loss", "loss") if name in logs), "")
        if not metric:
            raise TfexplainError(
                f"reference='best': expected val_loss or loss among the epoch's logs; got "
                f"{sorted(logs)}. Pass reference='first' or an epoch."
            )
        before = self._best
        if before is not None and (before[0], metric) == ("val_loss", "loss"):
            return ""  # an epoch without validation cannot be told from the best
        least = before[1] if before is not None and before[0] == metric else np.inf
        if not float(logs[metric]) < least:
            return ""
        self._best = metric, float(logs[metric])
        return metric


def _is_model(value: Any) -> bool:
    return hasattr(value, "layers") and callable(value)


def _taught(teacher: Any, explaining: ExplainPlan, maps: Places) -> Teacher:
    """Opens the teacher.

    Raises:
        SettingError: there is none, or it cannot be explained on these samples.
    """
    if not _is_model(teacher):
        raise SettingError(
            "reference='teacher': expected a model in training with a model as its attribute "
            "`teacher`, as keras.distillation.Distiller; got none. Pass the teacher itself where "
            "it has the same architecture, or an epoch."
        )
    try:
        return Teacher(teacher, explaining, maps)
    except Exception as error:
        raise SettingError(
            f"reference='teacher': {teacher.name!r} cannot be explained beside the student; "
            f"{plain(error)}"
        ) from error


def _without_cells(logged: Mapping[str, str]) -> dict[str, str]:
    """Removes from an explainer's settings what the log says of pooling, which the shape tells."""
    return {name: text for name, text in logged.items() if name != "logged"}


def _digest(explaining: ExplainPlan, maps: Places) -> bytes:
    """Identifies the samples and the layers whose maps are compared."""
    digest = hashlib.blake2b()
    digest.update(explaining.batch.hashes.tobytes())
    places = sorted((*place, shown.maps.shape) for place, shown in maps.items())
    digest.update(repr(places).encode())
    return digest.digest()


def _of_model(model: Any, explaining: ExplainPlan, maps: Places) -> dict[tuple[str, str], _Kept]:
    """Computes the maps of a reference model on the same batch, for the same targets."""
    names = {name for name, _ in maps}
    explainers = {n: e for n, e in explaining.explainers.items() if n in names}
    try:
        if not model.built:
            raise TfexplainError("its weights are not built.")
        other = ExplainPlan(explaining.settings, model, explainers, beside=explaining)
        shown = matched(maps, other.shown(other.run()))
    except Exception as error:
        raise SettingError(
            f"reference={model.name!r}: expected a built model like the one in training; "
            f"{plain(error)} "
            "Pass a model of the same architecture, or an epoch."
        ) from error
    text = f"model {model.name}"
    return {place: _Kept(own, text, None) for place, own in shown.items()}
