"""Made-up trainings with the health of layers: event files without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from support.logs import LogWriter
from tfexplain.wire import schema

RUNS = ("healthy", "vanishing")
EPOCHS = 6
UNITS = 8
# By path: type, activation function, state, and how many decades its gradient lies below the last
# layer's where gradients vanish.
LAYERS = {
    "stem": ("Conv2D", "linear", "frozen", 0),
    "body/dense1": ("Dense", "sigmoid", "trainable", 6),
    "body/dense2": ("Dense", "sigmoid", "trainable", 4),
    "body/dense3": ("Dense", "sigmoid", "trainable", 2),
    "relu": ("Activation", "relu", "", 0),
    "head": ("Dense", "softmax", "trainable", 0),
}
# Told to vanish, and to have units that die: those from 2 to 7, one more in each epoch.
VANISHING, DYING = "body/dense1", "relu"
METRICS = ("gradient_norm", "update_ratio", "activation_mean", "dead_share", "saturated")


def write_health_log(log_dir: Path) -> None:
    """Both runs, of health alone."""
    for run in RUNS:
        write_health(log_dir / run / "health", vanishing=run == "vanishing")


def write_health(
    run_dir: Path,
    *,
    vanishing: bool,
    epochs: int = EPOCHS,
    names: Mapping[str, str] | None = None,
    structure: bool = False,
) -> None:
    """One run of `LAYERS`, or of these under other names."""
    log = LogWriter(run_dir)
    if structure:
        log.record(schema.Tag("structure"), 0, _structure(), schema.Content("structure"))
    settings = {"loss": "the compiled one (mse), with regularizers", "rows": "32 of the validation"}
    for epoch in range(epochs):
        losses = {"loss": 1 / (1 + epoch), "val_loss": 1.5 / (1 + epoch)}
        metrics = schema.Metrics(losses | {"learning_rate": 0.1 / 2**epoch})
        log.record(schema.Tag("metrics"), epoch, metrics, schema.Content("metrics"))
        record = _record(epoch, vanishing, names or {})
        content = schema.Content("health", settings=settings)
        log.record(schema.Tag("health"), epoch, record, content)
        for row in record.rows:
            units = _units(row, epoch, vanishing)
            content = schema.Content("units", shape=(64, UNITS))
            log.record(schema.Tag("units", layer=row["path"]), epoch, units, content)
    log.close()


def write_maps_alone(run_dir: Path) -> None:
    """A training of the same model that only `Explain` saw: its layers, and how maps moved."""
    log = LogWriter(run_dir)
    log.record(schema.Tag("structure"), 0, _structure(), schema.Content("structure"))
    for epoch in range(EPOCHS):
        for layer, step in (("body/dense3", 0.1), ("input", 0.05)):
            alike = np.full((4, 1), 1 - step * epoch)
            drift = schema.Drift(alike, np.ones(4, bool), ["spearman"], "epoch 0", reference_step=0)
            tag = schema.Tag("drift", "GradCAM", layer)
            log.record(tag, epoch, drift, schema.Content("drift"))
    log.close()


def _structure() -> schema.Structure:
    """`body` is a nested model of three layers; `relu` reads it and, past it, `stem`."""
    names = ["image", "stem", "body/dense1", "body/dense2", "body/dense3", "body", "relu", "head"]
    rows = [
        {
            "name": name,
            "kind": "call" if name != "image" else "input",
            "type": LAYERS[name][0] if name in LAYERS else "Functional",
            "shape": "8",
            "state": LAYERS[name][2] if name in LAYERS else "",
        }
        for name in names
    ]
    parents = [5 if name.startswith("body/") else -1 for name in names]
    edges = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (1, 6), (6, 7)]
    numbers = np.array([[72 * (name in LAYERS), 64 * (name in LAYERS)] for name in names], float)
    training = {"optimizer": "Adam", "optimizer.beta_1": "0.9", "keras": "3.0"}
    x = np.linspace(-2, 2, 9)
    functions = ("sigmoid", "relu")
    drawn = [LAYERS[name][1] if name in LAYERS else "" for name in names]
    curves = schema.Curves(
        np.array([functions.index(name) if name in functions else -1 for name in drawn]),
        *([1 / (1 + np.exp(-x)), np.maximum(x, 0)], -2, 2),
    )
    for row, name in zip(rows, drawn, strict=True):
        row["activation"] = "" if name == "linear" else name
    return schema.Structure(rows, np.array(parents), np.array(edges), numbers, training, curves)


def _record(epoch: int, vanishing: bool, names: Mapping[str, str]) -> schema.Health:
    lines = [_line(path, epoch, vanishing) for path in LAYERS]
    rows = [
        {"path": names.get(path, path), "type": kind, "activation": activation, "state": state}
        for path, (kind, activation, state, _) in LAYERS.items()
    ]
    trained = [at for at, row in enumerate(rows) if row["state"] == "trainable"]
    # By Pythagoras the bias has the rest of the norm.
    weights = [(at, name) for at in trained for name in ("kernel", "bias")]
    of_weights = np.full((len(weights), len(METRICS)), np.nan)
    for i, (at, name) in enumerate(weights):
        of_weights[i, :2] = lines[at][:2] * (0.8 if name == "kernel" else 0.6)
    values = np.array(lines)
    norms = values[trained, 0]
    totals = {
        "gradient_norm": float(np.sqrt((norms**2).sum())),
        "gradient_ratio": float(norms[0] / norms[-1]),
        "update_ratio": 1e-3 * (epoch + 1),
        "dead_share": float(np.nanmean(values[:, METRICS.index("dead_share")])),
    }
    return schema.Health(rows, METRICS, values, weights, of_weights, totals, 20, weights=epoch)


def _line(path: str, epoch: int, vanishing: bool) -> np.ndarray:
    _, activation, state, decades = LAYERS[path]
    norm = (0.5 + 0.1 * epoch) * 10.0 ** (-decades if vanishing else 0)
    known = state == "trainable"
    dead = (_since(epoch, vanishing) >= 0).mean() if path == DYING else np.nan
    return np.array(
        [
            norm if known else np.nan,
            norm / 100 if known else np.nan,
            0.25 * (epoch + 1),
            dead,
            0.125 if activation == "sigmoid" else np.nan,
        ]
    )


def _since(epoch: int, vanishing: bool) -> np.ndarray:
    units = np.arange(UNITS)
    dies = units - 2
    dead = (dies >= 0) & (dies <= epoch) & vanishing
    return np.where(dead, dies, np.nan)


def _units(row: dict[str, str], epoch: int, vanishing: bool) -> schema.Units:
    rng = np.random.default_rng(len(row["path"]) + epoch)
    activations = schema.Spread(rng.integers(1, 50, 64), 0.01, 2.0 + epoch, zeros=7 + epoch)
    gradients = schema.Spread()
    if row["state"] == "trainable":
        gradients = schema.Spread(rng.integers(1, 50, 64), -1.0, 1.0, zeros=epoch)
    since = _since(epoch, vanishing) if row["path"] == DYING else np.zeros(0)
    return schema.Units(activations, gradients, since)
