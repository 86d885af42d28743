"""Explain a trained model without a callback, as in a notebook, and save the pictures.

python examples/outside_training.py [--out DIR] [--epochs N]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from digits import load, small_cnn

from tfexplain import FeatureMaps, GradCAM, IntegratedGradients, explain


def main(arguments: Sequence[str] | None = None) -> None:
    """Train a little, explain eight digits, save three figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument(
        "--out", type=Path, default=Path("logs/figures"), help="default: %(default)s"
    )
    parser.add_argument("--epochs", type=int, default=5, help="default: %(default)s")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)

    model = small_cnn()
    (train_images, train_labels), (val_images, val_labels) = load()
    model.fit(train_images, train_labels, epochs=options.epochs, verbose=2)
    images, targets = val_images[:8], val_labels[:8]

    # One explainer by itself. `values` are raw magnitudes, float32 [N, h, w].
    maps = GradCAM(layer="conv2")(model, images, targets)
    maps.plot(images).savefig(options.out / "grad_cam.png")
    print(
        f"Grad-CAM at {maps.layer}: {maps.values.shape}, up to {maps.values.max():.3g} {maps.unit}"
    )

    # Several on one batch share what they can of the forward and backward passes.
    methods = [FeatureMaps("conv1"), IntegratedGradients(steps=32)]
    found = explain(model, images, targets, explainers=methods)
    for name, attribution in found.items():
        attribution.plot(images).savefig(options.out / f"{name}.png")
    dead = np.flatnonzero(np.asarray(found["FeatureMaps"].dead)).tolist()
    print(f"Feature maps at conv1: channels never above zero on these images: {dead}")
    gap = np.abs(np.asarray(found["IntegratedGradients"].completeness_gap)).max()
    print(f"Integrated Gradients: completeness gap up to {gap:.2g} logit")
    print(f"Figures: {', '.join(str(path) for path in sorted(options.out.glob('*.png')))}")


if __name__ == "__main__":
    main()
