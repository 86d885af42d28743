"""Logs of simple models and robustness, measured on real networks: two runs of a table."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import keras
import numpy as np

from support.logs import LogWriter
from tfexplain.data.content import row_hashes
from tfexplain.model.call_batch import as_batch
from tfexplain.model.trace_model import trace_model
from tfexplain.runlog.simple_records import robustness_record, simple_record
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.usage.answers import answers
from tfexplain.usage.simple_fit import fit_simple_models
from tfexplain.usage.smallest_steps import measure_robustness
from tfexplain.wire import schema

EPOCHS = (0, 1, 3, 7)
COLUMNS = ["age", "blood pressure", "cholesterol", "heart rate", "noise"]
CLASSES = ["well", "ill"]
# By run, the penalty of its weights.
RUNS = {"plain": 0.0, "pruned": 0.02}
EXPLAINED = 60


def table(rows: int = 600) -> tuple[Any, Any]:
    """Rows of five columns, of which three say the class."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 5)) * [12, 15, 40, 20, 1] + [50, 130, 220, 150, 0]
    risk = (x[:, 0] > 48) * (x[:, 1] - 115) / 15 + (x[:, 2] - 240) / 40
    y = (risk + 0.4 * rng.normal(size=rows) > 0).astype(int)
    return x.astype(np.float32), y


def write_simple_log(log_dir: Path) -> None:
    """Two trainings, one of which keeps its weights small; the first rows are explained."""
    x, y = table()
    for run, penalty in RUNS.items():
        keras.utils.set_random_seed(1)
        layers = keras.layers
        scaled = layers.Normalization()
        scaled.adapt(x)
        small = keras.regularizers.L1(penalty)
        model = keras.Sequential(
            [
                *(keras.Input((5,)), scaled),
                layers.Dense(12, "relu", kernel_regularizer=small),
                layers.Dense(2, "softmax", kernel_regularizer=small),
            ]
        )
        model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        with closing(LogWriter(log_dir / run / "explain")) as log:
            _explain(log, x, y)
            for epoch in range(EPOCHS[-1] + 1):
                loss = model.fit(x, y, verbose=0).history["loss"][0]
                metrics = schema.Metrics({"loss": loss})
                log.record(schema.Tag("metrics"), epoch, metrics, schema.Content("metrics"))
                if epoch in EPOCHS:
                    _measure(log, model, x, y, epoch)


def _measure(log: LogWriter, model: Any, x: Any, y: Any, epoch: int) -> None:
    batch, now = as_batch(x, model), Moment(epoch, epoch, False, "epoch", epoch)
    traced_model = trace_model(model, batch)
    (output,) = traced_model.model_outputs
    said = answers(traced_model, batch, output)
    own = {"names": COLUMNS, "class_names": CLASSES}
    found = fit_simple_models(np.asarray(x, np.float64), said, y, of_classes=True, **own)
    log.record(schema.Tag("simple"), epoch, simple_record(found, now), schema.Content("simple"))
    some = slice(0, 200)
    firm = measure_robustness(
        traced_model, as_batch(x[some], model), output, y[some], hashes=row_hashes(x[some])
    )
    content = schema.Content("robustness", unit=firm.unit)
    log.record(schema.Tag("robustness"), epoch, robustness_record(firm, now), content)


def _explain(log: LogWriter, x: Any, y: Any) -> None:
    """Maps of a few rows, so that these can be opened."""
    own = y[:EXPLAINED].astype(float), np.arange(EXPLAINED), "class", CLASSES
    samples = schema.Samples(*own, hashes=row_hashes(x[:EXPLAINED]))
    log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
    for sample in range(EXPLAINED):
        log.record(
            schema.Tag("map", "Saliency", "input", sample),
            EPOCHS[-1],
            schema.Map(x[sample] / 100, 1.0, 0),
            schema.Content("map", "logit", True, (5,), layout="features"),
        )
