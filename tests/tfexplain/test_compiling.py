"""XLA where it serves, the plain graph where it does not; both really compiled, on a CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfexplain.compiling import compiled, faster

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


def test_what_xla_computes_differently_stays_plain() -> None:
    # No two calls of random numbers agree.
    plain, kept = both(lambda x: x + tf.random.uniform(x.shape))
    assert kept is plain


def test_never_xla_without_a_gpu() -> None:
    if tf.config.list_logical_devices("GPU"):
        pytest.skip("this machine has one")
    assert not fused(compiled(lambda x: x * 2, (X,), often=True))
