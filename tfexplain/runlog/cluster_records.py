"""Clusters maps for the log, and turns the clusters into records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.errors import SettingError, TfexplainError
from tfexplain.runlog.exchange_records import mean_picture
from tfexplain.runlog.general_rows import GeneralRows, Written
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.types import Array
from tfexplain.usage import Clusters, SpRAy
from tfexplain.usage.cluster_maps import check_clustered, clustered, map_explainer
from tfexplain.usage.measure import input_features
from tfexplain.wire import schema

MOST_NAMED = 100  # columns, channels or words: those with the largest means


class ClusterRecords:
    """Writes which rows of a class are explained alike: `clusters/INPUT`.

    Args:
        rows: The rows.
        spray: The settings.

    Attributes:
        text: What is done, for people.

    Raises:
        SettingError: rows that cannot be clustered, or scikit-learn is not installed.
    """

    def __init__(self, rows: GeneralRows, spray: SpRAy) -> None:
        self._rows, self._spray = rows, spray
        try:
            check_clustered(rows.chosen)
            self._features = input_features(rows.chosen, rows.names)
        except (ImportError, TfexplainError) as error:
            raise SettingError(f"clusters={spray}: {error}") from error
        method = spray.explainer or map_explainer(rows.chosen, self._features)
        self.text = f"clusters of maps of {'hiding features' if method is None else method.name}"

    def records(self, now: Moment) -> Iterator[Written]:
        """Yields a record for each input."""
        rows = self._rows
        made = clustered(
            rows.chosen,
            self._features,
            explainer=self._spray.explainer,
            targets=rows.settings.targets,
            class_names=rows.settings.class_names,
            seed=rows.settings.seed,
        )
        for name, found in made.items():
            record = cluster_record(found, now, rows.pictures.get(name))
            layout: Any = rows.layouts.get(name, "")
            own = name if name in rows.chosen.traced_model.input_names else ""
            content = schema.Content("clusters", found.unit, True, found.sides, own, layout=layout)
            yield schema.Tag("clusters", layer=name), record, content


def cluster_record(
    found: Clusters, now: Moment, pictures: npt.NDArray[np.uint8] | None = None
) -> schema.Clusters:
    """Returns the record of the clusters of one input's maps.

    Args:
        found: The clusters.
        now: When, and with which weights.
        pictures: uint8 [N, H, W, c] or [N, D, H, W, c], all rows where they are pictures.
    """
    some = found.clusters
    means = np.array([one.mean for one in some]).reshape(len(some), len(found.names))
    kept = np.arange(len(found.names))
    if not found.sides:
        sizes = np.abs(means).max(axis=0, initial=0)
        kept = np.sort(np.argsort(-sizes, kind="stable")[:MOST_NAMED])
    places = [one.place for one in some if one.place is not None]
    axes = len(found.sides) if places else 0
    examples = np.array([one.example for one in some], np.int32)
    drawn = {} if pictures is None or not some else {"pictures": _drawn(pictures, examples)}
    return schema.Clusters(
        rows=found.rows,
        hashes=found.hashes,
        classes=found.labels,
        clusters=found.of,
        positions=found.positions,
        whose=np.array([one.label for one in some], np.int32),
        means=means[:, kept],
        examples=examples,
        corners=np.array([one.corner for one in places], np.int32).reshape(len(some), axes),
        sizes=np.array([one.size for one in places], np.int32).reshape(len(some), axes),
        held=np.array([np.nan if one.place is None else one.place.held for one in some]),
        elsewhere=np.array([one.elsewhere for one in some]),
        names=[found.names[i] for i in kept],
        feature=found.feature,
        explainer=found.explainer,
        sides=found.sides,
        passes=found.passes,
        moment=now.kind,
        weights=now.weights,
        **drawn,
    )


def _drawn(pictures: npt.NDArray[np.uint8], examples: Array) -> Array:
    """Returns the examples, small; of a volume the mean of its slices."""
    return np.stack([mean_picture(pictures[[row]]) for row in examples])
