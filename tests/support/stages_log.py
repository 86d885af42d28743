"""A made-up training and its pruned twin with maps of three stages, without TensorFlow."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from support.logs import LogWriter, png
from tfexplain.wire import schema

RUNS = ("dense", "pruned")
EPOCHS = 3
SAMPLES = 3
SIDE = 8
# By the layer at the end of each stage: side of its maps and channels.
STAGES = {"stem": (8, 4), "body/sum": (4, 16), "top_relu": (2, 32)}
# Kernels and how many of their weights are zero in the end, in the order of calls.
KERNELS = {"stem": 0.25, "body/conv": 0.5, "top": 0.75}
WEIGHTS = 100
# Of the first stage's channels in its evidence: two make half of it.
SHARES = np.array([0.4, -0.3, 0.2, 0.1], np.float32)


def write_stages_log(log_dir: Path) -> None:
    """Both runs. Pruning left the map of the first stage as it was, mirrored that of the second,
    and nothing of the third; without a structure, nothing is known of channels and kernels."""
    for run in RUNS:
        _write_run(log_dir / run, pruned=run == "pruned")


def stage_map(layer: str, sample: int, epoch: int, *, pruned: bool) -> np.ndarray:
    """Three quarters of the magnitudes lie in the first row, the more the later the epoch."""
    side = STAGES[layer][0]
    values = np.zeros((side, side), np.float32)
    values[0] = 3.0 * (1 + epoch) / side
    values[1] = (1 + sample) * (1 + epoch) / side
    if pruned and epoch == EPOCHS - 1 and layer != "stem":
        values = values[::-1] if layer == "body/sum" else np.zeros_like(values)
    return values


def _write_run(directory: Path, *, pruned: bool) -> None:
    log = LogWriter(directory / "explain")
    images = np.random.default_rng(0).uniform(0, 1, (SAMPLES, SIDE, SIDE))
    content = schema.Content("inputs", shape=(SIDE, SIDE, 1), layout="plane")
    pictures = [png((255 * image).astype(np.uint8)) for image in images]
    log.write("inputs/image", 0, pictures, content.encode())
    labels = np.arange(SAMPLES) % 2
    samples = schema.Samples(
        *(labels, np.arange(SAMPLES), "class", ["cat", "dog"], {}),
        layers={"LayerCAM": list(STAGES)},
    )
    log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
    log.record(schema.Tag("structure"), 0, _structure(), schema.Content("structure"))
    for epoch in range(EPOCHS):
        outputs = np.where(labels[:, None] == np.arange(2), 0.9, 0.1)
        outputs = outputs[:, ::-1] if pruned and epoch == EPOCHS - 1 else outputs
        predictions = schema.Predictions(outputs, outputs.argmax(1), epoch + 1, "softmax")
        log.record(schema.Tag("predictions"), epoch, predictions, schema.Content("predictions"))
        for layer in STAGES:
            for sample in range(SAMPLES):
                values = stage_map(layer, sample, epoch, pruned=pruned)
                log.record(
                    schema.Tag("map", "LayerCAM", layer, sample),
                    epoch,
                    schema.Map(values, 2.0, int(labels[sample])),
                    schema.Content(
                        *("map", "logit", False, values.shape, "image", 0, {"layer": "stages"}),
                        layout="plane",
                    ),
                )
        for sample in range(SAMPLES):
            maps, channels = np.ones((STAGES["stem"][1], SIDE, SIDE)), np.arange(STAGES["stem"][1])
            record = schema.Channels(maps, channels, np.zeros(len(channels), bool), shares=SHARES)
            content = schema.Content("channels", "activation", False, maps.shape, "image", 4)
            log.record(
                schema.Tag("channels", "FeatureMaps", "stem", sample), epoch, record, content
            )
    log.close()
    _write_kernels(directory / "compression", pruned=pruned)


def _structure() -> schema.Structure:
    """`body` is a nested model, whose sum is its output; `spare` is called by nobody."""
    shapes = {
        "image": "8 × 8 × 1",
        "stem": "8 × 8 × 4",
        "body/conv": "4 × 4 × 16",
        "body/sum": "4 × 4 × 16",
        "body": "4 × 4 × 16",
        "top": "2 × 2 × 32",
        "top_relu": "2 × 2 × 32",
        "spare": "",
    }
    kinds = {"image": "input", "spare": "uncalled"}
    rows = [
        {"name": name, "kind": kinds.get(name, "call"), "type": "Layer", "shape": shape}
        for name, shape in shapes.items()
    ]
    parents = [4 if name.startswith("body/") else -1 for name in shapes]
    edges = [(0, 1), (1, 2), (2, 3), (1, 3), (3, 4), (4, 5), (5, 6)]
    numbers = np.zeros((len(shapes), 2))
    return schema.Structure(rows, np.array(parents), np.array(edges), numbers, {})


def _write_kernels(directory: Path, *, pruned: bool) -> None:
    log = LogWriter(directory)
    words = {"part": "", "type": "Conv2D", "wrapper": "", "mode": "float", "dtype": "float32"}
    rows = [{"name": n, "path": n, "shape": "10 × 10", "note": "", **words} for n in KERNELS]
    for epoch in range(EPOCHS):
        shares = [share * epoch / (EPOCHS - 1) * pruned for share in KERNELS.values()]
        values = np.array([[WEIGHTS, share, WEIGHTS * (1 - share)] for share in shares])
        total = {"weights": WEIGHTS * len(rows), "sparsity": float(np.mean(shares))}
        metrics = ("weights", "sparsity", "nonzeros")
        record = schema.Kernels(rows, metrics, values, {"": total}, {}, "epoch", weights=epoch)
        log.record(schema.Tag("kernels"), epoch, record, schema.Content("kernels"))
    log.close()
