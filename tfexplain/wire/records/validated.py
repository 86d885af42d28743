"""Defines the records of `Predictions`: validation rows, and a model's outputs on all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias, get_args

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import pack, read_json, unpack
from tfexplain.wire.records.kinds import (
    ACTIVATIONS,
    LABEL_KINDS,
    Activation,
    Kind,
    LabelKind,
    little_endian,
)
from tfexplain.wire.records.moments import Moment, pack_moment, read_moment

# What outputs are, as they are logged.
OutputUnit: TypeAlias = Literal["logit", "probability", "value"]
OUTPUT_UNITS: tuple[OutputUnit, ...] = get_args(OutputUnit)


@dataclass(frozen=True)
class Validation:
    """Holds which validation rows a model is run on, once for all epochs.

    `labels` float64 [N] are classes or values by `label_kind`, NaN where a row has none; `sets` u8
    [N, K] all labels of each row, where rows may have several, else [N, 0]; `weights` float64 [N];
    `rows` where they stood in the data, `hashes` what they hold. `groups` int32 [N] are indices of
    `group_names`; [0] without groups. `activation` turns logits into probabilities, `classes` says
    of how many; `total` is how many rows were looked at.
    """

    kind: ClassVar[Kind] = "validation"
    labels: Array
    label_kind: LabelKind
    activation: Activation
    classes: int
    weights: Array
    rows: Array
    hashes: Array
    total: int
    sets: Array | None = None
    groups: Array = field(default_factory=lambda: np.zeros(0, np.int32))
    group_names: Sequence[str] = ()
    class_names: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        count = len(self.labels)
        sets = np.zeros((count, 0), "u1") if self.sets is None else self.sets
        arrays = {
            "labels": little_endian(self.labels, "f8"),
            "sets": little_endian(sets, "u1"),
            "weights": little_endian(self.weights, "f8"),
            "rows": little_endian(self.rows, "i8"),
            "hashes": little_endian(self.hashes, "u8"),
            "groups": little_endian(self.groups, "i4"),
        }
        header = {
            "label_kind": self.label_kind,
            "activation": self.activation,
            "classes": repr(int(self.classes)),
            "total": repr(int(self.total)),
            "class_names": json.dumps(list(self.class_names)),
            "group_names": json.dumps(list(self.group_names)),
            "settings": json.dumps(dict(self.settings)),
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Validation:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        labels, weights = raw.array("labels", "F64", 1), raw.array("weights", "F64", 1)
        rows, hashes = raw.array("rows", "I64", 1), raw.array("hashes", "U64", 1)
        sets, groups = raw.array("sets", "U8", 2), raw.array("groups", "I32", 1)
        lengths = {len(one) for one in (labels, weights, rows, hashes, sets)}
        raw.check(len(lengths) == 1, "one entry a row")
        raw.check(bool(np.all(weights >= 0) and np.all(np.isfinite(weights))), "weights >= 0")
        kind, activation = raw.text("label_kind"), raw.text("activation")
        raw.check(kind in LABEL_KINDS, "label_kind class, value or none")
        raw.check(activation in ACTIVATIONS, "a known activation")
        classes, total = raw.integer("classes"), raw.integer("total")
        raw.check(classes >= 0 and total >= len(labels), "counts of classes and of rows")
        raw.check(sets.shape[1] in (0, classes), "a column for each class")
        of_classes = labels[np.isfinite(labels)] if kind == "class" else np.zeros(0)
        inside = (of_classes >= 0) & (of_classes < classes) & (of_classes == np.floor(of_classes))
        raw.check(bool(np.all(inside)), "labels that are classes")
        names = raw.strings("group_names")
        raw.check(len(groups) in (0, len(labels)), "one group a row, or none")
        raw.check(bool(np.all((groups >= 0) & (groups < len(names)))), "groups that have a name")
        settings = read_json(raw.text("settings"), dict, "settings")
        raw.check(all(isinstance(v, str) for v in settings.values()), "settings as text")
        return cls(
            *(labels, kind, activation, classes, weights, rows, hashes, total),  # type: ignore[arg-type]
            sets if sets.shape[1] else None,
            *(groups, names, raw.strings("class_names"), settings),
        )


@dataclass(frozen=True)
class Outputs:
    """Holds a model's outputs on the validation rows at this epoch, and sums over all so far.

    `values` float32 [N, K] are logits where the model keeps them, else what it gives, by `unit`.
    Of an output of more classes than are kept, `columns` int32 [N, K] says which, the largest first
    and the label's last, and `log_totals` float64 [N] is the logarithm of the sum of all
    exponentials; else both are empty.

    The other arrays sum up the epochs that were counted, this one included, so that they are right
    whatever records are kept: the probability of each row's label and its square, in how many
    epochs it was predicted right, and how often it was right before and then wrong. A row without a
    label has zeros there. `moment` and `weights` as in `Kernels`.
    """

    kind: ClassVar[Kind] = "outputs"
    values: Array
    unit: OutputUnit
    epochs: int
    confidence_sum: Array
    square_sum: Array
    right_count: Array
    forgotten: Array
    columns: Array | None = None
    log_totals: Array | None = None
    moment: Moment = "epoch"
    weights: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        empty = np.zeros((len(self.values), 0), "i4")
        arrays = {
            "values": little_endian(self.values, "f4"),
            "columns": little_endian(empty if self.columns is None else self.columns, "i4"),
            "log_totals": little_endian([] if self.log_totals is None else self.log_totals, "f8"),
            "confidence_sum": little_endian(self.confidence_sum, "f8"),
            "square_sum": little_endian(self.square_sum, "f8"),
            "right_count": little_endian(self.right_count, "i4"),
            "forgotten": little_endian(self.forgotten, "i4"),
        }
        header = {
            "unit": self.unit,
            "epochs": repr(int(self.epochs)),
            **pack_moment(self.moment, self.weights),
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Outputs:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        values, columns = raw.array("values", "F32", 2), raw.array("columns", "I32", 2)
        log_totals = raw.array("log_totals", "F64", 1)
        sums = [raw.array(name, "F64", 1) for name in ("confidence_sum", "square_sum")]
        counts = [raw.array(name, "I32", 1) for name in ("right_count", "forgotten")]
        raw.check(all(len(one) == len(values) for one in (*sums, *counts)), "one entry a row")
        some = columns.shape[1] > 0
        raw.check(len(columns) == len(values), "columns of each row")
        raw.check(not some or columns.shape == values.shape, "a class for each value")
        raw.check(len(log_totals) == (len(values) if some else 0), "a total where classes lack")
        raw.check(bool(np.all(columns >= 0)), "classes >= 0")
        unit, epochs = raw.text("unit"), raw.integer("epochs")
        raw.check(unit in OUTPUT_UNITS, "unit logit, probability or value")
        raw.check(epochs >= 1, "epochs >= 1")
        raw.check(all(bool(np.all((one >= 0) & (one <= epochs))) for one in counts), "counts")
        return cls(
            *(values, unit, epochs, sums[0], sums[1], counts[0], counts[1]),  # type: ignore[arg-type]
            columns if some else None,
            log_totals if some else None,
            *read_moment(raw),
        )
