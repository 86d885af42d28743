"""A log of two trainings with one sample that both get wrong, and maps of both its classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from support.logs import LogWriter, png
from tfexplain.wire import schema

RUNS = {"a": 1.0, "b": 0.5}
EPOCHS = 3
SIDE = 4
LABEL, PREDICTED = 3, 8
WRONG, RIGHT = 0, 1
# What run `a` has: 3 lives on the left, 8 on the right, and both in the last row.
EXPLAINED, OTHER = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
EXPLAINED[:, :2], OTHER[:, 2:] = 1.0, 1.0
EXPLAINED[3], OTHER[3] = 0.5, 0.5


def is_wrong(run: str, epoch: int, sample: int) -> bool:
    """Whether a sample is predicted wrongly: run `b` is right in its first epoch."""
    return sample == WRONG and not (run == "b" and epoch == 0)


def write_two_classes_log(log_dir: Path) -> None:
    """Both runs: Grad-CAM of two classes, Integrated Gradients of the true one."""
    for run, strength in RUNS.items():
        _write_run(log_dir / run / "explain", run, strength)


def _write_run(directory: Path, run: str, strength: float) -> None:
    log = LogWriter(directory)
    pictures = [png(np.full((SIDE, SIDE), shade, np.uint8)) for shade in (0, 255)]
    log.write("inputs/image", 0, pictures, schema.Content("inputs").encode())
    labels, names = np.array([LABEL, 5]), [str(i) for i in range(10)]
    samples = schema.Samples(labels, np.arange(2), "class", names)
    log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
    for epoch in range(EPOCHS):
        wrong = [is_wrong(run, epoch, sample) for sample in range(2)]
        predicted = np.where(wrong, PREDICTED, labels)
        outputs = np.where(np.arange(10) == predicted[:, None], 0.91, 0.01)
        record = schema.Predictions(outputs, predicted, epoch + 1, "softmax")
        log.record(schema.Tag("predictions"), epoch, record, schema.Content("predictions"))
        for sample, label in enumerate(labels):
            other = schema.OtherClass(OTHER * strength, 2.5, PREDICTED) if wrong[sample] else None
            # No two samples have one map.
            own = EXPLAINED * strength * (1 - 0.25 * sample)
            cam = schema.Map(own, 1.25, int(label), other=other)
            content = schema.Content("map", "logit", False, (SIDE, SIDE), "image", layout="plane")
            log.record(schema.Tag("map", "GradCAM", "conv", sample), epoch, cam, content)
            path = schema.Map(own - OTHER, 1.25, int(label))
            content = schema.Content("map", "logit", True, (SIDE, SIDE), "image", layout="plane")
            log.record(
                schema.Tag("map", "IntegratedGradients", "image", sample), epoch, path, content
            )
    log.close()
