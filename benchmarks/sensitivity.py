"""What measuring each layer's sensitivity takes, with and without what is computed once and kept.

    python benchmarks/sensitivity.py [--quick]

ResNet50 with random weights on 256 rows of 64 x 64; two kernels, a quarter and three quarters down,
in all default settings, with Grad-CAM of 16 rows. Seconds are of all that `sensitivity` measures,
in one process, one after the other; passes of all kernels in all default settings are counted.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from measuring import machine

from tfexplain import sensitivity
from tfexplain.layer_sensitivity.run import kernels
from tfexplain.layer_sensitivity.settings import DEFAULT
from tfexplain.model.split_graph import SplitGraph


def rows(model: Any, data: Any, every: int, settings: Sequence[str]) -> Iterator[str]:
    """A row of the table with reuse, and one without."""
    known = kernels(model)
    layers = [layer.name for layer in known[every // 2 :: every]]
    for words, reuse in (("from the kernel on", True), ("whole passes", False)):
        found = sensitivity(
            model, data, settings=settings, layers=layers, rows=len(data), joint=0, reuse=reuse
        )
        cost = found.cost
        yield (
            f"| {words} | {len(layers)} | {len(found.measured)} | {cost.passes:.1f} "
            f"| {cost.seconds:.1f} | {cost.seconds / len(found.measured):.2f} |"
        )


def counted(model: Any, data: Any) -> tuple[float, int]:
    """Passes for predictions of all kernels in all default settings: with reuse, and whole."""
    known = kernels(model)
    graph = SplitGraph(model, data[:1], [layer.variable for layer in known])
    costs = {id(layer.variable): layer.size * (layer.positions or 1) for layer in known}
    shares = [
        sum(costs[key] for key in graph.used(layer.variable)) / sum(costs.values())
        for layer in known
    ]
    return sum(1 - share + share * len(DEFAULT) for share in shares), len(known) * len(DEFAULT)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small network: a smoke test")
    quick = parser.parse_args(arguments).quick
    network = keras.applications.MobileNetV2 if quick else keras.applications.ResNet50
    count, side, every = (8, 32, 30) if quick else (256, 64, 27)
    keras.utils.set_random_seed(0)
    model = network(weights=None, input_shape=(side, side, 3), classes=10)
    data = np.random.default_rng(0).random((count, side, side, 3), np.float32)
    print(f"{machine({'tensorflow': tf.__version__, 'keras': keras.version()})}\n")
    print("| how | kernels | settings | passes | s | s a setting |")
    print("|---|--:|--:|--:|--:|--:|")
    for row in rows(model, data, every, DEFAULT[:2] if quick else DEFAULT):
        print(row, flush=True)
    parts, whole = counted(model, data)
    print(f"\nAll kernels in all default settings: {parts:.0f} passes in place of {whole}.")


if __name__ == "__main__":
    main()
