"""Methods and settings from words."""

from __future__ import annotations

from typing import Any

import pytest

from tfexplain import FeatureMaps, GradCAM, IntegratedGradients
from tfexplain.commands.methods import explainers, methods


def made(names: list[str], settings: list[str], layer: str | None = None) -> Any:
    return explainers(names, layer, settings)


def test_settings_go_to_every_method_that_has_them() -> None:
    integrated, cam = made(
        ["IntegratedGradients", "GradCAM"],
        ["steps=64", "score=probability", "GradCAM.relu=False", "IntegratedGradients.output=0"],
    )
    assert (integrated.steps, integrated.score, integrated.output) == (64, "probability", 0)
    assert (cam.relu, cam.score, cam.output) == (False, "probability", None)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("baseline=0.5", 0.5),
        ("baseline=[0, 1]", [0, 1]),
        ("baseline={'a': 1}", {"a": 1}),
        ("baseline=None", None),
        ("tolerance=1", 1),
        ("tolerance=1e-3", 1e-3),
    ],
)
def test_values_are_read_as_python(setting: str, value: Any) -> None:
    (found,) = made(["IntegratedGradients"], [setting])
    assert getattr(found, setting.partition("=")[0]) == value


def test_text_that_looks_like_a_number_stays_text_where_text_is_wanted() -> None:
    (found,) = made(["GradCAM"], ["layer=7"])
    assert found.layer == "7"
    (found,) = made(["FeatureMaps"], ["layer=['a', 'b']"])
    assert found.layer == ["a", "b"]


def test_the_layer_goes_to_every_method_that_has_one() -> None:
    cam, maps, integrated = made(["GradCAM", "FeatureMaps", "IntegratedGradients"], [], "conv")
    assert (cam.layer, maps.layer, integrated.layer) == ("conv", "conv", "conv")
    assert explainers(None, None, None) is None
    default = explainers(None, "conv", None)
    assert default is not None
    cam, integrated = default
    assert isinstance(integrated, IntegratedGradients)
    assert (cam.name, cam.layer, integrated.layer) == ("GradCAM", "conv", None)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("names", "settings", "layer", "message"),
    [
        (["Grad"], [], None, "--method='Grad': expected one of Attention, .* GradCAM, "),
        (["GradCAM"], ["steps=3"], None, "--set steps=3: expected NAME=VALUE with a setting of Gr"),
        (["GradCAM"], ["relu"], None, "--set relu: expected NAME=VALUE .* GradCAM: .*relu"),
        (["GradCAM"], ["FeatureMaps.channel=3"], None, "--set FeatureMaps.channel=3: expected"),
        (["GradCAM"], ["relu=3"], None, "--set relu=3: expected bool; got 3"),
        (["IntegratedGradients"], ["steps=many"], None, "expected int or None; got 'many'"),
        (["IntegratedGradients"], ["steps=True"], None, "expected int or None; got True"),
        (["IntegratedGradients"], ["steps=0"], None, "steps=0: expected a whole number"),
        (["IntegratedGradients"], ["quadrature=simpson"], None, "expected .* or 'midpoint'; got"),
        (["IntegratedGradients"], ["baseline=grey"], None, "--set baseline=grey: expected float"),
        (["IntegratedGradients"], ["whole=True"], None, "--set whole=True: expected NAME=VALUE"),
        (["RISE"], [], "conv", "--layer='conv': RISE is not bound"),
    ],
)
def test_what_does_not_fit(
    names: list[str], settings: list[str], layer: str | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        made(names, settings, layer)


def test_methods_that_need_objects_are_left_out() -> None:
    found = methods()
    assert {"FeatureMaps", "GradCAM", "IntegratedGradients", "Saliency"} <= found.keys()
    assert found["GradCAM"] is GradCAM
    assert found["FeatureMaps"] is FeatureMaps
    assert "Explainer" not in found
    for one in found.values():
        assert one()
