"""XLA where it serves, the plain graph where it does not; both really compiled, on a CPU."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfexplain.model.compiling import compiled, faster

X = tf.constant(np.random.default_rng(0).random((4, 3)), tf.float32)


def fused(function: Any) -> bool:
    return bool(function.function_def.attr["_XlaMustCompile"].b)


def both(function: Any) -> tuple[Any, Any]:
    """(the plain function, the one that was kept)"""
    plain = tf.function(function, autograph=False).get_concrete_function(X)
    return plain, faster(plain, function, (X,))


def test_what_is_kept_computes_the_same() -> None:
    _, kept = both(lambda x: tf.matmul(x, x, transpose_b=True))
    assert np.allclose(kept(X), X.numpy() @ X.numpy().T)


def test_what_xla_cannot_compile_stays_plain() -> None:
    plain, kept = both(lambda x: tf.numpy_function(lambda a: a * 2, [x], tf.float32))
    assert kept is plain
    assert np.allclose(kept(X), 2 * X)


@pytest.mark.parametrize(("shift", "by_xla"), [(0.0, True), (0.5, False)])
def test_the_faster_one_is_kept_if_it_computes_the_same(shift: float, by_xla: bool) -> None:
    def slow(x: Any) -> Any:
        time.sleep(0.5)
        return 2 * x + shift

    kept = faster(slow, lambda x: 2 * x, (X,))
    assert (kept is not slow) is by_xla
    assert not by_xla or fused(kept)


def test_never_xla_without_a_gpu() -> None:
    if tf.config.list_logical_devices("GPU"):
        pytest.skip("this machine has one")
    assert not fused(compiled(lambda x: x * 2, (X,), often=True))
