"""Tell sentences of NumPy's docstrings from those of Python's own, and see by which words.

python examples/text.py [--log-dir DIR] [--epochs N]
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
from docstrings import CLASSES, LENGTH, indices, load, vocabulary

from tfexplain import IntegratedGradients
from tfexplain.callbacks import Explain
from tfexplain.targets import logits


def classifier(words: int) -> Any:
    """Vectors of words, what each says, and their mean; index 0 fills up and is masked."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((LENGTH,), dtype="int32", name="words"),
            layers.Embedding(words, 16, mask_zero=True, name="embedding"),
            layers.Dropout(0.3),
            layers.Dense(16, activation="relu", name="meaning"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2, activation="softmax", name="source"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def for_numpy(outputs: Any) -> Any:
    """What is explained in the end: the logit of NumPy minus that of Python."""
    return logits(outputs)[:, 1] - logits(outputs)[:, 0]


def spoken(values: Any, ids: Any, words: Sequence[str], least: int = 4) -> list[tuple[str, float]]:
    """(word, mean value) of words that occur at least so often, the most negative first."""
    total = np.bincount(ids.ravel(), values.ravel(), len(words))
    count = np.bincount(ids.ravel(), minlength=len(words))
    known = [i for i in np.flatnonzero(count >= least) if i > 1]
    return sorted(((words[i], float(total[i] / count[i])) for i in known), key=lambda pair: pair[1])


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, log what speaks in eight sentences, and print what speaks in all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument(
        "--log-dir", type=Path, default=Path("logs/text"), help="default: %(default)s"
    )
    parser.add_argument("--epochs", type=int, default=5, help="default: %(default)s")
    options = parser.parse_args(arguments)

    train, held = load()
    words = vocabulary([*train[0], *train[1]])
    x, val_x = (indices([*python, *numpy], words) for python, numpy in (train, held))
    y, val_y = (np.repeat([0, 1], len(rows) // 2) for rows in (x, val_x))
    print(f"{len(x)} sentences to train on, {len(val_x)} to validate on, {len(words)} words")

    keras.utils.set_random_seed(0)
    model = classifier(len(words))
    explaining = Explain(
        (val_x, val_y),
        explainers=[IntegratedGradients()],
        log_dir=options.log_dir,
        class_names=CLASSES,
        vocabulary=words,
    )
    model.fit(
        *(x, y),
        validation_data=(val_x, val_y),
        epochs=options.epochs,
        callbacks=[explaining],
        verbose=2,
    )

    found = IntegratedGradients()(model, val_x, for_numpy)
    gap = np.abs(np.asarray(found.completeness_gap)).max()
    print(f"Integrated Gradients of {len(val_x)} sentences: completeness gap up to {gap:.2g}")
    ranked = spoken(found.values, val_x, words)
    for name, most in zip(CLASSES, (ranked[:12], ranked[:-13:-1]), strict=True):
        print(f"{name}: " + ", ".join(f"{word} {value:+.2f}" for word, value in most))


if __name__ == "__main__":
    main()
