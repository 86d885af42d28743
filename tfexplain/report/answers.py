"""Makes the answers that the page of a report reads in place of a server's."""

from __future__ import annotations

import base64
import gzip
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

import tfexplain
from tfexplain.errors import TfexplainError
from tfexplain.reading.run_index import RunIndex
from tfexplain.report.provider import MAPS, LogProvider
from tfexplain.report.thinning import thinned
from tfexplain.tb_plugin.arguments import RequestError
from tfexplain.tb_plugin.evaluation import evaluated_steps, evaluated_totals, evaluation
from tfexplain.tb_plugin.findings import Findings
from tfexplain.tb_plugin.log import Log
from tfexplain.tb_plugin.pictures import read_pictures
from tfexplain.tb_plugin.series import read_series
from tfexplain.wire.clock import epoch_text
from tfexplain.wire.tags import EVALUATED

# Numbers of which no epoch is left out are mostly small; names in records compress well.
_GUESS = 3
# What the page reads in evaluations only.
_SUMMED_UP = "validation", *EVALUATED
# Of a run. One takes half a second to compute, and some 40 kB.
MOST_EVALUATED = 25
# What stands around an answer.
_TAGS = 100


class Answer(NamedTuple):
    """One answer, packed: gzip in base64."""

    asked: str
    packed: str
    is_thinned: bool

    @property
    def size(self) -> int:
        """The bytes that it takes in the file."""
        return len(self.packed) + len(self.asked) + _TAGS

    @classmethod
    def of(cls, data: bytes, *, thin: bool = False, **asked: str) -> Answer:
        """Packs an answer to what was asked: its route, run and name."""
        packed = base64.b64encode(gzip.compress(data, 6, mtime=0)).decode()
        return cls(urlencode(asked, errors="replace"), packed, thin)


class Held(NamedTuple):
    """What a report holds.

    Attributes:
        answers: All answers of the page.
        maps_at: The epochs whose maps it holds.
        epochs: All epochs that have maps.
    """

    answers: list[Answer]
    maps_at: list[float]
    epochs: list[float]


def fitted(indexes: Mapping[str, RunIndex], room: int, size: int, max_mb: float) -> Held:
    """Returns the answers with as many epochs' maps as there is room for.

    Args:
        indexes: By TensorBoard's name of the run.
        room: Bytes that the answers may take.
        size: Bytes of the log.
        max_mb: What was asked for, for the error.

    Raises:
        TfexplainError: there is not room enough for one epoch.
    """
    epochs = _steps(indexes, MAPS)
    exchanged = _steps(indexes, {"exchange"})
    most = max(len(epochs), 1)
    if size > _GUESS * room:
        most = max(2, int(most * _GUESS * room / size))
    while True:
        maps_at = thinned(epochs, most, exchanged)
        answers = list(_answers(indexes, maps_at, epochs, max_mb))
        taken = sum(answer.size for answer in answers)
        if taken <= room:
            return Held(answers, maps_at, epochs)
        if most == 1:
            least = math.ceil(10 * ((taken - room) / 1e6 + max_mb)) / 10
            raise TfexplainError(
                f"max_mb={max_mb:g}: expected at least {least:g} for one epoch of these runs; got "
                "less. Raise it, or choose fewer runs or samples."
            )
        rest = sum(answer.size for answer in answers if not answer.is_thinned)
        most = max(1, min(most - 1, int(most * (room - rest) / max(1, taken - rest))))


def _answers(
    indexes: Mapping[str, RunIndex], maps_at: list[float], epochs: list[float], max_mb: float
) -> Iterator[Answer]:
    log = Log(LogProvider(indexes, frozenset(maps_at)), None, "", 0)
    held = [_text(maps_at, epochs, max_mb), _evaluations_text(indexes)]
    listed = {**log.as_json(tfexplain.__version__), "held": " ".join(filter(None, held))}
    yield Answer.of(_json(listed), route="runs")
    found = Findings().of(Log(LogProvider(indexes), None, "", 0))
    yield Answer.of(_json({"findings": found}), route="findings")
    for run in listed["runs"]:
        name = run["run"]
        for group in run["groups"]:
            if group["kind"] in _SUMMED_UP:
                continue
            data = read_series(log, name, [group["group"]])
            thin = group["kind"] in MAPS
            yield Answer.of(data, thin=thin, route="series", run=name, name=group["group"])
        yield from _evaluations(log, name, run["groups"])
        yield from _pictures(log, name, [pictures["name"] for pictures in run["inputs"]])


def _evaluations(log: Log, run: str, groups: Sequence[Mapping[str, Any]]) -> Iterator[Answer]:
    if not any(group["kind"] in EVALUATED for group in groups):
        return
    try:
        steps = thinned(evaluated_steps(log, run), MOST_EVALUATED)
    except RequestError:  # outputs of rows that the log does not hold
        return
    yield Answer.of(_json({"steps": steps}), route="evaluation", run=run, name="")
    totals = evaluated_totals(log, run)
    yield Answer.of(_json(totals), route="evaluation", run=run, name="totals")
    for step in steps:
        try:
            found = evaluation(log, run, step)
        except RequestError:  # a damaged record: the page says that there is none
            continue
        yield Answer.of(_json(found), route="evaluation", run=run, name=str(step))


def _pictures(log: Log, run: str, names: Sequence[str]) -> Iterator[Answer]:
    for name in names:
        try:
            data, _ = read_pictures(log, run, name)
        except RequestError:
            # Too many of them: the page says that they are not there.
            continue
        yield Answer.of(data, route="inputs", run=run, name=name)


def _text(maps_at: list[float], epochs: list[float], max_mb: float) -> str:
    if len(maps_at) == len(epochs):
        return ""
    named = ", ".join(map(epoch_text, maps_at))
    return (
        f"This file holds the maps and histograms of {len(maps_at)} of {len(epochs)} epochs "
        f"({named}), to stay below {max_mb:g} MB. Other numbers are of every epoch."
    )


def _evaluations_text(indexes: Mapping[str, RunIndex]) -> str:
    counts = [
        len(index.steps(kind))
        for index in indexes.values()
        for kind in EVALUATED
        if kind in index.tags
    ]
    if max(counts, default=0) <= MOST_EVALUATED:
        return ""
    return f"Of predictions on validation rows it holds at most {MOST_EVALUATED} epochs a run."


def _steps(indexes: Mapping[str, RunIndex], kinds: frozenset[str] | set[str]) -> list[float]:
    return sorted(
        {
            step
            for index in indexes.values()
            for text, tag in index.tags.items()
            if tag.kind in kinds
            for step in index.steps(text)
        }
    )


def _json(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer, allow_nan=False).encode()
