"""Builds the graph of a chunk of points on paths: inputs, scores and gradients at the points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tfexplain.explainers.base import Context
from tfexplain.explainers.gradient.sources import GradientSource
from tfexplain.model.shared_pass import no_gradient, zeros
from tfexplain.model.targets import rule
from tfexplain.types import Tensor


class PathGraph:
    """Makes the functions that `Paths` compiles; holds the traced model, but not the batch.

    The argument `batch` of these functions is (inputs, ids of texts by the layer that gives them,
    where paths start, where they end, tokens that never move, targets), of all origins and samples.
    The rows of a chunk say which origin and sample each point belongs to.

    Args:
        context: Says what is explained; nothing else of it is used.
        sources: The gradient sources that move.
    """

    def __init__(self, context: Context, sources: Sequence[GradientSource]) -> None:
        self._scorer, self._sources = context.scorer(), tuple(sources)
        self._output, self._rule = context.output, rule(context.targets)
        self._structure = tf.nest.map_structure(lambda _: 0, context.inputs)

    def _moved(self) -> Callable[..., Any]:
        """Returns a function of (batch, samples, origins, along) that computes the inputs and ids
        at the points, what moves there, and the paths."""
        sources = self._sources

        def moved(batch: Any, samples: Tensor, origins: Tensor, along: Tensor) -> Any:
            inputs, ids, starts, ends, stays, _ = batch
            flat = [tf.gather(x, samples) for x in inputs]
            held = {path: tf.gather(x, samples) for path, x in ids.items()}
            spans, points = [], []
            still = [stay for p, stay in zip(sources, stays, strict=True) for _ in p.calls or (0,)]
            for first, last, stay in zip(starts, ends, still, strict=True):
                start, end = tf.gather(first, origins), tf.gather(last, samples)
                if stay.shape.rank > 1:
                    start = tf.where(tf.gather(stay, samples), end, start)
                spans.append(end - start)
                points.append(start + _column(along, end) * spans[-1])
            return (flat, held), points, spans

        return moved

    def _scored(self) -> Callable[..., Tensor]:
        """Returns a function of ((inputs, ids), what moves, targets) that computes scores.

        It holds the traced model, but not this batch.
        """
        scores, structure, sources = self._scorer, self._structure, self._sources

        def scored(given: Any, points: Sequence[Tensor], targets: Tensor) -> Tensor:
            flat, held = given
            # Texts are as long as the longest of all samples, whichever are in a chunk.
            rest, replaced = iter(points), dict(held)
            for source in sources:
                for call in source.calls:
                    replaced[call.path] = next(rest)
                if not source.calls and source.input is not None:
                    flat[source.input] = next(rest)
            return scores(tf.nest.pack_sequence_as(structure, flat), targets, replaced)

        return scored

    def scores(self) -> Callable[..., Tensor]:
        """Returns a function of (batch, samples, origins, along) that computes scores."""
        moved, scored = self._moved(), self._scored()

        def scores(batch: Any, samples: Tensor, origins: Tensor, along: Tensor) -> Tensor:
            given, points, _ = moved(batch, samples, origins, along)
            return scored(given, points, tf.gather(batch[-1], samples))

        return scores

    def products(self) -> Callable[..., Any]:
        """Returns a function of (batch, samples, origins, along) that computes scores, and
        gradient times path of each source."""
        moved, scored, sources = self._moved(), self._scored(), self._sources
        output, own = self._output, self._rule

        def products(
            batch: Any, samples: Tensor, origins: Tensor, along: Tensor
        ) -> tuple[Tensor, list[Tensor]]:
            given, points, spans = moved(batch, samples, origins, along)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(points)
                scores = scored(given, points, tf.gather(batch[-1], samples))
                total = tf.reduce_sum(scores)
            slopes = iter(zip(tape.gradient(total, points), points, spans, strict=True))
            maps = []
            for source in sources:
                parts = []
                for call in source.calls or (None,):
                    slope, point, span = next(slopes)
                    if slope is None and call and (source.input is None or not call.recorded):
                        raise no_gradient(call, output, own)
                    if slope is None:
                        slope = zeros(total, point, source.name)
                    product = slope * span
                    parts.append(source.laid_out(product) if call else product)
                maps.append(tf.cast(tf.add_n(parts), tf.float32))
            return scores, maps

        return products

    def sums(self) -> Callable[..., Any]:
        """Returns such a function with weights, which computes the weighted sums of a sample's
        points at each source."""
        products = self.products()

        def sums(
            batch: Any, samples: Tensor, origins: Tensor, along: Tensor, weights: Tensor
        ) -> list[Tensor]:
            return [
                tf.math.unsorted_segment_sum(
                    _column(weights, part) * part, samples, tf.shape(batch[-1])[0]
                )
                for part in products(batch, samples, origins, along)[1]
            ]

        return sums


def _column(values: Tensor, like: Tensor) -> Tensor:
    """Reshapes [N] to [N, 1, ...] of the rank of `like`."""
    shape = tf.concat([tf.shape(values), tf.ones(like.shape.rank - 1, tf.int32)], 0)
    return tf.cast(tf.reshape(values, shape), like.dtype)
