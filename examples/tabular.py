"""Which measurements tell three wines apart, and does the network know that two columns are noise?

python examples/tabular.py [--log-dir DIR] [--epochs N]
tensorboard --logdir DIR        (the EXPLAIN tab)
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from sklearn.datasets import load_wine
from sklearn.feature_selection import f_classif

from tfexplain import IntegratedGradients, KernelSHAP, PermutationImportance
from tfexplain.callbacks import Explain

NOISE = ["noise_1", "noise_2"]


def load() -> tuple[tuple[Any, Any], tuple[Any, Any], list[str]]:
    """((rows, labels) to train on, the same to validate on, names of the columns).

    178 wines of three growers, 13 measurements each, come with scikit-learn. Two columns of random
    numbers are added, of which is known that they tell nothing. All have mean 0 and deviation 1.
    """
    bundled, rng = load_wine(), np.random.default_rng(0)
    rows = np.hstack([bundled.data, rng.normal(size=(len(bundled.data), len(NOISE)))])
    order = rng.permutation(len(rows))
    rows, labels = rows[order], bundled.target[order]
    train, held = slice(0, 120), slice(120, None)
    rows = (rows - rows[train].mean(0)) / rows[train].std(0)
    names = [*bundled.feature_names, *NOISE]
    return (rows[train], labels[train]), (rows[held], labels[held]), names


def network(features: int) -> Any:
    """A compiled network of one hidden layer."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((features,), name="wine"),
            layers.Dense(16, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01)),
            layers.Dense(3, activation="softmax", name="grower"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, log what decides for single wines, and compare what the network uses with a test of
    each column by itself."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument(
        "--log-dir", type=Path, default=Path("logs/tabular"), help="default: %(default)s"
    )
    parser.add_argument("--epochs", type=int, default=30, help="default: %(default)s")
    options = parser.parse_args(arguments)

    train, (rows, labels), names = load()
    model = network(len(names))
    growers = ["grower 0", "grower 1", "grower 2"]
    explaining = Explain(
        (rows, labels),
        explainers=[IntegratedGradients(), KernelSHAP(background=train[0][:20], coalitions=256)],
        log_dir=options.log_dir,
        class_names=growers,
        feature_names=names,
        every=10,
    )
    held = {"validation_data": (rows, labels), "callbacks": [explaining]}
    model.fit(*train, epochs=options.epochs, verbose=2, **held)

    # What the true class' logit loses when a column is taken from other wines.
    found = PermutationImportance(repeats=len(rows))(model, rows, labels)
    importance = found.values.mean(axis=0)
    alone, _ = f_classif(*train)
    print(f"{'column':30} {'importance':>10} {'F alone':>8}")
    for i in np.argsort(-importance):
        print(f"{names[i]:30} {importance[i]:10.3f} {alone[i]:8.1f}")


if __name__ == "__main__":
    main()
