"""Feeds explainers: yields batches of samples, each with its targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.data.batches import batches, comes_in_batches, count_batches, length
from tfexplain.data.content import row_hashes
from tfexplain.data.labels import labels_of, read_labels
from tfexplain.errors import TfexplainError
from tfexplain.model.outputs import ModelOutput, TargetError
from tfexplain.model.presets import NAMES, is_preset
from tfexplain.model.targets import Targets
from tfexplain.model.traced_model import TracedModel


@dataclass(frozen=True)
class FedBatch:
    """Holds one batch: its inputs, labels where it has any, and its first sample's number.

    `asked` are the targets as `explain` takes them, for this batch.
    """

    inputs: Any
    labels: Any
    asked: Targets
    start: int

    def targets(self, output: ModelOutput, traced_model: TracedModel) -> Targets:
        """Returns the targets at one output.

        Raises:
            TargetError: labels are asked for, and there are none of this output.
        """
        if not isinstance(self.asked, str) or is_preset(self.asked):
            return self.asked
        if self.asked == "predicted":
            return None
        labels = labels_of(self.labels, output, traced_model)
        if labels is None:
            raise TargetError(
                f"targets='label': expected a dataset of (x, y) with labels of output "
                f"{output.name!r}; there are none. Pass the labels of arrays as targets=y, or "
                "leave it out for the predicted class."
            )
        known = read_labels(labels, output, row_hashes(self.inputs), "targets='label'")
        return known.targets if known.explained else None


class BatchFeed:
    """Yields the batches of arrays or of a dataset, which is read once, batch by batch.

    Args:
        inputs: As `explain` takes them.
        targets: As `explain` takes them.
        joined: Whether a dataset is read into one batch.

    Attributes:
        batches: How many there are; None where only reading would tell.
        streamed: Whether there may be several.

    Raises:
        TargetError: a word that is no choice of targets.
    """

    def __init__(self, inputs: Any, targets: Targets, *, joined: bool = False) -> None:
        if (
            isinstance(targets, str)
            and targets not in ("label", "predicted")
            and not is_preset(targets)
        ):
            raise TargetError(
                f"targets={targets!r}: expected 'label', 'predicted', class indices, a function of "
                f"the outputs, or a number by its name, such as {NAMES}."
            )
        self._inputs, self._targets = inputs, targets
        self._in_batches = comes_in_batches(inputs)
        self.streamed = self._in_batches and not joined
        self.batches = count_batches(inputs) if self.streamed else 1

    def __iter__(self) -> Iterator[FedBatch]:
        if not self._in_batches:
            yield FedBatch(self._inputs, None, self._targets, 0)
            return
        start = 0
        for inputs, labels in self._read():
            count = length(inputs)
            yield FedBatch(inputs, labels, self._targets_of(start, count), start)
            start += count
        if not start:
            raise TfexplainError("inputs: expected at least one sample; the dataset is empty.")
        self._check_count(start, "")

    def _read(self) -> Iterator[tuple[Any, Any]]:
        read = batches(self._inputs, "inputs")
        if self.streamed:
            yield from ((inputs, labels) for inputs, labels, _ in read)
            return
        inputs, labels, _ = zip(*read, strict=True)
        if any(own is None for own in labels):
            labels = ()
        yield _end_to_end(inputs), _end_to_end(labels) if labels else None

    def _targets_of(self, start: int, count: int) -> Targets:
        """Returns the targets of a batch, where there is one a sample."""
        if not self._by_sample:
            return self._targets
        targets = np.asarray(self._targets)[start : start + count]
        if len(targets) < count:
            self._check_count(start + count, " or more")
        return targets

    def _check_count(self, count: int, more: str) -> None:
        if self._by_sample and len(np.asarray(self._targets)) != count:
            raise TargetError(
                f"targets: expected one a sample; got {len(np.asarray(self._targets))} for {count}"
                f"{more}. Pass as many, or targets='label' for the labels of the dataset."
            )

    @property
    def _by_sample(self) -> bool:
        single = self._targets is None or isinstance(self._targets, str) or callable(self._targets)
        return not single and np.ndim(self._targets) > 0  # type: ignore[arg-type]


def _end_to_end(batches: Any) -> Any:
    return tf.nest.map_structure(lambda *some: np.concatenate(some), *batches)
