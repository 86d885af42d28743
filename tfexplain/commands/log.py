"""Writes some rows of the shards to a log, as `Explain` writes those of one epoch."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.commands.opening import Opened
from tfexplain.commands.output import Output
from tfexplain.commands.tables import write_rows
from tfexplain.comparing.logs import write_maps, write_quality
from tfexplain.explainers.concat import Explanation
from tfexplain.model.batching import run_by_chunks
from tfexplain.runlog.judged_maps import Place, measured_maps
from tfexplain.runlog.plan import ExplainPlan
from tfexplain.runlog.quality_rows import HEAD, quality_rows
from tfexplain.runlog.summary_text import describe
from tfexplain.runlog.writer import RunWriter
from tfexplain.shards.reading import Shards
from tfexplain.trust import Measured, Metric


def logged_rows(
    output: Output,
    log: str,
    opened: Opened,
    shards: Shards,
    places: npt.NDArray[np.int64],
    wanted: Sequence[Metric],
    scales: str,
) -> tuple[dict[str, str], list[list[str]]]:
    """Writes the log, and with metrics a table of what they say.

    Args:
        output: Folder to write to.
        log: The log's folder below it.
        opened: What was explained.
        shards: The maps of all rows.
        places: Which of them are logged.
        wanted: Metrics of explanations.
        scales: What to say of all maps.

    Returns:
        Choices in words, and the table with its head, empty without metrics.
    """
    plan = opened.planned(opened.source.read(shards.rows[places].tolist()))
    found = _explanations(plan, shards, places[plan.batch.rows])
    choices = describe(plan, found)
    measured, left_out = measured_maps(plan, found, wanted)
    choices |= {f"no {what}": why for what, why in left_out.items()}
    choices["all rows"] = f"{len(shards)}; {scales}" if scales else str(len(shards))
    _write_log(output, log, plan, found, choices, measured)
    table = [list(HEAD), *quality_rows(measured)] if measured else []
    if table:
        write_rows(output, "quality.csv", table)
    return choices, table


def _explanations(
    plan: ExplainPlan, shards: Shards, places: npt.NDArray[np.int64]
) -> dict[str, Explanation]:
    """Returns the maps at these places, with what the model puts out of them."""
    outputs = _outputs(plan)
    found: dict[str, Explanation] = {}
    for name in plan.explainers:
        attributions = {
            attribution.layer: attribution
            for attribution in (shards.chosen(own, places.tolist()) for own in shards.of(name))
        }
        found[name] = Explanation(attributions, shards.seconds.get(name, 0.0), outputs)
    return found


def _outputs(plan: ExplainPlan) -> Any:
    traced_model = plan.traced_model

    def make() -> Callable[[Any], Any]:
        return lambda batch: tf.nest.flatten(traced_model.forward(batch)[0])

    by_chunk = run_by_chunks(traced_model, ("outputs",), make, plan.batch.inputs)
    return [np.concatenate(own) for own in zip(*by_chunk, strict=True)]


def _write_log(
    output: Output,
    log: str,
    explaining: ExplainPlan,
    explanations: Mapping[str, Explanation],
    choices: Mapping[str, str],
    quality: Mapping[Place, Sequence[Measured]],
) -> None:
    writer = RunWriter(os.path.join(output.below(log), "explain"))
    try:
        writer.open()
        write_maps(writer, explaining, explanations, choices)
        write_quality(writer, quality)
        writer.close()
    finally:
        output.added(log)
