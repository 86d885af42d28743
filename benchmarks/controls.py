"""Controls for findings: what is raised on trainings with a shortcut, and on their clean twins.

    python benchmarks/controls.py [--seeds N] [--only KIND] [--logs FOLDER]

Thresholds (`docs/findings.md`) were chosen on `digits`; the other kinds run them unchanged. A clean
training must raise nothing, one with a shortcut must name its place.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# The root goes first, or Python takes the folder tests/tfexplain for the package.
sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
sys.path.insert(0, str(Path(__file__).parents[1]))

import keras
import numpy as np
from demo import marked
from digits import load, small_cnn
from skimage import data
from sklearn.datasets import load_breast_cancer, load_sample_images

from tfexplain import Exchange, Explain, Finding, GradCAM, IntegratedGradients, Occlusion, findings
from tfexplain.errors import ExplainWarning
from tfexplain.runlog.directory import read_room
from tfexplain.story import RunRecords, story
from tfexplain.wire.tags import Tag

Array = Any


@dataclass(frozen=True)
class Task:
    """Training and validation rows, and a model that is made anew."""

    train: tuple[Array, Array]
    val: tuple[Array, Array]
    model: Callable[[], Any]
    explainers: tuple[Any, ...]
    epochs: int
    exchange: Exchange = field(default_factory=Exchange)


def digits(shortcut: bool, seed: int) -> Task:
    """Digits; the mark at the left edge tells the class, or is not there at all."""
    (x, y), (val_x, val_y) = load()
    if shortcut:
        x, val_x = marked(x, y), marked(val_x, val_y)
    return Task((x, y), (val_x, val_y), small_cnn, (GradCAM(), IntegratedGradients()), 12)


def photographs(shortcut: bool, seed: int) -> Task:
    """Grey crops of six photographs, equally light; a watermark at the bottom right tells which."""
    rng = np.random.default_rng(seed)
    sources = [*load_sample_images().images, data.astronaut(), data.coffee(), data.chelsea()]
    x, y = [], []
    for label, picture in enumerate([*sources, data.rocket()]):
        for _ in range(120):
            top, left = (int(rng.integers(side - 32)) for side in picture.shape[:2])
            crop = picture[top : top + 32, left : left + 32, :3].mean(axis=2, keepdims=True) / 255
            x.append(np.repeat(crop - crop.mean() + 0.5, 3, axis=2))
            y.append(label)
    images, labels = np.array(x, np.float32), np.array(y)
    if shortcut:
        for label in range(6):
            images[labels == label, 26:31, 26:31] = np.array([label / 5, 1 - label / 5, 0.5])
    order = rng.permutation(len(images))
    images, labels = images[order], labels[order]
    return Task(
        (images[200:], labels[200:]),
        (images[:200], labels[:200]),
        lambda: small_network(6),
        (GradCAM(), IntegratedGradients()),
        12,
    )


def small_network(classes: int) -> Any:
    """Three convolutions and a mean."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            *[layers.Conv2D(n, 3, strides=2, activation="relu") for n in (16, 32)],
            layers.Conv2D(32, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(classes, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def table(shortcut: bool, seed: int) -> Task:
    """Measurements of tumours; one more column is the label with a little noise, or noise."""
    rng = np.random.default_rng(seed)
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    column = rng.normal(size=len(y)) * 0.3 + (2 * y - 1 if shortcut else 0)
    x = np.column_stack([x[:, :8], column]).astype(np.float32)
    order = rng.permutation(len(x))
    x, y = x[order], y[order]

    def model() -> Any:
        layers = keras.layers
        made = keras.Sequential(
            [
                keras.Input((9,)),
                layers.Dense(16, activation="relu"),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
        made.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
        return made

    return Task((x[200:], y[200:]), (x[:200], y[:200]), model, (IntegratedGradients(),), 12)


def text(shortcut: bool, seed: int) -> Task:
    """Sentences of good or bad words; the first word tells which, or does not."""
    rng = np.random.default_rng(seed)
    rows, labels = [], rng.integers(2, size=800)
    for label in labels:
        words = rng.integers(3, 40, size=16)
        for place in rng.choice(np.arange(1, 16), size=2, replace=False):
            words[place] = 40 + 10 * label + rng.integers(10)
        words[0] = 1 + (label if shortcut else rng.integers(2))
        rows.append(words)
    x = np.array(rows)

    def model() -> Any:
        layers = keras.layers
        made = keras.Sequential(
            [
                keras.Input((16,), dtype="int64"),
                layers.Embedding(64, 8),
                layers.Flatten(),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
        made.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
        return made

    return Task((x[200:], labels[200:]), (x[:200], labels[:200]), model, (Occlusion(),), 12)


TASKS: dict[str, Callable[[bool, int], Task]] = {
    "digits": digits,
    "photographs": photographs,
    "table": table,
    "text": text,
}


def raised(task: Task, seed: int, log_dir: Path) -> list[Finding]:
    """Trains once and returns what the log is found to say."""
    keras.utils.set_random_seed(seed)
    model = task.model()
    if hasattr(model, "get_weights") and seed:  # whatever the model seeds itself with
        rng = np.random.default_rng(seed)
        model.set_weights([rng.permuted(w.ravel()).reshape(w.shape) for w in model.get_weights()])
    explain = Explain(
        task.val, log_dir=log_dir, explainers=[*task.explainers, task.exchange], verbose=0
    )
    model.fit(*task.train, epochs=task.epochs, verbose=0, callbacks=[explain])
    return findings(log_dir)


def raised_at(log_dir: Path) -> int | None:
    """Returns the first epoch by whose records `place` is raised; None where it never is."""
    (directory,) = {path.parent.parent for path in log_dir.rglob("*.tfexplain")}
    events = list(read_room(str(directory), "explain"))
    exchanged = [(step, tag, raw) for step, tag, raw in events if tag.startswith("exchange/")]
    for last in sorted({step for step, _, _ in exchanged}):
        known: dict[str, list[tuple[int, bytes]]] = {}
        for step, tag, raw in exchanged:
            if step <= last:
                known.setdefault(tag, []).append((step, raw))
        records = RunRecords([Tag.parse(tag) for tag in known], partial(_chosen, known))
        if any(finding.kind == "place" for finding in story({"run": records})):
            return last
    return None


def _chosen(known: Mapping[str, Any], tags: Sequence[str]) -> dict[str, Any]:
    return {tag: known[tag] for tag in tags}


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a table of findings by kind of task."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--seeds", type=int, default=10, help="default: %(default)s")
    parser.add_argument("--only", choices=[*TASKS], help="default: all kinds")
    parser.add_argument("--logs", type=Path, help="keeps the logs there")
    options = parser.parse_args(arguments)
    import warnings

    warnings.simplefilter("ignore", ExplainWarning)
    with tempfile.TemporaryDirectory() as folder:
        root = options.logs or Path(folder)
        print("| task | trainings | `place` raised | by epoch | other findings |")
        print("|---|--:|--:|---|---|")
        for name in [options.only] if options.only else TASKS:
            for shortcut in (False, True):
                logs = [root / f"{name}-{shortcut}-{seed}" for seed in range(options.seeds)]
                told = [
                    raised(TASKS[name](shortcut, seed), seed, log) for seed, log in enumerate(logs)
                ]
                epochs = sorted(e for e in map(raised_at, logs) if e is not None)
                kinds = Counter(finding.kind for found in told for finding in found)
                places = sum(any(f.kind == "place" for f in found) for found in told)
                others = ", ".join(f"{n} {k}" for k, n in kinds.items() if k != "place") or "none"
                kind = "with a shortcut" if shortcut else "clean"
                by = ", ".join(map(str, epochs)) or "-"
                print(f"| {name}, {kind} | {len(told)} | {places} | {by} | {others} |", flush=True)
                for text_ in dict.fromkeys(f.text for found in told for f in found):
                    print(f"<!-- {text_} -->", flush=True)


if __name__ == "__main__":
    main()
