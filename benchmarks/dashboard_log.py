"""The log that `dashboard.py` opens: made-up trainings, written by the callbacks' own writer.

Each run explains the same samples with Grad-CAM (7 x 7), Grad-CAM without its ReLU (14 x 14,
signed), Integrated Gradients (28 x 28, signed) and feature maps (8 channels of 14 x 14), beside
metrics, predictions, status, drift and input pictures: 224 x 224 pixels in the first half of the
runs, 64 x 64 in the others. Every other run has compression records of 12 kernels.
`write_pictures` writes the same maps for TensorBoard's Images dashboard: overlays of 64 x 64
pixels, one tag for each sample.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

# The root goes first, or Python takes the folder tests/tfexplain for the package.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from support.compressed_logs import METRICS

from tfexplain.quality.similarity import MEASURES
from tfexplain.rendering import colored, overlay, scale_of
from tfexplain.resampling import resize
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema

NAMES = ("bear", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "dog")
CHANNELS = 8
KERNELS = 12
BINS = 64
SIDE, OVERLAY = 224, 64


@dataclass(frozen=True)
class Explainer:
    """What one explainer logs: maps of `side` x `side`, or channels of that size."""

    name: str
    layer: str
    side: int
    signed: bool = False
    channels: int = 0

    def tag(self, sample: int) -> schema.Tag:
        """The series of one sample."""
        return schema.Tag("channels" if self.channels else "map", self.name, self.layer, sample)

    @property
    def content(self) -> schema.Content:
        """What is the same at every epoch."""
        shape = (self.side, self.side)
        if self.channels:
            unit, shape = "activation", (self.channels, *shape)
            return schema.Content("channels", unit, True, shape, "image", 256)
        return schema.Content("map", "logit", self.signed, shape, "image", 256)


EXPLAINERS = (
    Explainer("GradCAM", "block5/conv3", 7),
    Explainer("GradCAM(relu=False)", "block4/conv3", 14, signed=True),
    Explainer("IntegratedGradients", "image", 28, signed=True),
    Explainer("FeatureMaps", "block4/conv3", 14, channels=CHANNELS),
)


@dataclass(frozen=True)
class Size:
    """How much is written."""

    runs: int = 10
    epochs: int = 200
    samples: int = 16


def names(size: Size) -> list[str]:
    """The runs' names."""
    return [f"resnet50 seed {i}" for i in range(size.runs)]


def write_log(log_dir: Path, size: Size) -> None:
    """The log for the EXPLAIN tab."""
    for number, name in enumerate(names(size)):
        log = RunWriter(str(log_dir / name / "explain"))
        log.open()
        _begin(log, size, number)
        rng = np.random.default_rng(number)
        for epoch in range(size.epochs):
            _numbers(log, size, epoch, rng)
            for explainer in EXPLAINERS:
                for sample, values in enumerate(maps(explainer, size, number, epoch)):
                    record = _record(explainer, values, sample, epoch)
                    log.add(explainer.tag(sample), epoch, record, explainer.content)
            log.commit()
        log.close()
        if number % 2 == 0:
            _write_compression(log_dir / name / "compression", size, rng)


def write_pictures(log_dir: Path, size: Size) -> None:
    """The same maps as overlays for the Images dashboard."""
    inputs = [np.asarray(_picture(sample, OVERLAY)) for sample in range(size.samples)]
    for number, name in enumerate(names(size)):
        log = RunWriter(str(log_dir / name))
        log.open()
        for epoch in range(size.epochs):
            for explainer in EXPLAINERS:
                for sample, values in enumerate(maps(explainer, size, number, epoch)):
                    png = _png(_overlay(inputs[sample], values, explainer))
                    tag = f"{explainer.name}/{explainer.layer}/{sample}"
                    log.add_image(tag, epoch, png, (OVERLAY, OVERLAY), "")
            log.commit()
        log.close()


def maps(explainer: Explainer, size: Size, run: int, epoch: int) -> Iterator[Any]:
    """Each sample's maps, [side, side] or [channels, side, side]: spots that move as it learns."""
    rng = np.random.default_rng([run, epoch, explainer.side])
    count = explainer.channels or 1
    grid = np.arange(explainer.side) / explainer.side
    done = (epoch + 1) / size.epochs
    for sample in range(size.samples):
        still = np.random.default_rng([sample, run])
        places = still.uniform(0.2, 0.8, (2, count)) + 0.1 * np.cos(6 * done + still.uniform(0, 6))
        y, x = (np.exp(-((grid - place[:, None]) ** 2) / 0.05) for place in places)
        found = (0.5 + 4 * done) * y[:, :, None] * x[:, None, :]
        noise = rng.normal(0, 0.35 if explainer.signed else 0.1, found.shape)
        found = found + noise * found.max() if explainer.signed else np.maximum(found + noise, 0)
        if explainer.channels:
            found[sample % CHANNELS] = 0
        yield found.astype(np.float32) if explainer.channels else found[0].astype(np.float32)


def _record(explainer: Explainer, values: Any, sample: int, epoch: int) -> schema.Record:
    if explainer.channels:
        dead = np.arange(CHANNELS) == sample % CHANNELS
        return schema.Channels(values, np.arange(CHANNELS) * 31, dead.astype(np.uint8))
    gap = 0.01 / (epoch + 1) if explainer.name == "IntegratedGradients" else None
    return schema.Map(values, float(values.max() * 2), sample % len(NAMES), gap=gap)


def _begin(log: RunWriter, size: Size, number: int) -> None:
    side = SIDE if 2 * number < size.runs else OVERLAY
    pictures = [_png(_picture(sample, side)) for sample in range(size.samples)]
    content = schema.Content("inputs", shape=(side, side, 3))
    log.add_pictures(schema.Tag("inputs", layer="image"), pictures, content)
    settings = {e.name: f"at {e.layer}; label" for e in EXPLAINERS}
    labels = np.arange(size.samples) % len(NAMES)
    layers = {e.name: [e.layer] for e in EXPLAINERS}
    rows = np.arange(size.samples) * 7
    samples = schema.Samples(labels, rows, "class", NAMES, settings, layers=layers)
    log.add_constant(schema.Tag("samples"), samples, schema.Content("samples"))


def _numbers(log: RunWriter, size: Size, epoch: int, rng: np.random.Generator) -> None:
    """Metrics, predictions, status and drift of one epoch."""
    done = 1 - np.exp(-4 * (epoch + 1) / size.epochs)
    noise = rng.normal(0, 0.015)
    numbers = {
        "accuracy": 0.1 + 0.85 * done,
        "loss": 2.3 - 2.1 * done,
        "val_accuracy": 0.1 + 0.75 * done + noise,
        "val_loss": 2.3 - 1.8 * done - 4 * noise,
    }
    log.add(schema.Tag("metrics"), epoch, schema.Metrics(numbers), schema.Content("metrics"))
    labels = np.arange(size.samples) % len(NAMES)
    outputs = rng.dirichlet(np.ones(len(NAMES)), size.samples) + done * np.eye(len(NAMES))[labels]
    outputs /= outputs.sum(axis=1, keepdims=True)
    said = schema.Predictions(outputs, outputs.argmax(1), epoch + 1, "softmax")
    log.add(schema.Tag("predictions"), epoch, said, schema.Content("predictions"))
    seconds = {e.name: 0.1 + 0.2 * rng.random() for e in EXPLAINERS}
    log.add(schema.Tag("status"), epoch, schema.Status(seconds, []), schema.Content("status"))
    for explainer in EXPLAINERS:
        if not explainer.channels:
            alike = np.clip(rng.normal(1 - 0.6 * done, 0.1, (size.samples, len(MEASURES))), -1, 1)
            agrees = outputs.argmax(1) == labels
            drift = schema.Drift(alike, agrees, MEASURES, "epoch 0", reference_step=0)
            tag = schema.Tag("drift", explainer.name, explainer.layer)
            log.add(tag, epoch, drift, schema.Content("drift"))


def _write_compression(run: Path, size: Size, rng: np.random.Generator) -> None:
    log = RunWriter(str(run))
    log.open()
    shapes = [(9 * 64 * 2**i, 64 * 2**i) for i in range(4) for _ in range(KERNELS // 4)]
    for epoch in range(size.epochs):
        rows, lines = [], []
        for i, shape in enumerate(shapes):
            weights = shape[0] * shape[1]
            zero = 0.8 * epoch / size.epochs * (i + 1) / KERNELS
            name = f"block{i // 3 + 1}/conv{i % 3 + 1}"
            rows.append(_row(name, shape))
            lines.append(_line(weights, zero))
            counts = rng.poisson((1 - zero) * weights * np.hanning(BINS) / BINS)
            pruned = np.arange(shape[1]) < zero * shape[1] / 4
            kernel = schema.Kernel(
                counts, -0.2, 0.2, int(zero * weights), 0, pruned, np.zeros(0, bool)
            )
            content = schema.Content("kernel", shape=(BINS,))
            log.add(schema.Tag("kernel", layer=name), epoch, kernel, content)
        values = np.array([[line.get(name, np.nan) for name in METRICS] for line in lines])
        weights, nonzeros = (sum(line[n] for line in lines) for n in ("weights", "nonzeros"))
        totals = {
            "weights": weights,
            "nonzeros": nonzeros,
            "sparsity": 1 - nonzeros / weights,
            "size_stored": 4 * weights,
            "size_dense": 4 * weights,
            "unread": 0,
        }
        record = schema.Kernels(rows, METRICS, values, {"": totals}, {"": "all"}, "epoch")
        log.add(schema.Tag("kernels"), epoch, record, schema.Content("kernels"))
        status = schema.Status({"Compression": 0.05}, [])
        log.add(schema.Tag("status"), epoch, status, schema.Content("status"))
        log.commit()
    log.close()


def _row(name: str, shape: tuple[int, int]) -> dict[str, str]:
    return {
        "name": name,
        "path": name,
        "part": "",
        "type": "Conv2D",
        "wrapper": "",
        "note": "",
        "mode": "float",
        "dtype": "float32",
        "shape": " × ".join(map(str, shape)),
    }


def _line(weights: int, zero: float) -> dict[str, float]:
    nonzeros = round((1 - zero) * weights)
    return {
        "weights": weights,
        "sparsity": zero,
        "nonzeros": nonzeros,
        "nonfinite": 0,
        "filter_sparsity": zero / 4,
        "nm_compliance": zero,
        "bits_stored": 32,
        "effective_bits": 32,
        "size_stored": 4 * weights,
        "size_dense": 4 * weights,
        "mean": 0.0,
        "std": 0.05,
        "low": -0.2,
        "high": 0.2,
    }


@cache
def _picture(sample: int, side: int) -> Image.Image:
    """Blurred noise, about as hard to compress as a photograph."""
    rng = np.random.default_rng(sample)
    picture = np.zeros((SIDE, SIDE, 3))
    for grain in (4, 16, 64, 224):
        coarse = Image.fromarray(rng.integers(0, 256, (grain, grain, 3), np.uint8))
        picture += np.asarray(coarse.resize((SIDE, SIDE)), float) / grain
    scaled = (255 * picture / picture.max()).astype(np.uint8)
    return Image.fromarray(scaled).resize((side, side))


def _overlay(picture: Any, values: Any, explainer: Explainer) -> Any:
    """uint8 [OVERLAY, OVERLAY, 3]: one map over its input, or the channels side by side."""
    scale, signed = scale_of(values), explainer.signed
    if not explainer.channels:
        return overlay(np.asarray(picture), values, scale, signed=signed)
    coloured = colored(values, scale, signed=signed)
    rows = coloured.reshape(2, CHANNELS // 2, *coloured.shape[1:])
    sheet = np.concatenate(np.concatenate(rows, axis=1), axis=1)
    return resize(sheet, (OVERLAY, OVERLAY), smooth=False)


def _png(picture: Any) -> bytes:
    buffer = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(buffer, "PNG")
    return buffer.getvalue()
