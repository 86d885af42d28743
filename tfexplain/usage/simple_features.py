"""Describes rows by few numbers that simple models can read: one for each feature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from tfexplain.data.row_choice import Chosen
from tfexplain.errors import TfexplainError
from tfexplain.explainers.baselines import is_text
from tfexplain.model.input_kinds import channel_axis
from tfexplain.quality.intervals import Floats
from tfexplain.types import Array
from tfexplain.usage.features import Features, Names
from tfexplain.usage.measure import input_features

# Words, and texts of one column: those that occur in most rows.
MOST_WORDS = 200
MOST_FEATURES = 2000


@dataclass(frozen=True, eq=False)
class SimpleFeatures:
    """Holds a number for each row and feature.

    Attributes:
        values: float64 [N, F]: of columns their values, of channels their means over the steps, of
            words how often they occur, of places the mean brightness; of a column of texts 1 where
            a row has that text.
        names: Of the features.
        kind: What a feature is; "feature" where inputs are of several kinds.
    """

    values: Floats
    names: tuple[str, ...]
    kind: str


def simple_features(chosen: Chosen, names: Mapping[str, Names]) -> SimpleFeatures:
    """Describes the rows by the features of all inputs.

    Args:
        chosen: The rows.
        names: Of columns, channels or words, by the input's name.

    Raises:
        TfexplainError: more than 2,000 features, or none.
    """
    flat = [np.asarray(array) for array in tf.nest.flatten(chosen.inputs)]
    own = input_features(chosen, names)
    parts = [_of_input(chosen, features, flat[features.position]) for features in own]
    told = [
        f"{features.input}: {name}" if len(own) > 1 and name != features.input else name
        for features, (_, of_input) in zip(own, parts, strict=True)
        for name in of_input
    ]
    if not 0 < len(told) <= MOST_FEATURES:
        raise TfexplainError(
            f"data: expected 1 to {MOST_FEATURES:,} features for simple models; got "
            f"{len(told):,}. Leave simple models out."
        )
    kinds = {features.kind for features in own}
    kind = kinds.pop() if len(kinds) == 1 else "feature"
    return SimpleFeatures(np.hstack([values for values, _ in parts]), tuple(told), kind)


def _of_input(chosen: Chosen, features: Features, values: Array) -> tuple[Floats, tuple[str, ...]]:
    if features.kind == "word":
        ones = np.ones(features.ids.shape)
        often = np.sort(np.argsort(-features.occurs, kind="stable")[:MOST_WORDS])
        counts = features.collected(ones, summed=True)
        return counts[:, often], tuple(features.names[i] for i in often)
    if is_text(values):
        return _texts(features, values.reshape(len(values), -1))
    if features.kind == "place":
        axis = channel_axis(chosen.traced_model, tf.nest.flatten(chosen.inputs)[features.position])
        values = values if axis is None else values.mean(axis=axis, dtype=np.float64)
    return features.collected(values, summed=False), features.names


def _texts(features: Features, values: Array) -> tuple[Floats, tuple[str, ...]]:
    """Returns of each column which rows have which of its most frequent texts."""
    marks, names = [], []
    for column, name in zip(values.T, features.names, strict=True):
        texts, counts = np.unique(column, return_counts=True)
        for text in texts[np.argsort(-counts, kind="stable")][:MOST_WORDS]:
            said = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
            marks.append(column == text)
            names.append(f"{name} is {said}")
    return np.stack(marks, axis=1).astype(np.float64), tuple(names)
