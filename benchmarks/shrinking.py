"""What a model without its zero filters weighs and takes, over the model with them.

    python benchmarks/shrinking.py [--quick]

Networks with random weights, a share of the filters of each convolution zero; passes of both by
turns in one process, wall time, the median ratio of the rounds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from measuring import machine, timed

from tfexplain import shrink

ROUNDS, ROWS, SIDE = 30, 8, 96
MODELS = {
    "VGG16": keras.applications.VGG16,
    "ResNet50V2": keras.applications.ResNet50V2,
    "MobileNetV2": keras.applications.MobileNetV2,
}


def pruned(name: str, share: float, side: int) -> Any:
    """A network in which that share of the filters of each convolution is zero."""
    keras.utils.set_random_seed(0)
    model = MODELS[name](
        weights=None, input_shape=(side, side, 3), classes=10, classifier_activation=None
    )
    for layer in model.layers:
        if type(layer).__name__ == "Conv2D":
            kernel, *bias = layer.get_weights()
            kernel[..., : int(share * kernel.shape[-1])] = 0
            layer.set_weights([kernel, *bias])
    return model


def rows(names: Sequence[str], shares: Sequence[float], side: int, rounds: int) -> Iterator[str]:
    """A row of the table for each network and share."""
    x = np.random.default_rng(0).random((ROWS, side, side, 3), np.float32)
    for name in names:
        for share in shares:
            model = pruned(name, share, side)
            found: list[Any] = []
            seconds, _ = timed(lambda found=found, model=model: found.append(shrink(model)))
            small = found[0]
            (before, after), latency = small.bytes, small.latency(x, rounds)
            yield (
                f"| {name} | {share:.0%} | {before / 1e6:.1f} | {after / 1e6:.1f} "
                f"| {latency.ratio:.2f} | {small.difference(x):.0e} | {seconds:.1f} |"
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="one network: a smoke test")
    quick = parser.parse_args(arguments).quick
    chosen = (["MobileNetV2"], [0.5], 32, 1) if quick else ([*MODELS], [0.25, 0.5], SIDE, ROUNDS)
    print(f"{machine({'tensorflow': tf.__version__, 'keras': keras.version()})}\n")
    print("| model | filters zero | MB before | MB after | time ratio | difference | s to shrink |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for row in rows(*chosen):
        print(row, flush=True)


if __name__ == "__main__":
    main()
