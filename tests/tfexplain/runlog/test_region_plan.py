"""Regions of all kinds of inputs, located and measured against arrays counted by hand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tfexplain import Custom, GradCAM, IntegratedGradients
from tfexplain.errors import SettingError
from tfexplain.explainers import Explainer
from tfexplain.quality import mass_accuracy
from tfexplain.runlog.plan import ExplainPlan
from tfexplain.runlog.region_choice import named_regions
from tfexplain.runlog.region_plan import RegionPlan
from tfexplain.runlog.settings import ExplainSettings
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.trust import Boxes

RNG = np.random.default_rng(0)
Y = np.arange(12) % 2
NOW = Moment(0, 0, weights=0)


def net(inputs: Any, hidden: Any) -> Any:
    """A compiled classifier of two classes."""
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(hidden))
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def located(x: Any, model: Any, regions: Any, explainer: Explainer) -> tuple[ExplainPlan, Any]:
    settings = ExplainSettings((x, Y), (explainer,), 6, (), "label", None, False, 0, False)
    plan = ExplainPlan(settings, model)
    return plan, RegionPlan(named_regions(regions), plan)


def measured(plan: ExplainPlan, regions: Any) -> tuple[Any, Any]:
    """The only map that is explained, and what is measured of it."""
    ((attribution,),) = (found.attributions.values() for found in plan.run().values())
    return attribution.maps.astype(np.float64), regions.record(attribution, NOW)


def test_a_table_has_regions_of_columns() -> None:
    x = RNG.normal(size=(12, 4)).astype("f4")
    inputs = keras.Input((4,))
    model = net(inputs, inputs)
    mask = np.array([True, False, False, True])
    plan, regions = located(x, model, {"leaks": mask}, IntegratedGradients(steps=4))
    maps, record = measured(plan, regions)
    np.testing.assert_allclose(
        record.mass[:, 0], mass_accuracy(maps, np.broadcast_to(mask, maps.shape))
    )
    np.testing.assert_allclose(record.area, 0.5)
    with pytest.raises(SettingError, match=r"mask of the 4 positions of input 'input'.*no edges"):
        located(x, model, "left edge", IntegratedGradients(steps=4))


def test_padding_of_a_text_is_no_position_of_a_region() -> None:
    x = RNG.integers(1, 9, (12, 6))
    x[:, 4:] = 0
    inputs = keras.Input((6,), dtype="int64")
    hidden = keras.layers.Embedding(9, 3, mask_zero=True)(inputs)
    model = net(inputs, keras.layers.GlobalAveragePooling1D()(hidden))
    mask = np.array([True, False, False, False, True, True])
    # A map that has evidence in the padding, too.
    alike = Custom("Alike", lambda model, x, targets: np.ones(np.shape(x), "f4"))
    _, record = measured(*located(x, model, mask, alike))
    np.testing.assert_allclose(record.area, 1 / 4)
    np.testing.assert_allclose(record.mass, 1 / 4)
    np.testing.assert_allclose(record.pointing, 1 / 4)
    padded = np.array([False, False, False, False, True, True])
    with pytest.raises(SettingError, match="has an empty one"):
        located(x, model, padded, IntegratedGradients(steps=4))


def test_curves_and_volumes_have_edges_and_boxes() -> None:
    curve = keras.Input((8, 2))
    hidden = keras.layers.Conv1D(2, 3, padding="same")(curve)
    model = net(curve, keras.layers.GlobalAveragePooling1D()(hidden))
    x = RNG.normal(size=(12, 8, 2)).astype("f4")
    plan, regions = located(x, model, Boxes([0, 2]), IntegratedGradients(steps=4))
    maps, record = measured(plan, regions)
    positive = np.maximum(maps, 0)
    np.testing.assert_allclose(record.mass[:, 0], positive[:, :2].sum(1) / positive.sum(1))
    scan = keras.Input((4, 8, 8, 1))
    hidden = keras.layers.Conv3D(2, 3, padding="same")(scan)
    model = net(scan, keras.layers.GlobalAveragePooling3D()(hidden))
    x = RNG.random((12, 4, 8, 8, 1)).astype("f4")
    plan, regions = located(x, model, "top edge", IntegratedGradients(steps=4))
    maps, record = measured(plan, regions)
    positive = np.maximum(maps, 0)
    inside = positive[:, :, 0].sum((1, 2)) / positive.sum((1, 2, 3))
    np.testing.assert_allclose(record.mass[:, 0], inside)


def test_maps_of_a_layer_are_measured_in_pixels_and_large_masks_logged_in_cells() -> None:
    inputs = keras.Input((600, 520, 1))
    hidden = keras.layers.Conv2D(2, 3, strides=40, padding="same", name="conv")(inputs)
    model = net(inputs, keras.layers.GlobalAveragePooling2D()(hidden))
    x = RNG.random((12, 600, 520, 1)).astype("f4")
    drawn = np.zeros((600, 520), bool)
    drawn[0, 519] = True
    plan, regions = located(x, model, drawn, GradCAM(layer="conv"))
    ((attribution,),) = (found.attributions.values() for found in plan.run().values())
    record = regions.record(attribution, NOW)
    assert attribution.maps.shape[1:] == (15, 13)
    np.testing.assert_allclose(record.area, 1 / drawn.size)
    masks = regions.by_input["input"].record().values
    # One thin region, which is still there.
    assert masks.shape == (1, 1, 300, 260)
    assert np.flatnonzero(masks).tolist() == [259]


def test_of_two_inputs_a_region_is_of_that_which_has_its_shape() -> None:
    left, right = keras.Input((4, 4, 1), name="left"), keras.Input((6, 6, 1), name="right")
    flat = [keras.layers.Flatten()(one) for one in (left, right)]
    model = net([left, right], keras.layers.Concatenate()(flat))
    x = [RNG.random((12, n, n, 1)).astype("f4") for n in (4, 6)]
    asked = {"spot": np.eye(6, dtype=bool), "all around": "border"}
    settings = ExplainSettings(
        *((tuple(x), Y), (IntegratedGradients(steps=4),), 6, (), "label", None, False, 0, False)
    )
    plan = RegionPlan(named_regions(asked), ExplainPlan(settings, model))
    names = {name: [one.name for one in own.named] for name, own in plan.by_input.items()}
    assert names == {"left": ["all around"], "right": ["spot", "all around"]}
    assert plan.text == "all around 75% of left; spot 16.7%, all around 55.6% of right"
