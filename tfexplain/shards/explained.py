"""Explains into a folder of shards, in this process or on the workers of a Dask cluster: what
`tfexplain.explain(..., out=)` does."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tfexplain.checks import check_verbose, check_whole
from tfexplain.data.batches import comes_in_batches
from tfexplain.errors import TfexplainError
from tfexplain.explainers import Explainer
from tfexplain.model.call_batch import as_batch
from tfexplain.model.outputs import choose_output
from tfexplain.model.progress import explaining, shown
from tfexplain.model.targets import Targets
from tfexplain.model.trace_model import trace_model
from tfexplain.shards.engine import computed
from tfexplain.shards.facts import facts
from tfexplain.shards.given import GivenShard, given_shards
from tfexplain.shards.job import OpenJob
from tfexplain.shards.maps import Chunk, Maps, check_by_row, chooses
from tfexplain.shards.portable import is_path, loaded, portable
from tfexplain.shards.reading import Shards
from tfexplain.shards.shard import ShardFile, packed
from tfexplain.shards.whole_file import write_whole

if TYPE_CHECKING:
    from distributed import Client

# As many as `explain` of arrays explains at once where shards are wanted.
_BATCH = 32
# The last model that a worker has opened, by the job's key.
_opened: dict[str, Maps] = {}


def explain_shards(
    model: Any,
    inputs: Any,
    targets: Targets,
    explainers: Mapping[str, Explainer],
    out: str | os.PathLike[str],
    *,
    client: Client | None = None,
    batch_size: int | None = None,
    verbose: bool | int = 0,
) -> Shards:
    """Explains rows shard by shard into a folder; shards that have a file are kept.

    Args:
        model: A Keras model, a function of a batch, or the path of a model's file.
        inputs: As `tfexplain.explain` takes them, or an iterable of shards.
        targets: As `tfexplain.explain` takes them.
        explainers: By name.
        out: The folder.
        client: Of the Dask cluster that computes; default is this process.
        batch_size: Rows explained at once; default 32, of a dataset its batches.
        verbose: Progress as in `tfexplain.explain`.

    Raises:
        TfexplainError: what cannot be explained, or a folder of another job or other rows.
        OSError: a shard cannot be written; those before it are whole.
    """
    check_whole("batch_size", batch_size, optional=True)
    check_verbose(verbose)
    check_by_row(explainers)
    folder = os.fspath(out)
    job = OpenJob(facts(model, explainers, targets, batch_size))
    job.enter(folder)
    given = _Missing(given_shards(inputs, targets, batch_size or _batch_of(inputs)), job, folder)
    with shown(int(verbose), None):
        for number, data in _results(model, explainers, job, given, client):
            write_whole(job.path(folder, number), data)
    if os.path.exists(path := job.path(folder, given.count)):
        raise TfexplainError(
            f"inputs: expected all shards that {folder!r} was begun with; got {given.count}, and "
            f"{path} is one more. Pass all, or another out=."
        )
    return Shards(folder)


class _Missing:
    """Iterates over the shards that have no file yet, and counts all."""

    def __init__(self, given: Iterator[GivenShard], job: OpenJob, folder: str) -> None:
        self._given, self._job, self._folder = given, job, folder
        self.first: Chunk | None = None
        self.count = 0

    def __iter__(self) -> Iterator[GivenShard]:
        for shard in self._given:
            self.first = self.first or shard.chunks[0]
            self.count += 1
            if not self._job.finished(self._folder, shard.number):
                yield shard
                continue
            path = self._job.path(self._folder, shard.number)
            if ShardFile(path).inputs != shard.inputs:
                raise TfexplainError(
                    f"inputs: expected the rows that {self._folder!r} was begun with; shard "
                    f"{shard.number} has others. Pass those, or another out=."
                )


def _results(
    model: Any,
    explainers: Mapping[str, Explainer],
    job: OpenJob,
    given: _Missing,
    client: Client | None,
) -> Iterator[tuple[int, bytes]]:
    missing = iter(given)
    begun = next(missing, None)
    if begun is None or given.first is None:
        return
    first = given.first

    def todo() -> Iterator[GivenShard]:
        yield begun
        yield from missing

    if client is None:
        maps = _maps(loaded(os.fspath(model)) if is_path(model) else model, explainers, first)
        for shard in todo():
            yield shard.number, packed(maps.shard(shard.chunks), job.key, shard.inputs)
        return
    kept = first if chooses(explainers) else None
    task = _Task(portable(model, first.read.inputs), dict(explainers), job.key, kept)
    for result in computed(client, task, todo()):
        with explaining(f"shard {result[0]}"):
            yield result


@dataclass(frozen=True)
class _Task:
    """Computes a shard's bytes where it is called: on a worker.

    Attributes:
        model: Bytes of a .keras file, or the path of a file.
        explainers: By name.
        key: The job's.
        first: The rows that choose the channels of feature maps, where there are any.
    """

    model: bytes | str
    explainers: dict[str, Explainer]
    key: str
    first: Chunk | None

    def __call__(self, given: GivenShard) -> tuple[int, bytes]:
        maps = _opened.get(self.key)
        if maps is None:
            _opened.clear()
            opened = loaded(self.model)
            maps = _maps(opened, self.explainers, self.first or given.chunks[0])
            _opened[self.key] = maps
        return given.number, packed(maps.shard(given.chunks), self.key, given.inputs)


def _maps(model: Any, explainers: Mapping[str, Explainer], first: Chunk) -> Maps:
    traced_model = trace_model(model, as_batch(first.read.inputs, model))
    wanted = next(iter(explainers.values())).output
    maps = Maps(traced_model, explainers, choose_output(traced_model.model_outputs, wanted))
    if maps.chooses:
        maps.choose(first)
    return maps


def _batch_of(inputs: Any) -> int:
    return sys.maxsize if comes_in_batches(inputs) else _BATCH
