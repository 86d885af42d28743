"""One process of `benchmarks/explain.py`: builds a case, runs parts of it, prints JSON.

    python benchmarks/workload.py time CASE ROUNDS
    python benchmarks/workload.py peak CASE PART

The bare parts (`cases.py`) are written by hand and use nothing of tfexplain. They are what an
explanation cannot do without: a forward pass, and the backward part that the method needs.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cases
import keras
import numpy as np
import tensorflow as tf
import vit
from cases import LAYERS, Array, Case, Part, bare_parts
from images import digits, photographs
from measuring import peak_mb, repeats, size, timed
from PIL import Image

from tfexplain import (
    ActivationMaximization,
    Attention,
    AttentionRollout,
    ExpectedGradients,
    FeatureMaps,
    GradCAM,
    GradCAMPlusPlus,
    GradientAttention,
    HiResCAM,
    InputXGradient,
    IntegratedGradients,
    LayerCAM,
    Saliency,
    SmoothGrad,
    VarGrad,
    rendering,
)
from tfexplain.explainers.run import explanations
from tfexplain.model.keras_model import KerasModel
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema


def small_cnn(steps: int) -> Case:
    """Three convolutions on 32 images of 28 x 28 pixels (digits, enlarged)."""
    images = digits(32)
    model = cases.small_cnn(images.shape[1:])
    return Case(model, images, np.arange(32, dtype=np.int32) % 10, LAYERS["small_cnn"], steps)


def mobilenet_v2(steps: int) -> Case:
    """MobileNetV2 on 8 crops of photographs."""
    images = photographs(224)
    model = cases.mobilenet_v2(images.shape[1:])
    targets = np.arange(8, dtype=np.int32) * 100
    return Case(model, images, targets, LAYERS["mobilenet_v2"], steps)


def transformer(steps: int, side: int = 96, blocks: int = 6) -> Case:
    """A vision transformer on 8 crops of photographs."""
    images = photographs(side)
    model = vit.vit(images.shape[1:], blocks)
    return Case(model, images, np.arange(8, dtype=np.int32), "", steps)


def tiny_transformer(steps: int) -> Case:
    """One block, for a test of the benchmark itself."""
    return transformer(steps, side=32, blocks=1)


CASES = {
    "small_cnn": small_cnn,
    "mobilenet_v2": mobilenet_v2,
    "vit": transformer,
    "tiny_vit": tiny_transformer,
}


def is_vit(case: Case) -> bool:
    """Whether attention is measured, in place of layers and inputs."""
    return not case.layer


def bare(case: Case) -> dict[str, Part]:
    """What no explanation of this case can do without."""
    return vit.bare_parts(case) if is_vit(case) else bare_parts(case)


# -------------------------------------------------------------------------------- our parts


def our_parts(case: Case, all_passes: list[KerasModel]) -> dict[str, Part]:
    """Explainers as users call them, each on compiled passes of its own (its first call opens
    them, and appends them to `all_passes`)."""
    maps, cam, count = FeatureMaps(), GradCAM(), len(case.images)
    ig = IntegratedGradients(steps=case.steps, batch_size=count)
    ascent = ActivationMaximization(
        case.layer, channels=range(count), steps=case.steps, bounds=(0, 1)
    )

    def part(*explainers: Any) -> Part:
        opened: list[KerasModel] = []

        def run() -> Any:
            if not opened:
                opened.append(KerasModel(case.model, case.images))
                all_passes.extend(opened)
            return explanations(
                case.model, explainers, case.images, case.targets, traced_model=opened[0]
            )

        return run

    if is_vit(case):
        weights, rollout, relevance = Attention(), AttentionRollout(), GradientAttention()
        return {
            "Attention": part(weights),
            "AttentionRollout": part(rollout),
            "GradientAttention": part(relevance),
            "all of attention": part(weights, rollout, relevance),
        }
    return {
        "FeatureMaps": part(maps),
        "GradCAM": part(cam),
        "GradCAM of all stages": part(GradCAM("stages")),
        "FeatureMaps, GradCAM": part(maps, cam),
        "IntegratedGradients": part(ig),
        "all three": part(maps, cam, ig),
        "GradCAMPlusPlus": part(GradCAMPlusPlus()),
        "HiResCAM": part(HiResCAM()),
        "LayerCAM": part(LayerCAM()),
        "four class activation maps": part(cam, GradCAMPlusPlus(), HiResCAM(), LayerCAM()),
        "Saliency": part(Saliency()),
        "InputXGradient": part(InputXGradient()),
        "ExpectedGradients": part(ExpectedGradients(draws=case.steps, batch_size=count)),
        "SmoothGrad": part(SmoothGrad(copies=case.steps, batch_size=count)),
        "VarGrad": part(VarGrad(copies=case.steps, batch_size=count)),
        "ActivationMaximization": lambda: ascent(case.model, case.images),
    }


def check(case: Case) -> None:
    """The bare parts compute what the explainers compute; else the ratios compare nothing.

    Raises:
        AssertionError: They do not.
    """
    if is_vit(case):
        check_attention(case)
        return
    bare = bare_parts(case)
    cam = GradCAM()(case.model, case.images, case.targets)
    assert cam.layer == case.layer, (cam.layer, case.layer)
    ig = IntegratedGradients(steps=case.steps)(case.model, case.images, case.targets)
    smooth = SmoothGrad(copies=case.steps)(case.model, case.images, case.targets)
    plain = {"steps": case.steps, "contrast": None, "jitter": 0, "blur": 0, "bounds": (0, 1)}
    channels = range(len(case.images))
    ascent = ActivationMaximization(case.layer, channels=channels, **plain)(case.model, case.images)
    on = ascent.start > 0  # the bare one does not move where there is no gradient
    assert on.any()
    slopes = Saliency()(case.model, case.images, case.targets)
    for ours, theirs, most in (
        (slopes.values, bare["bare forward+backward"](), 1e-4),
        (smooth.values, bare["bare SmoothGrad"](), 1e-2),
        (ascent.values[on], bare["bare ascent"]()[on], 5e-2),
        (cam.values, bare["bare Grad-CAM"](), 1e-4),
        (ig.values, bare["bare IG"](), 1e-2),
    ):
        error = np.abs(ours - theirs).max() / np.abs(theirs).max()
        assert error < most, (case.layer, error)


def check_attention(case: Case) -> None:
    """`check` for a vision transformer."""
    parts, model = vit.bare_parts(case), (case.model, case.images, case.targets)
    for ours, theirs in zip(Attention()(*model).values(), parts["bare weights"](), strict=True):
        assert np.abs(ours.values - theirs).max() < 1e-4, ours.layer
    row = start = np.eye(parts["bare mean weights"]()[0].shape[1])[:1].repeat(len(case.images), 0)
    for layer in reversed(parts["bare weights x gradients"]()):
        row = row + np.einsum("nt,nts->ns", row, layer)
    expected = (row - start)[:, 1:]
    found = GradientAttention()(*model).values.reshape(expected.shape)
    assert np.abs(found - expected).max() < 1e-2 * expected.max()


# ------------------------------------------------------------------------------- measuring


def timings(case: Case, rounds: int) -> dict[str, Any]:
    """Seconds of the first call and of steady calls, one of each part a round.

    The parts take turns, so that what else the machine does hits them alike.
    """
    all_passes: list[KerasModel] = []
    parts = bare(case) | our_parts(case, all_passes)
    found: dict[str, Any] = {name: {"wall": [], "cpu": []} for name in parts}
    often = {}
    for name, part in parts.items():
        found[name]["first"] = timed(part)[0]
        often[name] = repeats(timed(part)[0])
    traces = [passes.traces for passes in all_passes]
    for _ in range(rounds):
        for variable in case.model.trainable_variables:  # as an epoch of training would
            variable.assign(variable * 0.999)
        for name, part in parts.items():
            wall, cpu = timed(part, often[name])
            found[name]["wall"].append(wall)
            found[name]["cpu"].append(cpu)
    later = sum(passes.traces for passes in all_passes) - sum(traces)
    return {"parts": found, "traces_first": sum(traces), "traces_later": later, **sizes(case)}


def peak(case: Case, name: str) -> dict[str, float]:
    """MB of memory this process held at most: when the case was built, and after the part ran."""
    before = peak_mb()
    part = (bare(case) | our_parts(case, []))[name] if name else lambda: None
    for _ in range(3):
        part()
    return {"before": before, "peak": peak_mb()}


def sizes(case: Case) -> dict[str, int]:
    """Bytes that one epoch of Grad-CAM adds to the event file: as records, and as a PNG grid of
    overlays at the size of the input."""
    found = GradCAM()(case.model, case.images, case.targets)
    content = schema.Content("map", found.unit, found.signed, found.maps.shape[1:], "input", 0)
    low_high = rendering.color_range(case.images)
    under = rendering.pictures(case.images, low_high)
    scale = rendering.scale_of(found.maps)
    cells = [
        rendering.overlay(p, m, scale, signed=found.signed)
        for p, m in zip(under, found.maps, strict=True)
    ]
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
            lengths.append(size(Path(folder)))
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
