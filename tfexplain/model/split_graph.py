"""Splits a model's graph where a variable is read: what comes before is computed once, the rest
again for each value of the variable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfexplain.errors import TfexplainError, plain
from tfexplain.model.model_inputs import specs
from tfexplain.model.preserved_state import copies, traceable, written
from tfexplain.types import Model, Tensor


class SplitError(TfexplainError):
    """A graph that cannot be computed in parts; the message says why."""


@dataclass(frozen=True, eq=False)
class Split:
    """Holds the two parts of a graph, as functions of lists of tensors.

    Attributes:
        before: From the flattened inputs to what the rest needs of what the variable does not
            change.
        rest: From these tensors to the flattened outputs; reads variables as they are then.
        bytes_row: Bytes that one row takes between the two; of sides that vary, those of one.
    """

    before: Callable[..., list[Tensor]]
    rest: Callable[..., list[Tensor]]
    bytes_row: int


class SplitGraph:
    """Traces a model once, to be split at any of its variables.

    It looks at operations, not at layers: so blocks with sums around them, nested models and layers
    that are called twice are split where their kernels are read.

    Args:
        model: A built model.
        inputs: A batch, for its structure, shapes and types.
        variables: Weights of Keras 3 or tf_keras, to split at.

    Raises:
        SplitError: the model cannot be traced for any number of rows, or writes variables.
    """

    def __init__(self, model: Model, inputs: Any, variables: Iterable[Any]) -> None:
        given = tf.nest.flatten(specs(inputs))

        def forward(*flat: Tensor) -> list[Tensor]:
            outputs = model(tf.nest.pack_sequence_as(inputs, flat), training=False)
            return [tf.convert_to_tensor(output) for output in tf.nest.flatten(outputs)]

        with traceable(model):
            try:
                self._whole = tf.compat.v1.wrap_function(forward, given)
            except Exception as error:
                raise SplitError(f"it cannot be traced: {plain(error)[:200]}") from error
        if written(self._whole.graph, model):
            raise SplitError("its passes write variables")
        self._inputs = list(self._whole.inputs[: len(given)])
        operations = self._whole.graph.get_operations()
        # As plain names: asking an operation for its inputs is slow, and splits ask often.
        self._causes = {op.name: [tensor.op.name for tensor in op.inputs] for op in operations}
        handles = {id(outer): inner.op.name for outer, inner in self._whole.graph.captures}
        self._reads = {
            id(v): name for v in variables if (name := handles.get(id(copies(v)[0].handle)))
        }
        self._needed = _ancestors(self._whole.outputs)
        self._moving = self._behind(tensor.op.name for tensor in self._inputs)
        self._joined = self._joins()

    def at(self, variable: Any) -> Split:
        """Splits where a variable is read.

        Raises:
            SplitError: no output depends on it.
        """
        behind = self._after(variable)
        tensors = self._cut(behind)
        return Split(
            self._whole.prune(self._inputs, tensors),
            self._rest(tensors),
            sum(_bytes_row(tensor) for tensor in tensors),
        )

    def _cut(self, behind: set[str]) -> list[Tensor]:
        """Returns what the operations behind a cut read of what depends on inputs alone."""
        cut: dict[str, Tensor] = {}
        ahead = [self._whole.graph.get_operation_by_name(name) for name in sorted(behind)]
        again = set(behind)
        for op in ahead:
            for tensor in op.inputs:
                if tensor.op.name not in self._moving - again:
                    continue
                if tensor.dtype in (tf.resource, tf.variant):  # lists of loops: made again
                    again.add(tensor.op.name)
                    ahead.append(tensor.op)
                else:
                    cut[tensor.name] = tensor
        for output in self._whole.outputs:
            if output.op.name not in behind:
                cut[output.name] = output
        return list(cut.values())

    def used(self, variable: Any) -> frozenset[int]:
        """Returns the ids of the variables that the rest behind this one reads, itself included.

        Raises:
            SplitError: no output depends on it.
        """
        behind = self._after(variable)
        return frozenset().union(*(self._joined.get(name, ()) for name in behind))

    def _after(self, variable: Any) -> set[str]:
        name = self._reads.get(id(variable))
        behind = self._behind([] if name is None else [name])
        if not behind & {tensor.op.name for tensor in self._whole.outputs}:
            raise SplitError("no output depends on it")
        return behind

    def _rest(self, tensors: Sequence[Tensor]) -> Callable[..., list[Tensor]]:
        # An output that is fed itself is handed on.
        made = [t for t in self._whole.outputs if not any(t is fed for fed in tensors)]
        compute = self._whole.prune(list(tensors), made)
        names = [tensor.name for tensor in tensors]

        def rest(*given: Tensor) -> list[Tensor]:
            computed = iter(compute(*given))
            return [
                given[names.index(output.name)] if output.name in names else next(computed)
                for output in self._whole.outputs
            ]

        return rest

    def _joins(self) -> dict[str, frozenset[int]]:
        """Returns by operation that depends on inputs which variables it reads, maybe cast."""
        read = {name: frozenset([key]) for key, name in self._reads.items()}
        for name, causes in self._causes.items():
            if found := frozenset[int]().union(
                *(read.get(cause, frozenset()) for cause in causes if cause not in self._moving)
            ):
                read[name] = found
        return {name: keys for name, keys in read.items() if name in self._moving}

    def _behind(self, names: Iterable[str]) -> set[str]:
        """Returns the operations that depend on those of these names and lead to an output.

        A graph lists its operations in the order they were made: causes before effects.
        """
        reached = set(names)
        for name, causes in self._causes.items():
            if not reached.isdisjoint(causes):
                reached.add(name)
        return reached & self._needed


def _ancestors(tensors: Sequence[Tensor]) -> set[str]:
    ahead = [tensor.op for tensor in tensors]
    seen = {op.name for op in ahead}
    while ahead:
        op = ahead.pop()
        for cause in (*(tensor.op for tensor in op.inputs), *op.control_inputs):
            if cause.name not in seen:
                seen.add(cause.name)
                ahead.append(cause)
    return seen


def _bytes_row(tensor: Tensor) -> int:
    sides = tensor.shape[1:] if tensor.shape.rank else ()
    count = 1
    for side in sides:
        count *= side or 1
    return count * int(tensor.dtype.size)
