"""tf-explain's methods. Its class is one number for all images, its result a picture of them all.

The model gives logits, or it would explain probabilities; for SmoothGrad it has its softmax back,
since that explains the cross-entropy of what it takes for probabilities. All points of all images
are one batch there, so that large images are handed over one at a time. Without a layer's name
Grad-CAM looks for `output_shape`, which layers of Keras 3 have not.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_explain.callbacks as callbacks
from cases import Array, Part, keras
from peers_method import Log, Method, Pairs, Task, linear, noisy
from tf_explain.core.grad_cam import GradCAM
from tf_explain.core.integrated_gradients import IntegratedGradients
from tf_explain.core.occlusion_sensitivity import OcclusionSensitivity
from tf_explain.core.smoothgrad import SmoothGrad
from tf_explain.core.vanilla_gradients import VanillaGradients

VERSIONS = {"tf-explain": version("tf-explain")}
# What it hides squares with, whatever the images' range.
GREY = 127.5


def methods(task: Task) -> dict[str, Method]:
    """All methods; Grad-CAM without the guided gradients that it has by default."""
    model, images, layer, steps = (
        task.case.model,
        task.case.images,
        task.case.layer,
        task.case.steps,
    )
    linear(model)
    softmax = keras.Model(model.inputs, keras.layers.Softmax()(model.outputs[0]))
    target, data = task.target, (images, None)
    singly = [images] if images.shape[1] <= 64 else [image[None] for image in images]

    def each(explain: Callable[..., Any], explained: Any, *arguments: Any) -> Part:
        return lambda: [explain((part, None), explained, target, *arguments) for part in singly]

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

    def logs(kind: Any, *arguments: Any, explained: Any = model, **options: Any) -> dict[str, Log]:
        def write(folder: Path, after: Callable[[], None]) -> None:
            callback = kind(data, *arguments, output_dir=folder, **options)
            callback.set_model(explained)
            for epoch in range(2):
                callback.on_epoch_end(epoch)
                callback.file_writer.flush()
                after()

        return {"": write}

    occlusion = OcclusionSensitivity(batch_size=32)
    at_once, noise = len(singly) == 1, (task.samples, task.noise)
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
            each(IntegratedGradients().explain, model, steps),
            paths,
            logs(callbacks.IntegratedGradientsCallback, target, steps) if at_once else {},
        ),
        "SmoothGrad": Method(
            each(SmoothGrad().explain, softmax, *noise),
            lambda ours: _smoothed(task, softmax, singly, ours),
            logs(callbacks.SmoothGradCallback, target, *noise, explained=softmax)
            if at_once
            else {},
        ),
        "Occlusion": Method(
            lambda: occlusion.explain(data, model, target, task.patch),
            lambda ours: _occluded(task, occlusion, ours),
            logs(callbacks.OcclusionSensitivityCallback, target, task.patch),
        ),
    }


def _smoothed(task: Task, softmax: Any, singly: list[Array], ours: Array) -> Pairs:
    """Its gradient is that of log sum exp(logits) less the target's logit."""
    losses, sums = [], []
    for part in singly:
        points = tf.constant(noisy(part, task).reshape(-1, *part.shape[1:]))
        loss = SmoothGrad.get_averaged_gradients(points, softmax, task.target, task.samples)
        losses.append(np.asarray(loss))
        with tf.GradientTape() as tape:
            tape.watch(points)
            total = tf.reduce_logsumexp(task.case.model(points, training=False), axis=1)
        slopes = np.asarray(tape.gradient(total, points))
        sums.append(slopes.reshape(len(part), task.samples, *part.shape[1:]).mean(axis=1))
    theirs = np.concatenate(losses)
    return {
        "our noise, sign turned": (-theirs, ours),
        "without log Σ exp": (np.concatenate(sums) - theirs, ours),
    }


def _occluded(task: Task, occlusion: OcclusionSensitivity, ours: Array) -> Pairs:
    """Its map is 1 less the score of what has a grey square, enlarged from one value a square.

    Grey becomes zero for a model that first takes it off.
    """
    model, images = task.case.model, task.case.images

    def maps(explained: Any, batch: Array) -> Array:
        arguments = task.target, task.patch
        return np.stack([occlusion.get_sensitivity_map(explained, x, *arguments) for x in batch])

    less = keras.layers.Rescaling(1.0, offset=-GREY)
    moved = keras.Sequential([keras.Input(images.shape[1:]), less, model])
    drops = maps(moved, images + np.float32(GREY)) - 1
    drops += np.asarray(model(images, training=False))[:, task.target, None, None]
    enlarged = tf.image.resize(ours[:, :: task.patch, :: task.patch, None], images.shape[1:3])
    return {
        "": (maps(model, images), ours),
        "grey moved to zero, as drops, ours enlarged": (drops, enlarged),
    }
