"""Chooses the rows to explain by what they hold, not by where they stand.

Data sets that are shuffled on each pass give the same rows in every run. One pass goes over the
data, and only rows that may still be chosen are held.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.data.content import Hashes, finite_rows, mixed, row_bytes, row_hashes
from tfexplain.data.labels import LabelReader, Labels, labels_of
from tfexplain.data.validation import Rows, blocks, end_to_end
from tfexplain.errors import TfexplainError
from tfexplain.model.call_batch import as_batch
from tfexplain.model.function_model import FunctionModel, without_gradient
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.model_inputs import check_axis
from tfexplain.model.outputs import ModelOutput, choose_output
from tfexplain.model.traced_model import TracedModel

Places = npt.NDArray[np.int64]
Keys = npt.NDArray[np.float64]

# Rows to hold where labels may be values, enough to spread over these.
_CANDIDATES = 256
_CANDIDATE_BYTES = 64 << 20


@dataclass(frozen=True)
class Chosen:
    """Holds the rows to explain, and the traced model that takes them.

    Attributes:
        traced_model: The model, opened; its outputs are read as the labels say.
        output: The output that the labels belong to.
        inputs: Tensors of these rows, in the structure the model takes.
        given: The rows as the data has them.
        labels: Labels of these rows.
        given_labels: The labels as the data has them, of that output; None where there are none.
        rows: int64 [n], where they stood in the data when it was read.
        hashes: uint64 [n], what they hold.
        total: How many rows were looked at.
        broken: How many of them hold NaN or infinity.
    """

    traced_model: TracedModel
    output: ModelOutput
    inputs: Any
    given: Any
    labels: Labels
    rows: Places
    hashes: Hashes
    total: int
    broken: int
    given_labels: Any


def choose_rows(
    validation_data: Any,
    model: Any,
    samples: int,
    seed: int,
    *,
    outputs: Sequence[str | int | None] = (),
    class_names: Sequence[str] = (),
    column: int = 0,
) -> Chosen:
    """Chooses rows with the smallest hashes, of each class in turn, or spread over values.

    Args:
        validation_data: Validation data, as `Explain` takes it.
        model: Built.
        samples: How many rows, at most.
        seed: Seed of the choice.
        outputs: The outputs that are asked for; labels are those of the first.
        class_names: Names of classes that labels may be texts of.
        column: The explained column of an output of values.

    Raises:
        TfexplainError: data that is empty or nothing but NaN, or that the model cannot take.
    """
    source = blocks(validation_data, model)
    first = next(source)
    check_axis(model, first.inputs, "validation_data")
    traced_model = KerasModel(model, as_batch(first.take(slice(0, 1)).inputs, model))
    output = choose_output(traced_model.model_outputs, outputs[0] if outputs else None)
    reader = LabelReader(output, class_names, column)
    picker = _Picker(samples, seed, output)
    beside = _beside.get()
    for block in itertools.chain([first], source):
        hashes = row_hashes(block.inputs)
        for sampler in beside:
            sampler.add(block, hashes)
        labels = labels_of(block.labels, output, traced_model)
        keys = None if labels is None else reader.look(labels, hashes, block.inputs)
        picker.add(Rows(block.inputs, labels), hashes, keys)
    _beside.set(())  # a second choice reads the same rows again
    held = picker.chosen(reader)
    inputs = as_batch(held.inputs, model)
    if _shapes(inputs) != _shapes(traced_model.specs):  # filled up to the longest
        traced_model = KerasModel(model, inputs)
    output = _read_as(reader.output, traced_model)
    labels = reader.read(held.labels, picker.hashes)
    return Chosen(
        *(traced_model, output, inputs, held.inputs, labels),
        *(picker.rows, picker.hashes, picker.total, picker.broken, held.labels),
    )


@dataclass(frozen=True)
class Sampled:
    """Holds rows at the data's own shares of classes, in the order of their hashes.

    Attributes:
        rows: The rows as the data has them.
        places: int64 [n], where they stood in the data when it was read.
        hashes: uint64 [n], what they hold.
        total: How many rows were looked at.
        broken: How many of them hold NaN or infinity.
    """

    rows: Rows
    places: Places
    hashes: Hashes
    total: int
    broken: int


def sampled(validation_data: Any, model: Any, count: int, size: int) -> Sampled:
    """Returns up to `count` rows of at most `size` bytes: those with the smallest hashes.

    Raises:
        ValueError, TypeError: data that is empty or cannot be read.
    """
    sampler = Sampler(count, size)
    for block in blocks(validation_data, model):
        sampler.add(block, row_hashes(block.inputs))
    return sampler.sampled()


def labelled(
    found: Sampled,
    model: Any,
    *,
    output: str | int | None = None,
    class_names: Sequence[str] = (),
    column: int = 0,
) -> Chosen:
    """Opens a model for sampled rows, and reads their labels.

    Args:
        found: The rows.
        model: Built, or a function of a batch.
        output: Name or position of the output that the labels belong to.
        class_names: Names of classes that labels may be texts of.
        column: The column of an output of values.
    """
    inputs = as_batch(found.rows.inputs, model)
    function = without_gradient(model)
    # Opened anew, for its outputs are read as the labels say.
    traced_model = FunctionModel(function, inputs) if function else KerasModel(model, inputs)
    first = choose_output(traced_model.model_outputs, output)
    given = labels_of(found.rows.labels, first, traced_model)
    reader = LabelReader(first, class_names, column)
    if given is not None:
        reader.look(given, found.hashes, found.rows.inputs)
    labels = reader.read(given, found.hashes)
    return Chosen(
        *(traced_model, _read_as(reader.output, traced_model), inputs, found.rows.inputs, labels),
        *(found.places, found.hashes, found.total, found.broken, given),
    )


def _read_as(output: ModelOutput, traced_model: TracedModel) -> ModelOutput:
    """Lets a model's output read as labels say; returns it."""
    traced_model.model_outputs = tuple(
        output if other.position == output.position else other
        for other in traced_model.model_outputs
    )
    return output


def sample(validation_data: Any, model: Any, count: int, size: int) -> Rows:
    """Returns the rows of `sampled`."""
    return sampled(validation_data, model, count, size).rows


@contextmanager
def sampled_beside(wanted: Sampler) -> Iterator[None]:
    """While open, rows that are chosen are read into a sample as well, for data are read slowly."""
    token = _beside.set((*_beside.get(), wanted))
    try:
        yield
    finally:
        _beside.reset(token)


def in_turns(keys: Keys, hashes: Hashes, count: int, seed: int) -> Places:
    """Returns which rows come first where each key gets its turn, its smallest hashes first.

    >>> 2 in in_turns(np.array([0.0, 0.0, 1.0]), np.arange(3, dtype=np.uint64), 2, 0)
    True
    """
    order = mixed(hashes, seed)
    groups = np.where(np.isnan(keys), np.nan, keys + 0.0).view(np.uint64)
    turn = _places(groups, (order, _places(hashes, ())))
    return np.lexsort((order, mixed(groups, seed), turn))[:count]


def smallest(hashes: Hashes, count: int, seed: int) -> Places:
    """Returns which rows have the smallest hashes; repeated rows come after all others."""
    return np.lexsort((mixed(hashes, seed), _places(hashes, ())))[:count]


def _places(groups: Hashes, order: tuple[npt.NDArray[Any], ...]) -> Places:
    """Returns the position of each row in its group."""
    by_group = np.lexsort((*order, groups))
    sorted_groups = groups[by_group]
    starts = np.searchsorted(sorted_groups, sorted_groups)
    places = np.empty(len(groups), np.int64)
    places[by_group] = np.arange(len(groups)) - starts
    return places


def _shapes(inputs: Any) -> list[Any]:
    return [tuple(x.shape[1:]) for x in tf.nest.flatten(inputs)]


class Sampler:
    """Takes rows with the smallest hashes from blocks.

    Args:
        count: How many rows, at most.
        size: How many bytes they may have.
    """

    def __init__(self, count: int, size: int) -> None:
        self._picker, self._size = _Picker(count, 0, None), size

    def add(self, block: Rows, hashes: Hashes) -> None:
        """Looks at more rows."""
        most = max(1, self._size // max(1, row_bytes(block.inputs)))
        self._picker.count = min(self._picker.count, most)
        self._picker.add(block, hashes, None)

    @property
    def total(self) -> int:
        """How many rows were looked at."""
        return self._picker.total

    def sampled(self) -> Sampled:
        """Returns the rows by their hashes.

        Raises:
            TfexplainError: none is finite.
        """
        picker, order = self._picker, np.argsort(self._picker.hashes)
        held = picker.held().take(order)
        own = (picker.rows[order], picker.hashes[order])
        return Sampled(held, *own, picker.total, picker.broken)


_beside: ContextVar[tuple[Sampler, ...]] = ContextVar("samples beside a choice", default=())


class _Picker:
    """Holds the rows that may still be chosen.

    What falls behind once never comes back: rows of the same key with smaller hashes, and keys
    with a turn, only become more. So the choice does not depend on the order of the rows.
    """

    def __init__(self, count: int, seed: int, output: ModelOutput | None) -> None:
        self.count, self._seed = count, seed
        # Classes are balanced by turns, values spread over candidates; often only labels tell.
        self._turns = output is None or not output.regression or output.kept == "sigmoid"
        self._spread = output is not None and (
            output.loss != "class"
            or output.regression
            or (output.kept == "sigmoid" and output.classes > 1)
        )
        self._candidates = 0
        self._rows: Rows | None = None
        self.rows, self.hashes = np.zeros(0, np.int64), np.zeros(0, np.uint64)
        self._keys = np.zeros(0)
        self.total = self.broken = 0

    def add(self, block: Rows, hashes: Hashes, keys: Keys | None) -> None:
        """Looks at more rows, by the keys to balance them over."""
        fine = np.flatnonzero(finite_rows(block.inputs))
        rows = np.concatenate([self.rows, self.total + fine])
        self.total, self.broken = self.total + len(block), self.broken + len(block) - len(fine)
        hashes = np.concatenate([self.hashes, hashes[fine]])
        keys = np.full(len(block), np.nan) if keys is None else keys
        keys = np.concatenate([self._keys, keys[fine]])
        if self._spread and not self._candidates:
            room = _CANDIDATE_BYTES // max(1, row_bytes(block.inputs))
            self._candidates = max(self.count, min(_CANDIDATES, room))
        kept = self._kept(keys, hashes)
        held = len(self.rows)
        old, new = kept[kept < held], fine[kept[kept >= held] - held]
        blocks = [] if self._rows is None else [self._rows.take(old)]
        blocks += [block.take(new)] if len(new) else []
        self._rows = end_to_end(blocks) if blocks else None
        self.rows, self.hashes, self._keys = rows[kept], hashes[kept], keys[kept]

    def held(self) -> Rows:
        """The rows that may be chosen, in any order.

        Raises:
            TfexplainError: all rows hold NaN or infinity.
        """
        if self._rows is None or not len(self.rows):
            raise TfexplainError(
                "validation_data: expected finite inputs; every row holds NaN or infinity. Clean "
                "the validation data."
            )
        return self._rows

    def chosen(self, reader: LabelReader) -> Rows:
        """Returns the rows to explain: ordered by label, then by hash."""
        held = self.held()
        labels = reader.read(held.labels, self.hashes)
        if labels.kind == "value":
            some = smallest(self.hashes, self._candidates, self._seed)
            ranked = some[np.lexsort((self.hashes[some], labels.values[some]))]
            count = min(self.count, len(ranked))
            kept = ranked[np.round(np.linspace(0, len(ranked) - 1, count)).astype(int)]
        else:
            kept = in_turns(self._keys, self.hashes, self.count, self._seed)
            kept = kept[np.lexsort((self.hashes[kept], labels.values[kept]))]
        self.rows, self.hashes, self._keys = self.rows[kept], self.hashes[kept], self._keys[kept]
        self._rows = held.take(kept)
        return self._rows

    def _kept(self, keys: Keys, hashes: Hashes) -> Places:
        turns = in_turns(keys, hashes, self.count if self._turns else 0, self._seed)
        spread = smallest(hashes, self._candidates, self._seed)  # none where nothing is spread
        return np.unique(np.concatenate([turns, spread]))
