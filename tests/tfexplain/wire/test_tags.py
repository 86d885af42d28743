"""Names of series, taken apart and put together."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.records import layer_names

from tfexplain.wire import schema


@given(st.sampled_from(["map", "channels", "matrix"]), layer_names, st.integers(0, 1_000_000))
def test_a_tag_survives_its_text(kind: schema.Kind, layer: str, sample: int) -> None:
    tag = schema.Tag(kind, "GradCAM(a=1.5)", layer, sample)
    assert schema.Tag.parse(str(tag)) == tag
    assert str(tag) == f"{tag.group}/{sample}"


@given(st.sampled_from(["inputs", "values", "kernel"]), layer_names)
def test_a_named_tag_survives_its_text(kind: schema.Kind, name: str) -> None:
    tag = schema.Tag(kind, layer=name)
    assert schema.Tag.parse(str(tag)) == tag


@given(layer_names)
def test_a_drift_tag_has_no_sample(layer: str) -> None:
    tag = schema.Tag("drift", "GradCAM", layer)
    assert schema.Tag.parse(str(tag)) == tag
    assert str(tag) == tag.group


@pytest.mark.parametrize(
    "kind", ["samples", "metrics", "predictions", "status", "kernels", "fidelity"]
)
def test_a_plain_tag_is_its_kind(kind: schema.Kind) -> None:
    assert schema.Tag.parse(kind) == schema.Tag(kind)
    assert str(schema.Tag(kind)) == schema.Tag(kind).group == kind


@given(st.text(max_size=60) | st.text("map/channels0123456789.\x00-", max_size=40))
@example("map/GradCAM/conv/01")
@example("map/GradCAM/conv/٣")
def test_any_tag_is_understood_or_refused(text: str) -> None:
    try:
        tag = schema.Tag.parse(text)
    except schema.SchemaError:
        return
    assert str(tag) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "map",
        "map/GradCAM/0",
        "map/GradCAM/conv/x",
        "map/GradCAM/conv/-1",
        "map/GradCAM/conv/1000001",
        "map/GradCAM/conv/01",
        "map/Grad CAM/conv/0",
        "map/<img>/conv/0",
        "map/GradCAM//0",
        "map/GradCAM/a\nb/0",
        "map/GradCAM/a\u202eb/0",
        f"map/GradCAM/{'x' * 513}/0",
        "inputs/",
        "values/",
        "matrix/Attention/0",
        "metrics/0",
        "kernel/",
        "drift/GradCAM",
        "drift/Grad CAM/conv",
        "loss",
    ],
)
def test_other_tags_are_refused(text: str) -> None:
    with pytest.raises(schema.SchemaError):
        schema.Tag.parse(text)
