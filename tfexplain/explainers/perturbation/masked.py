"""Computes the explained number of samples whose parts are hidden, in chunks of one size."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from tfexplain.explainers.base import Context
from tfexplain.model.batching import chunks, even_chunks
from tfexplain.model.input_kinds import channel_axis, input_layout
from tfexplain.model.layer_calls import LayerCall
from tfexplain.model.tokens import embedded_words, token_ids
from tfexplain.types import Array, Tensor

# (codes [n, ...] each, beside [n, ...] or [1, ...] each) -> masks [n, ...]
MakeMasks: TypeAlias = Callable[[Sequence[Tensor], Sequence[Tensor]], Tensor]

MASKS = 128  # that are held as numbers of their own at a time


@dataclass(frozen=True, eq=False)
class Masks:
    """Holds M masks for each sample as small codes, with the function that makes the masks.

    Attributes:
        codes: Arrays [1, M, ...], for all samples the same, or [N, M, ...].
        make: Function from codes [n, ...] to masks float32 [n, *sides], or shaped as the input
            where its channels are hidden one by one: 1 keeps, 0 hides. It must not hold any sample.
        key: Identifies `make`: equal keys must make equal masks of equal codes.
        beside: Arrays [1, ...] or [N, ...] that belong to a sample, whatever the mask.
    """

    codes: Sequence[Array]
    make: MakeMasks
    key: Hashable
    beside: Sequence[Array] = ()

    @property
    def count(self) -> int:
        """Number of masks, M."""
        return int(self.codes[0].shape[1])


class MaskedInput:
    """Masks one input of a batch; the model's other inputs stay what they are.

    For a text that the model splits itself, words are masked: `inputs` then are their indices.

    Args:
        context: The batch on its way through the explainer.
        position: Position of the input.
        starts: Replacements of hidden values, [B * N, ...], baseline by baseline.
        size: How many rows go through the model at once.
    """

    def __init__(self, context: Context, position: int, starts: Array, size: int) -> None:
        self._context, self._position, self._size = context, position, size
        self._ends = tf.nest.flatten(context.inputs)
        self._words = embedded_words(context.traced_model, position)
        if self._words is not None:
            end, self._starts = self._indices(self._words, starts)
        else:
            end, begin = self._ends[position], tf.constant(starts)
            self._starts = begin if end.dtype == tf.string else tf.cast(begin, end.dtype)
        if end.shape.rank == 1:
            end, self._starts = end[:, None], self._starts[:, None]
        self._own = end
        self._targets = tf.constant(context.result.targets)
        self.inputs: Array = np.asarray(end)
        self.channel_axis = channel_axis(context.traced_model, end)
        self.layout = input_layout(context.traced_model, end)
        self.sides = sides(self.inputs.shape, self.channel_axis)
        self.samples = len(self.inputs)
        self.baselines = len(starts) // self.samples

    def _indices(self, words: LayerCall, starts: Array) -> tuple[Tensor, Tensor]:
        """Returns the indices of the words of texts and of `starts`, padded with zeros."""
        traced_model, structure = self._context.traced_model, self._context.inputs
        both = []
        for texts in (self._ends[self._position], tf.constant(starts)):
            copies = len(texts) // len(self._ends[0])
            flat = [tf.tile(x, [copies, *[1] * (x.shape.rank - 1)]) for x in self._ends]
            flat[self._position] = texts
            both.append(token_ids(traced_model, words, tf.nest.pack_sequence_as(structure, flat)))
        most = max(ids.shape[1] for ids in both)
        end, begin = (np.pad(ids, ((0, 0), (0, most - ids.shape[1]))) for ids in both)
        return tf.constant(end), tf.constant(begin)

    @property
    def scores(self) -> Array:
        """The explained number of what is not masked, float64 [N]."""
        return np.asarray(self._context.result.scores, np.float64)

    def masked_scores(self, masks: Masks) -> Array:
        """Computes the explained number under each mask, float64 [N, M].

        It is averaged over the baselines.
        """
        traced_model, beside = (
            self._context.traced_model,
            [tf.constant(array) for array in masks.beside],
        )
        key = ("masked", self._context.key, self._position)
        rows = self.samples * self.baselines
        by_chunk = []
        cut = chunks if traced_model.rows else even_chunks
        for places in cut(masks.count * rows, self._size):
            row, mask = places % rows, places // rows
            codes = [array[row % self.samples % len(array), mask] for array in masks.codes]
            chunk = [tf.constant(row.astype(np.int32)), [tf.constant(code) for code in codes]]
            fixed = (self._ends, self._own, self._starts, self._targets, beside)
            scores = traced_model.run(
                (key, masks.key), lambda: self._run(masks.make), *fixed, *chunk, often=True
            )
            by_chunk.append(scores.numpy())
        total = np.concatenate(by_chunk)[: masks.count * rows].astype(np.float64)
        by_baseline = total.reshape(masks.count, self.baselines, self.samples)
        return np.asarray(by_baseline.mean(axis=1).T)

    def weighted(self, masks: Masks, weights: Array) -> Array:
        """Computes the sum of masks with weights [N, M], float64 [N, ...].

        The masks are the same for all samples.
        """
        total: Any = 0.0
        for places in even_chunks(masks.count, MASKS):
            # What fills up the last chunk stands for nothing.
            new = np.concatenate([[True], places[1:] > places[:-1]])
            codes = [tf.constant(code[0, places]) for code in masks.codes]
            own = tf.constant((weights[:, places] * new).astype(np.float32))
            key = ("weighted", masks.key, self.sides)
            part = self._context.traced_model.run(key, lambda: _summed(masks.make), codes, own)
            total = total + part.numpy().astype(np.float64)
        return np.asarray(total)

    def _run(self, make: MakeMasks) -> Callable[..., Tensor]:
        run, position, axis = _scorer(self._context), self._position, self.channel_axis
        words = self._words.splits if self._words else None

        def masked(
            ends: list[Tensor],
            whole: Tensor,
            starts: Tensor,
            targets: Tensor,
            beside: list[Tensor],
            rows: Tensor,
            codes: list[Tensor],
        ) -> Tensor:
            samples = rows % tf.shape(targets)[0]
            inputs = [tf.gather(x, samples) for x in ends]
            own = [array if array.shape[0] == 1 else tf.gather(array, samples) for array in beside]
            mask, kept = make(codes, own), tf.gather(whole, samples)
            if axis is not None and mask.shape.rank < kept.shape.rank:
                mask = tf.expand_dims(mask, axis)
            mixed = _mixed(kept, tf.gather(starts, rows), mask)
            if words:
                return run(inputs, tf.gather(targets, samples), {words: mixed})
            # Single values a sample are masked as a column of them.
            inputs[position] = tf.reshape(mixed, tf.shape(inputs[position]))
            return run(inputs, tf.gather(targets, samples))

        return masked


def sides(shape: Sequence[int], channel_axis: int | None) -> tuple[int, ...]:
    """Returns the sides along which positions of an input [N, ...] lie: its shape without
    channels."""
    own = list(shape)
    if channel_axis is not None:
        del own[channel_axis]
    return tuple(own[1:])


def _scorer(context: Context) -> Callable[..., Tensor]:
    """Returns a function of (flat inputs, targets, replaced outputs) that computes scores [n].

    It holds the traced model but not this batch.
    """
    scores = context.scorer()
    structure = tf.nest.map_structure(lambda _: 0, context.inputs)

    def run(flat: list[Tensor], targets: Tensor, replaced: Any = None) -> Tensor:
        return scores(tf.nest.pack_sequence_as(structure, flat), targets, replaced)

    return run


def _summed(make: MakeMasks) -> Callable[..., Tensor]:
    def summed(codes: list[Tensor], weights: Tensor) -> Tensor:
        return tf.tensordot(weights, make(codes, []), axes=1)

    return summed


def _mixed(kept: Tensor, hidden: Tensor, mask: Tensor) -> Tensor:
    """Keeps values to the bit where the mask is 1, and replaces them where it is 0."""
    if not kept.dtype.is_floating:
        return tf.where(mask >= 0.5, kept, hidden)
    share = tf.cast(mask, kept.dtype)
    return share * kept + (1 - share) * hidden
