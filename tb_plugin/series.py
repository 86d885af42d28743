"""Answers `series`: records of one run, many tags in one call.

The log is hostile until checked: what is wrong with a record is listed in its place.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from tfexplain.tb_plugin.arguments import not_found
from tfexplain.tb_plugin.framing import Body, finite
from tfexplain.tb_plugin.listing import Series
from tfexplain.tb_plugin.log import ALL_STEPS, SEE_RUNS, Log, settled, told
from tfexplain.wire import schema
from tfexplain.wire.clock import step_of

# RustBoard fails a whole answer over 256 MiB; sizes are only estimated, hence half of it.
MAX_CALL_BYTES = 128 << 20


def read_series(
    log: Log,
    run: str,
    groups: Sequence[str],
    samples: Collection[int] = (),
    steps: Collection[float] = (),
    last: bool = False,
) -> bytes:
    """Returns the records of some groups of one run, framed as `series` answers them.

    `last`: only the last record of each series; the others are not read at all.

    Raises:
        RequestError: The run, a group, a sample or a step does not exist, or it is too much.
    """
    chosen = _choose(log.series(run), groups, samples)
    body = Body()
    head: list[dict[str, Any]] = []
    there: set[float] = set()
    for chunk in chunks_of(chosen, 1 if last else log.kept):
        for series, events in _read(log, run, chunk, last):
            entry: dict[str, Any] = {"group": series.tag.group, "sample": series.tag.sample}
            if isinstance(events, Exception):
                head.append({**entry, "points": [], "error": _unreadable(events)})
                continue
            kept = settled(events)
            there.update(step_of(e.step) for e in kept)
            wanted = [e for e in kept if not steps or step_of(e.step) in steps]
            head.append({**entry, "points": [_point(series.tag.kind, e, body) for e in wanted]})
    for step in steps:
        if step not in there:
            raise not_found("step", step, sorted(there), "Leave step= away to get all kept steps.")
    return body.behind({"series": head})


def _choose(
    listed: Sequence[Series], groups: Sequence[str], samples: Collection[int]
) -> list[Series]:
    by_group: dict[str, list[Series]] = {}
    for series in listed:
        by_group.setdefault(series.tag.group, []).append(series)
    for group in groups:
        if group not in by_group:
            raise not_found("group", group, sorted(by_group), SEE_RUNS)
    found = [series for group in groups for series in by_group[group]]
    there = {series.tag.sample for series in found}
    for sample in samples:
        if sample not in there:
            raise not_found("sample", sample, sorted(there - {-1}), SEE_RUNS)
    return [s for s in found if not samples or s.tag.sample in {-1, *samples}]


def chunks_of(chosen: Sequence[Series], kept: int | None) -> Iterator[list[Series]]:
    """Cuts series into chunks that TensorBoard can answer in one call."""
    chunk: list[Series] = []
    size = 0
    for series in chosen:
        more = estimate(series, kept)
        if chunk and size + more > MAX_CALL_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(series)
        size += more
    if chunk:
        yield chunk


def estimate(series: Series, kept: int | None) -> int:
    """Estimates the bytes of a whole series, from what the log says of itself."""
    steps = math.ceil((series.last_step + 1) * series.content.per_epoch)
    steps = max(1, min(steps, kept or ALL_STEPS))
    shape = series.content.shape
    record = 1024 + 2 * math.prod(shape) if shape else 64 << 10
    return steps * record


def _read(
    log: Log, run: str, chunk: Sequence[Series], last: bool
) -> Iterator[tuple[Series, Sequence[Any] | Exception]]:
    """Yields each series with its events, or with what went wrong.

    One broken tag fails a whole call, so a failed one is halved until only broken tags fail.
    """
    try:
        found = log.tensors(run, [str(series.tag) for series in chunk], last)
    except Exception as error:  # whatever a provider makes of a hostile log
        if len(chunk) == 1:
            yield chunk[0], error
            return
        middle = len(chunk) // 2
        yield from _read(log, run, chunk[:middle], last)
        yield from _read(log, run, chunk[middle:], last)
    else:
        yield from ((series, found.get(str(series.tag), ())) for series in chunk)


def _point(kind: schema.Kind, event: Any, body: Body) -> dict[str, Any]:
    point = {"step": step_of(int(event.step)), "wall_time": finite(event.wall_time)}
    try:
        data = record_bytes(event.numpy)
        schema.check(kind, data)
    except schema.SchemaError as error:
        return {**point, "error": str(error)}
    return {**point, **body.add(data)}


def record_bytes(array: Any) -> bytes:
    """Returns the bytes of one event's tensor; raises `SchemaError` for any other tensor."""
    data = array.item() if array.shape == () else None
    if not isinstance(data, bytes):
        raise schema.SchemaError(
            f"expected a scalar string tensor; got {array.dtype} of shape {list(array.shape)}"
        )
    return data


def _unreadable(error: Exception) -> str:
    return f"TensorBoard cannot read this tag: {told(error)}"
