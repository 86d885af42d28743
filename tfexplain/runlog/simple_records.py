"""Measures simple models and robustness for the log, and turns them into records."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tfexplain.errors import TfexplainError
from tfexplain.runlog.general_rows import GeneralRows, Unfit, Written
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.types import Array
from tfexplain.usage.answers import check_answers
from tfexplain.usage.attack import attacked, labelled_rows
from tfexplain.usage.robustness_result import Robustness
from tfexplain.usage.simple_features import simple_features
from tfexplain.usage.simple_fit import LEAST_ROWS, sklearn_module
from tfexplain.usage.simple_models_result import SimpleModels
from tfexplain.usage.simplify import imitated
from tfexplain.usage.smallest_steps import check_moved
from tfexplain.wire import schema
from tfexplain.wire.records.simplified import IMITATED, ON_LABELS

# Of so many features coefficients are kept, those with the largest; and those the tree asks for.
MOST_FEATURES = 50


class SimpleModelsRecords:
    """Writes what a linear model and a small tree can say of the network: `simple`.

    Args:
        rows: The rows.

    Attributes:
        text: What is done, for people.
    """

    def __init__(self, rows: GeneralRows) -> None:
        count = len(rows.chosen.rows)
        if count < LEAST_ROWS:
            raise Unfit(f"expected at least {LEAST_ROWS} rows; got {count}")
        try:
            sklearn_module("tree")
            check_answers(rows.chosen.output)
            self._features = simple_features(rows.chosen, rows.names)
        except (ImportError, TfexplainError) as error:
            raise Unfit(str(error)) from error
        self._rows = rows
        self.text = f"simple models of {len(self._features.names):,} {self._features.kind}s"

    def records(self, now: Moment) -> Iterator[Written]:
        """Yields the record of these weights."""
        settings = self._rows.settings
        own = {"class_names": settings.class_names, "seed": settings.seed}
        found = imitated(self._rows.chosen, self._features, **own)  # type: ignore[arg-type]
        yield schema.Tag("simple"), simple_record(found, now), schema.Content("simple")


class RobustnessRecords:
    """Writes how small a step flips each prediction: `robustness`.

    Args:
        rows: The rows.

    Attributes:
        text: What is done, for people.
    """

    def __init__(self, rows: GeneralRows) -> None:
        chosen = rows.chosen
        try:
            check_moved(chosen.traced_model, chosen.inputs, chosen.output)
            labelled_rows(chosen)
        except TfexplainError as error:
            raise Unfit(str(error)) from error
        self._rows = rows
        self.text = "robustness along the sign of the loss's gradient"

    def records(self, now: Moment) -> Iterator[Written]:
        """Yields the record of these weights."""
        found = attacked(self._rows.chosen, color_range=self._rows.settings.color_range)
        content = schema.Content("robustness", unit=found.unit)
        yield schema.Tag("robustness"), robustness_record(found, now), content


def simple_record(found: SimpleModels, now: Moment) -> schema.SimpleModels:
    """Returns the record of simple models at one time."""
    tree = found.tree
    kept = _kept(found.coefficients, tree.feature)
    places = np.full(len(found.names) + 1, -1)  # the last one: leaves ask for no feature
    places[kept] = np.arange(len(kept))
    return schema.SimpleModels(
        names=[found.names[i] for i in kept],
        feature=found.feature,
        total=len(found.names),
        rows=found.rows,
        of_classes=found.of_classes,
        fidelity=np.array([found.fidelity[name] for name in IMITATED]),
        constant=found.constant,
        on_labels=np.array([found.on_labels[name] for name in ON_LABELS]),
        asks=places[tree.feature],
        threshold=tree.threshold,
        left=tree.left,
        right=tree.right,
        value=tree.value,
        passed=found.tree_rows,
        agree=found.tree_agree,
        answers=[found.answer_text(value) for value in tree.value],
        rules=found.rules,
        classes=found.classes,
        # The row of values is of no class, and a network of one class has no row.
        whose=[found.answer_text(label) for label in found.classes]
        or [""] * len(found.coefficients),
        coefficients=found.coefficients[:, kept],
        moment=now.kind,
        weights=now.weights,
    )


def _kept(coefficients: Array, asked: Array) -> Array:
    sizes = np.abs(coefficients).max(axis=0, initial=0)
    largest = np.argsort(-sizes, kind="stable")[:MOST_FEATURES]
    return np.union1d(largest, asked[asked >= 0]).astype(np.int64)


def robustness_record(found: Robustness, now: Moment) -> schema.Robustness:
    """Returns the record of robustness at one time."""
    low, high = found.interval
    return schema.Robustness(
        steps=found.steps,
        right=found.right,
        rows=found.rows,
        hashes=found.hashes,
        grid=found.grid,
        accuracy=found.accuracy,
        low=low,
        high=high,
        unit=found.unit,
        moment=now.kind,
        weights=now.weights,
    )
