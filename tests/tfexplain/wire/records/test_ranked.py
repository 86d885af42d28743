"""Records of importance: what is written is read, what contradicts itself is refused."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from support.golden_records import IMPORTANCE, RECORDS

from tfexplain.wire import schema

PLACES = RECORDS["importance-of-places"]


@pytest.mark.parametrize("name", ["importance", "importance-of-places", "importance-of-words"])
def test_what_was_written_is_read(name: str) -> None:
    written = RECORDS[name]
    read = schema.Importance.decode(written.encode())
    for field in fields(schema.Importance):
        before, now = getattr(written, field.name), getattr(read, field.name)
        if isinstance(now, np.ndarray):
            shape = (0, len(written.values))  # what no class has
            before = np.zeros(shape) if before is None else before
            assert np.array_equal(now, before, equal_nan=now.dtype.kind == "f"), field.name
        else:
            assert now == before, field.name


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"values": np.zeros(0)}, "1 to 4096 features"),
        ({"low": np.zeros(2)}, "an entry for each feature"),
        ({"names": ["age"]}, "an entry for each feature"),
        ({"occurs": np.zeros(2)}, "an entry for each feature, or none"),
        ({"permuted": np.zeros(0)}, "an interval of each fall"),
        ({"classes": np.array([0])}, "means of each class"),
        ({"random": np.zeros(2)}, "scores of each count"),
        ({"hidden_counts": np.array([0, 3, 1])}, "counts that rise"),
        ({"dot_features": np.array([0, 3])}, "dots of features that are there"),
        ({"dot_features": np.zeros(21)}, "dots of at most 20 features"),
        ({"dot_values": np.zeros((3, 1))}, "a value for each dot"),
        ({"row_labels": np.zeros(2)}, "a label for each row"),
        ({"hashes": np.zeros(0)}, "a number and a hash for each row, or none"),
        ({"signed_by_class": np.zeros((1, 3))}, "means of each class"),
        ({"feature": "pixel"}, "feature as one of column, channel, word, place"),
        ({"score": "f1"}, "score as one of"),
        ({"total": 2}, "counts"),
        ({"sides": (3,)}, "a grid of all places, and else none"),
        ({"mean": np.zeros((2, 2, 2))}, "a mean of 1 or 3 channels"),
    ],
)
def test_what_contradicts_itself_is_refused(changed: dict[str, Any], expected: str) -> None:
    with pytest.raises(schema.SchemaError, match=expected):
        schema.Importance.decode(replace(IMPORTANCE, **changed).encode())


def test_places_lie_on_a_grid() -> None:
    assert isinstance(PLACES, schema.Importance)
    with pytest.raises(schema.SchemaError, match="a grid of all places"):
        schema.Importance.decode(replace(PLACES, sides=(2, 3)).encode())
