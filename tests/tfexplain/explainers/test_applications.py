"""One of each family of `keras.applications`, against a functional sub-model."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from keras.src.applications.densenet import DenseNet
from keras.src.applications.nasnet import NASNet
from support.twin import gap_to
from support.zoo import batch

from tfexplain import FeatureMaps, GradCAM, explain

APPS = keras.applications


def few_dense_blocks(**options: Any) -> Any:
    return DenseNet([1, 1, 1, 1], **options)


def few_nas_blocks(**options: Any) -> Any:
    return NASNet(penultimate_filters=96, num_blocks=1, stem_block_filters=8, **options)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "side", "expected"),
    [
        (APPS.Xception, 71, "block14_sepconv2_act"),
        (APPS.VGG16, 32, "block5_conv3"),  # a single position is left behind it
        (APPS.ResNet50, 64, "conv5_block3_out"),
        (APPS.ResNet50V2, 64, "post_relu"),
        (APPS.InceptionV3, 107, "mixed10"),
        (APPS.InceptionResNetV2, 107, "conv_7b_ac"),
        (APPS.MobileNet, 64, "conv_pw_13_relu"),
        (APPS.MobileNetV2, 64, "out_relu"),
        (APPS.MobileNetV3Small, 64, r"activation(_\d+)?"),  # not conv_2, behind the mean
        (few_dense_blocks, 64, "relu"),
        (few_nas_blocks, 64, r"activation(_\d+)?"),
        (APPS.EfficientNetB0, 64, "top_activation"),
        (APPS.EfficientNetV2B0, 64, "top_activation"),
        (APPS.ConvNeXtTiny, 64, r"add(_\d+)?"),  # the sum, not the branch's layer_scale
        (tf_keras.applications.MobileNetV2, 64, "out_relu"),
        (tf_keras.applications.ConvNeXtTiny, 64, r"tf.__operators__.add(_\d+)?"),
    ],
)
def test_one_of_each_family(make: Callable[..., Any], side: int, expected: str) -> None:
    keras.utils.set_random_seed(3)
    model = make(weights=None, input_shape=(side, side, 3), classes=3, classifier_activation=None)
    x = batch(side, side, 3)
    (cam,) = explain(model, [GradCAM(relu=False)], x, 1)[0].attributions.values()
    assert re.fullmatch(expected, cam.layer)
    library = tf_keras if isinstance(model, tf_keras.Model) else keras
    operations = getattr(model, "operations", model.layers)
    chosen = next(one for one in operations if one.name == cam.layer)
    inner = library.Model(model.inputs, [chosen.output, model.output])
    with tf.GradientTape() as tape:
        activation, scores = inner(tf.constant(x), training=False)
        score = tf.reduce_sum(scores[:, 1])
    weights = tape.gradient(score, activation).numpy().mean((1, 2))
    written_out = np.einsum("nhwc,nc->nhw", activation.numpy(), weights)
    assert gap_to(written_out, cam.values) < 1e-3
    maps = FeatureMaps(layers=[cam.layer], channels=None)(model, x)[cam.layer]
    assert gap_to(activation.numpy(), maps.values) < 1e-4
