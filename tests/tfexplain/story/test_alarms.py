"""Evidence that gathers at one place, or leaves its region, while accuracy rises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tfexplain.story import Finding, RunRecords, story
from tfexplain.wire import schema

NAN = np.nan
LABELS = np.arange(8) % 4
PLACES = schema.Places(
    *(np.array([[2, 0]]), np.array([[4, 1]]), np.array([[1.0, 0.5, 0.25]])),
    *(["left edge"], [8, 8], 1.0, 200),
)


def told(series: dict[str, list[tuple[float, Any]]]) -> list[Finding]:
    data = {tag: [(s, r.encode()) for s, r in records] for tag, records in series.items()}
    tags = [schema.Tag.parse(tag) for tag in data]
    return story({"run": RunRecords(tags, lambda asked: {tag: data[tag] for tag in asked})})


def trained(accuracy: Sequence[float]) -> dict[str, list[tuple[float, Any]]]:
    samples = schema.Samples(LABELS.astype(float), np.arange(8), "class", list("abcd"))
    reported = [(s, schema.Metrics({"accuracy": a, "loss": 1.0})) for s, a in enumerate(accuracy)]
    return {"samples": [(0, samples)], "metrics": reported}


def gathered(masses: Sequence[Any], accuracy: Sequence[float] = (0.2, 0.5, 0.9)) -> list[Finding]:
    """What is told of shares of the evidence at the left edge, by epoch."""
    records = []
    for step, mass in enumerate(masses):
        values = np.broadcast_to(mass, 8)[:, None].astype(float)
        named = (["mass at left edge"], ["share of the evidence"], ["lower"])
        records.append((step, schema.Trust(values, np.full((8, 1), 0.1), *named)))
    series = trained(accuracy) | {"places/image": [(0, PLACES)], "trust/Saliency/image": records}
    return told(series)


def test_evidence_of_all_classes_at_one_place() -> None:
    (finding,) = gathered([0.1, 0.3, 0.5])
    assert finding.text == (
        "run: since epoch 1 the Saliency maps of 4 of 4 classes gather at one place, left edge: "
        "50% of the evidence (chance 10%), while accuracy rose from 20% to 90%. A linear probe "
        "reads 100% of the labels there alone (chance 25%), 50% in all else."
    )
    assert (finding.kind, finding.step, finding.value) == ("gathers", 1, 0.5)
    assert finding.box == ((2, 4), (0, 1))
    assert gathered([0.1, 0.5, 0.1])[0].text.startswith("run: in epoch 1 the")


@pytest.mark.parametrize(
    ("masses", "accuracy", "why"),
    [
        ([0.1, 0.1, 0.1], (0.2, 0.5, 0.9), "as much as chance"),
        ([0.1, 0.18, 0.18], (0.2, 0.5, 0.9), "less than a tenth of what lies above chance"),
        ([0.1, 0.5, 0.5], (0.5, 0.5, 0.4), "accuracy falls"),
        ([0.1, *2 * [np.where(LABELS < 2, 0.9, 0)]], (0.2, 0.5, 0.9), "of half of the classes"),
        ([NAN, NAN, NAN], (0.2, 0.5, 0.9), "no map has evidence"),
        ([0.5], (0.2,), "nothing has risen yet"),
    ],
)
def test_what_is_no_gathering(masses: Any, accuracy: Any, why: str) -> None:
    assert gathered(masses, accuracy) == [], why


def inside(
    masses: Sequence[float], area: float, *, avoid: bool, accuracy: Any = (0.2, 0.5, 0.9)
) -> list[Finding]:
    """What is told of shares of the evidence in a region, by epoch."""
    rng = np.random.default_rng(0)
    records = []
    for step, mass in enumerate(masses):
        values = mass + rng.normal(size=(8, 1)) / 100
        areas = np.full((8, 1), area)
        records.append((step, schema.Regions(values, values, areas, ["lesion"], [avoid])))
    return told(trained(accuracy) | {"regions/Saliency/image": records})


def test_evidence_that_leaves_its_region_or_lies_in_one_to_avoid() -> None:
    (left,) = inside([0.8, 0.78, 0.5], 0.1, avoid=False)
    assert left.text == (
        "run: since epoch 2 the Saliency maps at image have 50% of their evidence in lesion, 80% "
        "in epoch 0 (chance 10%), while accuracy rose from 20% to 90%."
    )
    (outside,) = inside([0.1, 0.1, 0.1], 0.5, avoid=False)
    assert "in lesion, less than chance (chance 50%)" in outside.text
    (avoided,) = inside([0.1, 0.3, 0.3], 0.1, avoid=True)
    assert "evidence in lesion, to be avoided (chance 10%), while" in avoided.text
    assert (avoided.kind, avoided.step) == ("leaves", 1)


def test_evidence_that_stays_in_its_region() -> None:
    assert inside([0.8, 0.75, 0.78], 0.1, avoid=False) == []
    assert inside([0.1, 0.1, 0.1], 0.1, avoid=True) == []
    assert inside([0.8, 0.78, 0.5], 0.1, avoid=False, accuracy=(0.9, 0.8, 0.7)) == []


def test_evidence_that_had_left_by_the_first_epoch() -> None:
    start = np.zeros((8, 1, 2))
    start[..., 0] = 1
    masks = schema.Masks(np.array([[[[True, False]]]]), ["lesion"], [False])
    records = []
    for step in range(3):
        values = 0.6 + np.arange(8)[:, None] / 100
        area = np.full((8, 1), 0.5)
        records.append((step, schema.Regions(values, values, area, ["lesion"], [False])))
    series: dict[str, list[tuple[float, Any]]] = trained((0.2, 0.5, 0.9))
    series |= {"regions/Saliency/image": records, "masks/image": [(0, masks)]}
    assert told(series) == []
    series["start/Saliency/image"] = [(0, schema.Start(start, LABELS))]
    (finding,) = told(series)
    assert "100% before training (chance 50%)" in finding.text
