"""What explaining costs on a GPU: time beside bare passes, memory of the next step, equal weights.

    python benchmarks/gpu.py [--quick] [--case CASE] [--seconds N]

Under five minutes on one GPU. Without one it runs all the same, on the CPU, and says so; there
`--quick` is the size to take. Each table comes from processes that do nothing else, but for
`--quick`, where one does all of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import cases
import keras
import measuring
import numpy as np
import tensorflow as tf
import workload
from cases import Case, Part

import tfexplain
from tfexplain import Compression, Explain, GradCAM, IntegratedGradients, SmoothGrad
from tfexplain.explainers.run import explanations
from tfexplain.model.keras_model import KerasModel

CASES = ("small_cnn", "mobilenet_v2")
NODES, QUICK_NODES = 50, 4
# Each of ours beside the bare work that it cannot do without, which it is divided by.
BARE = {
    "FeatureMaps, GradCAM": "bare Grad-CAM",
    "GradCAM": "bare Grad-CAM",
    "GradCAMPlusPlus": "bare Grad-CAM",
    "HiResCAM": "bare Grad-CAM",
    "LayerCAM": "bare Grad-CAM",
    "Saliency": "bare forward+backward",
    "InputXGradient": "bare forward+backward",
    "IntegratedGradients": "bare IG",
    "IntegratedGradients, default chunks": "bare IG",
    "SmoothGrad": "bare SmoothGrad",
    "SmoothGrad, default chunks": "bare SmoothGrad",
}
# Ours that compute the same numbers as the bare work.
SAME = ("GradCAM", "Saliency", "IntegratedGradients", "SmoothGrad")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="one small case: a smoke test")
    parser.add_argument("--case", choices=CASES, action="append", help="default: all")
    parser.add_argument("--seconds", type=float, help="of timing a case; default: 40")
    options = parser.parse_args(arguments)
    steps = QUICK_NODES if options.quick else NODES
    seconds = options.seconds or (1.0 if options.quick else 40.0)
    print(measuring.machine({"tfexplain": tfexplain.__version__, "TensorFlow": tf.__version__}))
    for i, name in enumerate(options.case or (CASES[:1] if options.quick else CASES)):
        groups = [tuple(WORK)] if options.quick else [(work,) for work in WORK]
        found: dict[str, Any] = {}
        for works in groups:
            found |= run(works, name, steps, seconds)
        if i == 0:
            print(f"\nDevice: {found['speed']['device']}.")
        print(f"\n{name}, {steps} nodes and noisy copies; {found['speed']['rounds']} rounds\n")
        print("\n".join(table(found["speed"])))
        print("\n".join(notes(found["memory"], found["weights"])), flush=True)


def run(works: Sequence[str], case: str, steps: int, seconds: float) -> dict[str, Any]:
    """What pieces of work found, in a process of their own."""
    command = [sys.executable, __file__, ",".join(works), case, str(steps), str(seconds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def table(found: dict[str, Any]) -> Iterator[str]:
    """A row for each part."""
    yield "| part | first call, s | then, ms | ÷ its bare passes | largest difference |"
    yield "|---|--:|--:|--:|--:|"
    parts = found["parts"]
    for name, times in parts.items():
        cells = [name, f"{times['first']:.2f}", f"{1e3 * median(times['wall']):.2f}", "", ""]
        if name in BARE:
            cells[3] = f"{measuring.ratio(times['wall'], parts[BARE[name]]['wall']):.2f}"
        if name in found["differences"]:
            cells[4] = f"{found['differences'][name]:.1e}"
        yield "| " + " | ".join(cells) + " |"


def notes(memory: dict[str, Any], weights: dict[str, Any]) -> Iterator[str]:
    """What is no time."""
    if memory["peaks"]:
        before, explaining, after = (peak / 1e6 for peak in memory["peaks"])
        yield (
            f"\nPeak memory of a training step: {before:.1f} MB before anything was explained, "
            f"{after:.1f} MB in the step after (of the explanation itself: {explaining:.1f} MB)."
        )
    else:
        yield "\nPeak memory of the next training step: not measured, there is no GPU."
    same = "equal to the bit" if weights["equal"] else "NOT EQUAL"
    yield (
        f"Weights and optimizer after {weights['epochs']} epochs with and without our callbacks, "
        f"under enable_op_determinism: {same}. Twice without: "
        f"{'equal' if weights['repeatable'] else 'not equal, so this says nothing'}."
    )


# ----------------------------------------------------------------- in a process of its own


def speed(case: Case, seconds: float) -> dict[str, Any]:
    """Seconds of first calls and of later ones, one of each part a round, in turns."""
    parts = {
        name: part
        for name, part in (cases.bare_parts(case) | workload.our_parts(case, [])).items()
        if name in BARE or name in BARE.values() or name == "bare forward"
    }
    ig, smooth = IntegratedGradients(steps=case.steps), SmoothGrad(copies=case.steps)
    parts["IntegratedGradients, default chunks"] = part_of(case, ig)
    parts["SmoothGrad, default chunks"] = part_of(case, smooth)
    found: dict[str, Any] = {name: {"wall": []} for name in parts}
    often = {}
    for name, part in parts.items():
        found[name]["first"] = measuring.timed(part)[0]
        often[name] = measuring.repeats(measuring.timed(part)[0])
    end, rounds = time.monotonic() + seconds, 0
    while rounds < 3 or time.monotonic() < end:
        rounds += 1
        for name, part in parts.items():
            found[name]["wall"].append(measuring.timed(part, often[name])[0])
    differences = {}
    for name in SAME:
        (values,) = [a.values for a in parts[name]()[0].attributions.values()]
        other = np.asarray(parts[BARE[name]]())
        differences[name] = float(np.abs(values - other).max() / np.abs(other).max())
    return {"parts": found, "rounds": rounds, "differences": differences, "device": device()}


def part_of(case: Case, explainer: Any) -> Part:
    """An explainer on compiled passes of its own."""
    traced = KerasModel(case.model, case.images)
    return lambda: explanations(
        case.model, [explainer], case.images, case.targets, traced_model=traced
    )


def memory(case: Case, _: float) -> dict[str, Any]:
    """Bytes at most in a training step, in an explanation, and in the step after it."""
    gpus = tf.config.list_physical_devices("GPU")
    model = compiled(case)
    traced = KerasModel(model, case.images)
    explainers = [GradCAM(), IntegratedGradients(steps=case.steps)]

    def train() -> Any:
        return model.train_on_batch(case.images, case.targets)

    def explain() -> Any:
        return explanations(model, explainers, case.images, case.targets, traced_model=traced)

    for _ in range(3):  # variables of the optimizer, and what a library keeps for itself
        train()
    peaks = [peak(work) for work in (train, explain, train)] if gpus else []
    if not gpus:
        explain()
        train()
    return {"peaks": peaks}


def peak(work: Callable[[], Any]) -> int:
    """Bytes that the first GPU held at most during the work."""
    tf.config.experimental.reset_memory_stats("GPU:0")
    work()
    most: int = tf.config.experimental.get_memory_info("GPU:0")["peak"]
    return most


def weights(case: Case, _: float) -> dict[str, Any]:
    """Whether a training ends with the same weights, with and without our callbacks."""
    tf.config.experimental.enable_op_determinism()
    epochs = 2
    ended = []
    for watched in (False, False, True):
        keras.utils.set_random_seed(0)
        model = compiled(Case(fresh(case), case.images, case.targets, case.layer, case.steps))
        with TemporaryDirectory() as folder:
            val, options = (case.images, case.targets), {"log_dir": folder, "verbose": 0}
            explain = Explain(val, every=1, on_error="raise", **options)
            callbacks = [explain, Compression(val, on_error="raise", **options)] if watched else []
            model.fit(*val, batch_size=4, epochs=epochs, verbose=0, callbacks=callbacks)
        ended.append(
            [np.asarray(v).tobytes() for v in (*model.weights, *model.optimizer.variables)]
        )
    return {"equal": ended[1] == ended[2], "repeatable": ended[0] == ended[1], "epochs": epochs}


def fresh(case: Case) -> Any:
    """A model of the case's architecture, drawn anew."""
    return keras.models.clone_model(case.model)


def compiled(case: Case) -> Any:
    """The case's model, ready to train."""
    case.model.compile("adam", "sparse_categorical_crossentropy")
    return case.model


def device() -> str:
    """The GPU's name, or that there is none."""
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "the CPU, for TensorFlow finds no GPU; these numbers say nothing of one"
    details = tf.config.experimental.get_device_details(gpus[0])
    return f"{details.get('device_name', 'a GPU')}, one of {len(gpus)}"


WORK = {"speed": speed, "memory": memory, "weights": weights}


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].split(",")[0] in WORK:
        works, name, steps, seconds = sys.argv[1:]
        chosen = workload.CASES[name](int(steps))
        print(json.dumps({work: WORK[work](chosen, float(seconds)) for work in works.split(",")}))
    else:
        main()
