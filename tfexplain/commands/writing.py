"""Arrays, a table and a log of what was found."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfexplain.callbacks.explaining import Explaining
from tfexplain.callbacks.records import predictions
from tfexplain.callbacks.writer import RunWriter
from tfexplain.commands.drawing import places
from tfexplain.commands.output import Output
from tfexplain.commands.samples import Samples
from tfexplain.comparing.logs import write_maps
from tfexplain.explainers import Explanation


def write_arrays(output: Output, found: Mapping[str, Explanation], names: Sequence[str]) -> None:
    """All that each explainer found, a file for each layer."""
    for explainer, explanation in found.items():
        for place, one in places(explainer, explanation).items():
            kept: dict[str, Any] = {
                "values": one.values,
                "targets": one.targets,
                "scores": one.scores,
            }
            kept |= {"unit": np.array(one.unit), "layer": np.array(one.layer)}
            kept |= {"names": np.array(names)}
            for extra in ("completeness_gap", "error", "passes", "channels", "attention_heads"):
                if getattr(one, extra) is not None:
                    kept[extra] = getattr(one, extra)
            np.savez_compressed(output.path("arrays", f"{place}.npz"), **kept)


def write_table(
    output: Output, explaining: Explaining, found: Mapping[str, Explanation], samples: Samples
) -> None:
    """What the model says of each sample, and which number was explained by the first explainer."""
    first = next(iter(found.values()))
    one = next(iter(first.attributions.values()))
    predicted = predictions(explaining.head, first.outputs).predicted
    labels = [""] * len(samples.names) if samples.labels is None else samples.labels.tolist()
    with open(output.path("samples.csv"), "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["name", "label", "predicted", "target", "score"])
        numbers = zip(predicted.tolist(), one.targets.tolist(), one.scores.tolist(), strict=True)
        for name, label, row in zip(samples.names, labels, numbers, strict=True):
            table.writerow([name, label, *row])


def write_log(
    output: Output,
    log: str,
    explaining: Explaining,
    found: Mapping[str, Explanation],
    choices: Mapping[str, str],
) -> None:
    """What `Explain` writes of one epoch."""
    writer = RunWriter(os.path.join(output.folder, log, "explain"))
    try:
        writer.open()
        write_maps(writer, explaining, found, choices)
        writer.close()
    finally:
        output.added(log)
