"""Writes tables of what the rows of shards have in common, and of each row what is small."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfexplain.commands.output import Output
from tfexplain.shards.shard import Shard
from tfexplain.shards.totals import Totals
from tfexplain.shards.worst import Worst

_TOTALS = ("map", "unit", "rows", "zero maps", "largest magnitude", "mean magnitude", "mean score")
_EXACT = ("largest completeness gap", "largest error", "passes")


class SampleTable:
    """Writes `samples.csv` shard by shard: predictions, and the number that the first method
    explained."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "w", newline="", encoding="utf-8")  # noqa: SIM115 until __exit__
        self._table = csv.writer(self._file)
        self._table.writerow(
            ["name", "label", "predicted", "target", "score", "probability", "loss"]
        )

    def __enter__(self) -> SampleTable:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, shard: Shard) -> None:
        """Writes the rows of the next shard."""
        if not shard.maps:
            return
        first = next(iter(shard.maps.values()))
        own = (shard.labels, shard.predicted, first.targets, first.scores)
        columns = [_column(values, len(shard.names)) for values in (*own, shard.probability)]
        columns.append(_column(shard.loss, len(shard.names)))
        self._table.writerows(zip(shard.names, *columns, strict=True))


def _column(values: Any, count: int) -> list[Any]:
    return [""] * count if values is None else np.asarray(values).tolist()


def write_rows(output: Output, name: str, rows: Sequence[Sequence[Any]]) -> None:
    """Writes rows of texts as a .csv file."""
    with open(output.path(name), "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def write_tables(
    output: Output,
    totals: Mapping[str, Totals],
    worst: Sequence[Worst],
    features: Sequence[str],
    classes: Sequence[str],
) -> None:
    """Writes totals, magnitudes, importance by class, and the worst rows."""
    write_rows(output, "totals.csv", [[*_TOTALS, *_EXACT], *_totals(totals)])
    octaves = [[name, *one] for name, own in totals.items() for one in own.magnitudes.octaves()]
    write_rows(output, "magnitudes.csv", [["map", "from", "to", "values"], *octaves])
    head = ["map", "class", "rows", "place", "mean magnitude"]
    write_rows(output, "importance.csv", [head, *_importance(totals, features, classes)])
    head = ["reason", "row", "name", "label", "predicted", "value"]
    rows = [[o.reason, o.row, o.name, o.label, o.predicted, o.value] for o in worst]
    write_rows(output, "worst.csv", [head, *rows])


def _totals(totals: Mapping[str, Totals]) -> list[list[Any]]:
    return [
        [
            *(name, one.unit, one.rows, one.zero, one.scale.limit),
            *(one.magnitude / max(one.rows, 1), one.score / max(one.rows, 1)),
            *(one.gap, one.error, one.passes or ""),
        ]
        for name, one in totals.items()
    ]


def _importance(
    totals: Mapping[str, Totals], features: Sequence[str], classes: Sequence[str]
) -> list[list[Any]]:
    """Returns a row for each feature, channel or cell, the row and column of a cell as `3,5`."""
    rows: list[list[Any]] = []
    for name, total in totals.items():
        for target, own in sorted(total.by_class.items()):
            mean = own.mean
            named = place_names(total, features)
            for place in np.ndindex(mean.shape):
                where = named[place[0]] if mean.ndim == 1 else ",".join(map(str, place))
                shown = class_name(target, classes)
                rows.append([name, shown, own.rows, where, float(mean[place])])
    return rows


def place_names(total: Totals, features: Sequence[str]) -> Sequence[str]:
    """Returns what the values of a map on one axis are of: features by name, where they are."""
    of_features = len(features) == len(total.places) and total.kind == "map"
    return features if of_features else total.places


def class_name(target: float, classes: Sequence[str]) -> str:
    """Returns the name of a class, or its number where it has none."""
    known = target == int(target) and 0 <= target < len(classes)
    return (classes[int(target)] if known else "") or f"{target:g}"
