"""Scores and gradients along straight paths through a model, in chunks of one size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.explainers.base import Context
from tfexplain.tap import Tensor

Array = npt.NDArray[Any]


class Paths:
    """The straight paths from baselines to the samples of one batch.

    Path b * N + n leads from baseline b to sample n. Nothing is traced twice for a shorter chunk:
    fixed nodes are cut in even chunks, the last filled up with points of weight zero; where nodes
    are chosen on the way, a chunk may have any length.

    Args:
        context: The batch on its way through the explainer.
        starts: For each input [B * N, ...]: where paths start.
        moving: Positions of the inputs that gradients are taken of.
        size: How many points one call takes at most.
    """

    def __init__(
        self, context: Context, starts: Sequence[Array], moving: Sequence[int], size: int
    ) -> None:
        self._context, self._moving, self.size = context, list(moving), size
        self._ends = tf.nest.flatten(context.inputs)
        self._starts = [tf.constant(start) for start in starts]
        self._targets = tf.constant(context.result.targets)
        self._key = (context.key, tuple(moving))
        self.samples = len(context.result.targets)
        self.count = len(starts[0])

    def scores_at_start(self) -> Array:
        """float64 [B * N]: the explained number where each path starts."""
        passes = self._context.passes
        targets = tf.tile(self._targets, [self.count // self.samples])
        parts = []
        with passes.untouched():
            for i in range(0, self.count, self.size):
                chunk = [x[i : i + self.size] for x in self._starts], targets[i : i + self.size]
                specs = tf.nest.map_structure(_of_any_length, chunk)
                parts.append(passes.run(("score", self._key), self._run, *chunk, specs=specs))
        return np.concatenate([part.numpy() for part in parts]).astype(np.float64)

    def mean_gradients(self, positions: Array, weights: Array) -> list[Array]:
        """The gradient averaged over each path: float32 [B * N, ...] for each moving input.

        Args:
            positions: Nodes on [0, 1].
            weights: Theirs, which add up to 1.
        """
        rows = np.tile(np.arange(self.count), len(positions))
        along, weight = np.repeat(positions, self.count), np.repeat(weights, self.count)
        size = math.ceil(len(rows) / math.ceil(len(rows) / self.size))
        fill = (0, -len(rows) % size)
        points = [
            np.pad(rows.astype(np.int32), fill),
            *(np.pad(a.astype(np.float32), fill) for a in (along, weight)),
        ]
        totals: list[Any] = [0.0] * len(self._moving)
        passes, key = self._context.passes, ("mean", self._key, self.count)
        with passes.untouched():
            for i in range(0, len(points[0]), size):
                chunk = [tf.constant(a[i : i + size]) for a in points]
                parts = passes.run(key, self._sums, *self._ends_of_paths(), *chunk, often=True)
                totals = [total + part for total, part in zip(totals, parts, strict=True)]
        return [total.numpy() for total in totals]

    def at(self, rows: Array, along: Array) -> tuple[Array, list[Array]]:
        """Scores [n] and gradients [n, ...] of each moving input at n <= `size` points.

        Args:
            rows: The path of each point.
            along: Its position on that path, in [0, 1].
        """
        passes, count = self._context.passes, len(rows)
        # In eights, so that a GPU meets few different shapes.
        fill = (0, min(-count % 8, self.size - count))
        chunk = [
            tf.constant(np.pad(rows.astype(np.int32), fill)),
            tf.constant(np.pad(along.astype(np.float32), fill)),
        ]
        arguments = (*self._ends_of_paths(), *chunk)
        specs = (*self._ends_of_paths(), *map(_of_any_length, chunk))
        with passes.untouched():
            scores, slopes = passes.run(
                ("points", self._key), self._points, *arguments, specs=specs
            )
        return scores.numpy()[:count], [slope.numpy()[:count] for slope in slopes]

    def _ends_of_paths(self) -> tuple[Any, ...]:
        return self._ends, self._starts, self._targets

    def _points(self) -> Callable[..., Any]:
        run, moving = self._run(), self._moving

        def points(
            ends: list[Tensor], starts: list[Tensor], targets: Tensor, rows: Tensor, along: Tensor
        ) -> tuple[Tensor, list[Tensor]]:
            samples = rows % tf.shape(targets)[0]
            inputs = [tf.gather(x, samples) for x in ends]
            for i in moving:
                start = tf.gather(starts[i], rows)
                inputs[i] = start + _column(along, inputs[i]) * (inputs[i] - start)
            watched = [inputs[i] for i in moving]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(watched)
                scores = run(inputs, tf.gather(targets, samples))
                total = tf.reduce_sum(scores)
            slopes = tape.gradient(total, watched, unconnected_gradients="zero")
            return scores, [tf.cast(slope, tf.float32) for slope in slopes]

        return points

    def _sums(self) -> Callable[..., Any]:
        points, count = self._points(), self.count

        def sums(*arguments: Any) -> list[Tensor]:
            *chunk, weight = arguments
            return [
                tf.math.unsorted_segment_sum(_column(weight, slope) * slope, chunk[-2], count)
                for slope in points(*chunk)[1]
            ]

        return sums

    def _run(self) -> Callable[[list[Tensor], Tensor], Tensor]:
        """(inputs, targets) -> scores, holding the passes but not this batch."""
        scores = self._context.scorer()
        structure = tf.nest.map_structure(lambda _: 0, self._context.inputs)

        def run(flat: list[Tensor], targets: Tensor) -> Tensor:
            return scores(tf.nest.pack_sequence_as(structure, flat), targets)

        return run


def _of_any_length(values: Tensor) -> tf.TensorSpec:
    return tf.TensorSpec((None, *values.shape[1:]), values.dtype)


def _column(values: Tensor, like: Tensor) -> Tensor:
    """[N] as [N, 1, ...] of the rank of `like`."""
    return tf.reshape(
        values, tf.concat([tf.shape(values), tf.ones(like.shape.rank - 1, tf.int32)], 0)
    )
