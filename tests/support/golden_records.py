"""Golden records: one of each kind and of each older way to write it, with what they mean.

The tests of the library and those of the page read the same files, and compare value by value with
`expected.json`. After a change of the format, write them again, from the root of the checkout:

    PYTHONPATH=.:tests python -m support.golden_records
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfexplain.tb_plugin.listing import Pictures, Run, Series
from tfexplain.wire import schema
from tfexplain.wire.container import pack
from tfexplain.wire.records.compressed import ROW_KEYS

FOLDER = Path(__file__).parents[1] / "golden" / "records"
NAN, INF = math.nan, math.inf

SAMPLES = schema.Samples(
    np.array([2.0, NAN, 0.0]),
    np.array([4, 9, 2**40]),
    "class",
    ["cat", "döner", "<b>"],
    {"GradCAM": "at conv2 (14 × 14 tokens); relu True", "target": "label"},
    hashes=np.array([255, 2**64 - 1, 0], np.uint64),
    label_sets=np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]], np.uint8),
    layers={"GradCAM": ["backbone/conv1", "conv2"], "IntegratedGradients": ["image"]},
)
STATUS = schema.Status(
    {"GradCAM": 0.25, "LIME": NAN},
    [
        schema.Problem("LIME: MemoryError", 3, "no memory", 7),
        schema.Problem("Saliency", 1, "the input is whole numbers.", 0, left_out=True),
    ],
    schema.Cost(12.5, 1.25, 0.75, 8, 4, 0.1),
)
KERNELS = schema.Kernels(
    [
        {key: f"{key} of conv" for key in ROW_KEYS},
        {"name": "rnn.kernel", "path": "rnn", "shape": "3 × 4", "note": "a note"},
    ],
    ["sparsity", "sqnr"],
    np.array([[0.5, INF], [NAN, 24.25]]),
    {"student": {"sparsity": 0.25, "sqnr": 3.5}, "teacher": {"sqnr": -INF}},
    {"student": "12 weights", "teacher": "9 weights"},
    "end",
    3,
)
HEALTH = schema.Health(
    [
        {"path": "conv", "type": "Conv2D", "activation": "relu", "state": "trainable"},
        {"path": "bn/gé", "type": "BatchNormalization", "state": "frozen", "note": "a note"},
    ],
    ["gradient_norm", "dead_share"],
    np.array([[0.125, INF], [NAN, 24.25]]),
    [(0, "kernel"), (0, "bias")],
    np.array([[0.1, NAN], [1e-300, 0.0]]),
    {"gradient_norm": 0.5, "nonfinite": INF},
    120,
    "end",
    3,
)
# Six by four grey pixels: three pictures of 2 x 3, and room for a fourth.
_SHEET = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000006000000040800000000886f119f0000001849444154789c63"
    "64e0e2e2e2e262b4e1e2e2e2e26241a1001451018730eef6160000000049454e44ae426082"
)
THUMBNAILS = schema.Thumbnails(
    *(np.array([1, 2, 3], np.uint64), np.frombuffer(_SHEET, np.uint8)),
    *(2, 2, 3),
)
VALIDATION = schema.Validation(
    *(np.array([2.0, NAN, 0.0]), "class", "sigmoid", 3, np.array([1.0, 0.5, 0.0])),
    *(np.array([4, 9, 2**40]), np.array([255, 2**64 - 1, 0], np.uint64), 2**30),
    sets=np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]], np.uint8),
    groups=np.array([1, 0, 1], np.int32),
    group_names=["a", "ö"],
    class_names=["cat", "dog", "<b>"],
    settings={"rows": "3 of 9"},
)
STRUCTURE = schema.Structure(
    [
        {"name": "bild", "kind": "input", "type": "Input", "shape": "9 × 7", "dtype": "uint8"},
        {
            "name": "net/gé@1",
            "kind": "call",
            "activation": "relu",
            "state": "frozen",
            "mode": "int8",
        },
        {"name": "net", "kind": "call", "type": "Functional"},
        {"name": "spare", "kind": "uncalled", "state": "trainable"},
    ],
    np.array([-1, 2, -1, -1]),
    np.array([[0, 1], [1, 2], [0, 2]]),
    np.array([[0, NAN], [2.0**40, 1.5e12], [0, NAN], [7, 0]]),
    {"optimizer": "Adam", "optimizer.learning_rate": "0.001", "loss": "mse"},
    schema.Curves(
        *(np.array([-1, 1, -1, 0]), np.array([[1, NAN, 3], [0, 0, 2.5]], np.float32), -2.5, 2.5)
    ),
)
_GRID = np.arange(4.0).reshape(2, 2) / 4
EXCHANGE = schema.Exchange(
    *(_GRID, _GRID / 10, _GRID - 0.0625, _GRID + 0.0625),
    *((7, 8), (4, 4), (4, 4), _GRID + 0.125, (0, 4), (4, 4), 0.875, 200, 180, 2400),
    classes=np.array([0, 3], np.int32),
    by_class=np.stack([_GRID, 1 - _GRID]),
    mean=np.arange(12, dtype=np.uint8).reshape(2, 2, 3) * 20,
    moment="end",
    weights=4,
)
IMPORTANCE = schema.Importance(
    *(np.array([2.5, 0.125, NAN]), np.array([2.0, 0.0, NAN]), np.array([3.0, 0.25, INF])),
    *(np.array([-1.5, 0.125, NAN]), ["age", "größe", ""], "column", "IntegratedGradients"),
    *(3, 3, 4000, "logit", "accuracy"),
    classes=np.array([0, 7], np.int32),
    by_class=np.array([[2.0, 0.125, NAN], [3.0, 0.0, 0.5]]),
    signed_by_class=np.array([[-2.0, 0.125, NAN], [1.0, 0.0, -0.5]]),
    permuted=np.array([0.25, -0.0625, 0.0]),
    permuted_low=np.array([0.125, -0.125, NAN]),
    permuted_high=np.array([0.375, 0.0, NAN]),
    weights_first=np.array([1.5, 0.25, 0.0]),
    dot_features=np.array([0, 2], np.int32),
    dots=np.array([[-3.0, 0.5], [2.0, NAN], [2.5, -0.5]]),
    dot_values=np.array([[40.0, 0.5], [NAN, 2.0], [25.0, 1.0]]),
    row_labels=np.array([0.0, 7.0, NAN]),
    row_numbers=np.array([4, 9, 2**40]),
    hashes=np.array([255, 2**64 - 1, 0], np.uint64),
    hidden_counts=np.array([0, 1, 3], np.int32),
    hidden=np.array([0.875, 0.875, 0.25]),
    random=np.array([0.875, 0.5, 0.25]),
    random_low=np.array([0.875, 0.375, 0.25]),
    random_high=np.array([0.875, 0.75, 0.25]),
    moment="end",
    weights=4,
)
ROBUSTNESS = schema.Robustness(
    *(np.array([0.5, INF, 0.0]), np.array([1, 0, 1], np.uint8), np.array([4, 9, 2**40])),
    *(np.array([255, 2**64 - 1, 0], np.uint64), np.array([0.0, 0.25, 1.0])),
    *(np.array([0.625, 0.5, 0.25]), np.array([0.5, 0.25, 0.0]), np.array([0.75, 0.625, NAN])),
    *("standard deviations", "end", 4),
)
CLUSTERS = schema.Clusters(
    *(np.array([4, 9, 2**40]), np.array([255, 2**64 - 1, 0], np.uint64)),
    *(np.array([0, 1, 1], np.int32), np.array([0, -1, 1], np.int32)),
    np.array([[0.5, -1], [NAN, NAN], [INF, 2]]),
    *(np.array([0, 1], np.int32), np.array([[0.5, -0.5, 0, NAN], [1, 0, 0, 0]])),
    *(np.array([0, 2], np.int32), np.array([[0, 1], [1, 0]]), np.array([[1, 1], [1, 2]])),
    *(np.array([0.75, 1]), np.array([NAN, 0.125]), ["a", "b", "c", "größe"], "place"),
    *("GradCAM", (2, 2), 48, np.arange(12, dtype=np.uint8).reshape(2, 1, 2, 3), "end", 4),
)
SIMPLE = schema.SimpleModels(
    names=["age", "größe"],
    feature="column",
    total=90,
    rows=128,
    of_classes=True,
    fidelity=np.array([[0.5, 0.375, 0.625], [0.75, 0.5, 0.875]]),
    constant=0.5,
    on_labels=np.array([[0.875, 0.75, 1.0], [0.5, 0.25, 0.75], [NAN, NAN, NAN]]),
    asks=np.array([1, -1, 0, -1, -1], np.int32),
    threshold=np.array([41.5, NAN, -0.25, NAN, NAN]),
    left=np.array([1, -1, 3, -1, -1], np.int32),
    right=np.array([2, -1, 4, -1, -1], np.int32),
    value=np.array([2.0, 0.0, 2.0, 2.0, 0.0]),
    passed=np.array([128, 28, 100, 100, 0]),
    agree=np.array([0.5, 0.75, 0.5, 0.5, NAN]),
    answers=["yes", "no", "yes", "yes", "no"],
    rules=["if größe <= 41.5: no (75% of 28 rows)", "…", "<b>"],
    classes=np.array([2], np.int32),
    whose=["yes"],
    coefficients=np.array([[1.5, -0.25]]),
    moment="end",
    weights=4,
)
SENSITIVITY = schema.Sensitivity(
    *(["conv", "größe"], ["8bit", "50%"], ["kl", "accuracy"], ["spearman"], ["GradCAM"], ["conv"]),
    *(np.array([[[0.5, 0.75], [NAN, NAN]], [[0.25, 1.0], [INF, 0.0]]]),),
    *(np.array([[[[0.5], [NAN]], [[1.0], [-0.25]]]]), np.array([[80.0, NAN], [40.0, 96.0]])),
    *(np.array([[7.0, NAN], [5.0, 5.0]]), np.array([[320.0, 7.0], [160.0, 5.0]])),
    *(np.array([[3, 0], [1, 0]], np.uint8), np.array([0.0, 0.875]), 40, 6, ["keras", "tflite"]),
    *(["other"], np.array([[0.125, 0.5]]), np.array([[[0.75]]])),
)
PLAN = schema.Plan(
    *(["conv", "größe"], ["8bit", "50%"], ["kl", "spearman"]),
    *(np.array([-1, 1, 0], np.int32), np.array([-1, 0, 1], np.int32)),
    *(np.array([480.0, 360.0, 96.5]), np.array([[0.0, 1.0], [0.25, 0.5], [0.75, NAN]])),
    *(np.array([[NAN, NAN], [NAN, NAN], [0.5, 0.25]]), ["", "", "prune(model, {})"], "bits"),
    *("kl", True),
)
PAYERS = schema.Payers(
    ["cat", "dog"],
    np.array([False, True]),
    ["accuracy change", "agreement"],
    np.array([[12, 12], [0, 7]]),
    np.array([[[-0.25, -0.5, 0.0], [0.75, 0.5, 0.9]], [[NAN] * 3, [1, NAN, NAN]]]),
    np.array([[[-0.1, 0.05], [0.9, 1]], [[NAN, NAN], [NAN, NAN]]]),
    "dense",
)
EXEMPLARS = schema.Exemplars(
    *(np.array([7, 2**40]), np.array([3, -1])),
    *(["cat", ""], ["", "north"], ["cat", "dog"], ["dog", "cat"]),
    np.array([[1, 0.75], [0.5, 2 / 3]]),
    *(["dense", "seed"], ["pruned", "int8", "int4"]),
    drawn=3,
    total=5,
)
OVERLAPS = schema.Overlaps(["again"], ["conv", "head"], np.array([[[12, 6, 5, 3], [0, 0, 0, 0]]]))
CHANGED = schema.Changed(
    *(["8bit", "50%"], ["conv", "größe"]),
    [
        np.array([[[[1.5, -3.0]]], [[[NAN, 0.0]]]], np.float32),
        np.array([[[0.5, 0.25, 2.0]], [[0.0, 0.0, 0.0]]], np.float32),
    ],
)
ACTIVATIONS = schema.Activations(
    *(["conv", "größe"], np.array([[INF, 0.25, NAN, -0.5, 6, -1, 5.75, -1, 5.75], [24.5] * 9])),
    *(["flat"], 32, "its own float weights", "end", 3),
)
DRIFT = np.array([[0.5, NAN], [-1.0, 1.0], [0.25, 0.75]])
RECORDS: dict[str, schema.Record] = {
    "samples": SAMPLES,
    "samples-of-values": schema.Samples(np.array([0.1, -3.5]), np.array([0, 1]), "value"),
    "metrics": schema.Metrics({"loss": 0.1, "val_accuracy": NAN, "grow": INF}),
    "predictions": schema.Predictions(
        np.array([[0.1, 0.9], [NAN, 0.5]]), np.array([1, -1]), 12, "softmax", "end", 5
    ),
    "status": STATUS,
    "map": schema.Map(np.array([[1.5, -0.3], [NAN, INF]]), 2.5, 3, -0.125, 0.018, 33),
    "map-of-two-classes": schema.Map(
        *(np.array([[1.5, -0.5]]), 2.5, 3),
        other=schema.OtherClass(np.array([[NAN, 300.25]]), -0.75, 8),
    ),
    "map-of-features": schema.Map(np.array([1e-30, -3e-31, 0.0]), NAN, -1),
    "map-of-a-volume": schema.Map(np.arange(12.0).reshape(3, 2, 2) / 7, 1.0, 0, error=NAN),
    "channels": schema.Channels(
        np.array([[[0.1, 0.2]], [[-300.0, 1.0]]]), np.array([4, 9]), np.array([0, 1])
    ),
    "channels-with-shares": schema.Channels(
        np.array([[[0.5]], [[2.0]]]),
        *(np.array([1, 3]), np.array([0, 0]), np.array([0.0, -0.3, NAN, 0.7])),
    ),
    "channels-of-a-volume": schema.Channels(
        np.arange(16.0).reshape(2, 2, 2, 2) / 3, np.array([0, 7]), np.array([1, 0])
    ),
    "matrix": schema.Matrix(np.arange(12.0).reshape(2, 2, 3) / 11, np.array([3, 5])),
    "picture": schema.Picture(np.arange(24, dtype=np.uint8).reshape(2, 4, 3) * 10),
    "exchange": EXCHANGE,
    "exchange-of-a-table": schema.Exchange(
        *(np.array([0.5, 0.25]), np.zeros(2), np.array([0.4, NAN]), np.ones(2)),
        *((2,), (1,), (1,), np.array([0.5, 0.25]), (0,), (1,), 0.5, 60, 50, 360),
        values=True,
    ),
    "pixels": schema.Pixels(
        *(np.array([[5, 0], [2, 3]]), np.array([[1, 0], [0, 2]]), np.array([[0, 1], [2, 0]])),
        np.array([[7.5, 2], [1, 3]]),
        weights=2,
    ),
    "importance": IMPORTANCE,
    "importance-of-places": schema.Importance(
        *(np.arange(4.0), np.zeros(4), np.ones(4), -np.arange(4.0)),
        *([f"row {i // 2}, column {i % 2}" for i in range(4)], "place", "Occlusion"),
        *(9, 4, 40, "value", "mean absolute error", (2, 2)),
        mean=np.arange(12, dtype=np.uint8).reshape(2, 2, 3) * 20,
    ),
    "importance-of-words": schema.Importance(
        *(np.array([0.5, 0.25]), np.zeros(2), np.ones(2), np.array([0.5, -0.25])),
        *(["good", "döner"], "word", "IntegratedGradients", 9, 5000, 40, "logit"),
        occurs=np.array([7, 2], np.int32),
        weights=3,
    ),
    "robustness": ROBUSTNESS,
    "sensitivity": SENSITIVITY,
    "plan": PLAN,
    "payers": PAYERS,
    "exemplars": EXEMPLARS,
    "overlaps": OVERLAPS,
    "changed": CHANGED,
    "activations": ACTIVATIONS,
    "clusters": CLUSTERS,
    "clusters-of-columns": schema.Clusters(
        *(np.array([1]), np.array([7], np.uint64), np.array([-1]), np.array([0])),
        *(np.zeros((1, 2)), np.array([-1]), np.array([[1.0]]), np.array([0])),
        *(np.zeros((1, 0)), np.zeros((1, 0)), np.array([NAN]), np.array([NAN])),
        *(["age"], "column", "KernelSHAP"),
    ),
    "dependence": schema.Dependence(
        *(np.array([3, 0], np.int32), ["age", "größe"]),
        *(np.array([[20.5, 40, NAN], [0, 1, 2]]), np.array([[7, 2, 0], [3, 4, 2]])),
        *(np.array([0, 1], np.uint8), np.array([0, 7], np.int32)),
        *(np.array([[[0.25, 0.5, NAN], [0.75, 0.5, NAN]], [[0, 0.125, 1], [1, 0.875, 0]]]),),
        *(np.full((2, 2, 3), -0.5), np.full((2, 2, 3), 1.5)),
        np.array([[[0.5, INF, NAN]], [[0.25, 0.5, 0.75]]]),
        *(np.array([7], np.int32), np.array([2**40]), 9, "probability", "end", 4),
    ),
    "simple": SIMPLE,
    "simple-of-values": schema.SimpleModels(
        *([], "place", 64, 0, False, np.full((2, 3), NAN), 0.0, np.full((3, 3), NAN)),
        *(np.array([-1]), np.array([NAN]), np.array([-1]), np.array([-1]), np.array([2.5])),
        *(np.array([0]), np.array([NAN]), ["2.5"], ["always: 2.5 (no held-out row)"]),
        *(np.zeros(0, np.int32), [""], np.zeros((1, 0))),
    ),
    "values-of-features": schema.Values(np.array([[0.1, NAN]]), "features", ["age", "größe"]),
    "values-of-tokens": schema.Values(
        np.array([[4, 7, 0], [2, 1, 3]]), "tokens", words=["a", "“b”", "", "c", "d", "é"]
    ),
    "values-of-a-line": schema.Values(np.arange(6.0).reshape(1, 3, 2), "line", ["x", "y"]),
    "kernels": KERNELS,
    "kernel": schema.Kernel(
        np.array([1, 0, 2**40]), -0.5, 0.25, 7, 1, np.array([False, True]), np.array([True])
    ),
    "drift": schema.Drift(
        *(DRIFT, np.array([True, False, True]), ["spearman", "ssim"]),
        *("epoch 2, the best so far by val_loss", "model", 2),
    ),
    "drift-of-a-control": schema.Drift(
        DRIFT, np.array([True, True, False]), ["pearson", "top10_iou"], "epoch 3", "control"
    ),
    "start": schema.Start(np.array([[[0.5, -1.0]], [[NAN, 2.0]]], np.float32), np.array([3, -1])),
    "trust": schema.Trust(
        *(np.array([[0.25, NAN], [-0.5, 0.75]]), np.array([[0.125, NAN], [0.0, NAN]])),
        *(["start similarity", "MaxSensitivity"], ["rank correlation", "of the map"]),
        *(["lower", "lower"], 160, "end", 3),
    ),
    "trust-with-curves": schema.Trust(
        *(np.array([[0.25], [NAN]]), np.array([[0.5], [0.75]])),
        *(["Deletion"], ["probability"], ["lower"], 12, "epoch", 2),
        [
            schema.TrustCurve(
                *("Deletion", order, np.array([0.0, 0.5, 1.0])),
                np.array([[1, 0.5, last], [NAN, 2, 0]], np.float32),
            )
            for order, last in (("map", 0.0), ("chance", 0.25))
        ]
        + [
            schema.TrustCurve("ROAD", "map", np.array([0.5]), np.array([[0.5], [0.25]], np.float32))
        ],
    ),
    "sanity": schema.Sanity(
        *(np.array([[0.75, 0.25], [0.5, NAN]]), np.array([[0.125, 0.0], [-0.5, NAN]])),
        *(np.array([1, 3]), ["head", "backbone/conv1"], 640, "end", 3),
    ),
    "masks": schema.Masks(
        np.array([[[True, False, True]], [[False, True, True]]]), ["object", "mark"], [False, True]
    ),
    "regions": schema.Regions(
        *(np.array([[0.75, NAN], [0.25, 0.5]]), np.array([[1.0, NAN], [0.0, 0.5]])),
        *(np.array([[0.25, 0.125], [0.25, 0.125]]), ["object", "mark"], [False, True], "end", 3),
    ),
    "places": schema.Places(
        *(np.array([[2, 0]]), np.array([[4, 1]]), np.array([[1.0, 0.9375, 0.125]])),
        *(["left edge"], [8, 8], 0.984375, 256),
    ),
    "fidelity": schema.Fidelity(
        {"samples": 300.0, "agreement": 0.97, "kl": NAN},
        *(np.array([3, 0]), np.array([50, 250]), "dense", "control"),
    ),
    "health": HEALTH,
    "structure": STRUCTURE,
    "validation": VALIDATION,
    "validation-of-values": schema.Validation(
        *(np.array([0.5, -2.0]), "value", "none", 0, np.ones(2), np.arange(2)),
        *(np.array([2**64 - 1, 0], np.uint64), 9),
    ),
    "thumbnails": THUMBNAILS,
    "thumbnails-of-words": schema.Thumbnails(
        np.array([7, 2**63], np.uint64), np.zeros(0, np.uint8), texts=["a good film", "dö…"]
    ),
    "outputs": schema.Outputs(
        *(np.array([[0.5, -1.5], [NAN, INF], [3.0, 0.25]]), "logit", 4),
        *(np.array([1.5, 0.0, 0.25]), np.array([0.75, 0.0, 0.0625])),
        *(np.array([4, 0, 1]), np.array([0, 0, 1]), None, None, "end", 3),
    ),
    "outputs-of-many-classes": schema.Outputs(
        *(np.array([[0.5, 0.125]]), "probability", 1, np.array([0.125]), np.array([0.015625])),
        *(np.array([0]), np.array([0]), np.array([[70, 19999]]), np.array([0.0])),
    ),
    "units": schema.Units(
        schema.Spread(np.array([3, 0, 2**40]), -0.5, 2.25, 9, 1),
        *(schema.Spread(), np.array([NAN, 0, 7])),
    ),
    "units-within-epochs": schema.Units(
        *(schema.Spread(), schema.Spread(), np.array([NAN, -0.5, 0, 2.25])),
    ),
    "drift-within-epochs": schema.Drift(
        *(DRIFT, np.array([1, 0, 1]), ("spearman", "mse"), "epoch 0 at 1.2%"),
        reference_step=-0.987654,
    ),
}


def older() -> dict[str, bytes]:
    """Records as versions 1.0 and 1.1 wrote them, by the name of the file."""
    samples = {"labels": SAMPLES.labels, "rows": SAMPLES.rows}
    said = {"IntegratedGradients": "at image, words; steps 32", "target": "label"}
    texts = {"label_kind": "class", "class_names": "[]", "settings": json.dumps(said)}
    outputs = {
        "outputs": np.array([[0.25, 0.75]], np.float32),
        "predicted": np.array([1], np.int32),
        "explained": np.array([0, 4, 9], np.int32),
    }
    problem = {"kind": "LIME: MemoryError", "count": 3, "message": "no memory", "step": 7}
    status = {"explainers": '["LIME"]', "problems": json.dumps([problem])}
    drift = {"values": DRIFT[:, :1].copy(), "agrees": np.array([1, 0, 1], np.uint8)}
    words = {"measures": '["ssim"]', "role": "model"}
    values = {"values": np.array([[1, -0.5]], np.float16)}
    numbers = {"scale": "2.0", "score": "1.5", "target": "3", "gap": ""}
    old, oldest = {"version": "1.1"}, {"version": "1.0"}
    return {
        "samples-1.1": pack("samples", samples, {**texts, **old}),
        "predictions-1.1": pack("predictions", outputs, {"activation": "sigmoid", **old}),
        "status-1.1": pack("status", {"seconds": np.array([0.5])}, {**status, **old}),
        "map-1.0": pack("map", values, {**numbers, **oldest}),
        "drift-1.1": pack("drift", drift, {**words, "reference": "epoch 12, the best", **old}),
        "drift-1.0": pack("drift", drift, {**words, "reference": "dense", **oldest}),
    }


def files() -> dict[str, bytes]:
    """Every golden record by the name of its file."""
    return {**{name: record.encode() for name, record in RECORDS.items()}, **older()}


def kind_of(name: str) -> schema.Kind:
    """The kind of record in a file: its name's first word."""
    return name.split("-")[0]  # type: ignore[return-value]


def plain(value: Any) -> Any:
    """What JSON holds of a decoded record, its fields by the library's names.

    Arrays are their shape and values; NaN and infinities are words, and so are whole numbers that
    a browser's numbers do not hold.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, np.ndarray):
        flat = [plain(one) for one in value.ravel().tolist()]
        return {"shape": list(value.shape), "values": flat}
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and abs(value) >= 2**53:
        return str(value)
    return value


def listing() -> dict[str, Any]:
    """A run as the plugin lists it, from `plugin_content` of this version and of older ones."""
    contents = {
        "map/GradCAM/backbone/conv2/0": schema.Content(
            *("map", "logit", True, (2, 3), "image", 12, {"relu": "True"}, "plane", "logit")
        ).encode(),
        "map/GradCAM/backbone/conv2/4": b'{"version": "1.0", "kind": "map"}',
        "map/GradCAM/conv1d/0": schema.Content(
            *("map", "logit", False, (5,), "words", 0, {}, "line", "logit"),
            word_step=2,
            word_offsets=(-1, 0, 1),
        ).encode(),
        "map/GradCAM/lstm/0": schema.Content(
            "map", word_note="each position reads all words"
        ).encode(),
        "map/Saliency/words/0": b'{"version": "1.0", "kind": "map", "unit": "probability"}',
        "drift/GradCAM/backbone/conv2": schema.Content("drift", role="control").encode(),
        "drift/GradCAM/older": (
            b'{"version": "1.1", "kind": "drift", "settings": {"role": "control"}}'
        ),
        "fidelity": b'{"version": "1.3", "kind": "fidelity", "role": "judge", "layout": "ring"}',
    }
    run = Run()
    for step, (tag, data) in enumerate(contents.items()):
        content = schema.Content.decode(data)
        run.series.append(Series(schema.Tag.parse(tag), content, step, 1790000000.5))
    volume = schema.Content("inputs", shape=(3, 8, 8, 1), layout="volume")
    run.pictures["scan"] = Pictures("scan", volume, 4, "1790000000.5")
    run.problems.append("tag='x': expected a tag")
    return {"runs": [run.as_json("run/explain")]}


def expected(records: Mapping[str, bytes]) -> str:
    """What the records in these files mean, as the text of `expected.json`."""
    meant = {
        name: {"kind": kind_of(name), **plain(schema.decode(kind_of(name), data))}
        for name, data in sorted(records.items())
    }
    return _text(meant)


def _text(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def write(folder: Path = FOLDER) -> list[str]:
    """Write what changed and remove what is no longer there; return the names of both."""
    packed = files()
    new = {f"{name}.safetensors": data for name, data in packed.items()}
    new["expected.json"] = expected(packed).encode()
    new["listing.json"] = _text(listing()).encode()
    folder.mkdir(exist_ok=True)
    old = {path.name: path.read_bytes() for path in folder.iterdir()}
    gone = sorted(old.keys() - new.keys())
    changed = [name for name, data in new.items() if not _is_same(old.get(name, b""), data)]
    for name in gone:
        (folder / name).unlink()
    for name in changed:
        (folder / name).write_bytes(new[name])
    return gone + changed


def _is_same(old: bytes, new: bytes) -> bool:
    """Whether two files say the same: safetensors writes the keys of a header in any order."""
    return old == new or (bool(old) and _parts(old) == _parts(new))


def _parts(data: bytes) -> tuple[Any, bytes]:
    size = int.from_bytes(data[:8], "little")
    try:
        return json.loads(data[8 : 8 + size]), data[8 + size :]
    except ValueError:
        return None, data


if __name__ == "__main__":
    print(*write(), sep="\n")
