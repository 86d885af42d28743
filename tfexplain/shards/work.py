"""Computes shards: from a model, explainers and rows to their maps, and from these to files."""

from __future__ import annotations

from collections.abc import Mapping

from tfexplain.explainers import Explainer
from tfexplain.model.outputs import ModelOutput
from tfexplain.model.targets import Targets
from tfexplain.model.traced_model import TracedModel
from tfexplain.rows.source import Source
from tfexplain.shards.job import Job
from tfexplain.shards.maps import Chunk, Maps
from tfexplain.shards.shard import Shard, write_shard


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
        self.job = job
        self._source, self._targets = source, targets
        self._maps = Maps(traced_model, explainers, output)
        # What has all its files never needs it.
        self._chooses = self._maps.chooses

    def shard(self, number: int) -> Shard:
        """Explains the rows of a shard.

        Raises:
            TfexplainError: rows of several shapes, or none that can be read.
        """
        if self._chooses:
            self._maps.choose(self._chunk(self.job.chunks(0)[0]))
            self._chooses = False
        return self._maps.shard(map(self._chunk, self.job.chunks(number)))

    def write(self, folder: str, number: int) -> bool:
        """Computes a shard's file unless there is one; returns whether there was none.

        Raises:
            TfexplainError: the file is another job's.
            OSError: it cannot be written.
        """
        if self.job.finished(folder, number):
            return False
        write_shard(self.job.path(folder, number), self.shard(number), self.job.key)
        return True

    def _chunk(self, rows: range) -> Chunk:
        return Chunk(rows.start, self._source.read(rows), self._targets)
