"""Event files written without TensorFlow: logs of any shape for tests of plugin and page."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import (
    DATA_CLASS_BLOB_SEQUENCE,
    DATA_CLASS_TENSOR,
    Summary,
    SummaryMetadata,
)
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.summary.writer.record_writer import RecordWriter

from tfexplain.wire import schema
from tfexplain.wire.clock import event_step

_serial = count()


class LogWriter:
    """Writes any bytes under any tag: well-formed records and hostile ones alike.

        log = LogWriter(log_dir / "explain")
        log.record(Tag("metrics"), 0, Metrics({"loss": 0.5}), Content("metrics"))
        log.close()

    TensorBoard reads the files of a run in the order of their names, so they are numbered: those
    of its own writer end in a number without zeros in front, by which the tenth of one second
    is read before the ninth.

    Args:
        run: The directory.
        parts: Of how many steps an epoch of the log has; 1 where steps are epochs.
    """

    def __init__(self, run: Path, parts: int = 1) -> None:
        self._parts = parts
        run.mkdir(parents=True, exist_ok=True)
        when, serial = int(time.time()), next(_serial)
        name = f"events.out.tfevents.{when:010d}.{serial:06d}.{os.getpid()}.tfexplain"
        self._file = RecordWriter((run / name).open("xb"))
        self._append(Event(wall_time=time.time(), file_version="brain.Event:2"))

    def write(
        self,
        tag: str,
        step: int,
        data: bytes | Sequence[bytes],
        content: bytes,
        wall_time: float | None = None,
    ) -> None:
        """One event; a sequence of bytes becomes a blob sequence."""
        blobs = None if isinstance(data, bytes) else list(data)
        metadata = SummaryMetadata(
            plugin_data=SummaryMetadata.PluginData(plugin_name=schema.PLUGIN_NAME, content=content),
            data_class=DATA_CLASS_TENSOR if blobs is None else DATA_CLASS_BLOB_SEQUENCE,
        )
        dims = [] if blobs is None else [TensorShapeProto.Dim(size=len(blobs))]
        tensor = TensorProto(
            dtype=DT_STRING,
            tensor_shape=TensorShapeProto(dim=dims),
            string_val=[data] if blobs is None else blobs,
        )
        value = Summary.Value(tag=tag, metadata=metadata, tensor=tensor)
        event = Event(step=step, summary=Summary(value=[value]))
        event.wall_time = time.time() if wall_time is None else wall_time
        self._append(event)

    def record(
        self, tag: schema.Tag, step: int, record: schema.Record, content: schema.Content
    ) -> None:
        """One well-formed record."""
        if self._parts > 1 and tag.kind != "samples":
            step = event_step((step + 1) / self._parts - 1, fine=True)
            content = replace(content, per_epoch=self._parts)
        self.write(str(tag), step, record.encode(), content.encode())

    def close(self) -> None:
        """Flush and close the file."""
        self._file.close()

    def _append(self, event: Event) -> None:
        self._file.write(event.SerializeToString())


def png(pixels: np.ndarray) -> bytes:
    """uint8 [H, W] or [H, W, 3 or 4] as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def write_demo_log(
    log_dir: Path,
    *,
    epochs: int = 6,
    every: int = 1,
    samples: int = 8,
    side: int = 8,
    seed: int = 0,
    rows: Sequence[int] = (),
    contents: Sequence[int] = (),
    layers: Sequence[str] = ("conv1", "backbone/conv2"),
    parts: int = 1,
) -> None:
    """A made-up but well-formed training: blobs as images, drifting maps, improving metrics.

    Sample 1 has a NaN in its IntegratedGradients map, channel 2 of every layer is dead, sample 3
    changes its predicted class half-way, and one problem is reported in the last epoch. Only every
    `every`th epoch is explained; all have metrics. The samples stand in every seventh row, or in
    `rows`. What the samples hold is not logged, as in older logs, but for `contents`: which of a
    few blobs each sample is. Of more `parts` than one, so many steps are one epoch.
    """
    fixed, rng = np.random.default_rng(0), np.random.default_rng(seed)
    log = LogWriter(log_dir / "explain", parts)
    yy, xx = np.mgrid[0:side, 0:side] / side
    blobs = np.array(contents or range(samples))
    centres = fixed.uniform(0.2, 0.8, (max(blobs) + 1, 2))[blobs]
    images = np.stack([np.exp(-((yy - a) ** 2 + (xx - b) ** 2) / 0.04) for a, b in centres])
    names = ["cat", "dog", "owl", "fox"]
    labels = blobs % 4
    log.write(
        "inputs/image",
        0,
        [png((255 * image).astype(np.uint8)) for image in images],
        schema.Content("inputs", shape=(side, side, 1)).encode(),
    )
    settings = {"samples": str(samples), "layer": layers[-1], "target": "label"}
    stand = np.array(rows or range(0, 7 * samples, 7))
    log.record(
        schema.Tag("samples"),
        0,
        schema.Samples(
            *(labels, stand, "class", names, settings),
            hashes=blobs.astype(np.uint64) if contents else None,
        ),
        schema.Content("samples"),
    )
    for epoch in range(epochs):
        done = (epoch + 1) / epochs
        noise = rng.normal(0, 0.02)
        values = {
            "accuracy": 0.5 + 0.45 * done + noise,
            "loss": 2.0 * (1 - done) + 0.1 + abs(noise),
            "val_accuracy": 0.45 + 0.4 * done - noise,
            "val_loss": 2.1 * (1 - done) + 0.2,
        }
        log.record(schema.Tag("metrics"), epoch, schema.Metrics(values), schema.Content("metrics"))
        if epoch % every:
            continue
        outputs = rng.dirichlet(np.ones(4), samples) * (1 - done) * 0.8
        shown = labels.copy()
        shown[3 % samples] = labels[3 % samples] if done > 0.5 else 0
        outputs[np.arange(samples), shown] += 1 - outputs.sum(axis=1)
        log.record(
            schema.Tag("predictions"),
            epoch,
            schema.Predictions(outputs, outputs.argmax(1), epoch // every + 1, "softmax"),
            schema.Content("predictions"),
        )
        kind = "IntegratedGradients: ResourceExhaustedError"
        problems = [schema.Problem(kind, 2, "OOM", epoch)]
        status = schema.Status(
            {"GradCAM": 0.01, "IntegratedGradients": 0.2}, problems if epoch == epochs - 1 else []
        )
        log.record(schema.Tag("status"), epoch, status, schema.Content("status"))
        for sample in range(samples):
            _write_maps(log, epoch, sample, images[sample], int(labels[sample]), layers, done, rng)
    log.close()


def _write_maps(
    log: LogWriter,
    epoch: int,
    sample: int,
    image: np.ndarray,
    label: int,
    layers: Sequence[str],
    done: float,
    rng: np.random.Generator,
) -> None:
    side = len(image)
    cam = np.clip(np.roll(image, int(3 * (1 - done)), 0)[::2, ::2] * done * 4, 0, None)
    log.record(
        schema.Tag("map", "GradCAM", layers[-1], sample),
        epoch,
        schema.Map(cam, 5 * done, label),
        schema.Content("map", "logit", False, cam.shape, "image", 12, {"relu": "True"}),
    )
    ig = image * rng.normal(done, 0.3, (side, side)) * 0.1
    if sample == 1:
        ig[0, 0] = np.nan
    log.record(
        schema.Tag("map", "IntegratedGradients", "image", sample),
        epoch,
        schema.Map(ig, 5 * done, label, gap=0.001 * (epoch - 2), error=0.018, passes=33),
        schema.Content("map", "logit", True, ig.shape, "image", 0, {"steps": "32"}),
    )
    for layer in layers:
        maps = np.stack([np.clip(image[::2, ::2] * s, 0, None) for s in (1, -1, 0, 0.5, 2, -2)])
        log.record(
            schema.Tag("channels", "FeatureMaps", layer, sample),
            epoch,
            schema.Channels(maps * done, np.arange(6), np.array([0, 1, 1, 0, 0, 1])),
            schema.Content("channels", "activation", True, maps.shape, "image", 12),
        )
