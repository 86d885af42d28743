"""Made-up logs of what compression did to maps: a comparison of models, and drift in trainings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from support.compressed_logs import WRAPPED, write_compressed_log
from support.logs import LogWriter, png
from support.read import Run, read_run
from tfexplain.quality import similarity
from tfexplain.quality.similarity import MEASURES
from tfexplain.wire import schema
from tfexplain.wire.records.kinds import Role

Maps = npt.NDArray[np.float32]

CLASSES = ("cat", "dog", "owl", "fox")
SAMPLES = 24
LAYERS = (("GradCAM", "conv2"), ("IntegratedGradients", "image"))
DARK_SAMPLE = 20
_SIDE = 8
_DATA = 300


@dataclass(frozen=True)
class _Model:
    """How far a made-up model is from the dense one: noise on its maps, changed predictions."""

    name: str
    noise: float
    flipped: Collection[int] = ()
    role: Role = "model"


MODELS = (
    _Model("dense", 0.0),
    _Model("int8", 0.04, (10,)),
    _Model("pruned", 0.9, (3, 10, 17)),
    _Model("seed 2", 0.35, (5,), "control"),
)


def write_comparison_log(log_dir: Path) -> None:
    """Four models on the same 24 images, at step 0, each but the first compared with `dense`.

    `seed 2` is a control. `pruned` has a map without a value in it, of sample 20, so that nothing
    is as like or unlike it. The similarities are those of the maps.
    """
    rng = np.random.default_rng(3)
    yy, xx = np.mgrid[0:_SIDE, 0:_SIDE] / _SIDE
    centres = rng.uniform(0.2, 0.8, (SAMPLES, 2))
    images = np.stack([np.exp(-((yy - a) ** 2 + (xx - b) ** 2) / 0.04) for a, b in centres])
    full = {"conv2": images[:, ::2, ::2] * 4, "image": images * rng.normal(0.1, 0.02, images.shape)}
    for model in MODELS:
        moved = model.noise * rng.uniform(0, 2, (SAMPLES, 1, 1))
        maps = {}
        for layer, values in full.items():
            noisy = values * (1 + moved * rng.normal(0, 1, values.shape))
            noisy += moved * np.abs(values).max() * 0.3 * rng.normal(0, 1, values.shape)
            maps[layer] = (np.maximum(noisy, 0) if layer == "conv2" else noisy).astype(np.float32)
        if model.name == "pruned":
            maps["conv2"][DARK_SAMPLE] = 0
        _write_model(log_dir / model.name / "explain", model, images, maps, full)


def _write_model(
    run: Path, model: _Model, images: Maps, maps: dict[str, Maps], full: dict[str, Maps]
) -> None:
    log = LogWriter(run)
    pictures = [png((255 * image).astype(np.uint8)) for image in images]
    shape = (_SIDE, _SIDE, 1)
    log.write("inputs/image", 0, pictures, schema.Content("inputs", shape=shape).encode())
    labels = np.arange(SAMPLES) % len(CLASSES)
    settings = {"GradCAM": "at conv2; label", "target": "label"}
    samples = schema.Samples(
        labels,
        np.arange(SAMPLES),
        "class",
        CLASSES,
        settings,
        layers={explainer: [layer] for explainer, layer in LAYERS},
    )
    log.record(schema.Tag("samples"), 0, samples, schema.Content("samples"))
    predicted = labels.copy()
    predicted[list(model.flipped)] = (predicted[list(model.flipped)] + 1) % len(CLASSES)
    outputs = np.full((SAMPLES, len(CLASSES)), 0.05)
    outputs[np.arange(SAMPLES), predicted] = 0.85
    said = schema.Predictions(outputs, predicted, 1, "softmax")
    log.record(schema.Tag("predictions"), 0, said, schema.Content("predictions"))
    for explainer, layer in LAYERS:
        _write_maps(log, explainer, layer, maps[layer], labels)
        if model.name != "dense":
            record = schema.Drift(
                similarity(maps[layer], full[layer]),
                predicted == labels,
                MEASURES,
                "dense",
                model.role,
            )
            content = schema.Content("drift", role=model.role)
            log.record(schema.Tag("drift", explainer, layer), 0, record, content)
    if model.name != "dense":
        content = schema.Content("fidelity", role=model.role)
        log.record(schema.Tag("fidelity"), 0, _fidelity(model), content)
    log.close()


def _write_maps(log: LogWriter, explainer: str, layer: str, maps: Maps, labels: Maps) -> None:
    signed = explainer == "IntegratedGradients"
    content = schema.Content("map", "logit", signed, maps[0].shape, "image")
    for sample, values in enumerate(maps):
        record = schema.Map(values, 3.0, int(labels[sample]))
        log.record(schema.Tag("map", explainer, layer, sample), 0, record, content)


def _fidelity(model: _Model) -> schema.Fidelity:
    flips = np.array([2, 0, 7, 1]) * len(model.flipped)
    counts = np.full(len(CLASSES), _DATA // len(CLASSES))
    numbers = {
        "samples": _DATA,
        "agreement": 1 - flips.sum() / _DATA,
        "kl": 0.02 * model.noise,
        "accuracy": 0.95 - 0.1 * model.noise,
        "reference_accuracy": 0.95,
    }
    return schema.Fidelity(numbers, flips, counts, "dense", model.role)


def write_drifting_log(log_dir: Path, *, epochs: int = 12, reference: int = 2) -> None:
    """Two trainings, `dense` and `pruned`, with drift from the epoch `reference` on.

    The similarities are those of the maps, which are of `write_demo_log`.
    """
    for seed, name in enumerate(("dense", "pruned")):
        run = log_dir / name
        write_compressed_log(run, epochs=epochs, pruned=name == "pruned", seed=seed)
        written = read_run(run)
        log = LogWriter(run / "explain")
        for tag in sorted(written.values):
            parsed = schema.Tag.parse(tag)
            if parsed.kind == "map" and parsed.sample == 0:
                _write_drift(log, written, parsed, range(reference, epochs))
        log.close()


UNEVEN = {
    "long": {"metrics": range(8), "maps": range(0, 8, 3), "kernels": range(0, 8, 2)},
    "short": {"metrics": range(5), "maps": range(5), "kernels": range(5)},
}


def write_uneven_log(log_dir: Path) -> None:
    """The runs of `UNEVEN`, with the epochs that each kind has: none has all that another has.

    Drift is there wherever maps are, from the first epoch on.
    """
    for name, kinds in UNEVEN.items():
        run = log_dir / name
        write_compressed_log(
            run,
            epochs=len(kinds["metrics"]),
            every=kinds["kernels"].step,
            explained_every=kinds["maps"].step,
        )
        written = read_run(run)
        log = LogWriter(run / "explain")
        _write_drift(log, written, schema.Tag("map", "GradCAM", WRAPPED, 0), kinds["maps"])
        log.close()


def _write_drift(log: LogWriter, run: Run, tag: schema.Tag, epochs: range) -> None:
    def maps(epoch: int) -> Maps:
        records = run.maps(tag.explainer, tag.layer, epoch)
        return np.stack([record.values for record in records])

    def predicted(epoch: int) -> npt.NDArray[np.int32]:
        return np.asarray(run.record("predictions", epoch).predicted)

    first = epochs[0]
    for epoch in epochs:
        record = schema.Drift(
            similarity(maps(epoch), maps(first)),
            predicted(epoch) == predicted(first),
            MEASURES,
            f"epoch {first}",
            reference_step=first,
        )
        drift = schema.Tag("drift", tag.explainer, tag.layer)
        log.record(drift, epoch, record, schema.Content("drift"))
