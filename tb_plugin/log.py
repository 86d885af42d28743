"""Reads one log through TensorBoard's data provider: runs, tensors, blobs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tensorboard.data import provider as tb_provider

from tfexplain.tb_plugin.arguments import not_found, shown
from tfexplain.tb_plugin.events import Events, check_events, sound_tags
from tfexplain.tb_plugin.listing import Pictures, Run, Series, read_run
from tfexplain.wire import schema

ALL_STEPS = 2**30

SEE_RUNS = "Ask `runs` for what there is."


@dataclass(frozen=True)
class Log:
    """Reads one experiment as TensorBoard's data provider shows it to one request.

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
        """Returns what all runs offer."""
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

    def as_json(self, version: str) -> dict[str, Any]:
        """Returns the answer of `runs`; `version` is the package's."""
        return {
            "plugin_version": version,
            "format": ".".join(map(str, schema.VERSION)),
            "samples_kept": self.kept,
            "runs": [run.as_json(name) for name, run in self.runs().items()],
        }

    def series(self, run: str) -> list[Series]:
        """Returns the series of one run; `RequestError` where it does not exist."""
        return read_run(self._listed(run, self.provider.list_tensors), {}).series

    def pictures(self, run: str) -> dict[str, Pictures]:
        """Returns the pictures of one run by name; `RequestError` where it does not exist."""
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
        """Returns what a method lists, of all runs for None; and what is wrong, by run.

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
        problem = f"TensorBoard cannot list all of this run: {told(error)}"
        tags = [] if self.events is None else sound_tags(self.events, run)
        try:
            chosen = tb_provider.RunTagFilter(runs=[run], tags=tags)
            return self._call(method, chosen), {run: problem}
        except Exception:  # not even those
            return {}, {run: problem}

    def tensors(
        self, run: str, tags: Collection[str], last: bool = False
    ) -> dict[str, Sequence[Any]]:
        """Returns the kept events of many tags, or the last of each, by tag, in one call."""
        if self.events is not None:
            check_events(self.events, run, tags)
        chosen = tb_provider.RunTagFilter(runs=[run], tags=tags)
        # Sampling keeps the last event, so that one is the last.
        most = 1 if last else ALL_STEPS
        read = self._call(self.provider.read_tensors, chosen, downsample=most)
        found: dict[str, Sequence[Any]] = read.get(run, {})
        return found

    def newest_blobs(self, run: str, tag: str) -> Sequence[Any]:
        """Returns references to the blobs of the last kept event."""
        chosen = tb_provider.RunTagFilter(runs=[run], tags=[tag])
        read = self._call(self.provider.read_blob_sequences, chosen, downsample=ALL_STEPS)
        events = settled(read.get(run, {}).get(tag, []))
        values: Sequence[Any] = events[-1].values if events else ()
        return values

    def blob(self, reference: Any) -> object:
        """Returns the blob itself, bytes if the log is as it should be."""
        return self.provider.read_blob(self.context, blob_key=reference.blob_key)

    def _call(self, method: Callable[..., Any], chosen: Any, **more: int) -> Any:
        return method(
            self.context,
            experiment_id=self.experiment,
            plugin_name=schema.PLUGIN_NAME,
            run_tag_filter=chosen,
            **more,
        )


def settled(events: Sequence[Any]) -> list[Any]:
    """Returns events in rising order of step, as if a restarted training had never run further.

    In the order of writing, a step at or below the last one means a restart: what it repeats is
    dropped. Python-mode TensorBoard keeps both.
    """
    kept: list[Any] = []
    for event in events:
        while kept and event.step <= kept[-1].step:
            kept.pop()
        kept.append(event)
    return kept


def told(error: Exception) -> str:
    """Returns what an error of TensorBoard says, safe to show."""
    return f"{type(error).__name__}: {shown(str(error))}"
