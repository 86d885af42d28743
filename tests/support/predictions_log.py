"""Logs of `Predictions` in real fits: two runs of digits, some rows explained; values."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import keras
import numpy as np

import tfexplain
from support.logs import LogWriter
from support.models import digits
from tfexplain import Predictions
from tfexplain.wire import schema

EPOCHS = 3
# By run, the width of its hidden layer.
RUNS = {"narrow": 6, "wide": 32}
NAMES = [f"digit {i}" for i in range(10)]
EXPLAINED = 4


def write_predictions_log(log_dir: Path) -> None:
    """Two trainings on digits; the first rows of one are explained."""
    images, labels = digits(700)
    train, val = (images[:400], labels[:400]), (images[400:], labels[400:])
    groups = ["scanner" if row % 3 else "phone" for row in range(len(val[0]))]
    for run, width in RUNS.items():
        keras.utils.set_random_seed(width)
        hidden = keras.layers.Dense(width, "relu")
        layers = [keras.layers.Flatten(), hidden, keras.layers.Dense(10, "softmax")]
        model = keras.Sequential([keras.Input((8, 8, 1)), *layers])
        model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        logged = Predictions(
            val, log_dir=log_dir / run, groups=groups, class_names=NAMES, verbose=False
        )
        model.fit(*train, epochs=EPOCHS, verbose=0, callbacks=[logged])
    _explain(log_dir, next(iter(RUNS)))


def write_values_log(log_dir: Path) -> None:
    """A training on values."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4)).astype(np.float32)
    y = 10 * x[:, 0] + rng.normal(size=200).astype(np.float32)
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.5), "mse")
    logged = Predictions((x[100:], y[100:]), log_dir=log_dir / "line", verbose=False)
    model.fit(x[:100], y[:100], epochs=EPOCHS, verbose=0, callbacks=[logged])


def write_pixels_log(log_dir: Path) -> None:
    """Made-up counts of two runs on masks of 100 x 100 pixels; `good` is right more often."""
    rows, names, rng = 40, ["ground", "road", "car"], np.random.default_rng(0)
    for run, right in (("good", 0.9), ("poor", 0.6)):
        with closing(LogWriter(log_dir / run / "predictions")) as log:
            given = np.full(rows, np.nan), "none", "softmax", 3, np.ones(rows)
            where = np.arange(rows), np.arange(rows).astype(np.uint64), rows
            own = schema.Validation(*given, *where, class_names=names)  # type: ignore[arg-type]
            log.record(schema.Tag("validation"), 0, own, schema.Content("validation"))
            for epoch in range(EPOCHS):
                shares = (1 - right) / 3 + right * np.eye(3)
                cells = rng.multinomial(10_000, (shares / 3).ravel(), size=rows).reshape(-1, 3, 3)
                hits = np.diagonal(cells, axis1=1, axis2=2)
                wrong = cells.sum(axis=1) - hits, cells.sum(axis=2) - hits
                record = schema.Pixels(hits, *wrong, cells.sum(axis=0), weights=epoch)
                log.record(schema.Tag("pixels"), epoch, record, schema.Content("pixels"))


def write_labels_log(log_dir: Path) -> None:
    """A training on rows that may have several labels: one for each column above 0.5."""
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(200, 3)).astype(np.float32)
    y = (x + rng.normal(scale=0.2, size=x.shape) > 0.5).astype(np.float32)
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.1), "binary_crossentropy")
    names = ["sun", "sea", "sand"]
    logged = Predictions(
        (x[100:], y[100:]), log_dir=log_dir / "labels", class_names=names, verbose=False
    )
    model.fit(x[:100], y[:100], epochs=EPOCHS, verbose=0, callbacks=[logged])


def _explain(log_dir: Path, run: str) -> None:
    rows = tfexplain.read(log_dir)[run].evaluated().validation
    with closing(LogWriter(log_dir / run / "explain")) as log:
        own = rows.labels[:EXPLAINED], rows.rows[:EXPLAINED], "class", NAMES
        samples = schema.Samples(*own, hashes=rows.hashes[:EXPLAINED])  # type: ignore[arg-type]
        log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
        for sample in range(EXPLAINED):
            log.record(
                schema.Tag("map", "GradCAM", "dense", sample),
                EPOCHS - 1,
                # A corner that holds the more, the larger the sample's number.
                schema.Map(np.array([[1.0 + sample, 1], [1, 1]]), 1.0, 0),
                schema.Content("map", "logit", False, (2, 2), layout="plane"),
            )
