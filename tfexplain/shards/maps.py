"""Explains chunks of rows, and puts the maps of several together into a shard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from tfexplain.rows.source import Read
from tfexplain.shards.predictions import predictions
from tfexplain.shards.shard import Shard
from tfexplain.types import Array


@dataclass(frozen=True, eq=False)
class Chunk:
    """Holds rows that are explained at once.

    Attributes:
        start: Number of the first of them, also where that one cannot be read.
        read: The rows.
        targets: Theirs, as `tfexplain.explain` takes them.
    """

    start: int
    read: Read
    targets: Targets


class Maps:
    """Holds a model that is open and what is asked of it; with them, chunks become shards.

    Args:
        traced_model: The model's compiled passes.
        explainers: By name.
        output: The output whose predictions are told.

    Raises:
        TfexplainError: an explainer compares samples with each other.
    """

    def __init__(
        self,
        traced_model: TracedModel,
        explainers: Mapping[str, Explainer],
        output: ModelOutput,
    ) -> None:
        check_by_row(explainers)
        self._traced_model, self._explainers, self._output = traced_model, explainers, output
        self._choice = channel_choice(list(explainers.values()))
        self.chooses = chooses(explainers)

    def choose(self, chunk: Chunk) -> None:
        """Chooses the channels of feature maps by some rows, the same for all shards."""
        for _ in self._explained(chunk):
            pass

    def shard(self, chunks: Iterable[Chunk]) -> Shard:
        """Explains chunks, whose maps are those of one shard.

        Raises:
            TfexplainError: rows of several shapes, or none that can be read.
        """
        read, predicted = [], []
        maps: list[dict[str, Attribution]] = []
        methods: dict[str, str] = {}
        seconds = dict.fromkeys(self._explainers, 0.0)
        for chunk in chunks:
            # Inputs are not kept, and of labels those that are one array of numbers.
            some = replace(chunk.read, inputs=None, labels=_numbers(chunk.read.labels))
            read.append(some)
            if not some.rows:
                continue
            (explained,) = self._explained(chunk)
            first = next(iter(explained.values()))
            predicted.append(predictions(self._output, first.outputs, some.labels))
            maps.append({})
            for method, own in explained.items():
                named = dict(places(method, own))
                maps[-1] |= named
                methods |= dict.fromkeys(named, method)
                seconds[method] += own.seconds
        kept = [some for some in read if some.rows]
        labels = [some.labels for some in kept if some.labels is not None]
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

    def _explained(self, chunk: Chunk) -> Iterator[dict[str, Explanation]]:
        for by_explainer in explain_batches(
            self._traced_model.model,
            list(self._explainers.values()),
            _Batch(chunk.read),
            chunk.targets,
            traced_model=self._traced_model,
            start=chunk.start,
            choice=self._choice,
        ):
            yield dict(zip(self._explainers, by_explainer, strict=True))


def check_by_row(explainers: Mapping[str, Explainer]) -> None:
    """Raises an error where an explainer compares samples with each other."""
    for name, explainer in explainers.items():
        if explainer.needs_all_samples:
            raise TfexplainError(
                f"{name} compares samples with each other, and cannot be computed in shards. "
                "Leave it out, or pass some rows to tfexplain.explain."
            )


def chooses(explainers: Mapping[str, Explainer]) -> bool:
    """Whether some show chosen channels, which the first rows choose for all."""
    return any(isinstance(explainer, FeatureMaps) for explainer in explainers.values())


def _numbers(labels: Any) -> Array | None:
    """Returns labels as an array of numbers, where they are one; each output may have its own."""
    if labels is None or isinstance(labels, dict | list | tuple):
        return None
    array = np.asarray(labels)
    return array if array.dtype.kind in "biuf" else None


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
        return (inputs,) if labels is None else (inputs, labels)


def places(name: str, explanation: Explanation) -> Iterator[tuple[str, Attribution]]:
    """Yields an explainer's attributions with their names, with the layer if there are several."""
    several = len(explanation.attributions) > 1
    for layer, attribution in explanation.attributions.items():
        yield (f"{name}-{layer}" if several else name), attribution
