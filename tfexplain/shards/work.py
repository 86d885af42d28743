"""Computes shards: from a model, explainers and rows to their maps, and from these to files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from tfexplain.attribution import Attribution
from tfexplain.errors import TfexplainError
from tfexplain.explainers import Explainer, FeatureMaps
from tfexplain.explainers.concat import Explanation
from tfexplain.explainers.run import channel_choice, explain_batches
from tfexplain.joining import joined_rows
from tfexplain.model.outputs import ModelOutput
from tfexplain.model.targets import Targets
from tfexplain.model.traced_model import TracedModel
from tfexplain.rows.source import Read, Source
from tfexplain.shards.job import Job
from tfexplain.shards.predictions import predictions
from tfexplain.shards.shard import Shard, write_shard
from tfexplain.types import Array


class Work:
    """Holds a model that is open and what is asked of it; with them, rows become shards.

    A shard depends on its rows and on nothing that was computed before: channels of feature maps
    are those of the first rows for all.

    Args:
        traced_model: The model's compiled passes.
        explainers: By name.
        targets: As `tfexplain.explain` takes them, but for one a sample.
        source: The rows.
        job: How they are cut.
        output: The output whose predictions are told.

    Raises:
        TfexplainError: an explainer compares samples with each other.
    """

    def __init__(
        self,
        traced_model: TracedModel,
        explainers: Mapping[str, Explainer],
        targets: Targets,
        source: Source,
        job: Job,
        output: ModelOutput,
    ) -> None:
        for name, explainer in explainers.items():
            if explainer.needs_all_samples:
                raise TfexplainError(
                    f"{name} compares samples with each other, and cannot be computed in shards. "
                    "Leave it out, or pass some rows to tfexplain.explain."
                )
        self.job = job
        self._traced_model, self._explainers, self._targets = traced_model, explainers, targets
        self._source, self._output = source, output
        self._choice = channel_choice(list(explainers.values()))
        if any(isinstance(explainer, FeatureMaps) for explainer in explainers.values()):
            for _ in self._explained(self._source.read(job.chunks(0)[0]), 0):
                pass

    def shard(self, number: int) -> Shard:
        """Explains the rows of a shard.

        Raises:
            TfexplainError: rows of several shapes, or none that can be read.
        """
        read, predicted = [], []
        maps: list[dict[str, Attribution]] = []
        methods: dict[str, str] = {}
        seconds = dict.fromkeys(self._explainers, 0.0)
        for rows in self.job.chunks(number):
            some = self._source.read(rows)
            read.append(some)
            if not some.rows:
                continue
            (explained,) = self._explained(some, rows.start)
            first = next(iter(explained.values()))
            predicted.append(predictions(self._output, first.outputs, some.labels))
            maps.append({})
            for method, own in explained.items():
                named = dict(places(method, own))
                maps[-1] |= named
                methods |= dict.fromkeys(named, method)
                seconds[method] += own.seconds
        kept = [some for some in read if some.rows]
        labels = [np.asarray(some.labels) for some in kept if some.labels is not None]
        return Shard(
            rows=np.concatenate([np.asarray(some.rows, np.int64) for some in read]),
            names=[name for some in kept for name in some.names],
            predicted=_whole([one.predicted for one in predicted]),
            probability=_known([one.probability for one in predicted]),
            loss=_known([one.loss for one in predicted]),
            maps={n: joined_rows([some[n] for some in maps]) for n in (maps[0] if maps else ())},
            labels=np.concatenate(labels) if labels else None,
            skipped=[line for some in read for line in some.skipped],
            methods=methods,
            seconds=seconds,
        )

    def _explained(self, read: Read, start: int) -> Iterator[dict[str, Explanation]]:
        for by_explainer in explain_batches(
            self._traced_model.model,
            list(self._explainers.values()),
            _Batch(read),
            self._targets,
            traced_model=self._traced_model,
            start=start,
            choice=self._choice,
        ):
            yield dict(zip(self._explainers, by_explainer, strict=True))


def _whole(by_chunk: Sequence[Array]) -> Array:
    return np.concatenate(by_chunk) if by_chunk else np.zeros(0, np.int64)


def _known(by_chunk: Sequence[Array | None]) -> Array | None:
    known = [own for own in by_chunk if own is not None]
    return np.concatenate(known) if known else None


class _Batch(keras.utils.PyDataset):  # type: ignore[misc]
    """Gives one batch, with its labels, as `explain` reads them."""

    def __init__(self, read: Read) -> None:
        super().__init__()
        self._read = read

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Any:
        inputs, labels = self._read.inputs, self._read.labels
        return inputs if labels is None else (inputs, labels)


def places(name: str, explanation: Explanation) -> Iterator[tuple[str, Attribution]]:
    """Yields an explainer's attributions with their names, with the layer if there are several."""
    several = len(explanation.attributions) > 1
    for layer, attribution in explanation.attributions.items():
        yield (f"{name}-{layer}" if several else name), attribution


def write_shards(work: Work, folder: str, numbers: Sequence[int]) -> Iterator[int]:
    """Computes those of some shards that have no file yet, and yields the number of each then.

    Raises:
        TfexplainError: the folder is another job's.
        OSError: a shard cannot be written; those before it are whole.
    """
    work.job.enter(folder)
    for number in numbers:
        if not work.job.finished(folder, number):
            write_shard(work.job.path(folder, number), work.shard(number), work.job.key)
        yield number
