"""Writes attributions as arrays, a table and a log."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain import rendering
from tfexplain.attribution import BY_SAMPLE, Attribution
from tfexplain.coloring import Magnitudes
from tfexplain.commands.arrays import Growing
from tfexplain.commands.drawing import places
from tfexplain.commands.output import Output
from tfexplain.commands.samples import Samples
from tfexplain.comparing.logs import write_maps, write_quality
from tfexplain.explainers.concat import Explanation, chosen, joined
from tfexplain.model.outputs import ModelOutput
from tfexplain.runlog.attribution_records import predictions
from tfexplain.runlog.judged_maps import Place
from tfexplain.runlog.plan import ExplainPlan
from tfexplain.runlog.writer import RunWriter
from tfexplain.trust import Measured


class Writing:
    """Writes the attributions of each explainer, a file for each layer, as they come.

    What is small is kept of all samples, all only of some.

    Args:
        output: Folder to write to.
        samples: All of them.
        rows: Numbers of the samples that are kept, int64 in rising order.
        model_output: The output whose predictions are written.

    Attributes:
        scales: The magnitudes of each map, over all samples, by the name of its file.
    """

    def __init__(
        self,
        output: Output,
        samples: Samples,
        rows: npt.NDArray[np.int64],
        model_output: ModelOutput,
    ) -> None:
        self._output, self._samples, self._rows, self._model_output = (
            output,
            samples,
            rows,
            model_output,
        )
        self._files: dict[str, Growing] = {}
        self._small: dict[str, list[dict[str, Any]]] = {}
        self._kept: dict[str, list[Explanation]] = {}
        self._predicted: list[Any] = []
        self._start = 0
        self.scales: dict[str, Magnitudes] = {}

    def __enter__(self) -> Writing:
        return self

    def __exit__(self, *error: object) -> None:
        for file in self._files.values():
            file.abandon()

    def add(self, explanations: Mapping[str, Explanation]) -> None:
        """Writes the attributions of the next samples, by explainer."""
        first = next(iter(explanations.values()))
        predicted = predictions(self._model_output, first.outputs).predicted
        self._predicted.append(predicted)
        end = self._start + len(predicted)
        rows = self._rows[(self._rows >= self._start) & (self._rows < end)] - self._start
        self._start = end
        for name, explanation in explanations.items():
            self._kept.setdefault(name, []).append(chosen(explanation, rows))
            for place, attribution in places(name, explanation).items():
                self._add(place, attribution)

    def _add(self, place: str, attribution: Attribution) -> None:
        if place not in self._files:
            path = self._output.path("arrays", f"{place}.npz")
            self._files[place] = Growing(path, len(self._samples.names))
        self._files[place].add(attribution.values)
        self._small.setdefault(place, []).append(
            {
                name: getattr(attribution, name)
                for name in BY_SAMPLE
                if name != "values" and getattr(attribution, name) is not None
            }
        )
        if attribution.channels is None and attribution.planes.ndim >= 3:
            self.scales.setdefault(place, Magnitudes()).add(rendering.without_noise(attribution))

    def close(self) -> dict[str, Explanation]:
        """Writes the ends of the files, and the table; returns the attributions of the kept
        samples."""
        kept = {name: joined(by_batch) for name, by_batch in self._kept.items()}
        small = {place: _concatenated(by_batch) for place, by_batch in self._small.items()}
        for name, explanation in kept.items():
            for place, attribution in places(name, explanation).items():
                others = dict(small[place])
                others |= {"unit": np.array(attribution.unit), "layer": np.array(attribution.layer)}
                others |= {"names": np.array(self._samples.names)}
                for extra in ("channels", "attention_heads"):
                    if getattr(attribution, extra) is not None:
                        others[extra] = getattr(attribution, extra)
                self._files[place].close(others)
        self._write_table(next(iter(small.values())))
        return kept

    def _write_table(self, arrays: Mapping[str, Any]) -> None:
        """Writes what the model predicts of each sample, and the number that the first explainer
        explained."""
        names, labels = self._samples.names, self._samples.labels
        shown = [""] * len(names) if labels is None else labels.tolist()
        predicted = np.concatenate(self._predicted).tolist()
        with open(self._output.path("samples.csv"), "w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["name", "label", "predicted", "target", "score"])
            numbers = zip(
                predicted, arrays["targets"].tolist(), arrays["scores"].tolist(), strict=True
            )
            for name, label, row in zip(names, shown, numbers, strict=True):
                table.writerow([name, label, *row])


def _concatenated(by_batch: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: np.concatenate([arrays[name] for arrays in by_batch]) for name in by_batch[0]}


def write_rows(output: Output, name: str, rows: Sequence[Sequence[str]]) -> None:
    """Writes rows of texts as a .csv file."""
    with open(output.path(name), "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def write_log(
    output: Output,
    log: str,
    explaining: ExplainPlan,
    explanations: Mapping[str, Explanation],
    choices: Mapping[str, str],
    quality: Mapping[Place, Sequence[Measured]],
) -> None:
    """Writes what `Explain` writes of one epoch."""
    writer = RunWriter(os.path.join(output.below(log), "explain"))
    try:
        writer.open()
        write_maps(writer, explaining, explanations, choices)
        write_quality(writer, quality)
        writer.close()
    finally:
        output.added(log)
