"""Controls for findings: what is raised on trainings with a shortcut, and on their clean twins.

    python benchmarks/controls.py [--seeds N] [--only KIND] [--logs FOLDER]

Thresholds (`docs/findings.md`) were chosen on `digits`; the other kinds run them unchanged. A clean
training must raise nothing, one with a shortcut must name its place. A pair is two clean trainings
that differ by their seeds, in one log, with a comparison in which one is the control of the other.

Logs that are kept are not made again: the command goes on where it was stopped, and other
thresholds need no training.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# The root goes first, or Python takes the folder tests/tfexplain for the package.
sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
sys.path.insert(0, str(Path(__file__).parents[1]))

import keras
import measuring
import numpy as np
import tensorflow as tf
from demo import marked
from digits import load, small_cnn
from skimage import data
from sklearn.datasets import load_breast_cancer, load_sample_images

import tfexplain
from tfexplain import (
    Exchange,
    Explain,
    GradCAM,
    IntegratedGradients,
    Occlusion,
    compare,
    findings,
    read,
)
from tfexplain.errors import ExplainWarning
from tfexplain.story import RunRecords, story
from tfexplain.trust import Avoid
from tfexplain.wire import schema

Array = Any
EPOCHS = 12


@dataclass(frozen=True)
class Task:
    """Training and validation rows, and a model that is made anew."""

    train: tuple[Array, Array]
    val: tuple[Array, Array]
    model: Callable[[int], Any]  # of a seed
    explainers: tuple[Any, ...]
    mark: tuple[tuple[int, int], ...]  # (first position, size) along each axis

    @property
    def regions(self) -> dict[str, Any]:
        """Where evidence should not lie, whether the mark is there or not, and all else."""
        mask = np.zeros(self.val[0].shape[1 : 1 + len(self.mark)], bool)
        mask[tuple(slice(first, first + size) for first, size in self.mark)] = True
        return {"mark": Avoid(mask), "object": ~mask}


def digits(shortcut: bool, seed: int) -> Task:
    """Digits; the mark at the left edge tells the class, or is not there at all."""
    (x, y), (val_x, val_y) = load()
    if shortcut:
        x, val_x = marked(x, y), marked(val_x, val_y)
    return Task(
        (x, y), (val_x, val_y), small_cnn, (GradCAM(), IntegratedGradients()), ((2, 4), (0, 1))
    )


def unread(seed: int) -> Task:
    """Digits whose mark told nothing in training, and tells the class of the validation rows: what
    a model could read, and has no reason to."""
    own = digits(True, seed)
    (x, y), _ = load()
    hints = np.random.default_rng(seed).permutation(y)
    return replace(own, train=(marked(x, hints), y))


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
        lambda seed: small_network(6, seed),
        (GradCAM(), IntegratedGradients()),
        ((26, 5), (26, 5)),
    )


def small_network(classes: int, seed: int) -> Any:
    """Three convolutions and a dense layer."""
    keras.utils.set_random_seed(seed)
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

    def model(seed: int) -> Any:
        keras.utils.set_random_seed(seed)
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

    return Task((x[200:], y[200:]), (x[:200], y[:200]), model, (IntegratedGradients(),), ((8, 1),))


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

    def model(seed: int) -> Any:
        keras.utils.set_random_seed(seed)
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

    return Task((x[200:], labels[200:]), (x[:200], labels[:200]), model, (Occlusion(),), ((0, 1),))


TASKS: dict[str, Callable[[bool, int], Task]] = {
    "digits": digits,
    "photographs": photographs,
    "table": table,
    "text": text,
}


def trained(task: Task, seed: int, log_dir: Path) -> None:
    """Trains once, where the log is not there yet; the model is kept beside the log."""
    if log_dir.exists():
        return
    unfinished = log_dir.with_name(log_dir.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    model = task.model(seed)
    explain = Explain(
        task.val,
        log_dir=unfinished,
        explainers=[*task.explainers, Exchange()],
        regions=task.regions,
        verbose=0,
    )
    model.fit(*task.train, epochs=EPOCHS, verbose=0, callbacks=[explain])
    model.save(unfinished / "model.keras")
    unfinished.rename(log_dir)


def paired(task: Task, runs: Sequence[Path], log_dir: Path) -> None:
    """Puts two trainings into one log, and a comparison in which one is the other's control."""
    if log_dir.exists():
        return
    unfinished = log_dir.with_name(log_dir.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for run in runs:
        shutil.copytree(run, unfinished / run.name)
    one, other = ({run.name: keras.models.load_model(run / "model.keras")} for run in runs)
    compare(
        one,
        control=other,
        validation_data=task.val,
        explainers=task.explainers,
        log_dir=unfinished / "compared",
    )
    unfinished.rename(log_dir)


def raised_at(log_dir: Path) -> int | None:
    """Returns the first epoch by whose records `place` is raised; None where it never is."""
    (run,) = read(log_dir).values()
    exchanged = run.records(schema.Exchange)
    for last in sorted({epoch for series in exchanged.values() for epoch in series}):
        known = {
            str(tag): [(e, record.encode()) for e, record in series.items() if e <= last]
            for tag, series in exchanged.items()
        }
        records = RunRecords(list(exchanged), partial(_chosen, known))
        if any(finding.kind == "place" for finding in story({"run": records})):
            return last
    return None


def _chosen(known: Mapping[str, Any], tags: Sequence[str]) -> dict[str, Any]:
    return {tag: known[tag] for tag in tags}


def clean(make: Callable[[bool, int], Task], root: Path, seeds: Sequence[int]) -> list[Path]:
    """Trains without a shortcut."""
    logs = [root / f"clean-{seed}" for seed in seeds]
    for seed, log in zip(seeds, logs, strict=True):
        trained(make(False, seed), seed, log)
    return logs


def pairs(make: Callable[[bool, int], Task], root: Path, seeds: Sequence[int]) -> list[Path]:
    """Pairs each clean training with one of a further seed."""
    logs = [root / f"pair-{seed}" for seed in seeds]
    for seed, log in zip(seeds, logs, strict=True):
        both = clean(make, root, [seed, 100 + seed])
        paired(make(False, seed), both, log)
    return logs


def marks(make: Callable[[bool, int], Task], root: Path, seeds: Sequence[int]) -> list[Path]:
    """Trains with a shortcut."""
    logs = [root / f"shortcut-{seed}" for seed in seeds]
    for seed, log in zip(seeds, logs, strict=True):
        trained(make(True, seed), seed, log)
    return logs


def unreads(make: Callable[[bool, int], Task], root: Path, seeds: Sequence[int]) -> list[Path]:
    """Trains where the mark of the validation rows told nothing."""
    logs = [root / f"unread-{seed}" for seed in seeds]
    for seed, log in zip(seeds, logs, strict=True):
        trained(unread(seed), seed, log)
    return logs


SETTINGS = {
    "clean": clean,
    "pair of clean trainings": pairs,
    "a mark that told nothing in training": unreads,
    "with a shortcut": marks,
}


def row(title: str, logs: Sequence[Path], mark: tuple[tuple[int, int], ...]) -> Iterator[str]:
    """Yields a row of the table, and what was found in words; `mark` is () of clean trainings."""
    told = [findings(log) for log in logs]
    places = [[finding for finding in found if finding.kind == "place"] for found in told]
    at_mark = sum(any(_meet(finding.box, mark) for finding in found) for found in places)
    raised = Counter(e for log in logs if mark and (e := raised_at(log)) is not None)
    by = ", ".join(f"{epoch} ({count})" for epoch, count in sorted(raised.items()))
    kinds = Counter(finding.kind for found in told for finding in found)
    others = ", ".join(f"{n} `{k}`" for k, n in kinds.items() if k != "place") or "none"
    shares = sorted(finding.value for found in places for finding in found)
    value = f"{shares[0]:.0%} to {shares[-1]:.0%}" if shares else ""
    count = f"{sum(map(bool, places))} | {at_mark if mark else ''}"
    yield f"| {title} | {len(told)} | {count} | {value} | {by} | {others} |"
    for log, found in zip(logs, told, strict=True):
        yield from (f"<!-- {log.name}: {finding} -->" for finding in found)


def alarms(title: str, logs: Sequence[Path], task: Task, *, is_marked: bool) -> Iterator[str]:
    """Yields a row of the table of alarms."""
    told = [findings(log) for log in logs]
    cells = []
    for kind, about in (("gathers", ""), ("leaves", " in mark,")):
        found = [[f for f in own if f.kind == kind and about in f.text] for own in told]
        first = Counter(min(f.step for f in own) for own in found if own)
        shares = sorted(max(f.value for f in own) for own in found if own)
        at_mark = sum(any(f.box and _meet(f.box, task.mark) for f in own) for own in found)
        cells += [
            str(sum(map(bool, found))),
            *([str(at_mark if is_marked else "")] if kind == "gathers" else []),
            f"{shares[0]:.0%} to {shares[-1]:.0%}" if shares else "",
            ", ".join(f"{epoch:g} ({count})" for epoch, count in sorted(first.items())),
        ]
    yield f"| {title} | {len(logs)} | {' | '.join(cells)} |"


def _meet(box: Sequence[tuple[int, int]], mark: Sequence[tuple[int, int]]) -> bool:
    """Returns whether two boxes have a position in common; none has with ()."""
    axes = zip(box, mark, strict=True) if mark else ()
    return bool(mark) and all(a < b + m and b < a + n for (a, n), (b, m) in axes)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a table of findings by kind of task."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--seeds", type=int, help="default: 10 of digits, 5 of the others")
    parser.add_argument("--only", choices=[*TASKS], help="default: all kinds")
    parser.add_argument("--logs", type=Path, help="keeps the logs there, and goes on with them")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ExplainWarning)
    versions = {"TensorFlow": tf.__version__, "Keras": keras.__version__}
    print(measuring.machine({"tfexplain": tfexplain.__version__, **versions}), end="\n\n")
    with tempfile.TemporaryDirectory() as folder:
        print("| task | logs | `place` | at the mark | share | by epoch (logs) | others |")
        print("|---|--:|--:|--:|---|---|---|", flush=True)
        raised: list[str] = []
        for name in [options.only] if options.only else TASKS:
            root = (options.logs or Path(folder)) / name
            seeds = range(options.seeds or (10 if name == "digits" else 5))
            for setting, make in SETTINGS.items():
                if make in (pairs, unreads) and name != "digits":
                    continue
                logs, task = make(TASKS[name], root, seeds), TASKS[name](True, 0)
                for line in row(f"{name}, {setting}", logs, task.mark if make is marks else ()):
                    print(line, flush=True)
                if make is not pairs:
                    is_marked = make is not clean
                    raised += alarms(f"{name}, {setting}", logs, task, is_marked=is_marked)
        print("\n| task | logs | `gathers` | at the mark | share | from epoch (logs)", end="")
        print(" | `leaves`, of the mark | share | from epoch (logs) |")
        print("|---|--:|--:|--:|---|---|--:|---|---|", *raised, sep="\n", flush=True)


if __name__ == "__main__":
    main()
