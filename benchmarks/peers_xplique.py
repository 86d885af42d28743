"""Xplique's methods, on a model that gives logits, as its tutorials make it.

Small images are all explained at once, which is fastest; of large ones, 64 points at a time.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any
from unittest.mock import patch

import numpy as np
import tensorflow as tf
from cases import Array
from peers_method import Method, Pairs, Task, linear, noisy
from xplique.attributions import GradCAM, IntegratedGradients, Occlusion, Saliency, SmoothGrad
from xplique.attributions.gradient_statistics.gradient_statistic import GradientStatistic

VERSIONS = {"Xplique": version("xplique")}


def methods(task: Task) -> dict[str, Method]:
    """All methods; it returns maps of the images' size, of one channel."""
    case, images = task.case, task.case.images
    model = case.model
    linear(model)
    one_hot = np.zeros((len(images), model.outputs[0].shape[-1]), np.float32)
    one_hot[:, task.target] = 1
    size, batch = images.shape[1:3], 64 if images.shape[1] > 64 else len(images) * case.steps
    cam = GradCAM(model, batch_size=batch, conv_layer=case.layer)
    saliency = Saliency(model, batch_size=batch)
    ig = IntegratedGradients(model, batch_size=batch, steps=case.steps)
    smooth = SmoothGrad(model, batch_size=batch, nb_samples=task.samples, noise=task.noise)
    occlusion = Occlusion(model, batch_size=batch, patch_size=task.patch, patch_stride=task.patch)

    def cams(ours: Array) -> Pairs:
        enlarged = tf.image.resize(ours[..., None], size, tf.image.ResizeMethod.BICUBIC)
        return {"ours enlarged": (cam(images, one_hot), enlarged)}

    def gradients(ours: Array) -> Pairs:
        theirs = saliency(images, one_hot)
        return {"largest of the channels": (theirs, abs(ours).max(axis=-1, keepdims=True))}

    def paths(ours: Array) -> Pairs:
        theirs = ig(images, one_hot)
        summed = ours.sum(axis=-1, keepdims=True)
        return {"": (theirs, summed), "times the channels": (theirs * images.shape[-1], summed)}

    def smoothed(ours: Array) -> Pairs:
        def perturb(inputs: Any, *_: Any) -> Any:
            return tf.constant(noisy(np.asarray(inputs), task).reshape(-1, *images.shape[1:]))

        with patch.object(GradientStatistic, "_perturb_samples", staticmethod(perturb)):
            theirs = smooth(images, one_hot)
        return {"our noise, mean of the channels": (theirs, ours.mean(axis=-1, keepdims=True))}

    def occluded(ours: Array) -> Pairs:
        return {"": (occlusion(images, one_hot), ours)}

    return {
        "Grad-CAM": Method(lambda: cam(images, one_hot), cams),
        "Saliency": Method(lambda: saliency(images, one_hot), gradients),
        "IG": Method(lambda: ig(images, one_hot), paths),
        "SmoothGrad": Method(lambda: smooth(images, one_hot), smoothed),
        "Occlusion": Method(lambda: occlusion(images, one_hot), occluded),
    }
