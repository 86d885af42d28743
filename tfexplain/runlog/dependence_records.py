"""Measures partial dependence on the most important features for the log, by input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tfexplain.runlog.general_rows import GeneralRows, Unfit, Written
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.types import Array
from tfexplain.usage.columns import Column, columns_of
from tfexplain.usage.dependence import FeatureDependence, PartialDependence
from tfexplain.usage.dependence_passes import GRID, DependencePasses
from tfexplain.usage.measure import input_features
from tfexplain.wire import schema

MOST_FEATURES = 6
MOST_LINES = 64  # of single rows


class DependenceRecords:
    """Writes how outputs follow the most important columns or channels: `dependence/INPUT`.

    Args:
        rows: The rows.

    Attributes:
        text: What is done, for people.
    """

    def __init__(self, rows: GeneralRows) -> None:
        if not rows.chosen.output.classes:
            raise Unfit("the output has a prediction for each position")
        self._columns, _ = columns_of(rows.chosen, input_features(rows.chosen, rows.names))
        if not self._columns:
            raise Unfit("no input has columns or channels")
        self._rows = rows
        count = min(MOST_FEATURES, len(self._columns))
        self.text = f"dependence on the {count} most important of {len(self._columns):,} features"

    def records(self, now: Moment) -> Iterator[Written]:
        """Yields a record for each input, or table of inputs, that has some of the most important
        features."""
        found = DependencePasses(self._rows.chosen).dependence(self._most_important())
        tables = [self._table(feature) for feature in found.features]
        for name in dict.fromkeys(tables):
            both = zip(tables, found.features, strict=True)
            record = dependence_record(
                found, [self._in_table(own, name) for table, own in both if table == name], now
            )
            inputs = self._rows.chosen.traced_model.input_names
            content = schema.Content(
                "dependence", record.unit, input=name if name in inputs else ""
            )
            yield schema.Tag("dependence", layer=name), record, content

    def _most_important(self) -> Sequence[Column]:
        """Returns the features that were the most important ones just before; else the first."""

        def size(column: Column) -> float:
            known = self._rows.importance.get(self._table(column), {})
            # Of a table of inputs the columns have the inputs' names.
            return float(np.nan_to_num(known.get(column.name, known.get(column.input, 0.0))))

        return sorted(self._columns, key=size, reverse=True)[:MOST_FEATURES]

    def _in_table(self, own: FeatureDependence, table: str) -> FeatureDependence:
        """Returns a feature with its column in the table that its input is part of."""
        if table == own.input:
            return own
        return replace(own, column=list(self._rows.importance[table]).index(own.input))

    def _table(self, own: Column | FeatureDependence) -> str:
        """Returns what importance calls the input: one of one column may be part of a table."""
        known = self._rows.importance
        tables = (name for name, sizes in known.items() if own.input in sizes)
        return own.input if own.input in known else next(tables, own.input)


def dependence_record(
    found: PartialDependence, features: Sequence[FeatureDependence], now: Moment
) -> schema.Dependence:
    """Returns the record of some features of one input at one time.

    Args:
        found: The result that they are of.
        features: The features.
        now: When, and with which weights.
    """

    def padded(name: str, fill: float = np.nan) -> Array:
        arrays: list[Any] = [getattr(feature, name) for feature in features]
        short = [(*[(0, 0)] * (one.ndim - 1), (0, GRID - one.shape[-1])) for one in arrays]
        return np.stack(
            [
                np.pad(one, width, constant_values=fill)
                for one, width in zip(arrays, short, strict=True)
            ]
        )

    return schema.Dependence(
        features=np.array([feature.column for feature in features], np.int32),
        names=[feature.name for feature in features],
        grid=padded("grid"),
        counts=padded("counts", 0),
        categories=np.array([feature.are_categories for feature in features], np.uint8),
        outputs=found.outputs,
        partial=padded("partial"),
        low=padded("low"),
        high=padded("high"),
        single=padded("single")[:, :MOST_LINES],
        single_outputs=found.single_outputs[:MOST_LINES],
        rows=found.rows[:MOST_LINES],
        averaged=len(found.rows),
        unit=found.unit,
        moment=now.kind,
        weights=now.weights,
    )
