"""Defines `Clusters`: which maps of a class are alike, and what they show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tfexplain.quality.intervals import Floats
from tfexplain.usage.compact import Place, small_place
from tfexplain.usage.features import FeatureKind
from tfexplain.usage.spectral import Ints


@dataclass(frozen=True, eq=False)
class Cluster:
    """Holds the rows of one class whose maps are alike.

    Attributes:
        label: The class; -1 where values are explained.
        members: int64 [n], which of the N rows.
        share: Of the rows of its class that have evidence.
        mean: float64 [F], the mean of its maps, each of length 1.
        example: Which of the N rows is most like the mean.
        place: Of pictures and volumes the small window that holds more of the evidence for the
            class than in the class's other clusters; of a class of one cluster, the most.
        elsewhere: The share of the evidence that the other clusters have there; NaN without.
    """

    label: int
    members: Ints
    share: float
    mean: Floats
    example: int
    place: Place | None = None
    elsewhere: float = math.nan


@dataclass(frozen=True, eq=False, repr=False)
class Clusters:
    """Holds clusters of the maps of many rows, by class; `print` it.

    Attributes:
        input: Name of the input that the maps lie over.
        feature: What the maps are pooled to: places, columns, channels, words.
        names: Of the F features.
        sides: Cells of places along each axis; else none.
        maps: float64 [N, F], each of length 1; NaN for rows without evidence.
        labels: int64 [N], the class that is explained of each row; -1 for values.
        of: int64 [N], the cluster of each row; -1 without evidence.
        positions: float64 [N, 2], on a plane where maps that are alike are near; NaN without.
        rows: int64 [N], where the rows stand in the data.
        hashes: uint64 [N], what they hold.
        explainer: The method.
        unit: Unit of its values.
        passes: Rows that went through the model.
        class_names: Names of the classes.
    """

    input: str
    feature: FeatureKind
    names: tuple[str, ...]
    sides: tuple[int, ...]
    maps: Floats
    labels: Ints
    of: Ints
    positions: Floats
    rows: Ints
    hashes: np.typing.NDArray[np.uint64]
    explainer: str
    unit: str
    passes: int
    class_names: tuple[str, ...] = ()

    @cached_property
    def clusters(self) -> list[Cluster]:
        """All clusters, by class, the largest of each first."""
        found = []
        for number in range(int(self.of.max(initial=-1)) + 1):
            members = np.flatnonzero(self.of == number)
            label = int(self.labels[members[0]])
            of_class = (self.labels == label) & (self.of >= 0)
            mean = self.maps[members].mean(axis=0)
            place, elsewhere = None, math.nan
            if len(self.sides) > 1:
                others = np.flatnonzero(of_class & (self.of != number))
                beside = self._evidence(others) if len(others) else None
                place = small_place(self._evidence(members), beside)
                elsewhere = math.nan if beside is None else place.of(beside)
            found.append(
                Cluster(
                    *(label, members, len(members) / of_class.sum(), mean),
                    int(members[(self.maps[members] @ mean).argmax()]),
                    *(place, elsewhere),
                )
            )
        return found

    def _evidence(self, rows: Ints) -> Floats:
        return np.asarray(np.maximum(self.maps[rows], 0).mean(axis=0).reshape(self.sides))

    def class_text(self, label: int) -> str:
        """Returns a class as people call it."""
        named = 0 <= label < len(self.class_names)
        return self.class_names[label] if named else ("all rows" if label < 0 else f"class {label}")

    def __repr__(self) -> str:
        """Returns a line for each cluster."""
        lines = [f"{len(self.of)} maps of {self.explainer} at {self.input}, by class:"]
        for number, one in enumerate(self.clusters):
            text = f"  {number}: {self.class_text(one.label)}, {len(one.members)} rows"
            text += f" ({one.share:.0%}), such as row {self.rows[one.example]}"
            if one.place is not None:
                text += f"; {one.place.held:.0%} of the evidence in {self._where(one.place)}"
            lines.append(text)
        if missing := int((self.of < 0).sum()):
            lines.append(f"  {missing} rows without evidence")
        return "\n".join(lines)

    def _where(self, place: Place) -> str:
        size = np.prod(place.size) / np.prod(self.sides)
        return f"{size:.1%} of the area at {list(place.corner)} of {list(self.sides)} cells"
