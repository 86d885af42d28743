"""Our methods, as users call them; also makes what all libraries are given."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import cases
import images
import numpy as np
import tensorflow as tf
from cases import Array
from peers_method import Log, Method, Task

import tfexplain
from tfexplain import Explain, GradCAM, IntegratedGradients, Occlusion, Saliency, SmoothGrad
from tfexplain.explainers import Explainer

VERSIONS = {"tfexplain": tfexplain.__version__}


def methods(task: Task) -> dict[str, Method]:
    """All methods; the noise is a share of each image's range here."""
    case = task.case
    smooth = SmoothGrad(copies=task.samples, noise=task.noise)
    return {
        "Grad-CAM": _method(task, GradCAM(layer=case.layer)),
        "Saliency": _method(task, Saliency()),
        # A record is as long for one node as for all.
        "IG": _method(task, IntegratedGradients(steps=case.steps), IntegratedGradients(steps=1)),
        "SmoothGrad": _method(task, smooth),
        "Occlusion": _method(task, Occlusion(window=task.patch, stride=task.patch)),
    }


def _method(task: Task, explainer: Explainer, logged: Explainer | None = None) -> Method:
    """`logged` is what is explained where only records are counted; default the explainer."""
    case = task.case

    def call() -> Array:
        return explainer(case.model, case.images, task.target).values

    def log(pictures: bool) -> Log:
        def write(folder: Path, after: Callable[[], None]) -> None:
            callback = Explain(
                case.images,
                explainers=logged or explainer,
                log_dir=folder,
                samples=len(case.images),
                targets=task.target,
                write_images=pictures,
                on_error="raise",
                verbose=False,
            )
            callback.set_model(case.model)
            callback.on_train_begin()
            for epoch in range(2):
                callback.on_epoch_begin(epoch)
                callback.on_epoch_end(epoch)
                after()
            callback.on_train_end()

        return write

    return Method(call, logs={"": log(True), " without pictures": log(False)})


def prepare(name: str, side: int, folder: Path) -> None:
    """Images, and the weights of a model: a small one trained on digits, a large one as drawn.

    The small one has three channels, since tf-explain draws its overlays on colour images only.
    """
    tf.keras.utils.set_random_seed(0)
    if name == "small_cnn":
        digits = np.repeat(images.digits(1000), 3, axis=-1)
        model = cases.small_cnn(digits.shape[1:])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(digits, images.labels(1000), epochs=5, verbose=0)
        batch = digits[:32]
    else:
        batch = images.photographs(side)
        model = cases.mobilenet_v2(batch.shape[1:])
    np.savez(folder / "weights.npz", *model.get_weights())
    logits = cases.logits(model(batch, training=False)).numpy()
    np.savez(folder / "batch.npz", images=batch, logits=logits)


if __name__ == "__main__":
    prepare(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
