"""Finds predictions that are all the same."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tfexplain.story.finding import Finding
from tfexplain.story.log_records import RunRecords
from tfexplain.wire import schema


def same(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields a finding where all samples of several classes are predicted as one."""
    found, samples = records.last(schema.Predictions), records.last(schema.Samples)
    if not found or not samples or samples[1].label_kind != "class":
        return
    (step, predictions), labels = found, samples[1].labels
    predicted = np.unique(predictions.predicted[predictions.predicted >= 0])
    if len(predicted) != 1 or len(np.unique(labels[~np.isnan(labels)])) < 2:
        return
    names = samples[1].class_names
    name = names[predicted[0]] if predicted[0] < len(names) else f"class {predicted[0]}"
    count = len(predictions.predicted)
    text = f"{run}: all {count} samples are predicted as {name}, so their maps tell little."
    yield Finding("same", run, text, 1.0, step)
