"""Xplique's methods by `tfexplain.adapters.adapt`, checked against ours and against Xplique alone.

    python benchmarks/adapted_xplique.py [--environments FOLDER] [--here]

Xplique ends at an earlier TensorFlow than the tests run with, so this makes an environment of its
own below FOLDER (kept there; without it a temporary one). Fails where numbers disagree.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MOST = 1e-3  # of the largest value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks, here or in Xplique's environment."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--environments", type=Path, help="folder that keeps the environment")
    parser.add_argument("--here", action="store_true", help="Xplique is installed here already")
    options = parser.parse_args(arguments)
    if options.here:
        return checks()
    from environments import python_of

    with TemporaryDirectory() as folder:
        python = python_of("Xplique", (options.environments or Path(folder)).resolve())
        command = [python, __file__, "--here"]
        return subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}).returncode


def checks() -> int:
    """Print a line for each method; return how many disagree."""
    import keras
    import numpy as np
    import tensorflow as tf
    from xplique import attributions as theirs

    import tfexplain
    from tfexplain.adapters import adapt

    keras.utils.set_random_seed(1)
    layers: Any = keras.layers
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(6, 3, activation="relu", name="conv"),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3, activation="relu", name="conv2"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, activation="softmax", name="head"),
        ]
    )
    rng = np.random.default_rng(0)
    images, targets = rng.random((4, 16, 16, 3)).astype("float32"), np.array([0, 3, 1, 3])
    logits = keras.models.clone_model(model)
    logits.layers[-1].activation = keras.activations.linear
    one_hot = np.eye(5, dtype="float32")[targets]
    print(
        f"Xplique {version('xplique')}, TensorFlow {tf.__version__}, Keras {keras.__version__}, "
        f"tfexplain {tfexplain.__version__}"
    )

    def alone(method: Any, **options: Any) -> Any:
        """Xplique as its tutorials use it: on a model that gives logits."""
        logits.set_weights(model.get_weights())
        return np.asarray(method(logits, **options)(images, one_hot))[..., 0]

    def adapted(method: Any, **options: Any) -> Any:
        return adapt(method, **options)(model, images, targets)

    def ours(explainer: Any) -> Any:
        return explainer(model, images, targets).values

    kept = {layer.name: set(vars(layer)) for layer in model.layers}

    cases: list[tuple[str, Any, Any]] = []

    def add(text: str, found: Any, expected: Any) -> None:
        cases.append((text, found, expected))

    for epoch in (0, 1):
        for name, options in (
            ("Saliency", {}),
            ("GradientInput", {}),
            ("IntegratedGradients", {"steps": 20}),
            ("Occlusion", {"patch_size": 4, "patch_stride": 4}),
        ):
            method = getattr(theirs, name)
            add(
                f"{name}, alone, epoch {epoch}",
                adapted(method, **options).values,
                alone(method, **options),
            )
        for name in ("GradCAM", "GradCAMPP"):
            method = getattr(theirs, name)
            found = adapted(method, layer="conv2").values
            add(f"{name}, alone, epoch {epoch}", found, alone(method, conv_layer="conv2"))
        largest = np.abs(ours(tfexplain.Saliency())).max(axis=-1)
        add(f"Saliency, ours, epoch {epoch}", adapted(theirs.Saliency).values, largest)
        cam = tf.image.resize(
            ours(tfexplain.GradCAM(layer="conv2"))[..., None], (16, 16), "bicubic"
        )
        found = adapted(theirs.GradCAM, layer="conv2").values
        add(f"GradCAM, ours enlarged, epoch {epoch}", found, np.asarray(cam)[..., 0])
        found = adapted(theirs.Occlusion, patch_size=4, patch_stride=4).values
        hidden = ours(tfexplain.Occlusion(window=4, stride=4, baseline=0.0))
        add(f"Occlusion, ours, epoch {epoch}", found, hidden)
        for weights in model.trainable_variables:  # as training would
            weights.assign(weights + 0.1 * rng.normal(size=weights.shape))

    inner = keras.Sequential([keras.Input((16, 16, 3)), model])
    within = adapt(theirs.Saliency)(inner, images, targets).values
    add("Saliency, nested model", within, adapted(theirs.Saliency).values)
    try:
        adapt(theirs.GradCAM)(inner, images, targets)
        print("GradCAM, nested model: no error")
        return 1
    except tfexplain.TfexplainError as error:
        print(f"GradCAM, nested model: {error}")

    table = len(theirs.base.BlackBoxExplainer._cache_models)
    before = [weights.numpy() for weights in model.variables]
    for name in ("Saliency", "GradCAM", "Rise", "SmoothGrad"):
        adapted(getattr(theirs, name))
    same = all(np.array_equal(v.numpy(), b) for v, b in zip(model.variables, before, strict=True))
    same &= kept == {layer.name: set(vars(layer)) for layer in model.layers}
    same &= table == len(theirs.base.BlackBoxExplainer._cache_models)
    print(f"model and Xplique's table of models as they were: {same}")
    wrong = int(not same)
    for text, found, expected in cases:
        gap = float(np.abs(found - expected).max() / np.abs(expected).max())
        wrong += not gap < MOST
        print(f"{text}: largest difference {gap:.1e} of the largest value")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
