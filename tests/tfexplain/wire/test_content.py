"""`plugin_content`: what is read back, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.records import json_values, names

from tfexplain.wire import schema
from tfexplain.wire.records.kinds import ROLES, Kind, Role


@given(
    st.sampled_from(get_args(Kind)),
    names,
    st.booleans(),
    st.lists(st.integers(0, 2**31), max_size=4),
    names,
    st.integers(0, 2**31),
    st.dictionaries(names, names, max_size=4),
    st.sampled_from(["", *get_args(schema.Layout)]),
    st.sampled_from(["", *ROLES]),
)
def test_content_round_trips(
    kind: schema.Kind,
    unit: str,
    signed: bool,
    shape: list[int],
    over: str,
    channels: int,
    settings: dict[str, str],
    layout: schema.Layout,
    role: Role,
) -> None:
    shown = (unit, signed, tuple(shape), over, channels, settings, layout)
    content = schema.Content(kind, *shown, role=role)
    named = schema.tag_name(over) if over else ""
    assert schema.Content.decode(content.encode()) == replace(content, input=named)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("version", "kind", "unit", "signed", "shape", "input", "channels", "settings"),
                *("layout", "role"),
            ]
        ),
        json_values | st.sampled_from(["1.0", "map"]),
    )
)
@example({"version": "1.0", "kind": []})
@example({"version": "1.0", "kind": {}})
@example({"version": "1.0", "kind": "map", "shape": [True]})
def test_content_of_any_json_never_escapes(fields: dict[str, Any]) -> None:
    try:
        content = schema.Content.decode(json.dumps(fields).encode())
    except schema.SchemaError:
        return
    assert schema.Content.decode(content.encode()) == content


def test_the_role_of_older_logs_is_a_setting() -> None:
    def role(kind: str, **fields: Any) -> str:
        return schema.Content.decode(json.dumps({"kind": kind, **fields}).encode()).role

    settings = {"role": "control"}
    assert role("drift", version="1.1", settings=settings) == "control"
    assert role("fidelity", version="1.0", settings=settings) == "control"
    assert role("drift", version="1.2", settings=settings, role="model") == "model"
    # A setting of an explainer, or of what is measured.
    assert role("map", version="1.1", settings=settings) == ""
    assert role("drift", version="1.9", role="a newer one") == ""


@given(st.binary(max_size=100))
@example(b"[" * 90_000)
@example(b"[" * 60_000)
@example(b"null")
def test_content_of_any_bytes_never_escapes(data: bytes) -> None:
    with pytest.raises(schema.SchemaError):
        schema.Content.decode(data)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "movie"),
        ("unit", 1),
        ("signed", 1),
        ("shape", [1, -1]),
        ("shape", [1.0]),
        ("shape", [1] * 5),
        ("shape", [2**40]),
        ("channels", "3"),
        ("input", None),
        ("settings", {"a": 1}),
        ("settings", []),
        ("layout", 2),
        ("layout", None),
    ],
)
def test_content_fields_have_types(field: str, value: object) -> None:
    good = {"version": "1.0", "kind": "map"}
    schema.Content.decode(json.dumps(good).encode())
    with pytest.raises(schema.SchemaError, match="wrong type"):
        schema.Content.decode(json.dumps({**good, field: value}).encode())


@pytest.mark.parametrize("layout", [{}, {"layout": ""}, {"layout": "hexagons"}])
def test_a_layout_that_is_not_known_is_none(layout: dict[str, str]) -> None:
    """Logs of version 1.0 have none, and a newer version may have others."""
    old = {"version": "1.0", "kind": "map", "unit": "logit", "shape": [2, 3], **layout}
    content = schema.Content.decode(json.dumps(old).encode())
    assert (content.layout, content.shape) == ("", (2, 3))
