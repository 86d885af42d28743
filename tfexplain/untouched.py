"""Leaving a model as it was found: its random seeds, counters, statistics and collected losses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf
from keras.src.backend.common.global_state import get_global_attribute

from tfexplain.tap import Model

# Operations that can change a variable, or that run Python, which can.
_WRITES = re.compile("Assign|Scatter|Rng|PyFunc|Stateful(?!PartitionedCall)")


@contextmanager
def untouched(model: Model, writes: bool = True) -> Iterator[None]:
    """While open, forward passes may run; afterwards nothing they changed is left.

    A layer that draws at inference moves its seed, and activity regularisers collect losses.

    Args:
        model: The model.
        writes: Whether a pass can change variables at all. Most models' cannot, and keeping the
            statistics of a hundred layers takes longer than a small pass.
    """
    kept = state(model) if writes else []
    variables = [part for variable in kept for part in parts(variable)]
    values = [tf.identity(variable) for variable in variables]
    lists = [layer._losses for layer in model._flatten_layers() if hasattr(layer, "_losses")]
    losses = [list(collected) for collected in lists]
    try:
        yield
    finally:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        for collected, before in zip(lists, losses, strict=True):
            if collected or before:
                collected[:] = before


def writes(graph: tf.Graph) -> bool:
    """Whether a traced pass can change variables."""
    inner = graph.as_graph_def().library.function
    kinds = {op.type for op in graph.get_operations()}
    kinds |= {node.op for function in inner for node in function.node_def}
    return any(map(_WRITES.search, kinds))


def parts(variable: Any) -> tuple[Any, ...]:
    """The copies of a variable in this process, one for each replica of a `tf.distribute.Strategy`.

    Copies may differ (tf_keras keeps moving statistics so), and reading or assigning the whole may
    wait for other processes.
    """
    if isinstance(variable, tf.distribute.DistributedValues):
        return tuple(variable.distribute_strategy.experimental_local_results(variable))
    return (variable,)


def state(model: Model) -> list[Any]:
    """Variables that a forward pass could change: random seeds, counters, moving statistics.

    Not the frozen weights, which count as non-trainable too and may be large.
    """
    found: list[Any] = []
    for layer in model._flatten_layers():
        found += getattr(layer, "_non_trainable_variables", None) or []
        found += getattr(layer, "_non_trainable_weights", None) or []
        found += [seed.state for seed in getattr(layer, "_seed_generators", None) or []]
        found += [own.state for own in vars(layer).values() if isinstance(own, tf.random.Generator)]
    shared_seed = get_global_attribute("global_seed_generator")
    if shared_seed is not None:
        found.append(shared_seed.state)
    values = [getattr(variable, "value", None) for variable in found]
    variables = [v if isinstance(v, tf.Variable) else f for v, f in zip(values, found, strict=True)]
    unique = {id(v): v for v in variables if isinstance(v, tf.Variable)}
    return list(unique.values())
