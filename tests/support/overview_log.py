"""A log of two trainings of which one reads a mark at the left edge: exchanged windows and maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from support.logs import LogWriter, png
from tfexplain import rendering
from tfexplain.wire import schema

RUNS = ("plain", "shortcut")
EPOCHS = 5
EXCHANGED = (0, 2, 4)
SAMPLES = 6
SIDE, WINDOW = 8, 4
# Of windows at the strongest place, in the last epoch.
FOLLOWED = {"plain": 0.36, "shortcut": 0.61}
CHANCE = 0.05
# The sample whose maps differ most between the runs.
DIFFERS = 4


def write_overview_log(log_dir: Path) -> None:
    """Both runs, of the same samples."""
    for seed, run in enumerate(RUNS):
        _write_run(log_dir / run / "explain", run, seed)


def write_flat_log(log_dir: Path) -> None:
    """One run of which predictions follow no place more often than by chance."""
    _write_run(log_dir / "flat" / "explain", "flat", 0)


def write_table_log(log_dir: Path) -> None:
    """One run over a table of three columns, of which the second one is followed."""
    names = ["age", "hospital", "dose"]
    log = LogWriter(log_dir / "table" / "explain")
    table = np.arange(12.0).reshape(4, 3).astype(np.float32)
    values = schema.Values(table, "features", names)
    log.record(
        schema.Tag("values", layer="row"), 0, values, schema.Content("values", layout="features")
    )
    samples = schema.Samples(np.arange(4) % 2, np.arange(4), "class", ["ill", "well"], {})
    log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
    for sample in range(4):
        log.record(
            schema.Tag("map", "IntegratedGradients", "row", sample),
            0,
            schema.Map(np.array([0.5, 2.0, -1.0]), 1.0, sample % 2),
            schema.Content("map", "logit", True, (3,), "row", layout="features"),
        )
    shares, chance = np.array([0.1, 0.7, 0.2]), np.full(3, 0.06)
    wide = np.array([0.02, 0.02, 0.15])
    followed = schema.Exchange(
        *(shares, chance, shares - wide, shares + wide, (3,), (1,), (1,), shares, (1,), (1,)),
        *(0.7, 200, 200, 900),
    )
    content = schema.Content("exchange", shape=(3,), input="row", layout="features")
    log.record(schema.Tag("exchange", layer="row"), 0, followed, content)
    log.close()


def write_volume_log(log_dir: Path) -> None:
    """One run over volumes of three slices, of which the left edge is followed."""
    rng, log = np.random.default_rng(0), LogWriter(log_dir / "shortcut" / "explain")
    volumes = rng.integers(0, 256, (4, 3, SIDE, SIDE, 1)).astype(np.uint8)
    sheets = [png(rendering.sheet(volume)[..., 0]) for volume in volumes]
    content = schema.Content("inputs", shape=volumes.shape[1:], layout="volume")
    log.write("inputs/scan", 0, sheets, content.encode())
    samples = schema.Samples(np.arange(4) % 2, np.arange(4), "class", ["ill", "well"], {})
    log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
    for sample in range(4):
        values = np.zeros((3, SIDE, SIDE))
        values[0, 0, 0], values[2, 3, 0] = 3, 1
        log.record(
            schema.Tag("map", "IntegratedGradients", "scan", sample),
            0,
            schema.Map(values, 1.0, sample % 2),
            schema.Content("map", "logit", True, values.shape, "scan", layout="volume"),
        )
    content = schema.Content("exchange", shape=(SIDE, SIDE), input="scan", layout="volume")
    followed = exchange("shortcut", EPOCHS - 1)
    log.record(schema.Tag("exchange", layer="scan"), 0, followed, content)
    log.close()


def exchange(run: str, epoch: int) -> schema.Exchange:
    """What is followed: the left edge in one run, the middle in the other, more in each epoch."""
    windows = SIDE - WINDOW + 1
    corner = (2, 0) if run == "shortcut" else (2, 2)
    share = FOLLOWED.get(run, 0) * (1 + epoch) / EPOCHS
    by_window = np.full((windows, windows), 0.06)
    by_window[corner] = share
    shares = np.full((SIDE, SIDE), 0.08)
    if run in FOLLOWED:
        shares[2:6, corner[1] : corner[1] + WINDOW] = share * 0.7
    return schema.Exchange(
        *(shares, np.full_like(shares, CHANCE), shares - 0.03, shares + 0.03),
        *((SIDE, SIDE), (1, 1), (1, 1), by_window, corner, (WINDOW, WINDOW), share, 200, 200, 900),
        classes=np.arange(2, dtype=np.int32),
        by_class=np.stack([shares, shares / 2]).astype(np.float32),
        mean=np.full((SIDE, SIDE, 1), 90, np.uint8),
    )


def _write_run(directory: Path, run: str, seed: int) -> None:
    fixed, rng = np.random.default_rng(0), np.random.default_rng(seed + 1)
    log = LogWriter(directory)
    images = fixed.uniform(0, 1, (SAMPLES, SIDE, SIDE))
    content = schema.Content("inputs", shape=(SIDE, SIDE, 1), layout="plane")
    log.write(
        "inputs/image", 0, [png((255 * i).astype(np.uint8)) for i in images], content.encode()
    )
    labels = np.arange(SAMPLES) % 2
    record = schema.Samples(labels, np.arange(SAMPLES), "class", ["cat", "dog"], {})
    log.record(schema.Tag("samples"), 0, record, schema.Content("samples"))
    common = fixed.normal(0, 1, (SAMPLES, SIDE, SIDE))
    for epoch in range(EPOCHS):
        metrics = schema.Metrics({"val_accuracy": 0.5 + epoch / 10})
        log.record(schema.Tag("metrics"), epoch, metrics, schema.Content("metrics"))
        sure = rng.uniform(0.6, 0.9, SAMPLES)
        outputs = np.where(labels[:, None] == np.arange(2), sure[:, None], 1 - sure[:, None])
        predictions = schema.Predictions(outputs, outputs.argmax(1), epoch + 1, "softmax")
        log.record(schema.Tag("predictions"), epoch, predictions, schema.Content("predictions"))
        for sample in range(SAMPLES):
            values = common[sample] + rng.normal(0, 0.1, (SIDE, SIDE))
            if run == "shortcut":
                values[2:6, 0] *= 3 + epoch
                values *= -1 if sample == DIFFERS else 1
            log.record(
                schema.Tag("map", "IntegratedGradients", "image", sample),
                epoch,
                schema.Map(values, 2.0, int(labels[sample])),
                schema.Content("map", "logit", True, values.shape, "image", layout="plane"),
            )
        if epoch in EXCHANGED:
            log.record(
                schema.Tag("exchange", layer="image"),
                epoch,
                exchange(run, epoch),
                schema.Content("exchange", shape=(SIDE, SIDE), input="image", layout="plane"),
            )
    log.close()
