"""Plans exchanges of windows in one training: rows, passes, epochs, records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal, cast

import numpy as np

from tfexplain.exchange import Exchange, TooFewPairs
from tfexplain.exchange.exchange import LEAST_PAIRS
from tfexplain.exchange.exchange_map import ExchangeMap
from tfexplain.explainers.perturbation.windows import Windows
from tfexplain.runlog.batch import ValidationBatch, choose_batch
from tfexplain.runlog.exchange_records import record_of
from tfexplain.runlog.placement import input_layouts
from tfexplain.runlog.settings import ExplainSettings
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter
from tfexplain.story.place import place_name
from tfexplain.types import Array
from tfexplain.wire import schema

ROWS = 256
BYTES = 64 << 20  # of rows that are held
EPOCHS = 5


class ExchangePlan:
    """Holds the rows between which windows are exchanged.

    Attributes:
        numbers: Names of the places of windows: `exchange/left edge`, `exchange/column 'age'`.

    Args:
        settings: The arguments of `Explain`.
        model: The built model.
        exchange: What is exchanged.
        a_row: Bytes of one row.
    """

    def __init__(
        self, settings: ExplainSettings, model: Any, exchange: Exchange, a_row: int
    ) -> None:
        self._exchange = exchange
        rows = max(LEAST_PAIRS, min(ROWS, BYTES // max(1, a_row)))
        self._traced_model, self._output, batch = choose_batch(
            replace(settings, samples=rows), model, [exchange.output]
        )
        self._batch = cast(ValidationBatch, batch)
        inputs = exchange.windows(self._traced_model, self._batch.inputs, self._output)
        self._places = {
            name: [self._place(name, corner, own, len(inputs) > 1) for corner in own.corners]
            for name, own in inputs.items()
        }
        self.numbers = list(dict.fromkeys(place for of in self._places.values() for place in of))

    def _place(self, name: str, corner: Array, windows: Windows, several: bool) -> str:
        values = self._batch.values.get(name)
        where = place_name(corner.tolist(), windows.size, windows.sides, values)
        return f"exchange/{name}/{where}" if several else f"exchange/{where}"

    def write(self, now: Moment, writer: RunWriter) -> dict[str, float]:
        """Exchanges windows with the weights as they are now, and writes the records.

        Returns the largest share of predictions that follow a window at a place, by `numbers`.
        Nothing is written while too few rows are predicted rightly.
        """
        try:
            maps = self._exchange.exchanged(
                self._traced_model, self._batch.inputs, self._output, self._batch.labels
            )
        except TooFewPairs:
            return {}
        for name, content, record in self._records(maps, now):
            writer.add(schema.Tag("exchange", layer=name), now.step, record, content)
        found: dict[str, float] = {}
        for name, exchanged in maps.items():
            shares = exchanged.by_window.ravel().tolist()
            for place, share in zip(self._places[name], shares, strict=True):
                found[place] = max(share, found.get(place, share))
        return found

    def _records(
        self, maps: dict[str, ExchangeMap], now: Moment
    ) -> Iterator[tuple[str, schema.Content, schema.Exchange]]:
        layouts = input_layouts(self._batch)
        drawn = self._batch.pictures | self._batch.volumes
        for name, found in maps.items():
            record = record_of(found, now, drawn.get(name))
            layout: schema.Layout | Literal[""] = layouts.get(name, "")
            content = schema.Content(
                "exchange", shape=record.shares.shape, layout=layout, input=name
            )
            yield name, content, record


def exchange_epochs(epochs: int, count: int = EPOCHS) -> list[int]:
    """Returns which of so many epochs are exchanged in: the first, the last, and in between at
    even factors.

    >>> exchange_epochs(100), exchange_epochs(3), exchange_epochs(100, 1)
    ([0, 2, 9, 31, 99], [0, 1, 2], [99])
    """
    if count < 2 or epochs < 2:
        return [epochs - 1]
    places = np.geomspace(1, epochs, min(count, epochs))
    return sorted({round(place) - 1 for place in places})


def affordable_epochs(trained: float, passes: int, share: float = 0.05) -> int:
    """Returns in how many epochs windows may be exchanged, up to `EPOCHS`.

    Args:
        trained: Rows that the whole training trains on; each counts as a pass forward and backward.
        passes: Rows of one exchange; each, forward only, counts half.
        share: Share of the training's passes.

    >>> affordable_epochs(1_000_000, 15_000), affordable_epochs(400_000, 15_000)
    (5, 2)
    """
    return min(EPOCHS, int(share * trained / (passes / 2)))
