"""Measures importance for the log, and turns it into records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.data.row_choice import Chosen
from tfexplain.runlog.exchange_records import mean_picture
from tfexplain.runlog.general_rows import GeneralRows
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.usage.importance_result import Importance
from tfexplain.usage.measure import input_features, measure
from tfexplain.wire import schema
from tfexplain.wire.records.ranked import MAX_DOTS

_NO_MEAN = np.zeros((0, 0, 1), np.uint8)


class ImportanceRecords:
    """Writes how much a model uses each feature of its inputs: `importance/INPUT`.

    Args:
        rows: The rows.

    Attributes:
        text: What is done, for people.
    """

    def __init__(self, rows: GeneralRows) -> None:
        self._rows = rows
        features = input_features(rows.chosen, rows.names)
        counts = ", ".join(
            f"{len(one):,} {one.kind}{'s' if len(one) > 1 else ''} of {one.input}"
            for one in features
        )
        self.text = f"importance of {counts}"

    def records(self, now: Moment) -> Iterator[tuple[schema.Tag, schema.Record, schema.Content]]:
        """Yields a record for each input."""
        rows = self._rows
        found = measure(
            rows.chosen,
            targets=rows.settings.targets,
            names=rows.names,
            class_names=rows.settings.class_names,
            seed=rows.settings.seed,
        )
        for name, own in found.items():
            rows.importance[name] = dict(zip(own.names, own.values.tolist(), strict=True))
            record = record_of(own, now, rows.chosen, rows.pictures.get(name))
            layout: Any = rows.layouts.get(name, "")
            content = schema.Content(
                "importance",
                record.unit,
                True,
                own.sides,
                name if name in rows.chosen.traced_model.input_names else "",
                layout=layout,
                settings=own.left_out,
            )
            yield schema.Tag("importance", layer=name), record, content


def record_of(
    found: Importance,
    now: Moment,
    chosen: Chosen,
    pictures: npt.NDArray[np.uint8] | None = None,
) -> schema.Importance:
    """Returns the record of one input at one time.

    Args:
        found: The result.
        now: When, and with which weights.
        chosen: The rows.
        pictures: uint8 [N, H, W, c] or [N, D, H, W, c], all rows where they are pictures.
    """
    measured: dict[str, Any] = {}
    if (own := found.permuted) is not None:
        measured |= {"permuted": own.values, "permuted_low": own.low, "permuted_high": own.high}
        measured["score"] = own.score
    if (curve := found.hidden) is not None:
        measured |= {"hidden_counts": curve.counts, "hidden": curve.hidden, "score": curve.score}
        measured |= {"random": curve.random, "random_low": curve.random_low}
        measured["random_high"] = curve.random_high
    if found.weights_first is not None:
        measured["weights_first"] = found.weights_first
    if found.occurs is not None:
        measured["occurs"] = found.occurs
    if found.row_values is not None and found.feature == "column":
        dots = found.order[:MAX_DOTS]
        measured |= {"dot_features": dots, "dots": found.attributions[:, dots]}
        measured["dot_values"] = found.row_values[:, dots]
    classes, by_class = found.by_class
    return schema.Importance(
        *(found.values, found.low, found.high, found.signed),
        names=found.names,
        feature=found.feature,
        explainer=found.explainer,
        rows=found.rows,
        total=found.total,
        passes=found.passes,
        unit=found.unit,
        sides=found.sides,
        classes=classes,
        by_class=by_class,
        signed_by_class=found.signed_by_class[1],
        row_labels=found.labels,
        row_numbers=chosen.rows,
        hashes=chosen.hashes,
        mean=_NO_MEAN if pictures is None else mean_picture(pictures),
        moment=now.kind,
        weights=now.weights,
        **measured,
    )
