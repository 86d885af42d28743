"""Records of clusters of maps: what is written is read, what contradicts itself is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.golden_records import CLUSTERS

from tfexplain.wire import schema


def test_a_record_is_read_as_it_was_written() -> None:
    found = schema.Clusters.decode(CLUSTERS.encode())
    for name in ("rows", "hashes", "clusters", "positions", "means", "corners", "pictures"):
        np.testing.assert_array_equal(getattr(found, name), getattr(CLUSTERS, name))
    assert (found.names, found.sides, found.passes) == (CLUSTERS.names, (2, 2), 48)
    assert (found.moment, found.weights) == ("end", 4)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"hashes": np.zeros(2, np.uint64)}, "one entry a row"),
        ({"positions": np.zeros((2, 2))}, "a position of each row"),
        ({"clusters": np.array([0, 2, 1])}, "clusters that are there"),
        ({"examples": np.array([0, 3])}, "examples that are there"),
        ({"means": np.zeros((2, 3))}, "a mean of each cluster"),
        ({"held": np.zeros(1)}, "one entry a cluster"),
        ({"corners": np.array([[0, 1], [1, 1]])}, "places on the grid"),
        ({"sizes": np.zeros((2, 2))}, "places on the grid"),
        ({"sides": (2, 3)}, "a grid of all places"),
        ({"feature": "wing"}, "feature as one of"),
        ({"pictures": np.zeros((1, 1, 1, 3), np.uint8)}, "a picture of each example"),
        ({"pictures": np.zeros((2, 1, 1, 4), np.uint8)}, "pictures of 1 or 3 channels"),
        ({"passes": -1}, "passes >= 0"),
    ],
)
def test_what_contradicts_itself_is_refused(broken: dict[str, Any], why: str) -> None:
    with pytest.raises(schema.SchemaError, match=why):
        schema.Clusters.decode(replace(CLUSTERS, **broken).encode())
