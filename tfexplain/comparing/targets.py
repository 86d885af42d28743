"""Says what is explained of all models alike, and which classes rows have."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.comparing.pool import Pool
from tfexplain.data.content import Hashes, row_hashes
from tfexplain.data.labels import labels_of, read_labels
from tfexplain.data.validation import Rows
from tfexplain.model.targets import Targets
from tfexplain.quality import Predicted
from tfexplain.runlog.plan import ExplainPlan
from tfexplain.runlog.settings import ExplainSettings


def targets_of_all(
    settings: ExplainSettings, explaining: ExplainPlan, predicted: Predicted
) -> Targets | str:
    """Returns targets for all models: labels, or the reference's prediction where there is no
    label.

    Args:
        settings: What was asked for.
        explaining: The reference and its batch.
        predicted: What it predicts of all rows.
    """
    asked, batch = settings.targets, explaining.batch
    outputs = {explainer.output for explainer in explaining.explainers.values()}
    if not isinstance(asked, str) or len(outputs) > 1 or not predicted.count:
        return asked
    classes = predicted.classes[batch.rows]
    if asked != "label" or batch.labels.kind != "class":
        return classes
    known = batch.labels.targets
    return asked if (known >= 0).all() else np.where(known < 0, classes, known)


def known_classes(pool: Rows, explaining: ExplainPlan) -> npt.NDArray[np.int64] | None:
    """Returns the classes of all rows, int64 [rows], -1 where unknown; None without classes."""
    return _classes(pool.labels, row_hashes(pool.inputs), explaining)


def pool_classes(pool: Pool, explaining: ExplainPlan) -> npt.NDArray[np.int64] | None:
    """Returns the same of a pool, whose chunks were all read."""
    found = _classes(pool.labels, pool.hashes, explaining)
    if found is None or pool.readable is None:
        return found
    known = np.full(len(pool), -1, np.int64)
    known[pool.readable] = found
    return known


def _classes(labels: Any, hashes: Hashes, explaining: ExplainPlan) -> npt.NDArray[np.int64] | None:
    output = explaining.output
    own = labels_of(labels, output, explaining.traced_model)
    names = explaining.settings.class_names
    read = read_labels(own, output, hashes, "validation_data", class_names=names)
    # One label of several is no class to be right about.
    known = read.kind == "class" and read.sets is None
    return read.targets.astype(np.int64) if known else None
