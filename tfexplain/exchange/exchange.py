"""Defines `Exchange`, which puts windows of samples into samples of other classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.checks import check_whole
from tfexplain.data.content import row_hashes
from tfexplain.data.labels import Labels, read_labels
from tfexplain.errors import TfexplainError
from tfexplain.exchange.exchange_map import ExchangeMap
from tfexplain.exchange.pairs import Pairs, draw_pairs
from tfexplain.exchange.window_sizes import window_sizes
from tfexplain.explainers.base import Context
from tfexplain.explainers.perturbation.answers import Answer
from tfexplain.explainers.perturbation.masked import MaskedInput
from tfexplain.explainers.perturbation.windows import Size, Windows, check_sizes
from tfexplain.model.batching import chunk_size
from tfexplain.model.call_batch import as_batch
from tfexplain.model.gradient_calls import BESIDE
from tfexplain.model.outputs import ModelOutput, choose_output
from tfexplain.model.shared_pass import LayerReads, PassResult, Request, shared_pass
from tfexplain.model.targets import PREDICTED
from tfexplain.model.trace_model import trace_model
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Array

LEAST_PAIRS = 50


class TooFewPairs(TfexplainError):
    """Fewer than 50 pairs of rows that windows could be exchanged between."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """Measures where the label lives: how often predictions follow a window of another sample.

    A window of one sample is put into a sample of another class, at the same place. Both samples
    were predicted rightly. How often the prediction becomes the giver's class is a number about
    the model alone: no gradient, no mask and no baseline is in it. For an output of one value it is
    the share of the gap between both outputs that the window crosses.

    The level of chance is measured in the same way: how often the prediction becomes that class by
    a window of another sample of the taker's own class, and by one of noise (not for tables, where
    another row's value is none).

    Attributes:
        window: Side of the window, or one for each axis of positions. Default half of each side up
            to 32 positions, else two cells of an eighth each; one column of tables.
        stride: Step of the window; default an eighth of each side, at least 1.
        pairs: How many pairs, at most. Below 50 there is no map.
        output: Name or position of the model's output; default the first.
        seed: Seed of the draw of pairs.
        batch_size: How many rows go through the model at once; default by the size of the layers'
            outputs and the device. It changes memory and time, not the result.

    References:
        Interchange interventions: Geiger et al. 2021, https://arxiv.org/abs/2106.02997.
        Pasted windows: Yun et al. 2019 (CutMix), https://arxiv.org/abs/1905.04899.
        Permuted values: Breiman 2001, https://doi.org/10.1023/A:1010933404324

    Example:
        >>> import numpy as np
        >>> x = np.random.default_rng(0).random((200, 4))
        >>> first = lambda x: tf.stack([x[:, 0] < 0.5, x[:, 0] >= 0.5], axis=1)
        >>> Exchange()(first, x, x[:, 0] >= 0.5)["input"].shares.tolist()
        [1.0, 0.0, 0.0, 0.0]
    """

    window: Size = None
    stride: Size = None
    pairs: int = 200
    output: str | int | None = None
    seed: int = 0
    batch_size: int | None = None

    def __post_init__(self) -> None:
        check_sizes("window", self.window)
        check_sizes("stride", self.stride)
        check_whole("pairs", self.pairs, LEAST_PAIRS)
        check_whole("seed", self.seed, 0)
        check_whole("batch_size", self.batch_size, optional=True)

    def __call__(self, model: Any, inputs: Any, labels: Any = None) -> dict[str, ExchangeMap]:
        """Exchanges windows of each input of the model in turn.

        Args:
            model: A built Keras model, or a function of a batch.
            inputs: Arrays or tensors [N, ...] in the structure the model takes, some 256 rows.
            labels: Class indices [N] or one-hot rows [N, K]; not needed for an output of values.

        Returns:
            An `ExchangeMap` by the name of each input.

        Raises:
            TfexplainError: outputs that are neither classes nor one value, no labels of classes, or
                fewer than 50 pairs of rows of different classes that are predicted rightly.
        """
        batch = as_batch(inputs, model)
        traced_model = trace_model(model, batch)
        output = choose_output(traced_model.model_outputs, self.output)
        read = read_labels(labels, output, row_hashes(inputs), "labels")
        return self.exchanged(traced_model, batch, output, read)

    def exchanged(
        self, traced_model: TracedModel, batch: Any, output: ModelOutput, labels: Labels
    ) -> dict[str, ExchangeMap]:
        """Exchanges windows where model, batch and labels are open already; see `__call__`."""
        check_exchanged(output, labels)
        size = chunk_size(traced_model, self.batch_size)
        number = Answer(output)
        request = Request((LayerReads(),), number, output, "logit")
        (result,) = shared_pass(traced_model, [request], batch, size)
        numbers = np.asarray(result.scores, np.float64)
        classes, pairs = self._drawn(numbers, output, labels)
        context = _context(traced_model, batch, output, pairs.takers, numbers)
        return {
            name: self._of_input(context, position, batch, pairs, numbers, classes, size)
            for position, name in _inputs(traced_model)
        }

    def passes(self, traced_model: TracedModel, batch: Any, output: ModelOutput) -> int:
        """Returns how many rows go through the model for all pairs: thrice for each window."""
        windows = self.windows(traced_model, batch, output)
        return 3 * self.pairs * sum(len(own.corners) for own in windows.values())

    def windows(
        self, traced_model: TracedModel, batch: Any, output: ModelOutput
    ) -> dict[str, Windows]:
        """Returns where windows stand, by the name of the input."""
        first = np.zeros(1, np.int64)
        context = _context(traced_model, batch, output, first, np.zeros(len(first)))
        flat = tf.nest.flatten(context.inputs)
        return {
            name: self._windows(MaskedInput(context, position, np.asarray(flat[position]), 1))
            for position, name in _inputs(traced_model)
        }

    def _drawn(
        self, numbers: Array, output: ModelOutput, labels: Labels
    ) -> tuple[npt.NDArray[np.int64] | None, Pairs]:
        """Returns the class of each row (None for values) and the pairs."""
        if output.regression:
            # Each value is a class of its own: pairs differ, and none is alike but the row itself.
            values = np.unique(numbers, return_inverse=True)[1].astype(np.int64)
            return None, _enough(draw_pairs(values, self.pairs, self.seed), len(numbers), "value")
        right = np.flatnonzero(labels.values == numbers)
        classes = numbers.astype(np.int64)
        pairs = draw_pairs(classes[right], self.pairs, self.seed)
        own = Pairs(right[pairs.takers], right[pairs.givers], right[pairs.alike])
        return classes, _enough(own, len(right), "rightly predicted class")

    def _of_input(
        self,
        context: Context,
        position: int,
        batch: Any,
        pairs: Pairs,
        numbers: Array,
        classes: npt.NDArray[np.int64] | None,
        size: int,
    ) -> ExchangeMap:
        values = np.asarray(tf.nest.flatten(batch)[position])
        masked = MaskedInput(context, position, values[pairs.givers], size)
        windows = self._windows(masked)
        masks, none = windows.masks(), np.zeros(0, np.int64)
        rng = np.random.default_rng(self.seed)
        noise = _noise(values, pairs, masked.channel_axis, rng)
        by_source = [
            MaskedInput(context, position, source, size).masked_scores(masks)
            for source in (values[pairs.alike], noise)
        ]
        mixed = [masked.masked_scores(masks), *by_source]
        if classes is None:
            gap = (numbers[pairs.givers] - numbers[pairs.takers])[:, None]
            followed = [(scores - numbers[pairs.takers][:, None]) / gap for scores in mixed]
            weights = np.abs(gap[:, 0])
        else:
            followed = [(s == classes[pairs.givers][:, None]).astype(np.float64) for s in mixed]
            weights = np.ones(len(pairs))
        return ExchangeMap(
            input=context.traced_model.input_names[position],
            windows=windows,
            followed=followed[0],
            alike=followed[1],
            noise=followed[2],
            weights=weights,
            takers=pairs.takers,
            taker_classes=none if classes is None else classes[pairs.takers],
            giver_classes=none if classes is None else classes[pairs.givers],
        )

    def _windows(self, masked: MaskedInput) -> Windows:
        axes = masked.inputs.ndim
        return Windows(masked.sides, *window_sizes(masked.sides, self.window, self.stride, axes))


def _inputs(traced_model: TracedModel) -> list[tuple[int, str]]:
    """Returns position and name of each input but those that say where tokens are."""
    named = enumerate(traced_model.input_names)
    return [(i, name) for i, name in named if traced_model.gradient_calls[i] != BESIDE]


def _context(
    traced_model: TracedModel,
    batch: Any,
    output: ModelOutput,
    rows: npt.NDArray[np.int64],
    numbers: Array,
) -> Context:
    """Returns what some rows of a batch are explained with: by their predictions."""
    some = tf.nest.map_structure(lambda x: tf.gather(x, rows), batch)
    own = PassResult(numbers[rows], np.full(len(rows), PREDICTED, np.int32), None, [])
    return Context(traced_model, some, Answer(output), output, "logit", own)


def check_exchanged(output: ModelOutput, labels: Labels) -> None:
    """Raises TfexplainError for an output whose predictions cannot follow a window, or labels that
    do not say which are right."""
    if output.classes and not output.several and not (output.regression and output.classes > 1):
        if output.regression or labels.kind == "class":
            return
        why = labels.why or "there are none."
        raise TfexplainError(
            "labels: expected classes, for windows are exchanged between samples that are "
            f"predicted rightly; {why} Pass class indices [N]."
        )
    what = (
        "several labels a row"
        if output.several
        else f"{output.classes} values"
        if output.classes
        else "positions"
    )
    raise TfexplainError(
        f"output={output.name!r}: expected classes that exclude each other, or one value; it has "
        f"{what}. Pass another output=."
    )


def _enough(pairs: Pairs, rows: int, what: str) -> Pairs:
    if len(pairs) >= LEAST_PAIRS:
        return pairs
    raise TooFewPairs(
        f"inputs: expected at least {LEAST_PAIRS} pairs of rows that differ in their {what}; got "
        f"{len(pairs)} of {rows} such rows. Train for longer, or pass more rows."
    )


def _noise(
    values: Array, pairs: Pairs, channel_axis: int | None, rng: np.random.Generator
) -> Array:
    """Returns rows whose values are drawn from all rows and positions, each channel's from its own.

    Columns of a table are quantities of their own, and another row's value is no noise: of these
    the rows alike are returned.
    """
    if values.ndim <= 2 and values.dtype.kind == "f":
        return values[pairs.alike]
    last = values[..., None] if channel_axis is None else np.moveaxis(values, channel_axis, -1)
    flat = last.reshape(-1, last.shape[-1])
    drawn = flat[rng.integers(len(flat), size=(len(pairs), *last.shape[1:-1]))]
    return drawn[..., 0] if channel_axis is None else np.moveaxis(drawn, -1, channel_axis)
