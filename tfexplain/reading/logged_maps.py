"""Gives the maps of one explainer at one layer, as they were logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tfexplain.errors import TfexplainError
from tfexplain.reading.run_index import RunIndex
from tfexplain.reading.tables import Table, table
from tfexplain.types import Array
from tfexplain.wire import schema

if TYPE_CHECKING:
    from tfexplain.report.notebook import NotebookPage


class LoggedMaps:
    """Reads the maps of one explainer at one layer.

    Attributes:
        explainer, layer: Their names in the log.
        kind: `map`, `channels`, `matrix` or `picture`.
        content: What all of the maps have in common: `unit`, `signed`, `layout`, the `shape` of
            one, the `input` that they lie over, the `settings` of the explainer.
        samples: The samples that there are maps of, by their place in the explained batch.
        epochs: The epochs that there are maps of, in rising order; 2.25 is a quarter of epoch 3,
            for the number of an epoch stands for its end.
    """

    def __init__(self, index: RunIndex, tags: list[schema.Tag]) -> None:
        self._index = index
        self._tags = {tag.sample: str(tag) for tag in sorted(tags, key=lambda tag: tag.sample)}
        self._group = tags[0].group
        self.kind = tags[0].kind
        self.explainer, self.layer = tags[0].explainer, tags[0].layer
        self.samples = list(self._tags)
        self.content = index.content(str(tags[0]))
        self.epochs = sorted({e for tag in self._tags.values() for e in index.steps(tag)})

    def __repr__(self) -> str:
        first, last = self.epochs[0], self.epochs[-1]
        return (
            f"LoggedMaps({self.explainer!r}, {self.layer!r}: {len(self.samples)} samples, "
            f"{len(self.epochs)} epochs from {first} to {last})"
        )

    def maps(self, epoch: float | None = None) -> Array:
        """Returns the maps of all samples at one epoch; of the last one for None.

        Returns:
            float32 [N, ...] in the order of `samples`, NaN where a sample has none at this epoch:
            [N, h, w] of pictures, [N, d, h, w] of volumes, [N, t] or [N, f] of a line, words and
            features; [N, channels, h, w] of feature maps, [N, heads, q, k] of attention. uint8
            [N, h, w, 3] of optimized inputs, zero where there is none.

        Raises:
            TfexplainError: there are no maps of this epoch.
        """
        found = {sample: record.values for sample, record in self.records(epoch).items()}
        some = next(iter(found.values()))
        missing = np.full_like(some, 0 if some.dtype == np.uint8 else np.nan)
        return np.stack([found.get(sample, missing) for sample in self.samples])

    def records(self, epoch: float | None = None) -> dict[int, Any]:
        """Returns by sample the whole records of one epoch; of the last one for None.

        They are `schema.Map`, `schema.Channels`, `schema.Matrix` or `schema.Picture`.

        Raises:
            TfexplainError: there are no maps of this epoch.
        """
        step = self.epochs[-1] if epoch is None else epoch
        if step not in self.epochs:
            raise TfexplainError(
                f"epoch={epoch!r}: expected one of the {len(self.epochs)} epochs that were logged, "
                f"{self.epochs[0]} to {self.epochs[-1]}. `epochs` lists them."
            )
        read = self._index.read(list(self._tags.values()), [step])
        return {
            sample: schema.decode(self.kind, read[tag][0][1])
            for sample, tag in self._tags.items()
            if read[tag]
        }

    def show(self, height: int = 800, max_mb: float = 10) -> NotebookPage:
        """Returns the EXPLAIN page of these maps over their epochs, which a notebook shows; see
        `LoggedRun.show`."""
        from tfexplain.report.notebook import maps_page

        return maps_page(self._index.directory, [self._group], height, max_mb)

    def scores(self) -> Table:
        """Returns a row for each epoch and sample: what was explained, and how well.

        `target` is the explained output, `score` its value, `gap`, `error` and `passes` are those
        of methods that tell them; `total` is the sum of the map, `largest` its largest magnitude.
        """
        rows = (
            {
                "epoch": epoch,
                "sample": sample,
                **{name: getattr(record, name, None) for name in _FACTS},
                "total": float(record.values.sum(dtype=float)),
                "largest": float(np.abs(record.values).max(initial=0)),
            }
            for epoch in self.epochs
            for sample, record in self.records(epoch).items()
        )
        return table(rows)


_FACTS = ("target", "score", "gap", "error", "passes")
