"""Answers `evaluation`: a model's outputs on its validation rows at one epoch, summed up."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeAlias

from tfexplain.errors import TfexplainError
from tfexplain.evaluation.answer import answer, by_group, rounded
from tfexplain.evaluation.evaluated import Evaluated
from tfexplain.evaluation.segmented import Segmented
from tfexplain.evaluation.totals import with_intervals
from tfexplain.tb_plugin.arguments import RequestError, not_found
from tfexplain.tb_plugin.log import SEE_RUNS, Log, settled
from tfexplain.tb_plugin.series import record_bytes
from tfexplain.wire import schema
from tfexplain.wire.clock import step_of
from tfexplain.wire.tags import EVALUATED

_ROWS = "validation"
# By name, value and interval.
_Totals: TypeAlias = dict[str, list[float | None]]
# Some 100 bytes each.
_MOST_KEPT = 10_000
_kept: dict[bytes, dict[str, _Totals]] = {}


def evaluated_steps(log: Log, run: str) -> list[float]:
    """Returns the steps at which a run's outputs were logged.

    Raises:
        RequestError: the run does not exist, or has no outputs.
    """
    _, outputs = _events(log, run)
    return [step_of(event.step) for event in outputs]


def evaluation(log: Log, run: str, step: float) -> dict[str, Any]:
    """Returns the evaluation of one run at one step.

    Raises:
        RequestError: the run or the step does not exist, or its records are not of this format.
    """
    rows, outputs = _events(log, run)
    at = [event for event in outputs if step_of(event.step) == step]
    if not rows or not at:
        raise not_found("step", step, [step_of(event.step) for event in outputs], SEE_RUNS)
    try:
        return _answer(record_bytes(rows[-1].numpy), record_bytes(at[-1].numpy))
    except (schema.SchemaError, TfexplainError) as error:
        raise RequestError(422, f"step={step}: {error}") from error


def evaluated_totals(log: Log, run: str) -> dict[str, Any]:
    """Returns the totals of a run at every step, a row each, those of its groups, and which group
    each row belongs to. What is no record is left out.

    Raises:
        RequestError: the run does not exist, or has no outputs.
    """
    rows, outputs = _events(log, run)
    found, groups = [], []
    for event in outputs if rows else ():
        try:
            of_step = _totals(record_bytes(rows[-1].numpy), record_bytes(event.numpy))
        except (schema.SchemaError, TfexplainError):
            continue  # what is wrong is said where that step is looked at
        step = {"step": step_of(event.step)}
        found.append({**step, "totals": of_step["totals"]})
        groups.append({**step, "totals": of_step["groups"]})
    members = _members(record_bytes(rows[-1].numpy)) if found else {}
    return {"totals": found, "by_group": groups if members else [], "group_of": members}


def _events(log: Log, run: str) -> tuple[list[Any], list[Any]]:
    listed = {str(series.tag) for series in log.series(run)}
    kinds = [kind for kind in EVALUATED if kind in listed]
    if _ROWS not in listed or not kinds:
        raise not_found("run", run, [], SEE_RUNS)
    found = log.tensors(run, [_ROWS, kinds[0]])
    rows, outputs = (settled(found.get(tag, ())) for tag in (_ROWS, kinds[0]))
    return rows, outputs


@lru_cache(maxsize=64)
def _answer(rows: bytes, outputs: bytes) -> dict[str, Any]:
    """Records do not change; the playhead comes back to the same ones."""
    return answer(_evaluated(rows, outputs))


def _totals(rows: bytes, outputs: bytes) -> dict[str, _Totals]:
    """Kept by a digest, for the records of a long log would fill the memory."""
    key = blake2b(rows + outputs, digest_size=16).digest()
    if key not in _kept:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        evaluated = _evaluated(rows, outputs)
        totals = with_intervals(evaluated)
        groups = by_group(evaluated) if isinstance(evaluated, Evaluated) else []
        _kept[key] = {
            "totals": {name: [rounded(part) for part in own] for name, own in totals.items()},
            "groups": {
                one["name"]: one.get("accuracy") or one["mean_absolute_error"] for one in groups
            },
        }
    return _kept[key]


def _members(rows: bytes) -> dict[str, str]:
    """The name of each row's group, by what the row holds."""
    record = schema.Validation.decode(rows)
    pairs = zip(record.hashes, record.groups, strict=False)  # none without groups
    return {f"{int(own):016x}": record.group_names[group] for own, group in pairs}


def _evaluated(rows: bytes, outputs: bytes) -> Evaluated | Segmented:
    validation = schema.Validation.decode(rows)
    if validation.label_kind == "none":
        return Segmented(validation, schema.Pixels.decode(outputs))
    return Evaluated(validation, schema.Outputs.decode(outputs))
