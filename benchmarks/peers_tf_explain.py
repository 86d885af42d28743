"""tf-explain's methods. Its class is one number for all images, its result a picture of them all.

The model gives logits, or it would explain probabilities. All points of all images are one batch
there, so that large images are handed over one at a time. Without a layer's name Grad-CAM looks for
`output_shape`, which layers of Keras 3 have not.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import tf_explain.callbacks as callbacks
from cases import Array, Part
from peers_method import Log, Method, Pairs, Task, linear
from tf_explain.core.grad_cam import GradCAM
from tf_explain.core.integrated_gradients import IntegratedGradients
from tf_explain.core.occlusion_sensitivity import OcclusionSensitivity
from tf_explain.core.smoothgrad import SmoothGrad
from tf_explain.core.vanilla_gradients import VanillaGradients

VERSIONS = {"tf-explain": version("tf-explain")}


def methods(task: Task) -> dict[str, Method]:
    """All methods; Grad-CAM without the guided gradients that it has by default."""
    model, images, layer, steps = (
        task.case.model,
        task.case.images,
        task.case.layer,
        task.case.steps,
    )
    linear(model)
    target, data = task.target, (images, None)
    singly = [images] if images.shape[1] <= 64 else [image[None] for image in images]

    def each(explain: Callable[..., Any], *arguments: Any) -> Part:
        return lambda: [explain((part, None), model, target, *arguments) for part in singly]

    def cams(ours: Array) -> Pairs:
        found = GradCAM.get_gradients_and_filters(model, images, layer, target, False)
        theirs = np.stack(GradCAM.generate_ponderated_output(*found))
        return {"": (theirs, ours), "after a ReLU": (np.maximum(theirs, 0), ours)}

    def gradients(ours: Array) -> Pairs:
        return {"": (VanillaGradients.compute_gradients(images, model, target), ours)}

    def paths(ours: Array) -> Pairs:
        found = []
        for part in singly:
            points = IntegratedGradients.generate_interpolations(part, steps)
            mean = IntegratedGradients.get_integrated_gradients(points, model, target, steps)
            found.append(np.asarray(mean))
        theirs = np.concatenate(found)
        return {"": (theirs, ours), "times (x - x')": (theirs * images, ours)}

    def logs(kind: Any, *arguments: Any, **options: Any) -> dict[str, Log]:
        def write(folder: Path, after: Callable[[], None]) -> None:
            callback = kind(data, *arguments, output_dir=folder, **options)
            callback.set_model(model)
            for epoch in range(2):
                callback.on_epoch_end(epoch)
                callback.file_writer.flush()
                after()

        return {"": write}

    occlusion = OcclusionSensitivity(batch_size=32)
    return {
        "Grad-CAM": Method(
            lambda: GradCAM().explain(data, model, target, layer, use_guided_grads=False),
            cams,
            logs(callbacks.GradCAMCallback, target, layer, use_guided_grads=False),
        ),
        "Saliency": Method(
            lambda: VanillaGradients().explain(data, model, target),
            gradients,
            logs(callbacks.VanillaGradientsCallback, target),
        ),
        "IG": Method(
            each(IntegratedGradients().explain, steps),
            paths,
            logs(callbacks.IntegratedGradientsCallback, target, steps) if len(singly) == 1 else {},
        ),
        "SmoothGrad": Method(each(SmoothGrad().explain, task.samples, task.noise)),
        "Occlusion": Method(lambda: occlusion.explain(data, model, target, task.patch)),
    }
