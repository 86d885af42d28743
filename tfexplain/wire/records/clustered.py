"""Defines the record of clusters of maps: which rows of a class are explained alike."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import Container, long_text, pack, read_json, unpack
from tfexplain.wire.records.kinds import Kind, little_endian
from tfexplain.wire.records.means import MAX_SIDE
from tfexplain.wire.records.moments import Moment, pack_moment, read_moment
from tfexplain.wire.records.ranked import FEATURE_KINDS, MAX_FEATURES, FeatureKind

MAX_CLUSTERS = 2048
# What has an entry a row, a cluster, and a cluster and axis.
_OF_ROWS = {"rows": "i8", "hashes": "u8", "classes": "i4", "clusters": "i4"}
_OF_CLUSTERS = {"whose": "i4", "examples": "i4", "held": "f8", "elsewhere": "f8"}
_OF_PLACES = ("corners", "sizes")


def _no_pictures() -> Array:
    return np.zeros((0, 0, 0, 1), np.uint8)


@dataclass(frozen=True)
class Clusters:
    """Holds clusters of the maps of N rows at one input, by the class that is explained.

    `rows` int64 [N] are where they stand in the data, `hashes` uint64 [N] what they hold, `classes`
    int32 [N] the class, -1 where a value is explained; `clusters` int32 [N] the cluster of each, -1
    where there is no evidence, and `positions` float32 [N, 2] where its map lies on a plane on
    which maps that are alike are near.

    Of each of K clusters `whose` int32 [K] is the class, `means` float32 [K, F] the mean of its
    maps, each of length 1, `examples` int32 [K] which of the rows is most like it, and `pictures`
    uint8 [K, H, W, 1 or 3] that row where it is a picture. Of pictures and volumes the cluster's
    evidence for the class lies to the share of `held` float64 [K] in a small window at `corners`
    int32 [K, A] of `sizes` int32 [K, A] cells, that of the class's other clusters to the share of
    `elsewhere` float64 [K], NaN where it has no other.

    Features are places on a grid of `sides`, row by row, or named.
    """

    kind: ClassVar[Kind] = "clusters"
    rows: Array
    hashes: Array
    classes: Array
    clusters: Array
    positions: Array
    whose: Array
    means: Array
    examples: Array
    corners: Array
    sizes: Array
    held: Array
    elsewhere: Array
    names: Sequence[str]
    feature: FeatureKind
    explainer: str
    sides: tuple[int, ...] = ()
    passes: int = 0
    pictures: Array = field(default_factory=_no_pictures)
    moment: Moment = "epoch"
    weights: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        dtypes = {**_OF_ROWS, **_OF_CLUSTERS, **dict.fromkeys(_OF_PLACES, "i4")}
        dtypes |= {"positions": "f4", "means": "f4", "pictures": "u1"}
        arrays = {name: little_endian(getattr(self, name), own) for name, own in dtypes.items()}
        header = {
            "feature": self.feature,
            "explainer": self.explainer,
            "sides": json.dumps(self.sides),
            "passes": repr(int(self.passes)),
            **pack_moment(self.moment, self.weights),
        }
        return pack(self.kind, {**arrays, "names": long_text(self.names)}, header)

    @classmethod
    def decode(cls, data: bytes) -> Clusters:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        arrays = {
            name: raw.array(name, f"{own[0].upper()}{8 * int(own[1])}", 1)
            for name, own in {**_OF_ROWS, **_OF_CLUSTERS}.items()
        }
        arrays |= {name: raw.array(name, "I32", 2) for name in _OF_PLACES}
        arrays["positions"], arrays["means"] = (
            raw.array(name, "F32", 2) for name in ("positions", "means")
        )
        arrays["pictures"] = raw.array("pictures", "U8", 4)
        names, feature = raw.long_strings("names"), raw.text("feature")
        sides = raw.sizes("sides", len(read_json(raw.text("sides"), list, "sides")))
        raw.check(feature in FEATURE_KINDS, f"feature as one of {', '.join(FEATURE_KINDS)}")
        fits = math.prod(sides) == len(names) if feature == "place" else not sides
        raw.check(fits and len(sides) <= 3, "a grid of all places, and else none")
        _check(raw, arrays, len(names), sides)
        passes = raw.integer("passes")
        raw.check(passes >= 0, "passes >= 0")
        moment, weights = read_moment(raw)
        return cls(
            **arrays,
            names=names,
            feature=feature,  # type: ignore[arg-type]
            explainer=raw.text("explainer"),
            sides=sides,
            passes=passes,
            moment=moment,
            weights=weights,
        )


def _check(raw: Container, arrays: dict[str, Array], features: int, sides: Sequence[int]) -> None:
    count, some = len(arrays["rows"]), len(arrays["whose"])
    raw.check({len(arrays[name]) for name in _OF_ROWS} == {count}, "one entry a row")
    raw.check(arrays["positions"].shape == (count, 2), "a position of each row")
    raw.check(0 < features <= MAX_FEATURES, f"1 to {MAX_FEATURES} features")
    raw.check(some <= MAX_CLUSTERS, f"at most {MAX_CLUSTERS} clusters")
    raw.check({len(arrays[name]) for name in _OF_CLUSTERS} == {some}, "one entry a cluster")
    raw.check(arrays["means"].shape == (some, features), "a mean of each cluster")
    numbers, examples = arrays["clusters"], arrays["examples"]
    raw.check(bool(np.all((numbers >= -1) & (numbers < some))), "clusters that are there")
    raw.check(bool(np.all((examples >= 0) & (examples < count))), "examples that are there")
    places = (some, len(sides) if len(sides) > 1 else 0)
    raw.check(all(arrays[name].shape == places for name in _OF_PLACES), "a place of each cluster")
    corners, sizes = (arrays[name].astype(np.int64) for name in _OF_PLACES)
    inside = (corners >= 0) & (sizes > 0) & (corners + sizes <= np.array(sides or [0])[: places[1]])
    raw.check(bool(np.all(inside)), "places on the grid")
    pictures = arrays["pictures"]
    raw.check(len(pictures) in (0, some), "a picture of each example, or none")
    raw.check(pictures.shape[3] in (1, 3), "pictures of 1 or 3 channels")
    raw.check(max(pictures.shape[1:3]) <= MAX_SIDE, f"pictures of up to {MAX_SIDE} pixels a side")
