"""Defines the record of simple models: a linear model and a small tree that imitate a network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import Container, long_text, pack, unpack
from tfexplain.wire.records.kinds import Kind, little_endian
from tfexplain.wire.records.moments import Moment, pack_moment, read_moment

MAX_NODES = 1024
# Whose numbers the arrays of estimates hold, row by row.
IMITATED = ("linear", "tree")
ON_LABELS = ("network", "linear", "tree")


@dataclass(frozen=True)
class SimpleModels:
    """Holds what a linear model and a tree of depth 3 can say of a network.

    All is of `rows` rows that were held out. `fidelity` float64 [2, 3] are of the linear model and
    of the tree the share of the network's decisions that it repeats, or R2 with the network's
    values, with its 95% interval (value, low, high); `constant` what one answer for all rows can
    reach. `on_labels` float64 [3, 3] are accuracy, or R2, on the labels, of the network, the linear
    model and the tree; NaN without labels.

    Nodes of the tree, the root first: `asks` int32 [n] indexes `names` of features, -1 at leaves;
    rows of at most `threshold` float64 [n] go to node `left` int32 [n], all others to
    `right`; `value` float64 [n] is what is answered, in words `answers`; `passed` int64 [n] how
    many rows come by, `agree` float64 [n] the share of which the network answers so, or the
    deviation of its values. `rules` say the same in a sentence for each leaf.

    `coefficients` float32 [K, F] are those of the linear model, for one standard deviation of each
    feature, by class: `classes` int32 [K], which `whose` names. Of two classes there is the second
    alone, of values one row of no class. Of more features than are kept
    these are the ones with the largest, and the tree's; `total` is how many there were. `feature`
    says what a feature is.
    """

    kind: ClassVar[Kind] = "simple"
    names: Sequence[str]
    feature: str
    total: int
    rows: int
    of_classes: bool
    fidelity: Array
    constant: float
    on_labels: Array
    asks: Array
    threshold: Array
    left: Array
    right: Array
    value: Array
    passed: Array
    agree: Array
    answers: Sequence[str]
    rules: Sequence[str]
    classes: Array
    whose: Sequence[str]
    coefficients: Array
    moment: Moment = "epoch"
    weights: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        dtypes = {**_NODES, "fidelity": "f8", "on_labels": "f8", "coefficients": "f4"}
        arrays = {name: little_endian(getattr(self, name), own) for name, own in dtypes.items()}
        arrays["classes"] = little_endian(self.classes, "i4")
        arrays |= {name: long_text(getattr(self, name)) for name in _TEXTS}
        header = {
            "feature": self.feature,
            "of_classes": json.dumps(self.of_classes),
            "constant": repr(float(self.constant)),
            **{name: repr(int(getattr(self, name))) for name in ("total", "rows")},
            **pack_moment(self.moment, self.weights),
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> SimpleModels:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        texts: dict[str, Any] = {name: raw.long_strings(name) for name in _TEXTS}
        fidelity, on_labels = raw.array("fidelity", "F64", 2), raw.array("on_labels", "F64", 2)
        raw.check(fidelity.shape == (len(IMITATED), 3), "an estimate for each simple model")
        raw.check(on_labels.shape == (len(ON_LABELS), 3), "an estimate for each model")
        coefficients = raw.array("coefficients", "F32", 2)
        shape = len(texts["whose"]), len(texts["names"])
        raw.check(coefficients.shape == shape, "a coefficient for each class and feature")
        classes = raw.array("classes", "I32", 1)
        raw.check(len(classes) in (0, len(texts["whose"])), "a name for each class")
        total, rows = raw.integer("total"), raw.integer("rows")
        raw.check(total >= len(texts["names"]) and rows >= 0, "counts of features and rows")
        flag = raw.text("of_classes")
        raw.check(flag in ("true", "false"), "of_classes true or false")
        moment, weights = read_moment(raw)
        return cls(
            feature=raw.text("feature"),
            total=total,
            rows=rows,
            of_classes=flag == "true",
            fidelity=fidelity,
            constant=raw.number("constant"),
            on_labels=on_labels,
            classes=classes,
            coefficients=coefficients,
            moment=moment,
            weights=weights,
            **_nodes(raw, texts),
            **texts,
        )


_TEXTS = ("names", "answers", "rules", "whose")
_NODES = {
    **dict.fromkeys(("asks", "left", "right"), "i4"),
    **dict.fromkeys(("threshold", "value", "agree"), "f8"),
    "passed": "i8",
}


def _nodes(raw: Container, texts: dict[str, list[str]]) -> dict[str, Any]:
    """Returns the arrays of the tree; each of its nodes is reached, and once."""
    nodes = {
        name: raw.array(name, f"{own[0].upper()}{8 * int(own[1])}", 1)
        for name, own in _NODES.items()
    }
    count, asks = len(texts["answers"]), nodes["asks"]
    raw.check(0 < count <= MAX_NODES, f"a tree of 1 to {MAX_NODES} nodes")
    raw.check(all(len(one) == count for one in nodes.values()), "an entry for each node")
    inner = asks >= 0
    known = (asks >= -1) & (asks < len(texts["names"]))
    raw.check(bool(np.all(known)), "features that have a name")
    children = np.concatenate([nodes["left"][inner], nodes["right"][inner]])
    parents = np.concatenate([np.flatnonzero(inner)] * 2)
    whole = sorted(children.tolist()) == list(range(1, count))
    raw.check(whole and bool(np.all(children > parents)), "children behind their parents")
    raw.check(len(texts["rules"]) == count - int(inner.sum()), "a rule for each leaf")
    raw.check(bool(np.all(nodes["passed"] >= 0)), "counts of rows")
    return nodes
