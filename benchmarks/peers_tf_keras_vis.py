"""tf-keras-vis' methods; it has no Integrated Gradients and no occlusion.

It explains the logits of a clone, which does not follow the model's weights: a training would have
to make it anew each epoch.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from cases import Array
from peers_method import Method, Pairs, Task
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

    def cams(ours: Array) -> Pairs:
        theirs = gradcam(score, images, **layer, expand_cam=False, normalize_cam=False)
        return {"": (theirs, ours)}

    def gradients(ours: Array) -> Pairs:
        plain = {"keepdims": True, "normalize_map": False, "gradient_modifier": None}
        return {"": (saliency(score, images, **plain), ours)}

    return {
        "Grad-CAM": Method(lambda: gradcam(score, images, **layer), cams),
        "Saliency": Method(lambda: saliency(score, images), gradients),
        "SmoothGrad": Method(
            lambda: saliency(score, images, smooth_samples=task.samples, smooth_noise=task.noise)
        ),
    }
