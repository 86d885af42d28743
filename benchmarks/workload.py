"""One process of `benchmarks/explain.py`: builds a case, runs parts of it, prints JSON.

    python benchmarks/workload.py time CASE ROUNDS
    python benchmarks/workload.py peak CASE PART

The bare parts are written by hand and use nothing of tfexplain. They are what an explanation
cannot do without: a forward pass, and the backward part that the method needs.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images

from tfexplain import FeatureMaps, GradCAM, IntegratedGradients, explain, rendering, schema
from tfexplain.callbacks.writer import RunWriter
from tfexplain.passes import Passes

Array: TypeAlias = npt.NDArray[Any]
Part: TypeAlias = Callable[[], Any]

# A timing is of at least so many seconds of the same call, or of one call that takes longer.
LEAST_SECONDS = 0.1


@dataclass(frozen=True)
class Case:
    """A model, the batch it explains and the layer of its Grad-CAM (the default one)."""

    model: Any
    images: Array
    targets: Array
    layer: str
    steps: int


def small_cnn(steps: int) -> Case:
    """Three convolutions on 32 images of 28 x 28 pixels (digits, enlarged)."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu", name="conv1"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu", name="conv2"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu", name="conv3"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    digits = (load_digits().images[:32] * 255 / 16).astype(np.uint8)
    enlarged = [np.asarray(Image.fromarray(digit).resize((28, 28))) for digit in digits]
    images = np.stack(enlarged)[..., np.newaxis].astype(np.float32) / 255
    return Case(model, images, np.arange(32, dtype=np.int32) % 10, "conv3", steps)


def mobilenet_v2(steps: int) -> Case:
    """MobileNetV2 with random weights on 8 crops of scikit-learn's two photographs."""
    model = keras.applications.MobileNetV2(weights=None)
    photographs = load_sample_images().images
    crops = [p[y : y + 224, x : x + 224] for p in photographs for y in (0, 200) for x in (50, 350)]
    images = np.stack(crops).astype(np.float32) / 127.5 - 1
    return Case(model, images, np.arange(8, dtype=np.int32) * 100, "out_relu", steps)


CASES = {"small_cnn": small_cnn, "mobilenet_v2": mobilenet_v2}


# ------------------------------------------------------------------------------ bare parts


def bare_parts(case: Case) -> dict[str, Part]:
    """Hand-written compiled passes; each returns numpy arrays, as the explainers do."""
    model, images, targets = case.model, tf.constant(case.images), tf.constant(case.targets)
    layer = model.get_layer(case.layer)
    before = keras.Model(model.inputs, layer.output)
    after = keras.Model(layer.output, model.outputs[0])

    def score(outputs: Any) -> Any:
        return tf.reduce_sum(tf.gather(outputs._keras_logits, targets, batch_dims=1))

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def forward() -> Any:
        return model(images, training=False)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def gradient(points: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(points)
            total = score(model(points, training=False))
        return tape.gradient(total, points)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def grad_cam() -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            activation = before(images, training=False)
            tape.watch(activation)
            total = score(after(activation, training=False))
        weights = tf.reduce_mean(tape.gradient(total, activation), axis=[1, 2])
        return tf.nn.relu(tf.einsum("nhwc,nc->nhw", activation, weights))

    positions, weights = np.polynomial.legendre.leggauss(case.steps)

    def integrated_gradients() -> Any:
        pairs = zip((positions + 1) / 2, weights / 2, strict=True)
        mean = sum(np.float32(w) * gradient(images * np.float32(a)) for a, w in pairs)
        return (mean * images).numpy()

    return {
        "bare forward": lambda: forward().numpy(),
        "bare forward+backward": lambda: gradient(images).numpy(),
        "bare Grad-CAM": lambda: grad_cam().numpy(),
        "bare IG": integrated_gradients,
    }


# -------------------------------------------------------------------------------- our parts


def our_parts(case: Case, all_passes: list[Passes]) -> dict[str, Part]:
    """Explainers as users call them, each on compiled passes of its own (its first call opens
    them, and appends them to `all_passes`)."""
    maps, cam = FeatureMaps(), GradCAM()
    ig = IntegratedGradients(steps=case.steps, batch_size=len(case.images))

    def part(*explainers: Any) -> Part:
        opened: list[Passes] = []

        def run() -> Any:
            if not opened:
                opened.append(Passes(case.model, case.images))
                all_passes.extend(opened)
            return explain(case.model, explainers, case.images, case.targets, passes=opened[0])

        return run

    return {
        "FeatureMaps": part(maps),
        "GradCAM": part(cam),
        "FeatureMaps, GradCAM": part(maps, cam),
        "IntegratedGradients": part(ig),
        "all three": part(maps, cam, ig),
    }


def check(case: Case) -> None:
    """The bare parts compute what the explainers compute; else the ratios compare nothing.

    Raises:
        AssertionError: They do not.
    """
    bare = bare_parts(case)
    cam = GradCAM()(case.model, case.images, case.targets)
    assert cam.layer == case.layer, (cam.layer, case.layer)
    ig = IntegratedGradients(steps=case.steps)(case.model, case.images, case.targets)
    for ours, theirs, most in (
        (cam.values, bare["bare Grad-CAM"](), 1e-4),
        (ig.values, bare["bare IG"](), 1e-2),
    ):
        error = np.abs(ours - theirs).max() / np.abs(theirs).max()
        assert error < most, (case.layer, error)


# ------------------------------------------------------------------------------- measuring


def timings(case: Case, rounds: int) -> dict[str, Any]:
    """Seconds of the first call and of steady calls, one of each part a round.

    The parts take turns, so that what else the machine does hits them alike.
    """
    all_passes: list[Passes] = []
    parts = bare_parts(case) | our_parts(case, all_passes)
    found: dict[str, Any] = {name: {"wall": [], "cpu": []} for name in parts}
    repeats = {}
    for name, part in parts.items():
        found[name]["first"] = _timed(part, 1)[0]
        repeats[name] = max(1, round(LEAST_SECONDS / _timed(part, 1)[0]))
    traces = [passes.traces for passes in all_passes]
    for _ in range(rounds):
        for variable in case.model.trainable_variables:  # as an epoch of training would
            variable.assign(variable * 0.999)
        for name, part in parts.items():
            wall, cpu = _timed(part, repeats[name])
            found[name]["wall"].append(wall)
            found[name]["cpu"].append(cpu)
    later = sum(passes.traces for passes in all_passes) - sum(traces)
    return {"parts": found, "traces_first": sum(traces), "traces_later": later, **sizes(case)}


def _timed(part: Part, repeats: int) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        part()
    return (time.perf_counter() - wall) / repeats, (time.process_time() - cpu) / repeats


def peak(case: Case, name: str) -> dict[str, float]:
    """MB of memory this process held at most: when the case was built, and after the part ran."""
    before = _peak_mb()
    part = (bare_parts(case) | our_parts(case, []))[name] if name else lambda: None
    for _ in range(3):
        part()
    return {"before": before, "peak": _peak_mb()}


def _peak_mb() -> float:
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def sizes(case: Case) -> dict[str, int]:
    """Bytes that one epoch of Grad-CAM adds to the event file: as records, and as a PNG grid of
    overlays at the size of the input."""
    found = GradCAM()(case.model, case.images, case.targets)
    content = schema.Content("map", found.unit, found.signed, found.maps.shape[1:], "input", 0)
    low_high = rendering.color_range(case.images)
    under = rendering.pictures(case.images, low_high)
    colored = rendering.colored(found.maps, rendering.scale_of(found.maps), signed=found.signed)
    cells = [rendering.overlay(p, m) for p, m in zip(under, colored, strict=True)]
    sheet = rendering.grid([cells[i : i + 8] for i in range(0, len(cells), 8)], "Grad-CAM")

    def records(writer: RunWriter, step: int) -> None:
        for sample, values in enumerate(found.maps):
            record = schema.Map(values, float(found.scores[sample]), int(found.targets[sample]))
            writer.add(schema.Tag("map", "GradCAM", found.layer, sample), step, record, content)

    def pictures(writer: RunWriter, step: int) -> None:
        writer.add_image("overlay", step, _png(sheet), sheet.shape[1::-1], "")

    return {"bytes_records": _growth(records), "bytes_overlays": _growth(pictures)}


def _growth(write: Callable[[RunWriter, int], None]) -> int:
    """By how many bytes the second epoch makes the log longer."""
    with tempfile.TemporaryDirectory() as folder:
        writer = RunWriter(folder)
        writer.open()
        lengths = []
        for step in range(2):
            write(writer, step)
            writer.commit()
            lengths.append(sum(path.stat().st_size for path in Path(folder).iterdir()))
        writer.close()
    return lengths[1] - lengths[0]


def _png(picture: Array) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def main(mode: str, name: str, argument: str, steps: str) -> None:
    """One measurement, as JSON on the last line of the output."""
    case = CASES[name](int(steps))
    if mode == "time":
        check(case)
        answer: dict[str, Any] = timings(case, int(argument))
        answer["versions"] = {"TensorFlow": tf.__version__, "Keras": keras.__version__}
        answer["samples"] = len(case.images)
    else:
        answer = peak(case, argument)
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
