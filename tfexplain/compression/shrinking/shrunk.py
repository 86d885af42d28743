"""Holds what `shrink` returns: the smaller model, what was taken out, and what was not and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.compression.buffers import nbytes
from tfexplain.text_table import aligned
from tfexplain.types import Model


@dataclass(frozen=True)
class Removed:
    """Describes what a layer lost: outputs (filters, units), inputs and parameters, of how many."""

    layer: str
    kind: str
    outputs: int
    outputs_before: int
    inputs: int
    inputs_before: int
    parameters: int
    parameters_before: int


@dataclass(frozen=True)
class Kept:
    """Describes zero filters that stay: their numbers, and why no model without them is equal."""

    layer: str
    filters: tuple[int, ...]
    reason: str


@dataclass(frozen=True)
class Latency:
    """Holds milliseconds of a pass of each model, taken by turns; the ratio is of pairs."""

    before: tuple[float, ...]
    after: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Median over the rounds of the time after to the time before."""
        return float(median(a / b for a, b in zip(self.after, self.before, strict=True)))

    def __str__(self) -> str:
        before, after = median(self.before), median(self.after)
        return f"{before:.2f} ms before, {after:.2f} ms after, ratio {self.ratio:.2f}"


@dataclass(frozen=True, eq=False)
class Shrunk:
    """Holds a model without the channels that changed nothing.

    Attributes:
        model: The smaller model; layers keep their names. It is compiled as the given one is, with
            a new optimizer, where all of that can be made anew.
        before: The model that was given.
        removed: Layers that lost something, in the model's order.
        kept: Zero filters that stay, with the reason.
    """

    model: Model
    before: Model
    removed: Sequence[Removed]
    kept: Sequence[Kept]

    @property
    def parameters(self) -> tuple[int, int]:
        """Numbers in all weights, (before, after)."""
        return self.before.count_params(), self.model.count_params()

    @property
    def bytes(self) -> tuple[int, int]:
        """Bytes of all weights as they are stored, (before, after)."""
        before, after = (sum(map(nbytes, m.weights)) for m in (self.before, self.model))
        return before, after

    def difference(self, x: Any) -> float:
        """Computes the greatest difference of outputs on rows `x`, over the greatest magnitude."""
        outputs = [
            [np.asarray(one, np.float64) for one in tf.nest.flatten(m.predict(x, verbose=0))]
            for m in (self.before, self.model)
        ]
        pairs = zip(*outputs, strict=True)
        return max(float(np.abs(a - b).max() / max(np.abs(a).max(), 1e-30)) for a, b in pairs)

    def latency(self, x: Any, rounds: int = 20) -> Latency:
        """Measures passes of rows `x` by both models, which take turns in this process.

        Compiled passes are timed, the first of each left out; `x` as the models take it.
        """
        batch = tf.nest.map_structure(tf.convert_to_tensor, x)
        passes = [_compiled(model) for model in (self.before, self.model)]
        for run in passes * 2:
            run(batch)
        times: list[list[float]] = [[], []]
        for number in range(rounds):
            # Who begins changes, for the second finds the data in a cache.
            for which in (0, 1) if number % 2 else (1, 0):
                start = perf_counter()
                run = passes[which]
                [one.numpy() for one in tf.nest.flatten(run(batch))]
                times[which].append(1000 * (perf_counter() - start))
        return Latency(tuple(times[0]), tuple(times[1]))

    def __str__(self) -> str:
        parameters, size = self.parameters, self.bytes
        head = ["taken out of", "kind", "outputs", "of", "inputs", "of", "parameters", "of"]
        rows = [
            [
                one.layer,
                one.kind,
                *map(str, (one.outputs, one.outputs_before, one.inputs, one.inputs_before)),
                *map(str, (one.parameters, one.parameters_before)),
            ]
            for one in self.removed
        ]
        parts = [
            f"{parameters[0]} parameters before, {parameters[1]} after; "
            f"{size[0] / 1024:.1f} KiB before, {size[1] / 1024:.1f} after",
            aligned([head, *rows]) if rows else "nothing was taken out",
        ]
        if self.kept:
            texts = [
                f"  {k.layer}: {_numbers(k.filters)} zero and kept: {k.reason}" for k in self.kept
            ]
            parts.append("\n".join(texts))
        return "\n\n".join(parts)


def _compiled(model: Model) -> Callable[[Any], Any]:
    function: Callable[[Any], Any] = tf.function(lambda batch: model(batch, training=False))
    return function


def _numbers(filters: Sequence[int]) -> str:
    some = ", ".join(map(str, filters[:8]))
    more = f" and {len(filters) - 8} more" if len(filters) > 8 else ""
    return f"filter{'s' if len(filters) > 1 else ''} {some}{more}"
