"""Made-up trainings with the importance of features: a table, a picture and a text.

Both runs have the three inputs. `narrow` uses its first feature ever more, `wide` all alike.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from support.logs import LogWriter
from tfexplain.wire import schema

RUNS = ("narrow", "wide")
EPOCHS = (0, 2, 5)
ROWS, EXPLAINED, SIDE, GRID = 48, 4, 16, 8
COLUMNS = ["age", "income", "tenure", "visits", "noise"]
WORDS = ["great", "boring", "the", "plot", "döner"]
CLASSES = ["no", "yes"]
INPUTS = ("table", "picture", "text")


def write_importance_log(log_dir: Path, inputs: tuple[str, ...] = INPUTS) -> None:
    """Both runs, each with these inputs."""
    for number, run in enumerate(RUNS):
        with closing(LogWriter(log_dir / run / "explain")) as log:
            samples = schema.Samples(
                *(np.arange(EXPLAINED) % 2, np.arange(EXPLAINED), "class", CLASSES),
                hashes=_hashes(EXPLAINED),
            )
            log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
            for epoch in range(EPOCHS[-1] + 1):
                metrics = schema.Metrics({"loss": 1 / (1 + epoch), "val_accuracy": 0.6})
                log.record(schema.Tag("metrics"), epoch, metrics, schema.Content("metrics"))
            for epoch in EPOCHS:
                for name in inputs:
                    record = importance(name, epoch, steep=number == 0)
                    content = schema.Content("importance", unit=record.unit, input=name)
                    log.record(schema.Tag("importance", layer=name), epoch, record, content)
                    if name == "table":
                        curves = dependence(epoch, steep=number == 0)
                        content = schema.Content("dependence", unit=curves.unit, input=name)
                        log.record(schema.Tag("dependence", layer=name), epoch, curves, content)


def _hashes(count: int) -> npt.NDArray[np.uint64]:
    """Of the first rows, which `Explain` explains."""
    return np.arange(count, dtype=np.uint64) + np.uint64(1000)


def importance(name: str, epoch: int, *, steep: bool = True) -> schema.Importance:
    """What one run says of one of `INPUTS` after an epoch: the earlier a feature, the more."""
    rng = np.random.default_rng(epoch)
    count = GRID**2 if name == "picture" else len(COLUMNS)
    order = np.arange(count) * (0.6 if steep else 0.1)
    values = (1 + epoch) * np.exp(-order)
    labels = np.arange(ROWS) % 2
    accuracy = 0.6 + 0.06 * epoch
    counts = np.unique(np.linspace(0, count, 6).round().astype(int))
    kept = 1 - np.append(0, np.cumsum(np.sort(values)))[counts] / values.sum()
    random = 0.5 + (accuracy - 0.5) * (1 - counts / count)
    spread = 0.05 * (counts > 0) * (counts < count)
    falls = (accuracy - 0.5) * values / values.sum()
    fields: dict[str, Any] = {
        "signed": values * np.where(np.arange(count) % 2, -0.5, 0.75),
        "explainer": "IntegratedGradients",
        "rows": ROWS,
        "total": count,
        "passes": 100 * ROWS,
        "unit": "logit",
        "classes": np.arange(2),
        "by_class": np.stack([1.2 * values, 0.8 * values]),
        "signed_by_class": np.stack([-0.5 * values, 0.8 * values]),
        "permuted": falls,
        "permuted_low": falls - 0.02,
        "permuted_high": falls + 0.02,
        "row_labels": labels,
        "row_numbers": 10 * np.arange(ROWS),
        "hashes": _hashes(ROWS),
        "hidden_counts": counts,
        "hidden": 0.5 + (accuracy - 0.5) * kept,
        "random": random,
        "random_low": random - spread,
        "random_high": random + spread,
        "weights": epoch,
    }
    if name == "table":
        rows = rng.normal(size=(ROWS, count)) * [12, 900, 3, 7, 1] + [40, 3000, 5, 10, 0]
        scaled = (rows - rows.mean(axis=0)) / rows.std(axis=0)
        own = {"feature": "column", "names": COLUMNS, "weights_first": 0.5 * values}
        own |= {"dot_features": np.arange(count), "dot_values": rows, "dots": scaled * values}
    elif name == "text":
        own = {"feature": "word", "names": WORDS, "total": 400, "occurs": 40 - 7 * np.arange(count)}
    else:
        own = {
            "feature": "place",
            "names": [f"row {i // GRID}, column {i % GRID}" for i in range(count)],
            "sides": (GRID, GRID),
            "mean": np.tile(np.arange(0, 256, 16, np.uint8)[:, None], (1, SIDE))[:, :, None],
        }
    return schema.Importance(values, 0.8 * values, 1.2 * values, **(fields | own))


def dependence(epoch: int, *, steep: bool = True) -> schema.Dependence:
    """How the second class rises with age and falls with tenure, the later the more."""
    grid = np.stack([np.linspace(16, 64, 9), np.linspace(-1, 11, 9)])
    slope = (1 + epoch) * np.array([[0.5 if steep else 0.1], [-0.3]])
    own = 1 / (1 + np.exp(-slope * (grid - grid.mean(axis=1, keepdims=True))))
    partial = np.stack([1 - own, own], axis=1)
    shift = np.linspace(-0.2, 0.2, EXPLAINED)[None, :, None]
    return schema.Dependence(
        *(np.array([0, 2]), ["age", "tenure"], grid),
        counts=np.array([[0, 2, 6, 11, 10, 11, 6, 2, 0]] * 2),
        categories=np.zeros(2, np.uint8),
        outputs=np.arange(2),
        partial=partial,
        low=partial - 0.05,
        high=partial + 0.05,
        single=np.clip(partial[:, np.arange(EXPLAINED) % 2] + shift, 0, 1),
        single_outputs=np.arange(EXPLAINED) % 2,
        rows=10 * np.arange(EXPLAINED),
        averaged=ROWS,
        unit="probability",
        weights=epoch,
    )
