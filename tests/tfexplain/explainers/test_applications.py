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
from keras.src.applications import convnext, inception_resnet_v2, resnet
from keras.src.applications.densenet import DenseNet
from keras.src.applications.efficientnet import EfficientNet
from keras.src.applications.efficientnet_v2 import EfficientNetV2
from keras.src.applications.nasnet import NASNet
from support.twin import gap_to
from support.zoo import batch
from tf_keras.src.applications import convnext as old_convnext

from tfexplain import FeatureMaps, GradCAM
from tfexplain.explainers.run import explanations

APPS = keras.applications


# One block of a kind and not up to twenty alike: the families differ in their blocks, in how these
# are joined, and in what follows the last one.
def few_dense_blocks(**options: Any) -> Any:
    return DenseNet([1, 1, 1, 1], **options)


def few_nas_blocks(**options: Any) -> Any:
    return NASNet(penultimate_filters=96, num_blocks=1, stem_block_filters=8, **options)


def few_residual_blocks(**options: Any) -> Any:
    def stack(x: Any) -> Any:
        for number, filters, stride in ((2, 64, 1), (3, 128, 2), (4, 256, 2), (5, 512, 2)):
            x = resnet.stack_residual_blocks_v1(x, filters, 1, stride, name=f"conv{number}")
        return x

    return resnet.ResNet(stack, False, True, **options)


def few_residual_blocks_v2(**options: Any) -> Any:
    def stack(x: Any) -> Any:
        for number, filters, stride in ((2, 64, 2), (3, 128, 2), (4, 256, 2), (5, 512, 1)):
            x = resnet.stack_residual_blocks_v2(x, filters, 2, stride, name=f"conv{number}")
        return x

    return resnet.ResNet(stack, True, True, **options)


def few_inception_blocks(**options: Any) -> Any:
    # How many there are is no argument: `for block_idx in range(1, 21)`.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inception_resnet_v2, "range", lambda first, last: [first], raising=False)
        return APPS.InceptionResNetV2(**options)


def few_mobile_blocks(**options: Any) -> Any:
    return EfficientNet(1.0, 0.1, 224, **options)


def few_mobile_blocks_v2(**options: Any) -> Any:
    return EfficientNetV2(1.0, 0.1, 224, name="efficientnetv2-b0", **options)


def few_next_blocks(**options: Any) -> Any:
    return convnext.ConvNeXt([1, 1, 1, 2], [16, 24, 32, 48], **options)


def few_next_blocks_of_tf_keras(**options: Any) -> Any:
    return old_convnext.ConvNeXt([1, 1, 1, 2], [16, 24, 32, 48], **options)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "side", "expected"),
    [
        (APPS.Xception, 71, "block14_sepconv2_act"),
        (APPS.VGG16, 32, "block5_conv3"),  # a single position is left behind it
        (few_residual_blocks, 64, "conv5_block1_out"),
        (few_residual_blocks_v2, 64, "post_relu"),
        (APPS.InceptionV3, 107, "mixed10"),
        (few_inception_blocks, 107, "conv_7b_ac"),
        (APPS.MobileNet, 64, "conv_pw_13_relu"),
        (APPS.MobileNetV2, 64, "out_relu"),
        (APPS.MobileNetV3Small, 64, r"activation(_\d+)?"),  # not conv_2, behind the mean
        (few_dense_blocks, 64, "relu"),
        (few_nas_blocks, 64, r"activation(_\d+)?"),
        (few_mobile_blocks, 64, "top_activation"),
        (few_mobile_blocks_v2, 64, "top_activation"),
        (few_next_blocks, 64, r"add(_\d+)?"),  # the sum, not the branch's layer_scale
        (tf_keras.applications.MobileNetV2, 64, "out_relu"),
        (few_next_blocks_of_tf_keras, 64, r"tf.__operators__.add(_\d+)?"),
    ],
)
def test_one_of_each_family(make: Callable[..., Any], side: int, expected: str) -> None:
    keras.utils.set_random_seed(3)
    model = make(weights=None, input_shape=(side, side, 3), classes=3, classifier_activation=None)
    x = batch(side, side, 3)
    (cam,) = explanations(model, [GradCAM(relu=False)], x, 1)[0].attributions.values()
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
    maps = FeatureMaps(layer=[cam.layer], max_channels=None)(model, x)[cam.layer]
    assert gap_to(activation.numpy(), maps.values) < 1e-4
