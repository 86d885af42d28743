"""Leaving a model as it was found: whatever a pass writes is put back when it is over.

State is what the traced graph writes, not what a layer declares: seeds, counters, the states of
recurrent layers, a kernel that `call` assigns, a plain `tf.Variable` wherever it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Any

import tensorflow as tf

from tfexplain.model.keras_private import (
    all_layers,
    collected_losses,
    global_seed_generator,
    own_non_trainable,
    seed_generators,
    variable_dtype,
)
from tfexplain.types import Model

# Operations that take a variable and leave it alone; any other may write it.
_READING = {
    "DisableCopyOnRead",
    "ReadVariableOp",
    "ResourceGather",
    "ResourceGatherNd",
    "VarIsInitializedOp",
    "VariableShape",
}
# Those that hand a variable on.
_HANDING_ON = {"Enter", "Exit", "Identity", "IdentityN", "Merge", "NextIteration", "Switch"}
# Those that call functions, and how many inputs come before the functions' arguments.
_CALLING = {
    "Case": 1,
    "If": 1,
    "PartitionedCall": 0,
    "StatefulPartitionedCall": 0,
    "StatelessCase": 1,
    "StatelessIf": 1,
    "StatelessWhile": 0,
    "While": 0,
}
_PYTHON = {"EagerPyFunc", "PyFunc", "PyFuncStateless"}


@contextmanager
def traceable(model: Model) -> Iterator[None]:
    """While open, the model may be traced: losses that layers collect are put back afterwards, and
    summaries that layers write are left out."""
    kept = [collected_losses(layer) for layer in all_layers(model)]
    lists = [collected for collected in kept if collected is not None]
    losses = [list(collected) for collected in lists]
    try:
        with tf.summary.record_if(False):
            yield
    finally:
        for collected, before in zip(lists, losses, strict=True):
            if collected or before:
                collected[:] = before


def restoring(function: Any, model: Model) -> Callable[..., Any]:
    """A traced function that puts back what it writes; itself where it writes nothing.

    So each call starts from the state that the model is in. What Python keeps for itself, in a
    `tf.py_function` or in an attribute, is beyond reach: of a model that runs Python, all that
    Keras lists as not trainable is put back as well.

    Args:
        function: A concrete function.
        model: The one it runs; nothing keeps it alive.
    """
    handles = written(function.graph, model)
    if not handles:
        return function  # type: ignore[no-any-return]

    def run(*arguments: Any) -> Any:
        kept = [_read(handle) for handle in handles]
        try:
            return function(*arguments)
        finally:
            for handle, value in zip(handles, kept, strict=True):
                tf.raw_ops.AssignVariableOp(resource=handle, value=value)

    return run


def written(graph: Any, model: Model) -> list[Any]:
    """The handles of all variables that a run of this graph may write.

    Args:
        graph: Of a traced function.
        model: See `restoring`.
    """
    definition = graph.as_graph_def()
    functions = {function.signature.name: function for function in definition.library.function}
    captured = {inner.op.name: outer for outer, inner in graph.captures if _is_variable(outer)}
    names = _written(definition.node, captured, functions, {})
    handles = [handle for name, handle in captured.items() if name in names]
    inner = (node.op for function in functions.values() for node in function.node_def)
    runs_python = not _PYTHON.isdisjoint(chain(inner, (node.op for node in definition.node)))
    if runs_python and model is not None:
        handles += [part.handle for variable in state(model) for part in parts(variable)]
    return handles


def _written(
    nodes: Iterable[Any],
    variables: Iterable[str],
    functions: Mapping[str, Any],
    known: dict[str, set[int]],
) -> set[str]:
    """Which of the named variables are written by the nodes, or by functions that these call.

    Args:
        nodes: `NodeDef`s of a graph or of a function.
        variables: Names of placeholders or arguments.
        functions: By name.
        known: Of functions that were looked into: which of their arguments they write.
    """
    by_name = {node.name: node for node in nodes}
    carried: dict[str, set[str]] = {name: {name} for name in variables}

    def behind(tensor: str) -> set[str]:
        """The variables that a tensor may be."""
        name = tensor.partition(":")[0]
        if name not in carried:
            carried[name] = set()  # what goes in circles adds nothing
            node = by_name.get(name)
            if node is not None and node.op in _HANDING_ON:
                carried[name] = set().union(*map(behind, node.input))
        return carried[name]

    names: set[str] = set()
    for node in by_name.values():
        if node.op in _READING or node.op in _HANDING_ON or node.name in variables:
            continue
        inputs = [behind(tensor) for tensor in node.input]
        if node.op in _CALLING:
            of_functions = inputs[_CALLING[node.op] :]
            indices = {i for f in _called(node) for i in _arguments(f, functions, known)}
            inputs = [of_functions[i] for i in indices]
        names = names.union(*inputs)
    return names


def _arguments(name: str, functions: Mapping[str, Any], known: dict[str, set[int]]) -> set[int]:
    """Which arguments a function writes."""
    if name not in known:
        known[name] = set()  # a function that calls itself
        function = functions[name]
        arguments = [argument.name for argument in function.signature.input_arg]
        names = _written(function.node_def, arguments, functions, known)
        known[name] = {i for i, argument in enumerate(arguments) if argument in names}
    return known[name]


def _called(node: Any) -> Iterator[str]:
    for attribute in node.attr.values():
        if attribute.HasField("func"):
            yield attribute.func.name
        yield from (function.name for function in attribute.list.func)


def _is_variable(tensor: Any) -> bool:
    return tensor.dtype == tf.resource and variable_dtype(tensor) is not None


def _read(handle: Any) -> Any:
    return tf.raw_ops.ReadVariableOp(resource=handle, dtype=variable_dtype(handle))


def parts(variable: Any) -> tuple[Any, ...]:
    """The copies of a variable in this process, one for each replica of a `tf.distribute.Strategy`.

    Copies may differ (tf_keras keeps moving statistics so), and reading or assigning the whole may
    wait for other processes.
    """
    if isinstance(variable, tf.distribute.DistributedValues):
        return tuple(variable.distribute_strategy.experimental_local_results(variable))
    return (variable,)


def copies(weight: Any) -> tuple[Any, ...]:
    """The `tf.Variable` behind a weight of Keras 3 or tf_keras, or its copies, one for each
    replica."""
    value = getattr(weight, "value", None)
    return parts(value if isinstance(value, tf.Variable) else weight)


def one_copy(weight: Any) -> Any:
    """The `tf.Variable` behind a weight of Keras 3 or tf_keras; of several copies the first."""
    return copies(weight)[0]


def state(model: Model) -> list[Any]:
    """What Keras lists as state: random seeds, counters, moving statistics.

    Not the frozen weights, which count as non-trainable too and may be large.
    """
    states: list[Any] = []
    for layer in all_layers(model):
        states += own_non_trainable(layer)
        states += [seed.state for seed in seed_generators(layer)]
        states += [
            own.state for own in vars(layer).values() if isinstance(own, tf.random.Generator)
        ]
    shared_seed = global_seed_generator()
    if shared_seed is not None:
        states.append(shared_seed.state)
    values = [getattr(variable, "value", None) for variable in states]
    variables = [
        v if isinstance(v, tf.Variable) else f for v, f in zip(values, states, strict=True)
    ]
    unique = {id(v): v for v in variables if isinstance(v, tf.Variable)}
    return list(unique.values())


@contextmanager
def state_put_back(model: Any) -> Iterator[None]:
    """Restores moving statistics and seeds on leaving the context."""
    stateful = state(model) if hasattr(model, "weights") else []  # no plain function
    with put_back([copy for variable in stateful for copy in parts(variable)]):
        yield


@contextmanager
def put_back(variables: Iterable[Any]) -> Iterator[None]:
    """Restores variables of TensorFlow to the bit on leaving the context, whatever ends it."""
    kept = [(variable, variable.numpy()) for variable in variables]
    try:
        yield
    finally:
        try:
            _assign(kept)
        except KeyboardInterrupt:
            # A second Ctrl-C must not leave half of them.
            _assign(kept)
            raise


def _assign(kept: Iterable[tuple[Any, Any]]) -> None:
    for variable, value in kept:
        variable.assign(value)
