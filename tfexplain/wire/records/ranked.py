"""Defines the record of importance: how much a model uses each feature of an input."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias, get_args

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import Container, long_text, pack, read_json, unpack
from tfexplain.wire.records.kinds import Kind, little_endian
from tfexplain.wire.records.means import read_mean
from tfexplain.wire.records.moments import Moment, pack_moment, read_moment

MAX_FEATURES = 4096
MAX_DOTS = 20  # features whose rows are held one by one
# What is ranked: a column of a table, a channel of a sequence, a word of a text, a place of a
# picture or volume.
FeatureKind: TypeAlias = Literal["column", "channel", "word", "place"]
FEATURE_KINDS: tuple[FeatureKind, ...] = get_args(FeatureKind)
Score: TypeAlias = Literal["accuracy", "mean absolute error"]
SCORES: tuple[Score, ...] = get_args(Score)


def _none(*shape: int, dtype: str = "f8") -> Array:
    return np.zeros(shape, dtype)


@dataclass(frozen=True)
class Importance:
    """Holds how much a model uses each of F features of one input, over some rows.

    `values` float64 [F] are the means of |attribution| over `rows` rows, `low` and `high` their 95%
    interval, `signed` the means with their signs, in `unit`. `by_class` float32 [C, F] are those of
    the rows of label `classes` int32 [C], `signed_by_class` float32 [C, F] with their signs.
    Where the model has more than F features, as words, these are the most important of `total`;
    `occurs` int32 [F] tells in how many rows each word is.

    `permuted` float64 [F] is how far `score` falls (an error: rises) when the feature has values of
    other rows. `hidden` float64 [K] is the score with the `hidden_counts` int32 [K] least important
    of all features hidden, `random` the same in a random order, from `random_low` to `random_high`.
    `weights_first` float64 [F] is |weight| x deviation of the feature, summed over the units of a
    first linear layer. What was not measured is empty.

    Of tables, `dots` float32 [N, D] are attributions of each row, `dot_values` its values, for the
    features `dot_features` int32 [D], the most important first; `row_labels` float64 [N] the rows'
    labels, NaN where there is none. `row_numbers` int64 [N] are where the rows stood in the data,
    `hashes` uint64 [N] what they hold.

    Places are cells of a grid of `sides`, row by row: of n along a side of s positions, cell i
    begins at ceil(i s / n). `mean` is uint8 [H, W, 1 or 3], the mean of all rows where they are
    pictures, else [0, 0, 1].
    """

    kind: ClassVar[Kind] = "importance"
    values: Array
    low: Array
    high: Array
    signed: Array
    names: Sequence[str]
    feature: FeatureKind
    explainer: str
    rows: int
    total: int
    passes: int
    unit: str = ""
    score: Score = "accuracy"
    sides: tuple[int, ...] = ()
    occurs: Array = field(default_factory=lambda: _none(0, dtype="i4"))
    classes: Array = field(default_factory=lambda: _none(0, dtype="i4"))
    by_class: Array | None = None
    signed_by_class: Array | None = None
    permuted: Array = field(default_factory=lambda: _none(0))
    permuted_low: Array = field(default_factory=lambda: _none(0))
    permuted_high: Array = field(default_factory=lambda: _none(0))
    weights_first: Array = field(default_factory=lambda: _none(0))
    dot_features: Array = field(default_factory=lambda: _none(0, dtype="i4"))
    dots: Array = field(default_factory=lambda: _none(0, 0, dtype="f4"))
    dot_values: Array = field(default_factory=lambda: _none(0, 0, dtype="f4"))
    row_labels: Array = field(default_factory=lambda: _none(0))
    row_numbers: Array = field(default_factory=lambda: _none(0, dtype="i8"))
    hashes: Array = field(default_factory=lambda: _none(0, dtype="u8"))
    hidden_counts: Array = field(default_factory=lambda: _none(0, dtype="i4"))
    hidden: Array = field(default_factory=lambda: _none(0))
    random: Array = field(default_factory=lambda: _none(0))
    random_low: Array = field(default_factory=lambda: _none(0))
    random_high: Array = field(default_factory=lambda: _none(0))
    mean: Array = field(default_factory=lambda: _none(0, 0, 1, dtype="u1"))
    moment: Moment = "epoch"
    weights: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        dtypes = {**dict.fromkeys(_DOUBLES, "f8"), **_OTHERS}
        arrays = {
            name: little_endian(getattr(self, name), dtype)
            for name, dtype in dtypes.items()
            if name not in _BY_CLASS
        }
        none = _none(len(self.classes), len(self.values))
        for name in _BY_CLASS:
            own = getattr(self, name)
            arrays[name] = little_endian(none if own is None else own, "f4")
        arrays["mean"] = little_endian(self.mean, "u1")
        header = {
            **{
                name: str(getattr(self, name)) for name in ("feature", "explainer", "unit", "score")
            },
            **{name: repr(int(getattr(self, name))) for name in ("rows", "total", "passes")},
            "sides": json.dumps(self.sides),
            **pack_moment(self.moment, self.weights),
        }
        return pack(self.kind, {**arrays, "names": long_text(self.names)}, header)

    @classmethod
    def decode(cls, data: bytes) -> Importance:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        arrays = {name: raw.array(name, "F64", 1) for name in _DOUBLES}
        for name, dtype in _OTHERS.items():
            rank = 2 if name in (*_BY_CLASS, "dots", "dot_values") else 1
            arrays[name] = raw.array(name, f"{dtype[0].upper()}{8 * int(dtype[1])}", rank)
        names = raw.long_strings("names")
        _check_features(raw, arrays, names)
        _check_rows(raw, arrays)
        feature, score = raw.text("feature"), raw.text("score")
        raw.check(feature in FEATURE_KINDS, f"feature as one of {', '.join(FEATURE_KINDS)}")
        raw.check(score in SCORES, f"score as one of {', '.join(SCORES)}")
        rows, total, passes = (raw.integer(name) for name in ("rows", "total", "passes"))
        raw.check(min(rows, passes) >= 0 and total >= len(names), "counts")
        moment, weights = read_moment(raw)
        return cls(
            **arrays,
            names=names,
            feature=feature,  # type: ignore[arg-type]
            explainer=raw.text("explainer"),
            rows=rows,
            total=total,
            passes=passes,
            unit=raw.text("unit"),
            score=score,  # type: ignore[arg-type]
            sides=_read_sides(raw, feature, len(names)),
            mean=read_mean(raw),
            moment=moment,
            weights=weights,
        )


_BY_CLASS = ("by_class", "signed_by_class")
_PERMUTED = ("permuted", "permuted_low", "permuted_high")
_HIDDEN = ("hidden", "random", "random_low", "random_high")
_DOUBLES = (
    *("values", "low", "high", "signed", "weights_first", "row_labels"),
    *_PERMUTED,
    *_HIDDEN,
)
_OTHERS = {
    **dict.fromkeys(("occurs", "classes", "dot_features", "hidden_counts"), "i4"),
    **dict.fromkeys((*_BY_CLASS, "dots", "dot_values"), "f4"),
    "row_numbers": "i8",
    "hashes": "u8",
}


def _check_features(raw: Container, arrays: dict[str, Array], names: Sequence[str]) -> None:
    """Checks what has an entry a feature."""
    count = len(arrays["values"])
    raw.check(0 < count <= MAX_FEATURES, f"1 to {MAX_FEATURES} features")
    lengths = {len(names), *(len(arrays[name]) for name in ("low", "high", "signed"))}
    raw.check(lengths == {count}, "an entry for each feature")
    some = [arrays[name] for name in (*_PERMUTED, "weights_first", "occurs")]
    raw.check(all(len(one) in (0, count) for one in some), "an entry for each feature, or none")
    raw.check(len({len(arrays[name]) for name in _PERMUTED}) == 1, "an interval of each fall")
    table = (len(arrays["classes"]), count)
    raw.check(all(arrays[name].shape == table for name in _BY_CLASS), "means of each class")
    hidden = arrays["hidden_counts"]
    raw.check(all(len(arrays[name]) == len(hidden) for name in _HIDDEN), "scores of each count")
    raw.check(bool(np.all(hidden >= 0) and np.all(np.diff(hidden) > 0)), "counts that rise")


def _check_rows(raw: Container, arrays: dict[str, Array]) -> None:
    """Checks what has an entry a row."""
    chosen, dots = arrays["dot_features"], arrays["dots"]
    raw.check(len(chosen) <= MAX_DOTS, f"dots of at most {MAX_DOTS} features")
    inside = (chosen >= 0) & (chosen < len(arrays["values"]))
    raw.check(bool(np.all(inside)), "dots of features that are there")
    raw.check(dots.shape == arrays["dot_values"].shape, "a value for each dot")
    raw.check(dots.shape[1] == len(chosen), "dots of each of their features")
    rows = len(arrays["row_labels"])
    raw.check(len(chosen) == 0 or len(dots) == rows, "a label for each row")
    named = {len(arrays["row_numbers"]), len(arrays["hashes"])}
    raw.check(named in ({0}, {rows}), "a number and a hash for each row, or none")


def _read_sides(raw: Container, feature: str, count: int) -> tuple[int, ...]:
    sides = raw.sizes("sides", len(read_json(raw.text("sides"), list, "sides")))
    fits = math.prod(sides) == count if feature == "place" else not sides
    raw.check(fits and len(sides) <= 3, "a grid of all places, and else none")
    return sides
