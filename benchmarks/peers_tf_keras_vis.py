"""tf-keras-vis' methods; it has no Integrated Gradients and no occlusion.

It explains the logits of a clone, which does not follow the model's weights: a training would have
to make it anew each epoch.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any
from unittest.mock import patch

import numpy as np
from cases import Array
from peers_method import Method, Pairs, Task, noisy
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.saliency import Saliency
from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
from tf_keras_vis.utils.scores import CategoricalScore

VERSIONS = {"tf-keras-vis": version("tf-keras-vis")}


def methods(task: Task) -> dict[str, Method]:
    """The methods that it has; maps are compared before they are enlarged and normalized."""
    images = task.case.images
    score = CategoricalScore([task.target] * len(images))
    options: dict[str, Any] = {"model_modifier": ReplaceToLinear(), "clone": True}
    gradcam, saliency = (kind(task.case.model, **options) for kind in (Gradcam, Saliency))
    layer = {"penultimate_layer": task.case.layer, "seek_penultimate_conv_layer": False}
    smooth = {"smooth_samples": task.samples, "smooth_noise": task.noise}
    plain = {"keepdims": True, "normalize_map": False, "gradient_modifier": None}

    def cams(ours: Array) -> Pairs:
        theirs = gradcam(score, images, **layer, expand_cam=False, normalize_cam=False)
        return {"": (theirs, ours)}

    def gradients(ours: Array) -> Pairs:
        return {"": (saliency(score, images, **plain), ours)}

    def smoothed(ours: Array) -> Pairs:
        # It adds what this function draws to all copies, copy by copy.
        noise = (noisy(images, task) - images[:, None]).swapaxes(0, 1)
        with patch.object(np.random, "normal", lambda *_: noise):
            return {"our noise": (saliency(score, images, **smooth, **plain), ours)}

    return {
        "Grad-CAM": Method(lambda: gradcam(score, images, **layer), cams),
        "Saliency": Method(lambda: saliency(score, images), gradients),
        "SmoothGrad": Method(lambda: saliency(score, images, **smooth), smoothed),
    }
