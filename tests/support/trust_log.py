"""A made-up training whose maps are measured: three numbers of each, and the curves of one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np

from support.logs import LogWriter, png
from tfexplain.wire import schema

EPOCHS, MEASURED, SAMPLES, SIDE = 4, (0, 3), 3, 8
START, DELETION = "start similarity", "Deletion"
# By sample, at the last epoch: the second map is most like the start, the third the least faithful.
LIKE_START, LIKE_OTHERS = (0.2, 0.9, 0.4), (0.3, 0.1, 0.35)
FOUND, BY_CHANCE, BY_EDGES = (0.25, 0.375, 0.75), (0.5, 0.5, 0.5), (0.4375, 0.625, 0.25)
SHARES = np.array([0, 0.5, 1])


def write_trust_log(log_dir: Path) -> None:
    """One run with Grad-CAM of three samples; metrics are measured in two of four epochs."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 255, (SAMPLES, SIDE, SIDE), np.uint8)
    with closing(LogWriter(log_dir / "run" / "explain")) as log:
        log.write("inputs/image", 0, [png(p) for p in pictures], schema.Content("inputs").encode())
        samples = schema.Samples(
            *(np.arange(SAMPLES), np.arange(SAMPLES), "class", ["cat", "dog", "owl"]),
            {"quality": "Deletion; in 2 epochs"},
        )
        log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
        for epoch in range(EPOCHS):
            metrics = schema.Metrics({"loss": 1 / (1 + epoch), "val_accuracy": epoch / EPOCHS})
            log.record(schema.Tag("metrics"), epoch, metrics, schema.Content("metrics"))
            outputs = np.eye(SAMPLES) * 0.8 + 0.05
            said = schema.Predictions(outputs, outputs.argmax(1), 1 + epoch, "softmax")
            log.record(schema.Tag("predictions"), epoch, said, schema.Content("predictions"))
            content = schema.Content("map", "logit", False, (SIDE, SIDE), "image")
            for sample in range(SAMPLES):
                shown = schema.Map(rng.random((SIDE, SIDE), np.float32), 1.5, sample)
                log.record(schema.Tag("map", "GradCAM", "conv", sample), epoch, shown, content)
            tag = schema.Tag("trust", "GradCAM", "conv")
            log.record(tag, epoch, trust(epoch), schema.Content("trust"))


def trust(epoch: int) -> schema.Trust:
    """What is said of the maps of an epoch."""
    numbers, chance = [LIKE_START], [LIKE_OTHERS]
    names, units = [START], ["rank correlation"]
    curves = []
    if epoch in MEASURED:
        numbers, chance = [*numbers, FOUND], [*chance, BY_CHANCE]
        names, units = [*names, DELETION], [*units, "probability"]
        areas = {"map": FOUND, "chance": BY_CHANCE, "edges": BY_EDGES}
        curves = [
            schema.TrustCurve(DELETION, order, SHARES, curve_of(own))
            for order, own in areas.items()
        ]
    return schema.Trust(
        *(np.transpose(numbers), np.transpose(chance), names, units, ["lower"] * len(names)),
        curves=curves,
    )


def curve_of(areas: tuple[float, ...]) -> np.ndarray:
    """Scores at `SHARES` with these areas below: 1, something, 0."""
    middle = 2 * np.array(areas) - 0.5
    return np.stack([np.ones(SAMPLES), middle, np.zeros(SAMPLES)], axis=1).astype(np.float32)
