"""Predictions that are all the same, maps that moved, pruned and dead units, and slow runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tfexplain.story import Finding, RunRecords, story
from tfexplain.wire import schema
from tfexplain.wire.records.compressed import ROW_KEYS

RNG = np.random.default_rng(0)
Series = dict[str, list[tuple[int, schema.Record]]]


def told(series: Series) -> list[Finding]:
    data = {
        tag: [(step, record.encode()) for step, record in records]
        for tag, records in series.items()
    }
    tags = [schema.Tag.parse(tag) for tag in data]
    return story({"run": RunRecords(tags, lambda asked: {tag: data[tag] for tag in asked})})


def samples(labels: list[float]) -> schema.Samples:
    rows = np.arange(len(labels))
    return schema.Samples(np.array(labels), rows, "class", ["cat", "dog"])


def predictions(classes: list[int]) -> schema.Predictions:
    outputs = np.eye(2)[np.maximum(classes, 0)]
    return schema.Predictions(outputs, np.array(classes), 1, "softmax")


def test_predictions_that_are_all_the_same() -> None:
    series: Series = {
        "samples": [(0, samples([0, 1, 1, np.nan]))],
        "predictions": [(0, predictions([0, 1, 1, 0])), (4, predictions([1, 1, 1, 1]))],
    }
    (finding,) = told(series)
    assert finding.text == ("run: all 4 samples are predicted as dog, so their maps tell little.")
    assert finding.step == 4
    series["samples"] = [(0, samples([1, 1, 1, 1]))]  # as they should be
    assert told(series) == []


def maps(moves: set[int], steps: int = 9, drifts: bool = False) -> Series:
    """Maps of 6 samples that are drawn anew at some steps, and noise is added at others."""
    series: Series = {"predictions": [(s, predictions([0, 1] * 3)) for s in range(steps)]}
    for sample in range(6):
        values = RNG.normal(size=(6, 6))
        records: list[tuple[int, schema.Record]] = []
        for step in range(steps):
            values = RNG.normal(size=(6, 6)) if step in moves or drifts else values
            values = values + RNG.normal(size=(6, 6)) * 0.05
            records.append((step, schema.Map(values, 1.0, 0)))
        series[f"map/GradCAM/conv/{sample}"] = records
    return series


def test_maps_that_moved_once_though_predictions_stayed() -> None:
    (finding,) = told(maps({6}))
    assert finding.text == (
        "run: from epoch 5 to 6 the GradCAM maps of 6 of 6 samples moved, though their "
        "predictions stayed."
    )
    assert (finding.explainer, finding.layer, finding.step) == ("GradCAM", "conv", 6)
    assert finding.samples == (0, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("series", "why"),
    [
        (maps(set()), "nothing moved"),
        (maps({1, 2}), "early in training maps move"),
        (maps(set(), drifts=True), "these move all the time"),
        (maps({3}, steps=4), "too few epochs to tell what is usual"),
    ],
)
def test_maps_that_move_as_usual_are_not_told(series: Series, why: str) -> None:
    assert told(series) == [], why


def test_maps_of_samples_that_are_predicted_otherwise_are_not_told() -> None:
    series = maps({6})
    series["predictions"] = [
        (s, predictions([0, 1] * 3 if s < 6 else [1, 0] * 3)) for s in range(9)
    ]
    assert told(series) == []


def kernels(metric: str, values: list[float]) -> Series:
    rows = [{key: f"{key} of conv{i}" for key in ROW_KEYS} for i in range(len(values))]
    record = schema.Kernels(rows, [metric], np.array(values)[:, None], {}, {})
    return {"kernels": [(2, record)]}


@pytest.mark.parametrize(
    ("metric", "values", "text"),
    [
        (
            "filter_sparsity",
            [0.1, 0.5, np.nan],
            "run: pruning switched off 50% of the outputs of name of conv1, the most of any layer.",
        ),
        (
            "dead_share",
            [0.75, 0.5],
            "run: 75% of the units of name of conv0 are never active on the validation batch.",
        ),
    ],
)
def test_layers_that_lost_units(metric: str, values: list[float], text: str) -> None:
    (finding,) = told(kernels(metric, values))
    assert finding.text == text
    assert told(kernels(metric, [0.1, 0.2])) == []


def health(share: float) -> schema.Health:
    rows = [{"path": "conv"}, {"path": "relu"}]
    values = np.array([[np.nan], [share]])
    return schema.Health(rows, ["dead_share"], values, [], np.zeros((0, 1)), {})


def test_health_says_which_units_are_dead_where_it_was_measured() -> None:
    # Outputs of a layer without an activation function are below zero, and no unit is dead.
    series: Any = kernels("dead_share", [0.9]) | {"health": [(3, health(0.0))]}
    assert told(series) == []
    series["health"] = [(3, health(np.nan))]
    assert [finding.layer for finding in told(series)] == ["name of conv0"]
    series["health"] = [(3, health(0.75))]
    since = np.array([np.nan, 0, 2, 3])
    series["units/relu"] = [(3, schema.Units(schema.Spread(), schema.Spread(), since))]
    (finding,) = told(series)
    assert finding.text.startswith("run: 75% of the units of relu are dead: never active")
    assert finding.text.endswith("half of them since epoch 2 or before.")
    assert (finding.layer, finding.metric, finding.step) == ("relu", "dead_share", 3)


@pytest.mark.parametrize(
    ("cost", "count"),
    [
        (schema.Cost(100.0, 45.0, 1.0, 10, 10), 1),
        (schema.Cost(100.0, 5.0, 1.0, 10, 10), 0),
        (schema.Cost(2.0, 1.0, 1.0, 10, 10), 0),  # nobody waited
        (schema.Cost(100.0, 45.0, 1.0, 10, 10, 0.5), 0),  # as was asked for
    ],
)
def test_explaining_that_took_long(cost: schema.Cost, count: int) -> None:
    found = told({"status": [(9, schema.Status({}, [], cost))]})
    assert [f.text for f in found] == count * [
        "run: explaining took 45% of the time of training. budget= or every= lower it."
    ]


def test_the_most_important_comes_first() -> None:
    both: Any = kernels("dead_share", [0.9]) | {
        "samples": [(0, samples([0, 1]))],
        "predictions": [(0, predictions([1, 1]))],
    }
    assert [finding.kind for finding in told(both)] == ["same", "dead"]


def halved(underflow: float, note: str, **totals: float) -> schema.Health:
    rows = [
        {"path": f"dense{i}", "type": "Dense", "state": "trainable", "note": note} for i in range(3)
    ]
    values = np.array([[0.5, underflow], [1.0, 0.1], [1.0, 0.0]])
    metrics = ["gradient_norm", "gradient_underflow"]
    return schema.Health(rows, metrics, values, [], np.zeros((0, 2)), totals)


def test_float16_that_loses_most_gradients_is_told() -> None:
    note = "computes in float16"
    (finding,) = told({"health": [(3, halved(0.6, note, loss_scale=8.0))]})
    assert finding.text == (
        "run: gradients underflow in float16: 60% of those of dense0 are lost, with a loss scale "
        "of 8."
    )
    assert (finding.layer, finding.metric) == ("dense0", "gradient_underflow")
    (finding,) = told({"health": [(3, halved(0.6, note))]})
    assert finding.text.endswith("are lost, without loss scaling.")
    assert told({"health": [(3, halved(0.49, note))]}) == []
    # What float16 would lose of a model that does not compute in it is no fault of that.
    assert told({"health": [(3, halved(0.9, ""))]}) == []


@pytest.mark.parametrize(
    ("controls", "said"),
    [
        (
            [],
            "90% of it alone moves predictions by 0.4 nats (KL), of any other layer by 0.3 at",
        ),
        ([0.03], "50% of it alone moves predictions by 0.05 nats (KL), of any other layer by 0.02"),
        ([0.03, 0.5], None),
    ],
)
def test_the_layer_whose_compression_costs_most(controls: list[float], said: str | None) -> None:
    # The head is worst on average; not every layer has filters that may go.
    kl = np.array([[0.02, 0.2, 0.9], [0.05, 0.4, 0.01], [0.01, 0.3, np.nan]])[..., None]
    count = len(controls)
    record = schema.Sensitivity(
        *(["conv", "head", "last"], ["50%", "90%", "filters-50%"], ["kl"], [], [], []),
        *(kl, np.zeros((0, 3, 3, 0)), np.array([[50.0, 10, 50]] * 3), np.ones((3, 3))),
        *(np.ones((3, 2)), np.zeros((3, 3), np.uint8), np.zeros(1), 9, 0),
        controls=["other", "third"][:count],
        control_values=np.array(controls).reshape(count, 1),
        control_similarity=np.zeros((0, count, 0)),
    )
    found = told({"sensitivity": [(0, record)]})
    assert [one.layer for one in found] == (["head"] if said else [])
    assert said is None or said in found[0].text
