"""Clusters that look at one small place: told where they stand out, and only there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tfexplain.story import Finding, RunRecords, story
from tfexplain.wire import schema

# 40 of 80 rows of class 1 by the left edge; 30 of class 0.
CLUSTERS = schema.Clusters(
    rows=np.arange(110),
    hashes=np.arange(110, dtype=np.uint64),
    classes=np.repeat([0, 1, 1], [30, 40, 40]),
    clusters=np.repeat([0, 1, 2], [30, 40, 40]),
    positions=np.zeros((110, 2)),
    whose=np.array([0, 1, 1]),
    means=np.zeros((3, 64)),
    examples=np.array([0, 30, 70]),
    corners=np.array([[3, 3], [2, 0], [3, 3]]),
    sizes=np.array([[2, 2], [4, 1], [2, 2]]),
    held=np.array([0.9, 0.3, 0.4]),
    elsewhere=np.array([np.nan, 0.02, 0.3]),
    names=[""] * 64,
    feature="place",
    explainer="IntegratedGradients",
    sides=(8, 8),
)
SAMPLES = schema.Samples(
    *(np.zeros(3), np.array([35, 5, 69]), "class", ("cat", "dog")),
    hashes=np.array([35, 5, 69], np.uint64),
)


def found(**changed: Any) -> list[Finding]:
    data = {
        "clusters/image": [(9, replace(CLUSTERS, **changed).encode())],
        "samples": [(0, SAMPLES.encode())],
    }
    tags = [schema.Tag("clusters", layer="image"), schema.Tag("samples")]
    return story({"run": RunRecords(tags, lambda asked: {tag: data[tag] for tag in asked})})


def test_rows_that_are_explained_by_a_border_are_told_with_the_samples() -> None:
    (one,) = found()
    assert one.text == (
        "run: 40 of 80 rows of dog are explained by one small place: the left edge has 30% of "
        "their evidence on 6% of the area, and 2% in its other rows."
    )
    assert (one.kind, one.value, one.chance, one.step) == ("strategy", 0.3, 1 / 16, 9)
    assert (one.samples, one.layer) == ((0, 2), "image")


def test_the_strongest_is_told_and_how_many_other_classes_have_one() -> None:
    (one,) = found(corners=np.array([[0, 3], [2, 0], [3, 3]]))
    assert one.text.startswith(
        "run: 30 of 30 rows of cat are explained by one small place: the top"
    )
    assert one.text.endswith("90% of their evidence on 6% of the area. So in 1 other class.")


def test_nearly_all_of_the_evidence_there_is_told_whatever_the_others_have() -> None:
    (one,) = found(held=np.array([0.9, 0.75, 0.4]), elsewhere=np.array([np.nan, 0.7, 0.3]))
    assert "75% of their evidence on 6% of the area, and 70% in its other rows" in one.text


@pytest.mark.parametrize(
    "changed",
    [
        {"held": np.array([0.9, 0.14, 0.4]), "elsewhere": np.array([np.nan, 0.0, 0.3])},  # little
        {"elsewhere": np.array([np.nan, 0.04, 0.3])},  # the others look there, too
        {"corners": np.array([[3, 3], [2, 1], [3, 3]])},  # where objects are
        {"clusters": np.repeat([0, 1, 2], [30, 19, 61])},  # few of the class
        {
            "whose": np.array([0, 1, 0]),
            "classes": np.repeat([0, 1, 0], [30, 40, 40]),
            "elsewhere": np.full(3, np.nan),
        },  # one cluster, of which 30% are there
    ],
)
def test_nothing_is_told_of(changed: dict[str, Any]) -> None:
    assert found(**changed) == []
