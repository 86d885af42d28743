"""Computes partial dependence (Friedman 2001) and individual curves (Goldstein et al. 2015)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.checks import check_choice, check_whole
from tfexplain.data.labels import Labels
from tfexplain.data.row_choice import Chosen, labelled, sampled
from tfexplain.errors import TfexplainError
from tfexplain.model.batching import chunk_size, chunks, even_chunks, run_by_chunks
from tfexplain.model.outputs import SCORES, Score
from tfexplain.model.targets import scores_of_all
from tfexplain.quality.intervals import percentile_interval, resampled
from tfexplain.types import Array, Tensor
from tfexplain.usage.columns import Column, chosen_columns, columns_of, told_apart
from tfexplain.usage.dependence import FeatureDependence, PartialDependence
from tfexplain.usage.dependence_grid import DependenceGrid, dependence_grid
from tfexplain.usage.features import Names
from tfexplain.usage.measure import BYTES, input_features, names_by_input

MOST_OUTPUTS = 10
GRID = 20


def partial_dependence(
    model: Any,
    data: Any,
    features: Sequence[int | str] | None = None,
    *,
    rows: int = 256,
    grid: int = GRID,
    feature_names: Names | Mapping[str, Names] = (),
    score: Score = "probability",
    output: str | int | None = None,
    batch_size: int | None = None,
) -> PartialDependence:
    """Computes how a model's outputs follow single features, on average and in each row.

    A feature is set to one value in all rows, and to the next: quantiles of its own values within
    the middle 95%, or its categories where it has at most 10 different values. Numbers that are
    embedded are set to the most frequent ones. All of these values occur, but beside others they
    may not: where features go together, rows are made that the data do not have.

    Features are columns of tables. Of a sequence [N, T, C] a channel is shifted, until its mean is
    the value. Pictures and texts have none.

    Args:
        model: A built Keras model, or a function of a batch.
        data: Validation data as `Explain` takes it. Labels say which class a row's curve is of;
            without them it is that of the predicted class.
        features: Numbers or names of the features; default all.
        rows: How many rows, at most (and at most 64 MiB): those with the smallest hashes, as
            `importance` takes them.
        grid: Greatest number of values of a feature.
        feature_names: Names of columns or channels, in order; of several inputs by the input's
            name.
        score: `"probability"` or `"logit"`.
        output: Name or position of the model's output, as explainers take it.
        batch_size: How many rows go through the model at once. It changes memory and time, not the
            result.

    Raises:
        TfexplainError: inputs without features, features that there are not, an output with
            positions.

    References:
        Friedman 2001, section 8.2, https://doi.org/10.1214/aos/1013203451; Goldstein et al. 2015,
        https://arxiv.org/abs/1309.6392

    Example:
        >>> import numpy as np
        >>> x = np.stack([np.arange(40) % 3, np.arange(40) / 40], axis=1)
        >>> partial_dependence(lambda x: 2 * x[:, 0] + x[:, 1] ** 2, x, grid=5)
        PartialDependence of 2 features over 40 rows:
          column 0: from 0.321 at 0 to 4.32 at 2; a row's own by 4
          column 1: from 1.95 at 0 to 2.85 at 0.95; a row's own by 0.903
    """
    check_choice("score", score, SCORES)
    check_whole("rows", rows)
    check_whole("grid", grid, 2)
    check_whole("batch_size", batch_size, optional=True)
    chosen = labelled(sampled(data, model, rows, BYTES), model, output=output)
    features_known = input_features(chosen, names_by_input(chosen, feature_names))
    known, left_out = columns_of(chosen, features_known)
    if not known:
        why = "; ".join(f"{name!r}: {reason}" for name, reason in left_out.items())
        raise TfexplainError(
            f"data: expected a table or a sequence; there is none ({why}). importance() says what "
            "is read of other inputs."
        )
    columns = chosen_columns(told_apart(known), features)
    return DependencePasses(chosen, score, batch_size).dependence(columns, grid, left_out)


@dataclass(frozen=True)
class _Own:
    """Holds which outputs are averaged, int [O], and which one is each row's own, int [N], as
    columns of the output."""

    outputs: npt.NDArray[np.int32]
    of_rows: npt.NDArray[np.int32]


class DependencePasses:
    """Sets features of a batch to values, and runs the model.

    Args:
        chosen: The rows with their labels, and the model.
        score: Logit or probability.
        batch_size: How many rows go through the model at once; default by the model's size.

    Raises:
        TfexplainError: an output with positions.
    """

    def __init__(
        self, chosen: Chosen, score: Score = "probability", batch_size: int | None = None
    ) -> None:
        if not chosen.output.classes:
            raise TfexplainError(
                f"output={chosen.output.name!r}: expected one prediction a row, of shape [N, K]; "
                "got one for each position. Pass another output=."
            )
        self._traced_model, self._output = chosen.traced_model, chosen.output
        self._score, self._rows = score, chosen.rows
        self._structure = tf.nest.map_structure(lambda _: 0, chosen.inputs)
        self._flat = tf.nest.flatten(chosen.inputs)
        self._size = chunk_size(self._traced_model, batch_size)
        self._own = self._chosen(chosen.labels)
        self.passes = len(self._own.of_rows)

    def dependence(
        self,
        columns: Sequence[Column],
        grid: int = GRID,
        left_out: Mapping[str, str] | None = None,
    ) -> PartialDependence:
        """Returns the curves of features.

        Args:
            columns: The features.
            grid: Greatest number of values of each.
            left_out: Why inputs have no features.
        """
        features = tuple(self._of(column, grid) for column in columns)
        shift = int(self._output.binary)  # one number for two classes is that of class 1
        return PartialDependence(
            features=features,
            outputs=self._own.outputs + np.int32(shift),
            single_outputs=self._own.of_rows + np.int32(shift),
            rows=self._rows,
            unit=self._output.unit(self._score),
            left_out=left_out or {},
            passes=self.passes,
        )

    def _of(self, column: Column, grid: int) -> FeatureDependence:
        values = column.of(self._flat[column.position].numpy())
        asked = dependence_grid(values, grid, are_indices=column.are_indices)
        found = self._scores(column, asked)  # [N, G, O + 1]
        each = found[..., :-1].transpose(0, 2, 1)
        drawn = np.tensordot(resampled(len(each)) / len(each), each, axes=1)
        low, high = percentile_interval(drawn)
        return FeatureDependence(
            name=column.name,
            input=column.input,
            column=column.index,
            grid=asked.values,
            counts=asked.counts,
            are_categories=asked.are_categories,
            partial=each.mean(axis=0),
            low=low,
            high=high,
            single=found[..., -1],
        )

    def _scores(self, column: Column, asked: DependenceGrid) -> Array:
        """Computes the outputs with the feature set to each value, float64 [N, G, O + 1]: the
        averaged outputs, and each row's own."""
        count, steps = len(self._own.of_rows), len(asked.values)
        total = count * steps
        dtype = self._flat[column.position].dtype.as_numpy_dtype
        key = ("dependence", self._key, column.position, tuple(self._own.outputs.tolist()))
        cut = chunks if self._traced_model.rows else even_chunks
        found = []
        for places in cut(total, self._size):
            row, step = places % count, places // count
            asking = (
                tf.constant(row.astype(np.int32)),
                tf.constant(asked.values[step].astype(dtype)),
                tf.constant(self._own.of_rows[row]),
                tf.constant(column.index),
            )
            make = lambda: self._setting(column.position)  # noqa: E731
            scores = self._traced_model.run(key, make, self._flat, *asking, often=True)
            found.append(scores.numpy())
        self.passes += total
        scores = np.concatenate(found)[:total].astype(np.float64)
        by_row: Array = scores.reshape(steps, count, -1).transpose(1, 0, 2)
        return by_row

    def _setting(self, position: int) -> Callable[..., Tensor]:
        scores, outputs = self._scorer(), self._own.outputs

        def run(
            flat: list[Tensor], rows: Tensor, values: Tensor, own: Tensor, column: Tensor
        ) -> Tensor:
            inputs = [tf.gather(x, rows) for x in flat]
            inputs[position] = _set(inputs[position], column, values)
            numbers = scores(inputs)
            return tf.concat(
                [
                    tf.gather(numbers, outputs, axis=1),
                    tf.gather(numbers, own[:, None], batch_dims=1),
                ],
                axis=1,
            )

        return run

    def _scorer(self) -> Callable[[list[Tensor]], Tensor]:
        """Returns a function of flat inputs that computes float32 [n, K]; it holds no rows."""
        traced_model, output, score = self._traced_model, self._output, self._score
        structure = self._structure

        def scores(flat: list[Tensor]) -> Tensor:
            outputs, _ = traced_model.forward(tf.nest.pack_sequence_as(structure, flat))
            tensor = tf.nest.flatten(outputs)[output.position]
            return tf.reshape(scores_of_all(tensor, output, score), [-1, output.classes])

        return scores

    @property
    def _key(self) -> Any:
        return self._output, self._score

    def _chosen(self, labels: Labels) -> _Own:
        """Chooses up to 10 outputs, the most frequent of more, and each row's own."""
        count, several = len(self._flat[0]), self._output.classes > 1
        own = np.zeros(count, np.int32)
        if several and not self._output.regression:
            run = (self._traced_model, ("all scores", self._key), self._scorer, self._flat)
            predicted = np.concatenate(run_by_chunks(*run, size=self._size)).argmax(axis=1)
            known = labels.kind == "class"
            own = np.where(known & (labels.targets >= 0), labels.targets, predicted).astype(
                np.int32
            )
        outputs = np.arange(self._output.classes)
        if len(outputs) > MOST_OUTPUTS:
            often = np.bincount(own, minlength=len(outputs))
            outputs = np.sort(np.argsort(-often, kind="stable")[:MOST_OUTPUTS])
        return _Own(outputs.astype(np.int32), own)


def _set(inputs: Tensor, column: Tensor, values: Tensor) -> Tensor:
    """Sets a column to values [n]; shifts a channel of sequences until its mean is the value."""
    if inputs.shape.rank == 1:
        return values
    here = tf.one_hot(column, inputs.shape[-1], on_value=True, off_value=False, dtype=tf.bool)
    if inputs.shape.rank == 2:
        return tf.where(here, values[:, None], inputs)
    means = tf.reduce_mean(inputs, axis=1, keepdims=True)
    return tf.where(here, inputs - means + values[:, None, None], inputs)
