"""How a function is compiled: plainly, or by XLA where that is measured to be faster."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from tfexplain.model.preserved_state import restoring
from tfexplain.types import Model

Compiled: TypeAlias = Callable[..., Any]


def compiled(
    function: Callable[..., Any], arguments: tuple[Any, ...], model: Model = None, *, often: bool
) -> Compiled:
    """A function of tensors, compiled for these arguments; it leaves the model as it was.

    Args:
        function: Python that builds the graph.
        arguments: Tensors, in any structure.
        model: The one that it runs; default none.
        often: Whether it will run many times. Then, on a GPU, XLA is tried beside the plain
            graph and the faster one is kept. Never on a CPU, where XLA took 2 to 13 times as long.
    """
    traced = tf.function(function, autograph=False).get_concrete_function(*arguments)
    plain = restoring(traced, model)
    if often and tf.config.list_logical_devices("GPU") and not tf.distribute.has_strategy():
        return faster(plain, function, arguments, model)
    return plain


def faster(
    plain: Compiled,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    model: Model = None,
) -> Compiled:
    """`plain`, or the same function compiled by XLA if that agrees and takes less time.

    A model that XLA cannot compile, or not in the memory there is, stays plain.
    """
    try:
        by_xla = tf.function(function, autograph=False, jit_compile=True)
        fused = restoring(by_xla.get_concrete_function(*arguments), model)
        if not _agree(plain(*arguments), fused(*arguments)):
            return plain
        return min((plain, fused), key=lambda candidate: _seconds(candidate, arguments))
    except (tf.errors.OpError, ValueError, TypeError, NotImplementedError):
        return plain


def _agree(one: Any, other: Any, share: float = 1e-2) -> bool:
    """Whether all numbers are the same up to a share of the largest; sums come in another order."""
    pairs = zip(_arrays(one), _arrays(other), strict=True)
    return all(
        bool(np.all(np.abs(a - b) <= share * np.max(np.abs(a), initial=0.0))) for a, b in pairs
    )


def _seconds(function: Compiled, arguments: tuple[Any, ...]) -> float:
    start = time.perf_counter()
    _arrays(function(*arguments))
    return time.perf_counter() - start


def _arrays(tensors: Any) -> list[Any]:
    """Fetched to the host, and so finished."""
    return [tensor.numpy() for tensor in tf.nest.flatten(tensors)]
