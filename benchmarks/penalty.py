"""What a step of training costs with a penalty on gradients, over a plain one.

    python benchmarks/penalty.py [--quick]

A step of the same compiled model takes turns with and without the penalty, in CPU seconds; the
least of several counts, for machines are noisy. The first calls, which compile, do not count.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import cases
import numpy as np
import tensorflow as tf
from cases import keras
from measuring import machine
from predictions import cpu_s

from tfexplain.training import InputGradientPenalty, Penalty, RightReasons, penalise

ROUNDS, STEPS, ROWS = 5, 8, 32
PENALTIES: dict[str, Callable[[str], Penalty]] = {
    "InputGradientPenalty": lambda layer: InputGradientPenalty(0.1),
    "RightReasons": lambda layer: RightReasons("middle", 1.0),
    "RightReasons at a layer": lambda layer: RightReasons("middle", 1.0, layer=layer),
}
WAYS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "jit_compile": {"jit_compile": True},
    "steps_per_execution=4": {"steps_per_execution": 4},
    "mixed_bfloat16": {"policy": "mixed_bfloat16"},
}


def compiled(case: str, side: int, policy: str = "float32", **settings: Any) -> Any:
    """A compiled model."""
    keras.config.set_dtype_policy(policy)
    model = cases.MODELS[case]((side, side, 3))
    keras.config.set_dtype_policy("float32")
    model.compile("adam", "sparse_categorical_crossentropy", **{"jit_compile": False, **settings})
    return model


def stepping(model: Any, data: tf.data.Dataset) -> Callable[[], object]:
    """A function that trains over all batches once."""
    return lambda: model.fit(data, epochs=1, verbose=0)


def rows(case: str, side: int, ways: Sequence[str], rounds: int, count: int) -> Iterator[str]:
    """A row of the table for each penalty and way to run it."""
    rng = np.random.default_rng(0)
    x = rng.random((ROWS * count, side, side, 3), np.float32)
    data = tf.data.Dataset.from_tensor_slices((x, np.arange(len(x)) % 10)).batch(ROWS).cache()
    for way in ways:
        plain = stepping(compiled(case, side, **WAYS[way]), data)
        for name, make in PENALTIES.items():
            model = penalise(compiled(case, side, **WAYS[way]), make(cases.LAYERS[case]))
            own = stepping(model, data)
            plain(), own()
            pairs = [(cpu_s(plain), cpu_s(own)) for _ in range(rounds)]
            bare, taken = (1000 * min(seconds) / count for seconds in zip(*pairs, strict=True))
            yield f"| {case} | {way} | {name} | {bare:.0f} | {taken:.0f} | {taken / bare:.2f} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="one way, one round: a smoke test")
    quick = parser.parse_args(arguments).quick
    ways, rounds, count = (["as it is"], 1, 2) if quick else ([*WAYS], ROUNDS, STEPS)
    print(f"{machine({'tensorflow': tf.__version__, 'keras': keras.version()})}\n")
    print("| model | way | penalty | plain step, CPU ms | CPU ms | ratio |")
    print("|---|---|---|--:|--:|--:|")
    for row in rows("small_cnn", 20 if quick else 28, ways, rounds, count):
        print(row, flush=True)


if __name__ == "__main__":
    main()
