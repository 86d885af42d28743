"""Reads labels of one output of a model, from whatever structure and form they come in.

Whether they are classes is told by the output's loss and activation and by what all of them have
in common: labels are looked at batch by batch, and read once all were seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.data.content import Hashes
from tfexplain.model.outputs import ModelOutput, TargetError
from tfexplain.model.targets import PREDICTED
from tfexplain.model.traced_model import TracedModel

LabelKind = Literal["class", "value", "none"]
Rows = npt.NDArray[np.float64]

# What data sets call a row or a pixel without a class: -1, -100 of Hugging Face, 255 of masks.
IGNORED = (-100, -1, 255)


def labels_of(labels: Any, output: ModelOutput, traced_model: TracedModel) -> Any:
    """Returns the labels of one output, from whatever structure; None where unclear."""
    if labels is None:
        return None
    if isinstance(labels, dict) and output.name in labels:
        return labels[output.name]
    flat = tf.nest.flatten(labels)
    if len(traced_model.model_outputs) == 1:
        return flat[0] if len(flat) == 1 else None
    if isinstance(labels, (list, tuple)) and len(labels) == len(traced_model.model_outputs):
        return labels[output.position]
    # One array for several outputs belongs to the one that is trained with it.
    trained = [candidate for candidate in traced_model.model_outputs if candidate.loss] or list(
        traced_model.model_outputs[:1]
    )
    return flat[0] if len(flat) == 1 and [output] == trained else None


@dataclass(frozen=True)
class Labels:
    """Holds labels as they read at one output.

    Attributes:
        kind: Whether `values` are classes, values, or nothing.
        values: float64 [N]: the class that is explained or the value, NaN where there is none.
        sets: bool [N, K], all labels of each row, where rows may have several; else None.
        inside: float64 [N], of labels with positions the most frequent class of each row.
        how: How they were read, where there was a choice.
        why: Why they are no classes although the output has some, and what to do.
    """

    kind: LabelKind
    values: Rows
    sets: npt.NDArray[np.bool_] | None = None
    inside: Rows | None = None
    how: str = ""
    why: str = ""

    @property
    def targets(self) -> npt.NDArray[np.int32]:
        """The classes to explain, int32 [N]; `PREDICTED` where a row has none."""
        values = self.values if self.inside is None else self.inside
        unknown = np.isnan(values) | (not self.explained)
        return np.where(unknown, PREDICTED, np.nan_to_num(values)).astype(np.int32)

    @property
    def explained(self) -> bool:
        """Whether the labels say which classes to explain."""
        return self.kind == "class" or self.inside is not None


class LabelReader:
    """Reads the labels of one output, once `look` has seen all of them.

    Args:
        output: The output.
        class_names: Names of classes that labels may be texts of.
        column: The explained column of an output of values.
    """

    def __init__(
        self, output: ModelOutput, class_names: Sequence[str] = (), column: int = 0
    ) -> None:
        self._output, self._column = output, column
        self._names = {name: i for i, name in enumerate(class_names)}
        self._width = 0
        self._whole = self._bits = self._shares = self._copies = True
        self._unknown = ""
        self._least = self._most = 0.0

    def look(self, labels: Any, hashes: Hashes, inputs: Any = None) -> Rows:
        """Takes in the labels of some rows; returns what to balance rows over, float64 [n].

        `hashes` are those of the rows: where a row has several labels, they say which is meant.
        `inputs` are the rows, where they are known: labels that are the same are no classes.
        """
        self._copies = self._copies and _among(labels, inputs)
        if self._output.labels:
            inside = _most_frequent(labels, self._output)
            self._whole &= inside is not None
            return np.full(len(hashes), np.nan) if inside is None else inside
        rows = self._numbers(labels)
        known = rows[~np.isnan(rows).any(axis=1)]
        self._width = rows.shape[1]
        self._whole &= bool((known == np.floor(known)).all())
        self._bits &= bool(((known == 0) | (known == 1)).all())
        self._shares &= bool(((known >= 0) & (known <= 1)).all())
        if rows.shape[1] > 1:
            return rows[:, 0] if self._output.regression else _picked(rows, hashes)
        values = _without_ignored(rows[:, 0], self._output)
        self._most = max(self._most, float(np.nan_to_num(values).max(initial=0)))
        self._least = min(self._least, float(np.nan_to_num(values).min(initial=0)))
        return values

    @property
    def output(self) -> ModelOutput:
        """The output, read as its labels say: of values, or of classes after all."""
        output = self._output
        # An autoencoder: binary cross-entropy compares values there, not classes.
        if self._copies and output.kept == "sigmoid" and (output.labels or self._width > 1):
            return output.as_values()
        if (
            output.labels
            and not self._whole
            and output.loss != "class"
            and output.kept != "softmax"
        ):
            return output.as_values()
        if not self._width or not output.classes or output.loss == "class":
            return output
        rows = self._width == output.classes
        if output.kept == "softmax":  # shares of classes, unless a loss of values says otherwise
            shares = rows and self._shares and not self._bits
            return output.as_values() if shares and output.loss == "value" else output
        if output.regression:
            bits = rows and self._bits and output.kept == "sigmoid"
            return output.as_classes() if bits else output
        whole = self._whole and self._width == 1 and self._outside(output) is None
        known = whole or (rows and self._bits) or self._unknown
        return output if known else output.as_values()

    def read(self, labels: Any, hashes: Hashes) -> Labels:
        """Reads the labels of some rows, as all labels that were seen require."""
        output, count = self.output, len(hashes)
        none = np.full(count, np.nan)
        positions = output.labels and not (output.tokens or output.regression)
        if labels is not None and positions and self._whole:
            return Labels("none", none, inside=_most_frequent(labels, output))
        if labels is None or not self._width or not output.classes:
            return Labels("none", none)
        rows = self._numbers(labels)
        if output.regression:
            return Labels("value", rows[:, self._column if self._width == output.classes else 0])
        if self._unknown:
            return Labels("none", none, why=self._no_text())
        if self._width == output.classes and self._width > 1 and self._shares:
            return _of_rows(rows, output, hashes, soft=not self._bits)
        if self._width == 1 and self._whole:
            values = _without_ignored(rows[:, 0], output)
            inside = (values >= 0) & (values < output.targets)
            outside = self._outside(output)
            why = "" if outside is None else _out_of_range(outside, output)
            return Labels("class", np.where(inside, values, np.nan), why=why)
        if self._width == 1 and self._shares and output.binary:
            soft = np.where(rows[:, 0] == 0.5, np.nan, rows[:, 0] > 0.5)
            return Labels("class", soft, how="soft labels: the likelier class")
        return Labels("none", none, why=_no_classes(rows, output))

    def _numbers(self, labels: Any) -> Rows:
        """Converts labels to float64 [N, width]; texts by their index among the names of
        classes."""
        array = np.asarray(labels)
        array = array.reshape(len(array), math.prod(array.shape[1:]))
        if array.dtype.kind not in "SUO":
            return array.astype(np.float64)
        texts = [x.decode() if isinstance(x, bytes) else str(x) for x in array.ravel()]
        numbers = [float(self._names.get(text, np.nan)) for text in texts]
        self._unknown = self._unknown or next((t for t in texts if t not in self._names), "")
        return np.reshape(numbers, array.shape)

    def _no_text(self) -> str:
        listed = "class_names lists no such name" if self._names else "there are no class_names"
        return (
            f"labels are texts such as {self._unknown[:40]!r}, and {listed}. Pass class_names in "
            "the order of the outputs, or labels as numbers."
        )

    def _outside(self, output: ModelOutput) -> float | None:
        """Returns a label that is no class of the output, if there is any."""
        if self._least < 0:
            return self._least
        return self._most if self._most >= output.targets else None


def read_labels(
    labels: Any,
    output: ModelOutput,
    hashes: Hashes,
    argument: str = "",
    *,
    class_names: Sequence[str] = (),
) -> Labels:
    """Reads all labels of one output at once.

    Raises:
        TargetError: `argument` asked for them, and they are no classes of this output.
    """
    reader = LabelReader(output, class_names)
    if labels is not None:
        reader.look(labels, hashes)
    read = reader.read(labels, hashes)
    if argument and read.why:
        raise TargetError(f"{argument}: {read.why}")
    return read


def _among(labels: Any, inputs: Any) -> bool:
    """Returns whether labels repeat one of the inputs, in any shape."""
    array = np.asarray(labels)
    flat = [np.asarray(values) for values in tf.nest.flatten(inputs) if values is not None]
    alike = [values for values in flat if values.size == array.size and values.dtype == array.dtype]
    return any(np.array_equal(values.ravel(), array.ravel()) for values in alike)


def _of_rows(rows: Rows, output: ModelOutput, hashes: Hashes, *, soft: bool) -> Labels:
    """Reads one-hot rows, shares of classes, or several labels a row."""
    marked = rows > (0.5 if output.several else 0)
    if output.several or (not soft and (marked.sum(axis=1) > 1).any()):
        more = bool((marked.sum(axis=1) > 1).any())
        how = "one of each row's labels, the same in every run" if more else ""
        return Labels("class", _picked(marked.astype(np.float64), hashes), marked, how=how)
    tied = (rows == rows.max(axis=1, keepdims=True)).sum(axis=1) > 1
    values = np.where(tied, np.nan, rows.argmax(axis=1))
    return Labels("class", values, how="soft labels: the likeliest class" if soft else "")


def _most_frequent(labels: Any, output: ModelOutput) -> Rows | None:
    """Returns the class, other than the background 0, of most positions of each row, float64 [N].

    The result is NaN where no class qualifies, and None where the labels are no classes, or those
    of the next tokens.
    """
    array = np.asarray(labels)
    values = array.dtype.kind == "f" and not np.array_equal(array, np.floor(array))
    if array.dtype.kind not in "iubf" or values:
        return None
    if output.regression or output.tokens:
        return np.full(len(array), np.nan)
    if array.ndim > 2 and array.shape[-1] == output.labels > 1:  # a column for each class
        often = array.reshape(len(array), -1, output.labels).sum(axis=1)
        often = often if output.several else often * (np.arange(output.labels) > 0)
        return np.where(often.max(axis=1) > 0, often.argmax(axis=1), np.nan)
    classes = np.full(len(array), np.nan)
    for row, places in enumerate(array.reshape(len(array), -1)):
        inside = places[(places > 0) & (places < output.targets)].astype(np.int64)
        if len(inside):
            classes[row] = np.bincount(inside).argmax()
    return classes


def _out_of_range(label: float, output: ModelOutput) -> str:
    return (
        f"expected labels in 0..{output.targets - 1} for output {output.name!r}; got {label:g}. "
        "Check the labels, or the model's outputs."
    )


def _no_classes(rows: Rows, output: ModelOutput) -> str:
    expected = f"class indices in 0..{output.targets - 1}"
    if output.classes > 1:
        expected += f" or rows of {output.classes} shares"
    example = np.array2string(rows[0], precision=3, threshold=6)
    return (
        f"expected {expected} for output {output.name!r}; got rows such as {example}. "
        "Check the labels, or the model's outputs."
    )


def _picked(rows: Rows, hashes: Hashes) -> Rows:
    """Returns the index of each row's largest entry, float64 [N]; NaN where all are zero.

    Of several equal entries the row's hash picks one, so that none comes before the others.
    """
    if not len(rows):
        return np.zeros(0)
    largest = rows == rows.max(axis=1, keepdims=True)
    turn = (hashes % largest.sum(axis=1).astype(np.uint64)).astype(np.int64)
    at = (largest.cumsum(axis=1) > turn[:, None]).argmax(axis=1)
    return np.where(rows.max(axis=1) > 0, at, np.nan)


def _without_ignored(values: Rows, output: ModelOutput) -> Rows:
    ignored = [value for value in IGNORED if not 0 <= value < output.targets]
    return np.where(np.isin(values, ignored), np.nan, values)
