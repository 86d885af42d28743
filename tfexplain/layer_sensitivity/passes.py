"""Runs a model's passes on all rows with one kernel changed, from where that kernel is read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.comparing.predicting import raw_outputs
from tfexplain.compression import LayerWeights
from tfexplain.layer_sensitivity.subject import Subject
from tfexplain.layer_sensitivity.todo import Cell
from tfexplain.model import memory
from tfexplain.model.batching import row_slices
from tfexplain.model.call_batch import as_batch
from tfexplain.model.preserved_state import copies, put_back
from tfexplain.model.split_graph import Split, SplitError, SplitGraph
from tfexplain.pruning.shifts import without
from tfexplain.types import Array

_ROWS = 64
# Of activations that are kept: a share of the memory there is, and never more than this.
_SHARE, _MOST = 1 / 4, 2 << 30
# Times what tracing took: two parts of the graph are built, and optimized when they first run.
_OF_TRACING = 3


@dataclass(frozen=True)
class Part:
    """Says which share of a pass is computed for each setting of a kernel.

    Attributes:
        share: Multiply-adds from the kernel on, of all; 1 where passes are whole.
        why: Why they are whole, or nothing.
    """

    share: float
    why: str = ""


class Passes:
    """Runs passes on all rows, and counts them.

    Args:
        subject: The model and its rows.
        layers: All kernels of floats that the model has.
        reuse: Whether activations before a kernel are computed once; None: where that saves time.

    Attributes:
        done: Passes so far, the parts as their share of the multiply-adds.
        whole: How many these had been without reuse.
        pass_seconds: What a whole pass takes.
        split_seconds: What cutting the graph at a kernel takes, about.
    """

    def __init__(
        self, subject: Subject, layers: Sequence[LayerWeights], reuse: bool | None
    ) -> None:
        self.done = self.whole = 0.0
        self._subject, self._layers = subject, layers
        self._graph: SplitGraph | None = None
        self._why, self._always = "asked for", reuse is True
        self.split_seconds = self.pass_seconds = 0.0
        if reuse is not False:
            model, rows = subject.contender.model, subject.rows
            start = time.perf_counter()
            try:
                first = as_batch(tf.nest.map_structure(lambda x: x[:1], rows.inputs), model)
                variables = [layer.variable for layer in layers]
                self._graph = SplitGraph(model, first, variables)
            except SplitError as error:
                self._why = str(error)
            self.split_seconds = _OF_TRACING * (time.perf_counter() - start)
        self.pass_seconds = self._seconds_of_a_pass()

    def part(self, layer: LayerWeights, settings: int) -> Part:
        """Returns which share of a pass each of so many settings of a kernel takes."""
        if self._graph is None:
            return Part(1.0, self._why)
        try:
            used = self._graph.used(layer.variable)
        except SplitError as error:
            return Part(1.0, str(error))
        costs = {id(one.variable): one.size * (one.positions or 1) for one in self._layers}
        share = sum(costs[key] for key in used) / sum(costs.values())
        spared = (1 - share) * (settings - 1) * self.pass_seconds
        if share == 1 or not (self._always or spared > self.split_seconds):
            return Part(1.0, "a split takes longer than it saves")
        return Part(share)

    @contextmanager
    def open(self, layer: LayerWeights, settings: int) -> Iterator[Callable[[], Array]]:
        """Yields what computes the outputs on all rows, float32 [rows, ...], with the kernel as it
        is then; what comes before it is computed now, once for so many settings."""
        part, split = self.part(layer, settings), None
        if self._graph is not None and not part.why:
            try:
                split = self._graph.at(layer.variable)
            except SplitError:
                split = None
        kept = None if split is None else self._before(split, part)
        yield lambda: self._outputs(split, kept, part)

    def _before(self, split: Split, part: Part) -> list[list[Any]] | None:
        """Returns the activations at the cut by chunk; None where they take too much memory."""
        available = memory.available()
        most = _MOST if available is None else min(_MOST, int(_SHARE * available))
        if split.bytes_row * self._subject.count > most:
            return None
        self.done += 1 - part.share
        # On the host: a GPU has less room, and a copy takes less than what it spares.
        return [
            [tensor.numpy() for tensor in split.before(*tf.nest.flatten(chunk))]
            for chunk in self._chunks()
        ]

    def _outputs(self, split: Split | None, kept: list[list[Any]] | None, part: Part) -> Array:
        self.whole += 1
        if split is None or kept is None:
            self.done += 1
            return self.whole_pass()
        self.done += part.share
        position = self._subject.explaining.output.position
        chunks = (split.rest(*map(tf.constant, tensors))[position] for tensors in kept)
        return np.concatenate([chunk.numpy() for chunk in chunks]).astype(np.float32)

    def whole_pass(self) -> Array:
        """Computes the outputs on all rows by a whole pass."""
        subject = self._subject
        output = subject.explaining.output
        raw: Array = raw_outputs(subject.contender, subject.rows.inputs, output)
        return raw

    def _seconds_of_a_pass(self) -> float:
        """Measures a pass of rows that was compiled before."""
        start = time.perf_counter()
        self.whole_pass()
        return time.perf_counter() - start

    def _chunks(self) -> Iterator[Any]:
        subject = self._subject
        for part in row_slices(subject.count, _ROWS):
            some = tf.nest.map_structure(lambda x, part=part: x[part], subject.rows.inputs)
            yield as_batch(some, subject.contender.model)


@contextmanager
def changed(cell: Cell) -> Iterator[None]:
    """While open, a kernel is what its setting makes of it; then its own again, to the bit,
    whatever happened."""
    layer, setting = cell.layer, cell.setting
    kernel = layer.variable.numpy()  # type: ignore[union-attr]
    values = {id(layer.variable): setting.applied(kernel, layer)}
    for shift in cell.shifts:
        values[id(shift)] = without(shift.numpy(), setting.filters_kept(kernel, layer))
    held = [(copy, values[id(v)]) for v in (layer.variable, *cell.shifts) for copy in copies(v)]
    with put_back(copy for copy, _ in held):
        for copy, value in held:
            copy.assign(value)
        yield
