"""Computes scores and gradients along straight paths through a model, in chunks of one size."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.explainers.base import Context
from tfexplain.explainers.features.feature_maps import check_samples
from tfexplain.explainers.gradient.sources import GradientSource, padded
from tfexplain.explainers.path.path_graph import PathGraph
from tfexplain.model.batching import even_size, row_slices, run_by_chunks
from tfexplain.model.tokens import token_ids
from tfexplain.types import Array, Tensor


class Paths:
    """Computes scores and gradients along straight paths from origins to the samples of a batch.

    A path moves the inputs, or the outputs of layers, of some gradient sources; everything else
    stays what it is at the sample. For a layer, a path leads from its output for an origin's inputs
    to that for the sample's. Padding tokens never move.

    Nothing is traced twice for a shorter chunk. Nodes that are known before are cut in even chunks,
    the last filled up with points of weight zero; where nodes are chosen on the way, a chunk may
    have any length.

    Args:
        context: The batch on its way through the explainer.
        origins: Where paths start, [S, ...] for each input.
        sources: The gradient sources that move.
        size: How many points one call takes at most.
        padding: Index of padding tokens; default what embeddings mask.
    """

    def __init__(
        self,
        context: Context,
        origins: Sequence[Array],
        sources: Sequence[GradientSource],
        size: int,
        padding: int | None = None,
    ) -> None:
        self._context, self._sources, self.size = context, tuple(sources), size
        self._inputs = tf.nest.flatten(context.inputs)
        self._structure = tf.nest.map_structure(lambda _: 0, context.inputs)
        self._targets = tf.constant(context.result.targets)
        self._key = (context.key, self._sources)
        self.samples, self.origins = len(context.result.targets), len(origins[0])
        begin = [tf.constant(start) for start in origins]
        from_ids, self._ids = self._split(begin)
        self._starts, self._ends = self._ends_of_paths((begin, from_ids))
        self._stays = [self._filling(source, padding) for source in self._sources]
        self._movement = PathGraph(context, self._sources)

    @property
    def memory(self) -> int | None:
        """Bytes that were available when the model was opened; None where that is not known."""
        return self._context.traced_model.memory

    @cached_property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shapes of a sample's map, by source."""
        ends = iter(self._ends)
        shapes = []
        for source in self._sources:
            first, *_ = [next(ends)[:1] for _ in source.calls or (0,)]
            shown = source.laid_out(first) if source.calls else first
            shapes.append(tuple(shown.shape[1:]))
        return shapes

    def joined(self, maps: Sequence[Array]) -> Array:
        """Joins the maps of all sources in one row a sample, float64 [N, D]."""
        rows = [values.reshape(self.samples, -1) for values in maps]
        return np.concatenate(rows, axis=1).astype(np.float64)

    def divided(self, rows: Array) -> list[Array]:
        """Splits joined maps into those of each source, [N, ...]."""
        sizes = [math.prod(shape) for shape in self.shapes]
        maps = np.split(rows, np.cumsum(sizes)[:-1], axis=1)
        return [values.reshape(-1, *shape) for values, shape in zip(maps, self.shapes, strict=True)]

    def scores_at_start(self, samples: Array, origins: Array) -> Array:
        """Computes the explained number where paths start, float64 [n].

        Args:
            samples: Number of the sample that each path leads to.
            origins: Number of the origin that it starts at.
        """
        scores = []
        for rows in row_slices(len(samples), self.size):
            starts = samples[rows], origins[rows], np.zeros(len(samples[rows]))
            scores.append(self._at("score", self._movement.scores, *starts))
        return np.concatenate(scores).astype(np.float64)

    def mean(self, samples: Array, origins: Array, along: Array, weights: Array) -> list[Array]:
        """Computes weighted sums over points of gradient times path, float32 [N, ...] by source.

        Args:
            samples: Number of the sample that each point's path leads to.
            origins: Number of the origin that it starts at.
            along: Position of the point on its path, in [0, 1].
            weights: Weight of each point; those of a sample add up to 1.
        """
        fixed = self._context.traced_model.rows
        size = fixed or even_size(len(samples), self.size)
        missing = (0, -len(samples) % size)
        points = [np.pad(a, missing) for a in (samples, origins, along, weights)]
        totals: list[Any] = [0.0] * len(self._sources)
        for rows in row_slices(len(points[0]), size):
            chunk = [a[rows] for a in points]
            arguments = [*_points(*chunk[:3]), tf.constant(chunk[3].astype(np.float32))]
            sums = self._run("mean", self._movement.sums, arguments, often=True)
            totals = [total + more for total, more in zip(totals, sums, strict=True)]
        return [total.numpy() for total in totals]

    def at(self, samples: Array, origins: Array, along: Array) -> tuple[Array, list[Array]]:
        """Computes scores [n], and gradient times path [n, ...] by source, at n <= `size` points.

        Args: as those of `mean`.
        """
        scores, products = self._at("points", self._movement.products, samples, origins, along)
        return scores, products

    def _at(self, name: str, make: Callable[[], Callable[..., Any]], *points: Array) -> Any:
        """Computes what a function returns at n <= `size` points, as numpy."""
        count, fixed = len(points[0]), self._context.traced_model.rows
        # In eights, so that a GPU meets few different shapes.
        most = self.size - count
        chunk = _points(*(np.pad(a, (0, most if fixed else min(-count % 8, most))) for a in points))
        results = self._run(name, make, chunk, any_length=not fixed)
        return tf.nest.map_structure(lambda values: np.asarray(values)[:count], results)

    def _run(
        self,
        name: str,
        make: Callable[[], Callable[..., Any]],
        chunk: Sequence[Tensor],
        *,
        any_length: bool = False,
        often: bool = False,
    ) -> Any:
        batch = (self._inputs, self._ids, self._starts, self._ends, self._stays, self._targets)
        specs = (batch, *map(_of_any_length, chunk)) if any_length else None
        traced_model = self._context.traced_model
        return traced_model.run((name, self._key), make, batch, *chunk, specs=specs, often=often)

    def _split(self, origins: Sequence[Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Returns the ids [n, T] that the model makes of the texts of origins and of samples, by
        the path of the layer; zeros fill up to the longest of all."""
        at_origins, at_samples = {}, {}
        for source in (source for source in self._sources if source.ids):
            both = [
                token_ids(
                    self._context.traced_model,
                    source.calls[0],
                    tf.nest.pack_sequence_as(self._structure, list(flat)),
                )
                for flat in (origins, self._inputs)
            ]
            most = max(ids.shape[1] for ids in both)
            filled = [np.pad(ids, ((0, 0), (0, most - ids.shape[1]))) for ids in both]
            at_origins[source.ids], at_samples[source.ids] = map(tf.constant, filled)
        return at_origins, at_samples

    def _ends_of_paths(self, begin: Any) -> tuple[list[Tensor], list[Tensor]]:
        """Returns what moves, at the origins and at the samples: inputs, or layers' outputs.

        Args:
            begin: Inputs and ids of the origins.
        """
        names = [call.path for source in self._sources for call in source.calls]
        given = (begin, (self._inputs, self._ids))
        at_layers = [self._activations(names, *inputs) for inputs in given]
        check_samples(at_layers[1], self._context)
        starts, ends = (
            [
                tensor
                for source in self._sources
                for tensor in (
                    [activations[s.path] for s in source.calls] or [_of_input(flat, source)]
                )
            ]
            for (flat, _), activations in zip(given, at_layers, strict=True)
        )
        return starts, ends

    def _activations(
        self, names: Sequence[str], flat: Sequence[Tensor], ids: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Computes the outputs of layers for some inputs."""
        if not names:
            return {}
        traced_model, structure = self._context.traced_model, self._structure

        def make() -> Callable[..., list[Tensor]]:
            def run(rows: list[Tensor], held: dict[str, Tensor]) -> list[Tensor]:
                packed = tf.nest.pack_sequence_as(structure, rows)
                activations = traced_model.forward(
                    packed, {*names, *held}, lambda name, _: held.get(name)
                )[1]
                return [tf.cast(activations[name], tf.float32) for name in names]

            return run

        key = ("activations", tuple(names))
        by_chunk = run_by_chunks(
            traced_model, key, make, flat, ids, size=self.size, any_length=True
        )
        return {
            name: tf.constant(np.concatenate(some))
            for name, some in zip(names, zip(*by_chunk, strict=True), strict=True)
        }

    def _filling(self, source: GradientSource, padding: int | None) -> Tensor:
        """Returns which tokens never move, bool [N, T, 1]; [0] where all do."""
        filling = padded(self._context.traced_model, source, self._context.inputs, padding)
        return tf.constant([False] if filling is None else filling[..., None])


def _of_input(flat: Sequence[Tensor], source: GradientSource) -> Tensor:
    assert source.input is not None
    return flat[source.input]


def _points(samples: Array, origins: Array, along: Array) -> list[Tensor]:
    return [
        tf.constant(samples.astype(np.int32)),
        tf.constant(origins.astype(np.int32)),
        tf.constant(along.astype(np.float32)),
    ]


def _of_any_length(values: Tensor) -> tf.TensorSpec:
    return tf.TensorSpec((None, *values.shape[1:]), values.dtype)
