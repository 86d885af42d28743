"""From TensorBoard's data provider to answers: the listing, series of records, pictures.

The log is hostile until checked: what is wrong with a record is listed in its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tensorboard.data import provider as tb_provider

from tfexplain.tb_plugin.arguments import RequestError, not_found, shown
from tfexplain.tb_plugin.events import Events, check_events, sound_tags
from tfexplain.tb_plugin.framing import Body, finite
from tfexplain.tb_plugin.listing import Pictures, Run, Series, read_run
from tfexplain.wire import schema
from tfexplain.wire.pictures import MAX_PICTURES, MAX_PICTURES_AREA

# RustBoard fails a whole answer over 256 MiB; sizes are only estimated, hence half of it.
MAX_CALL_BYTES = 128 << 20
# One blob at a time has a floor of 44 ms in RustBoard.
PICTURE_READERS = 16
ALL_STEPS = 2**30

SEE_RUNS = "Ask `runs` for what there is."


@dataclass(frozen=True)
class Log:
    """One experiment as TensorBoard's data provider shows it to one request.

    Attributes:
        provider: TensorBoard's `DataProvider`.
        context: The request's context, for providers that check permissions.
        experiment: The experiment's id.
        kept: How many steps of a series TensorBoard keeps, 0 for all, None if unknown.
        events: The events that TensorBoard's Python mode holds; None where another server does.
    """

    provider: Any
    context: Any
    experiment: str
    kept: int | None
    events: Events | None = None

    def runs(self) -> dict[str, Run]:
        """What all runs offer."""
        with ThreadPoolExecutor(2) as pool:  # each call has a floor of 44 ms in RustBoard
            listed = [
                pool.submit(self._list, method, None)
                for method in (self.provider.list_tensors, self.provider.list_blob_sequences)
            ]
        (tensors, no_tensors), (blobs, no_blobs) = (one.result() for one in listed)
        broken = {run: no_tensors.get(run) or no_blobs[run] for run in no_tensors | no_blobs}
        names = sorted(tensors.keys() | blobs.keys() | broken.keys())
        runs = {name: read_run(tensors.get(name, {}), blobs.get(name, {})) for name in names}
        for name, problem in broken.items():
            runs[name].problems.append(problem)
        return runs

    def series(self, run: str) -> list[Series]:
        """The series of one run; `RequestError` where it does not exist."""
        return read_run(self._listed(run, self.provider.list_tensors), {}).series

    def pictures(self, run: str) -> dict[str, Pictures]:
        """The pictures of one run by name; `RequestError` where it does not exist."""
        return read_run({}, self._listed(run, self.provider.list_blob_sequences)).pictures

    def _listed(self, run: str, method: Callable[..., Any]) -> dict[str, Any]:
        found: dict[str, Any] | None
        found = self._list(method, [run])[0].get(run)
        if found is None and run not in (known := self.runs()):
            raise not_found("run", run, known, SEE_RUNS)
        return found or {}

    def _list(
        self, method: Callable[..., Any], runs: Sequence[str] | None
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """What a method lists, of all runs for None; and what is wrong, by run.

        One tag that a provider cannot list (in Python mode, one without any tensor) fails the
        whole call. Then each run is listed by itself, a broken one by the tags that are sound.
        """
        chosen = None if runs is None else tb_provider.RunTagFilter(runs=runs)
        try:
            return self._call(method, chosen), {}
        except Exception as error:  # whatever a provider makes of a hostile log
            if runs is not None and len(runs) == 1:
                return self._list_sound(method, runs[0], error)
        listed: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        if runs is None:
            known = self.provider.list_runs(self.context, experiment_id=self.experiment)
            runs = [run.run_name for run in known]
        for run in runs:
            more, problem = self._list(method, [run])
            listed.update(more)
            wrong.update(problem)
        return listed, wrong

    def _list_sound(
        self, method: Callable[..., Any], run: str, error: Exception
    ) -> tuple[dict[str, Any], dict[str, str]]:
        problem = f"TensorBoard cannot list all of this run: {_told(error)}"
        tags = [] if self.events is None else sound_tags(self.events, run)
        try:
            chosen = tb_provider.RunTagFilter(runs=[run], tags=tags)
            return self._call(method, chosen), {run: problem}
        except Exception:  # not even those
            return {}, {run: problem}

    def tensors(
        self, run: str, tags: Collection[str], last: bool = False
    ) -> dict[str, Sequence[Any]]:
        """The kept events of many tags, or the last of each, by tag, in one call."""
        if self.events is not None:
            check_events(self.events, run, tags)
        chosen = tb_provider.RunTagFilter(runs=[run], tags=tags)
        # Sampling keeps the last event, so that one is the last.
        most = 1 if last else ALL_STEPS
        read = self._call(self.provider.read_tensors, chosen, downsample=most)
        found: dict[str, Sequence[Any]] = read.get(run, {})
        return found

    def newest_blobs(self, run: str, tag: str) -> Sequence[Any]:
        """References to the blobs of the last kept event."""
        chosen = tb_provider.RunTagFilter(runs=[run], tags=[tag])
        read = self._call(self.provider.read_blob_sequences, chosen, downsample=ALL_STEPS)
        events = settled(read.get(run, {}).get(tag, []))
        values: Sequence[Any] = events[-1].values if events else ()
        return values

    def blob(self, reference: Any) -> object:
        """The blob itself, bytes if the log is as it should be."""
        return self.provider.read_blob(self.context, blob_key=reference.blob_key)

    def _call(self, method: Callable[..., Any], chosen: Any, **more: int) -> Any:
        return method(
            self.context,
            experiment_id=self.experiment,
            plugin_name=schema.PLUGIN_NAME,
            run_tag_filter=chosen,
            **more,
        )


# --------------------------------------------------------------------------------- series


def read_series(
    log: Log,
    run: str,
    groups: Sequence[str],
    samples: Collection[int] = (),
    steps: Collection[int] = (),
    last: bool = False,
) -> bytes:
    """The records of some groups of one run, framed as `series` answers them.

    `last`: only the last record of each series; the others are not read at all.

    Raises:
        RequestError: The run, a group, a sample or a step does not exist, or it is too much.
    """
    chosen = _choose(log.series(run), groups, samples)
    body = Body()
    head: list[dict[str, Any]] = []
    there: set[int] = set()
    for chunk in _chunks(chosen, 1 if last else log.kept):
        for series, events in _read(log, run, chunk, last):
            entry: dict[str, Any] = {"group": series.tag.group, "sample": series.tag.sample}
            if isinstance(events, Exception):
                head.append({**entry, "points": [], "error": _unreadable(events)})
                continue
            kept = settled(events)
            there.update(e.step for e in kept)
            wanted = [e for e in kept if not steps or e.step in steps]
            head.append({**entry, "points": [_point(series.tag.kind, e, body) for e in wanted]})
    for step in steps:
        if step not in there:
            raise not_found("step", step, sorted(there), "Leave step= away to get all kept steps.")
    return body.behind({"series": head})


def settled(events: Sequence[Any]) -> list[Any]:
    """Events in rising order of step, as if a restarted training had never run further before.

    In the order of writing, a step at or below the last one means a restart: what it repeats is
    dropped. Python-mode TensorBoard keeps both.
    """
    kept: list[Any] = []
    for event in events:
        while kept and event.step <= kept[-1].step:
            kept.pop()
        kept.append(event)
    return kept


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


def _chunks(chosen: Sequence[Series], kept: int | None) -> Iterator[list[Series]]:
    chunk: list[Series] = []
    size = 0
    for series in chosen:
        more = _estimate(series, kept)
        if chunk and size + more > MAX_CALL_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(series)
        size += more
    if chunk:
        yield chunk


def _estimate(series: Series, kept: int | None) -> int:
    """Bytes of a whole series, from what the log says of itself."""
    steps = max(1, min(series.last_step + 1, kept or ALL_STEPS))
    shape = series.content.shape
    record = 1024 + 2 * math.prod(shape) if shape else 64 << 10
    return steps * record


def _read(
    log: Log, run: str, chunk: Sequence[Series], last: bool
) -> Iterator[tuple[Series, Sequence[Any] | Exception]]:
    """Each series with its events, or with what went wrong.

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
    point = {"step": int(event.step), "wall_time": finite(event.wall_time)}
    try:
        data = _record_bytes(event.numpy)
        schema.check(kind, data)
    except schema.SchemaError as error:
        return {**point, "error": str(error)}
    return {**point, **body.add(data)}


def _record_bytes(array: Any) -> bytes:
    data = array.item() if array.shape == () else None
    if not isinstance(data, bytes):
        raise schema.SchemaError(
            f"expected a scalar string tensor; got {array.dtype} of shape {list(array.shape)}"
        )
    return data


def _unreadable(error: Exception) -> str:
    return f"TensorBoard cannot read this tag: {_told(error)}"


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {shown(str(error))}"


# ------------------------------------------------------------------------------- pictures


def read_pictures(log: Log, run: str, name: str) -> tuple[bytes, str]:
    """The pictures of one model input, framed as `inputs` answers them, and their version.

    Raises:
        RequestError: The run or the input does not exist.
    """
    inputs = log.pictures(run)
    if name not in inputs:
        raise not_found("name", name, inputs, SEE_RUNS)
    listed, body = inputs[name], Body()
    references = _references(log, run, listed)
    pictures: list[dict[str, Any]] = []
    bounds = _Bounds(body)
    with ThreadPoolExecutor(PICTURE_READERS) as pool:
        # By the handful, so that pictures over the limit are not all held at once.
        for start in range(0, len(references), PICTURE_READERS):
            handful = references[start : start + PICTURE_READERS]
            for data in pool.map(lambda r: _blob(log, r), handful):
                pictures.append({"sample": len(pictures), **bounds.picture(data)})
    return body.behind({"pictures": pictures}), listed.version


def _references(log: Log, run: str, listed: Pictures) -> Sequence[Any]:
    # Checked before reading: Python-mode TensorBoard makes one object for each claimed blob.
    references: Sequence[Any] = ()
    if listed.count <= MAX_PICTURES:
        references = log.newest_blobs(run, f"inputs/{listed.name}")
    if listed.count > MAX_PICTURES or len(references) > MAX_PICTURES:
        raise RequestError(
            422,
            f"name={shown(listed.name)}: expected at most {MAX_PICTURES} pictures; got "
            f"{listed.count}. Explain fewer samples (samples=).",
        )
    return references


def _blob(log: Log, reference: Any) -> object:
    try:
        return log.blob(reference)
    except Exception as error:  # whatever a provider makes of a hostile log
        return error


@dataclass
class _Bounds:
    """What all pictures of an answer may take, of it and of the browser's memory."""

    body: Body
    area: int = field(default_factory=lambda: MAX_PICTURES_AREA)

    def picture(self, data: object) -> dict[str, Any]:
        """Where a picture lies in the answer, and its size; or what is wrong with it."""
        try:
            if not isinstance(data, bytes):
                raise schema.SchemaError(f"picture: expected bytes; got {type(data).__name__}")
            width, height = schema.check_picture(data)
            if not self.body.fits(len(data)) or self.area < width * height:
                raise schema.SchemaError("picture: the pictures before it already fill the answer")
        except schema.SchemaError as error:
            return {"error": str(error)}
        self.area -= width * height
        return {**self.body.add(data), "width": width, "height": height}
