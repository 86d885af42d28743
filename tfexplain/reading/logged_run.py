"""Gives what one run has logged, as arrays and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PIL import Image

from tfexplain.errors import TfexplainError
from tfexplain.evaluation import Evaluated, Segmented
from tfexplain.reading import tables
from tfexplain.reading.activation_table import activation_errors
from tfexplain.reading.general_records import GeneralRecords
from tfexplain.reading.logged_maps import LoggedMaps
from tfexplain.reading.run_index import RunIndex
from tfexplain.reading.tables import Table, table
from tfexplain.types import Array
from tfexplain.wire import schema
from tfexplain.wire.tags import MAPS

if TYPE_CHECKING:
    from tfexplain.report.notebook import NotebookPage

R = TypeVar("R", bound=schema.Record)
T = TypeVar("T")


class LoggedRun(GeneralRecords):
    """Reads one run; records are read when they are asked for.

    `run["GradCAM", "conv3"]` gives the maps of an explainer at a layer, `run["GradCAM"]` where it
    has one layer only. Tables are dictionaries of columns: `pandas.DataFrame(run.kernels)`.
    Columns have one meaning everywhere: `epoch` is the epoch under which the page shows a number,
    with fractions where `every_steps=` was given (an epoch's number stands for its end, so -0.5 is
    the middle of epoch 0 and 2.25 a quarter of epoch 3),
    `weights` the epoch at whose end the model had the weights that were measured, `sample` the
    place in the explained batch.

    Attributes:
        name: The run's name, as the page has it.
        directory: Where it was logged.
        every_record: All of its records, for functions of `tfexplain.story`.
    """

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self.directory = directory
        self._index = RunIndex(directory)
        self.every_record = self._index.records()

    def __repr__(self) -> str:
        listed = ", ".join(f"{explainer} at {layer}" for explainer, layer in self._maps)
        return f"LoggedRun({self.name!r}: {listed or 'no maps'})"

    def __getitem__(self, key: str | tuple[str, str]) -> LoggedMaps:
        """Returns the maps of (explainer, layer).

        Raises:
            TfexplainError: there are none.
        """
        explainer, layer = (key, None) if isinstance(key, str) else key
        found = [
            tags
            for (its_explainer, its_layer), tags in self._maps.items()
            if its_explainer == explainer and layer in (None, its_layer)
        ]
        if len(found) != 1:
            many = "several layers" if found else "no maps"
            known = ", ".join(map(repr, self._maps)) or "none"
            raise TfexplainError(f"run[{key!r}]: {many} of that name. Logged are: {known}.")
        return LoggedMaps(self._index, found[0])

    @property
    def maps(self) -> list[LoggedMaps]:
        """The maps of all explainers at all layers."""
        return [LoggedMaps(self._index, tags) for tags in self._maps.values()]

    @property
    def contents(self) -> dict[schema.Tag, schema.Content]:
        """What is constant over the records of each series; damaged ones are left out."""
        found = {}
        for text, tag in sorted(self._index.tags.items()):
            try:
                found[tag] = self._index.content(text)
            except schema.SchemaError:
                continue
        return found

    @cached_property
    def _maps(self) -> dict[tuple[str, str], list[schema.Tag]]:
        found: dict[tuple[str, str], list[schema.Tag]] = {}
        for tag in sorted(self._index.tags.values(), key=str):
            if tag.kind in MAPS:
                found.setdefault((tag.explainer, tag.layer), []).append(tag)
        return found

    @property
    def series(self) -> Table:
        """A row for each series of records: kind, explainer, layer, sample, and its epochs."""
        return table(
            {
                "kind": tag.kind,
                "explainer": tag.explainer,
                "layer": tag.layer,
                "sample": tag.sample if tag.sample >= 0 else None,
                "records": len(steps),
                "first_epoch": steps[0],
                "last_epoch": steps[-1],
            }
            for text, tag in sorted(self._index.tags.items())
            if tag.kind != "inputs"  # of no epoch
            for steps in [self._index.steps(text)]
        )

    @property
    def settings(self) -> dict[str, str]:
        """What the callback was told, and what is known of the model."""
        found = self.every_record.last(schema.Samples)
        return dict(found[1].settings) if found else {}

    @property
    def samples(self) -> Table:
        """A row for each explained sample: `sample`, `row` in the data, `label`, `hash`."""
        return tables.samples(self.every_record)

    @property
    def metrics(self) -> Table:
        """A row for each logged epoch: what `fit` reported (`loss`, `val_accuracy`, ...)."""
        return tables.metrics(self.every_record)

    @property
    def predictions(self) -> Table:
        """A row for each epoch and sample: `label`, `predicted`, and its `probability`."""
        return tables.predictions(self.every_record)

    @property
    def kernels(self) -> Table:
        """A row for each epoch and kernel: names, shapes, `sparsity` and all other numbers."""
        return tables.kernels(self.every_record)

    @property
    def totals(self) -> Table:
        """A row for each epoch and part of the model: numbers of all kernels together."""
        return tables.totals(self.every_record)

    @property
    def activation_errors(self) -> Table:
        """A row for each epoch and layer of a quantized model: `sqnr` and `clipping` of its
        outputs and their ranges, beside those of the float model."""
        return activation_errors(self.every_record)

    @property
    def health(self) -> Table:
        """A row for each epoch and layer: gradients, updates, activations, as `Health` measures."""
        return tables.health(self.every_record)

    @property
    def health_totals(self) -> Table:
        """A row for each epoch: gradients, updates and activations of the whole model."""
        return tables.health_totals(self.every_record)

    @property
    def evaluation(self) -> Table:
        """A row for each epoch of `Predictions`: accuracy, F1 and other totals of all rows."""
        rows = [(epoch, one.outputs.weights, one.totals()) for epoch, one in self._evaluated()]
        rows += [(epoch, one.pixels.weights, one.totals()) for epoch, one in self._segmented()]
        return table(
            {"epoch": epoch, "weights": weights, **totals} for epoch, weights, totals in rows
        )

    def evaluated(self, epoch: float | None = None) -> Evaluated:
        """Returns labels and outputs on the validation rows that `Predictions` logged.

        Args:
            epoch: Epoch; default the last one.

        Raises:
            TfexplainError: nothing was logged there.
        """
        return _of_epoch(
            dict(self._evaluated()), epoch, "outputs of validation rows", "Predictions"
        )

    def segmented(self, epoch: float | None = None) -> Segmented:
        """Returns right and wrong positions of the validation rows, such as pixels, by class.

        `Predictions` logs them for outputs with a class for each position.

        Args:
            epoch: Epoch; default the last one.

        Raises:
            TfexplainError: nothing was logged there.
        """
        return _of_epoch(dict(self._segmented()), epoch, "classes of positions", "Predictions")

    def _segmented(self) -> Iterator[tuple[float, Segmented]]:
        rows = self.every_record.last(schema.Validation)
        if rows is None:
            return
        for _, series in self.every_record.series(schema.Pixels):
            for epoch, record in series:
                yield epoch, Segmented(rows[1], record)

    def _evaluated(self) -> Iterator[tuple[float, Evaluated]]:
        rows = self.every_record.last(schema.Validation)
        if rows is None:
            return
        for _, series in self.every_record.series(schema.Outputs):
            for epoch, record in series:
                yield epoch, Evaluated(rows[1], record)

    @property
    def structure(self) -> Table:
        """A row for each layer call: type, shape, parameters, multiply-adds, and what it reads."""
        return tables.structure(self.every_record)

    @property
    def training(self) -> dict[str, str]:
        """Optimizer with its settings, loss, metrics, inputs and versions, as training began."""
        found = self.every_record.last(schema.Structure)
        return dict(found[1].training) if found else {}

    @property
    def similarity(self) -> Table:
        """A row for each epoch, map and sample: how similar it is to the reference's map."""
        return tables.similarity(self.every_record)

    @property
    def fidelity(self) -> Table:
        """A row for each epoch: `agreement` and `kl` of predictions with those of the reference
        (a teacher, or the first model of `compare`), attention transfer by layer."""
        return tables.fidelity(self.every_record)

    @property
    def trust(self) -> Table:
        """A row for each epoch, map, sample and metric: whether the map can be believed."""
        return tables.trust(self.every_record)

    @property
    def trust_curves(self) -> Table:
        """A row for each point of the curves that metrics of `trust` sum up: the score with a share
        of the positions hidden, or shown, in the order of the map, of chance, or of the edges."""
        return tables.trust_curves(self.every_record)

    @property
    def sanity(self) -> Table:
        """A row for each map, sample and step in which weights were re-drawn, layer by layer: how
        alike the map stays (`Explain(sanity="random")`)."""
        return tables.sanity(self.every_record)

    @property
    def places(self) -> Table:
        """A row for each small place of an input where labels can be read alone: shares of rows
        that a linear probe is right on, of the place, all else, and with shuffled labels."""
        return tables.places(self.every_record)

    @property
    def regions(self) -> Table:
        """A row for each epoch, map, region and sample: how much evidence lies inside."""
        return tables.regions(self.every_record)

    def show(self, height: int = 800, max_mb: float = 10) -> NotebookPage:
        """Returns the EXPLAIN page of this run, which a notebook shows in a cell.

        Args:
            height: Height of the output, in pixels.
            max_mb: Most megabytes that the output takes in the notebook's file. Where the maps of
                all epochs are more, those of as many as fit are kept, and the page says which.

        Raises:
            TfexplainError: there is no room for one epoch.
        """
        from tfexplain.report.notebook import notebook_page

        return notebook_page(self.directory.parent, {self.name: self}, height, max_mb)

    @property
    def inputs(self) -> dict[str, Array]:
        """The explained samples by name of the input.

        uint8 [N, h, w, channels] of pictures (a volume is one sheet of slices), float32 [N, f] of
        features, [N, T] of words (their ids), [N, t, c] of series.
        """
        found = {
            tag.layer: list(records.values())[-1].values
            for tag, records in self.records(schema.Values).items()
        }
        for text, tag in sorted(self._index.tags.items()):
            if tag.kind == "inputs":
                found[tag.layer] = np.stack([_pixels(file) for file in self._index.blobs(text)])
        return found


def _of_epoch(found: Mapping[float, T], epoch: float | None, what: str, logger: str) -> T:
    """Returns what was logged at an epoch, by default the last; raises TfexplainError."""
    wanted = max(found, default=0) if epoch is None else epoch
    if wanted not in found:
        known = ", ".join(map(str, found)) or "none"
        raise TfexplainError(
            f"epoch={epoch!r}: no {what}. Logged are: {known}. Pass one of these, or train with "
            f"{logger}."
        )
    return found[wanted]


def _pixels(file: bytes) -> Array:
    schema.check_picture(file)
    with Image.open(BytesIO(file)) as picture:
        pixels = np.asarray(picture)
    return pixels if pixels.ndim == 3 else pixels[..., None]
