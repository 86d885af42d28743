"""Make a residual network on digits a quarter of its size: which layers, how far, and who pays?

Three seeds are trained. What compressing each layer of the first would cost is measured beside what
the other two differ by; the plan that follows says which filters go and which layers are quantized,
and leaves alone what costs most for what it saves. All three are pruned by it while they train on,
shrunk, quantized, and compared with what they were. `docs/compressing.md` has the numbers.

    python examples/compressing.py [--log-dir DIR] [--epochs N]
    tensorboard --logdir logs/compressing
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
from digits import CLASSES, load

from tfexplain import GradCAM, MagnitudePruning, compare, sensitivity

SETTINGS = ("8bit", "4bit", "filters-25%", "filters-50%", "filters-75%")
PLANNING = 300  # rows that are not trained on, and that nothing is compared on
BATCH = 32


def residual(seed: int) -> Any:
    """Three blocks with sums, the first of 16 filters, the others of 48, and a dense layer."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers

    def convolved(x: Any, filters: int, size: int, strides: int, name: str) -> Any:
        convolution = layers.Conv2D(
            filters, size, strides, padding="same", use_bias=False, name=name
        )
        return layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(convolution(x))

    image = keras.Input((8, 8, 1), name="image")
    x = layers.ReLU()(convolved(image, 16, 3, 1, "stem"))
    for block, filters, strides in (("block1", 16, 1), ("block2", 48, 2), ("block3", 48, 1)):
        inner = layers.ReLU()(convolved(x, filters, 3, strides, f"{block}_conv1"))
        inner = convolved(inner, filters, 3, 1, f"{block}_conv2")
        if strides > 1:
            x = convolved(x, filters, 1, strides, f"{block}_skip")
        x = layers.ReLU(name=block)(layers.Add()([x, inner]))
    x = layers.Dense(384, activation="relu", name="hidden")(layers.Flatten()(x))
    x = layers.Dense(10, activation="softmax", name="digit")(layers.Dropout(0.3)(x))
    return keras.Model(image, x, name="dense")


def train(model: Any, data: Any, epochs: int, rate: float, callbacks: Any = ()) -> None:
    """Train at a rate that falls to zero."""
    steps = epochs * -(-len(data[0]) // BATCH)
    falling = keras.optimizers.schedules.CosineDecay(rate, steps)
    model.compile(keras.optimizers.Adam(falling), "sparse_categorical_crossentropy")
    model.fit(*data, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=list(callbacks))


def copied(model: Any) -> Any:
    """A model with the same weights."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def size(model: Any) -> int:
    """Bytes of the model's file, without moments of an optimizer."""
    model.compile("sgd")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.stat().st_size


def applied(model: Any, code: str) -> tuple[Any, str]:
    """What the code of a plan makes of a model, smaller and quantized, and what it prints."""
    names = {"model": model}
    with redirect_stdout(StringIO()) as printed:
        exec(code, names)
    return names["model"], printed.getvalue()


def enough(model: Any, plan: Any, share: float) -> int:
    """The first point of a plan at which the model's file is small enough, or the last.

    A plan counts the filters of each kernel; with them go inputs of the next, so files are smaller.
    """
    whole = size(model)
    for point in range(plan.at(2 * share), len(plan.points)):
        small, _ = applied(copied(model), plan.code(point))
        if size(small) <= share * whole:
            break
    return point


def left_alone(found: Any, settings: Any) -> str:
    """Which layers a plan leaves alone, with what the mildest setting that saves anything costs."""
    lines = ["left alone by the plan:"]
    for layer in found.layers:
        if layer not in settings:
            able = [one for one in found.measured if one.layer == layer and "keras" in one.runtimes]
            why = "nothing that Keras stores smaller"
            if able:
                effect = able[0].effect
                why = f"{able[0].setting} costs {effect.value('kl'):.3f} nats"
                why += f", maps {effect.value('spearman'):.2f}"
            lines.append(f"  {layer:<14}{why}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, plan, compress, compare, and say each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--log-dir", type=Path, default=Path("logs/compressing"))
    parser.add_argument("--epochs", type=int, default=12, help="default: %(default)s")
    parser.add_argument("--share", type=float, default=0.25, help="of the file, default a quarter")
    options = parser.parse_args(arguments)

    (images, labels), val = load()
    planning = images[-PLANNING:], labels[-PLANNING:]
    images, labels = images[:-PLANNING], labels[:-PLANNING]
    dense, *others = (residual(seed) for seed in range(3))
    for model in (dense, *others):
        train(model, (images, labels), options.epochs, 3e-3)

    found = sensitivity(
        dense,
        planning,
        settings=SETTINGS,
        control={f"seed {n}": model for n, model in enumerate(others, 1)},
        log_dir=options.log_dir / "sensitivity",
        class_names=CLASSES,
    )
    print(found)
    plan = found.plans["keras"]
    point = enough(dense, plan, options.share)
    chosen = plan.points[point]
    print(f"\npoint {point} of {len(plan.points) - 1}: {chosen.size / plan.points[0].size:.0%}")
    print(f"{left_alone(found, chosen.settings)}\n\n{plan.code(point)}\n", flush=True)

    small = []
    for model in (dense, *others):
        pruned = copied(model)
        pruning = [MagnitudePruning(**what, every=10, verbose=0) for what in plan.pruning(point)]
        train(pruned, (images, labels), max(2, options.epochs // 2), 2e-3, pruning)
        made, told = applied(pruned, plan.code(point))
        small.append(made)
        if model is dense:
            print(told)
    before, after = size(dense), size(small[0])
    print(f"\n{before:,} bytes before, {after:,} after: {after / before:.1%}", flush=True)

    compared = compare(
        {"dense": dense, "small": small[0], "small 1": small[1], "small 2": small[2]},
        validation_data=val,
        control={f"seed {n}": model for n, model in enumerate(others, 1)},
        explainers=GradCAM(),
        log_dir=options.log_dir / "compared",
        class_names=CLASSES,
    )
    print(compared)
    rows = [one.row for one in compared.exemplars()]
    print(f"\nexemplars, rows of the validation data: {rows}")


if __name__ == "__main__":
    main()
