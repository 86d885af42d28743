"""Measures a student beside its teacher: maps, predictions, and attention by stage."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from tfexplain.compression.buffers import view
from tfexplain.data.row_choice import sampled
from tfexplain.errors import TfexplainError
from tfexplain.explainers import Explainer
from tfexplain.model import tap
from tfexplain.model.batching import run_by_chunks
from tfexplain.model.call_batch import as_batch
from tfexplain.model.layer_calls import LayerCall, LayerError
from tfexplain.quality import Predicted, fidelity
from tfexplain.quality.drift import Places, Shown, drift
from tfexplain.quality.similarity import MEASURES, OTHERS, spearman_of_others
from tfexplain.resampling import stretched
from tfexplain.runlog.plan import ExplainPlan, Found
from tfexplain.runlog.predicted_rows import predicted_rows
from tfexplain.runlog.summary_text import describe
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter
from tfexplain.types import Array, Model
from tfexplain.wire import schema
from tfexplain.wire.records.kinds import TEACHER, TEACHER_RUN

_ROWS, _BYTES = 256, 64 << 20

Place: TypeAlias = tuple[str, str]
# A directory, and the weights of the last maps in it.
Written: TypeAlias = tuple[str, tuple[int, ...]]


class Teacher:
    """Holds a teacher's maps and predictions, computed again only where its weights changed, and
    logs them as a run of its own.

    Maps of the teacher are those of the same methods on the same samples, for the same targets, at
    the teacher's own layers: a method's last layer stands beside the student's last, and so on.

    Args:
        model: The teacher, built.
        student: What is explained of the student.
        maps: The student's maps.

    Raises:
        TfexplainError: the teacher cannot be explained on these samples, or has other outputs.
    """

    def __init__(self, model: Model, student: ExplainPlan, maps: Places) -> None:
        names = {name for name, _ in maps}
        own = {
            name: _fitting(explainer, model)
            for name, explainer in student.explainers.items()
            if name in names
        }
        self._student = student
        self._plan = ExplainPlan(student.settings, model, own or None, beside=student)
        chosen = sampled(student.settings.validation_data, model, _ROWS, _BYTES)
        self._rows = as_batch(chosen.rows.inputs, model)
        self._stages = _paired(_stages(student), _stages(self._plan))
        self._weights: tuple[int, ...] = ()
        self._found: Found = {}
        self._shown: Places = {}
        self._predicted: Predicted | None = None
        self._attention: list[Array] = []
        self._renew()
        self._places = {other: place[1] for place, other in _places(maps, self._shown)}
        self._writer: RunWriter | None = None
        self._explained: list[float] = []

    def announce(self, writer: RunWriter) -> None:
        """Opens the teacher's run in that of the student, `X/teacher` in `X`, and writes what never
        changes.

        Raises:
            OSError: it cannot be written.
        """
        self._writer = writer.beside(TEACHER_RUN)
        choices = describe(self._plan, self._found)
        layers = {
            name: [layer for (own, _), layer in self._places.items() if own == name]
            for name in self._plan.explainers
        }
        self._plan.write_constant(choices, layers, self._writer)

    def write(self, now: Moment, written: Written | None) -> Written | None:
        """Writes the teacher's maps and predictions unless `written` says that these are there.

        Its maps are called after the student's layers that they stand beside.

        Returns:
            What stands in the log now: its directory, and the weights of the last maps in it.
        """
        if self._writer is None:
            return written
        self._renew()
        there = self._writer.directory, self._weights
        if there != written:
            self._explained.append(now.step)
            taught = replace(now, weights=None)  # the student's are others
            self._plan.write(self._found, taught, self._explained, self._writer, self._places)
        return there

    def compare(self, maps: Places) -> dict[Place, schema.Drift]:
        """Measures how similar the student's maps are to the teacher's, and beside that to the
        teacher's maps of other samples; those without a pair are left out.

        Maps of other sides are stretched to the student's. Of attention with other numbers of
        heads the mean over these is compared.
        """
        self._renew()
        found = {}
        for place, other in _places(maps, self._shown):
            pair = _alike(maps[place], self._shown[other])
            if pair is not None:
                moved = drift(*pair)
                others = spearman_of_others(pair[0].maps, pair[1].maps)
                values = np.column_stack([moved.values, others])
                measures = (*MEASURES, OTHERS)
                found[place] = schema.Drift(values, moved.agrees, measures, TEACHER)
        return found

    def fidelity(self) -> schema.Fidelity:
        """Compares predictions on up to 256 validation rows, and attention by stage (lower is more
        alike): the distance of normalized maps of mean squared activations.

        References:
            Zagoruyko and Komodakis 2017, eq. 2, https://arxiv.org/abs/1612.03928
        """
        self._renew()
        assert self._predicted is not None
        student = predicted_rows(self._student.traced_model, self._student.output, self._rows)
        found = fidelity(student, self._predicted)
        own = _attention(self._student, [call for call, _ in self._stages])
        transfer = {
            f"attention transfer {call.path}": _distance(mine, theirs)
            for (call, _), mine, theirs in zip(self._stages, own, self._attention, strict=True)
        }
        return schema.Fidelity({**found.numbers, **transfer}, found.flips, found.counts, TEACHER)

    def _renew(self) -> None:
        plan = self._plan
        weights = tuple(zlib.crc32(view(w).tobytes()) for w in plan.traced_model.model.weights)
        if weights != self._weights:
            self._found = plan.run()
            self._shown = plan.shown(self._found)
            self._predicted = predicted_rows(plan.traced_model, plan.output, self._rows)
            self._attention = _attention(plan, [call for _, call in self._stages])
            self._weights = weights


def _fitting(explainer: Explainer, model: Model) -> Explainer:
    """Returns the explainer at its default layer where the teacher has none of the named one."""
    named = getattr(explainer, "layer", None)
    names = [named] if isinstance(named, str) else list(named or ())
    paths = [*tap.layers_by_path(model), "stages"]
    there = all(any(path == n or path.endswith(f"/{n}") for path in paths) for n in names)
    default: Any = explainer
    return explainer if there else replace(default, layer=None)


def _places(own: Places, others: Places) -> list[tuple[Place, Place]]:
    """Pairs places of the two models, explainer by explainer."""
    names = dict.fromkeys(name for name, _ in own)
    sides = ([[p for p in places if p[0] == name] for places in (own, others)] for name in names)
    return [pair for mine, theirs in sides for pair in _paired(mine, theirs)]


def _paired(own: Sequence[Any], others: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Pairs from the end on."""
    return list(zip(own[::-1], others[::-1], strict=False))[::-1]


def _alike(own: Shown, other: Shown) -> tuple[Shown, Shown] | None:
    mine, theirs = own.maps, other.maps
    if mine.ndim != theirs.ndim:
        return None
    attention = mine.ndim == 4 and mine.shape[2:] == theirs.shape[2:]
    if attention and mine.shape != theirs.shape:
        mine, theirs = (maps.mean(1, keepdims=True) for maps in (mine, theirs))
    if mine.shape != theirs.shape:
        theirs = stretched(theirs, mine.shape[1:])
    return replace(own, maps=mine), replace(other, maps=theirs)


def _stages(plan: ExplainPlan) -> list[LayerCall]:
    try:
        return plan.traced_model.stage_calls(plan.output)
    except LayerError:  # no layer has positions
        return []


def _attention(plan: ExplainPlan, calls: Sequence[LayerCall]) -> list[Array]:
    """Computes the mean square over the channels of each position: float32 [N, *sides] by call."""
    if not calls:
        return []
    names, traced_model = [call.path for call in calls], plan.traced_model

    def make() -> Callable[[Any], Any]:
        def run(batch: Any) -> Any:
            activations = traced_model.forward(batch, names)[1]
            return [_squares(activations[call.path], call) for call in calls]

        return run

    chunks = run_by_chunks(traced_model, ("attention", *names), make, plan.batch.inputs)
    return [np.concatenate(parts) for parts in zip(*chunks, strict=True)]


def _squares(values: Any, call: LayerCall) -> Any:
    if call.grid is None:
        raise TfexplainError(f"layer={call.path!r}: expected positions.")
    return tf.reduce_mean(tf.square(call.grid.positions(tf.cast(values, tf.float32))), -1)


def _distance(own: Array, other: Array) -> float:
    if own.ndim != other.ndim:
        return float("nan")
    sides = own.shape[1:]
    flat = [maps.reshape(len(maps), -1) for maps in (own, stretched(other, sides))]
    with np.errstate(invalid="ignore", divide="ignore"):
        one, two = (maps / np.linalg.norm(maps, axis=1, keepdims=True) for maps in flat)
    return float(np.linalg.norm(one - two, axis=1).mean())
