"""Holds the model that is measured, on its rows: what it says as it is, and with other weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tfexplain.comparing.models import Contender
from tfexplain.comparing.predicting import predict
from tfexplain.comparing.targets import known_classes, targets_of_all
from tfexplain.data.content import row_hashes
from tfexplain.data.validation import Rows
from tfexplain.explainers import Explainer, GradCAM
from tfexplain.explainers.choosing import facts, fitting
from tfexplain.explainers.run import named_explainers
from tfexplain.layer_sensitivity.effect import Effect, Place
from tfexplain.quality import Predicted, fidelity
from tfexplain.quality.drift import Shown, drift, matched
from tfexplain.quality.intervals import wilson
from tfexplain.runlog.plan import ExplainPlan
from tfexplain.runlog.predicted_rows import predicted_of
from tfexplain.runlog.settings import ExplainSettings
from tfexplain.types import Array

# Of larger maps, all are compared, and by setting only those of the first samples are kept.
_MOST_VALUES = 1 << 15


class Subject:
    """Measures one model on rows that stay the same.

    Args:
        contender: The model.
        rows: The predicted rows.
        settings: Explainers, how many rows they explain, targets.

    Attributes:
        explaining: The explained rows, and the explainers.
        predicted: What the model predicts as it is.
        maps: What the explainers say of the model as it is.

    Raises:
        TfexplainError: rows that the model cannot take.
    """

    def __init__(self, contender: Contender, rows: Rows, settings: ExplainSettings) -> None:
        self.contender, self.rows = contender, rows
        given = (rows.inputs, rows.labels)
        settings = replace(settings, validation_data=given[:1] if given[1] is None else given)
        planned = settings.explainers
        self.explaining = ExplainPlan(settings, contender.model, _named(planned))
        if planned is None:
            self.explaining = ExplainPlan(settings, contender.model, _default(self.explaining))
        self.predicted = predict(contender, self.rows.inputs, self.explaining.output)
        targets = targets_of_all(settings, self.explaining, self.predicted)
        self.explaining.settings = replace(settings, targets=targets)
        self._classes = known_classes(self.rows, self.explaining)
        self.maps = self.explaining.run()
        self._shown = self.explaining.shown(self.maps)

    @property
    def count(self) -> int:
        """How many rows are predicted."""
        return len(self.rows)

    @property
    def samples(self) -> int:
        """How many rows are explained."""
        return len(self.explaining.batch.rows)

    def as_it_is(self) -> Effect:
        """Returns the numbers of the model beside itself, with its own maps."""
        return self._effect(self.predicted, self._shown)

    def changed(self, raw: Array) -> Effect:
        """Measures the model with the weights that it has now.

        Args:
            raw: float32 [rows, ...], its outputs on all rows.
        """
        shown = self.explaining.shown(self.explaining.run())
        return self._effect(predicted_of(raw, self.explaining.output), shown)

    def beside(self, control: Contender) -> Effect:
        """Measures another model on the same rows, for the same targets.

        Raises:
            TfexplainError: its outputs or maps are of other sizes.
        """
        settings, first = self.explaining.settings, self.explaining
        explaining = ExplainPlan(settings, control.model, first.explainers, first)
        predicted = predict(control, self.rows.inputs, explaining.output)
        return self._effect(predicted, explaining.shown(explaining.run()))

    def _effect(self, predicted: Predicted, shown: Mapping[Place, Shown]) -> Effect:
        numbers = dict(fidelity(predicted, self.predicted, self._classes).numbers)
        numbers.pop("reference_accuracy", None)
        if self._classes is not None and "accuracy" in numbers:
            known = int((self._classes >= 0).sum())
            low, high = wilson(numbers["accuracy"], known)
            numbers |= {"accuracy_low": float(low), "accuracy_high": float(high)}
        theirs = matched(shown, self._shown)
        return Effect(
            numbers,
            {place: drift(own, theirs[place]).values for place, own in shown.items()},
            {
                place: some
                for place, one in shown.items()
                if len(some := one.maps[: _MOST_VALUES // one.maps[0].size].astype(np.float32))
            },
        )

    def facts(self) -> dict[str, str]:
        """Returns what measurements depend on, in words and hashes."""
        explaining = self.explaining
        settings = {name: e.settings() for name, e in explaining.explainers.items()}
        inputs = row_hashes(self.rows.inputs), explaining.batch.hashes
        targets = explaining.settings.targets
        return {
            "model": _digest(*(np.asarray(w) for w in self.contender.model.get_weights())),
            "rows": _digest(*inputs),
            "labels": _digest(np.zeros(0) if self._classes is None else self._classes),
            "explainers": repr(settings),
            "targets": _digest(targets) if isinstance(targets, np.ndarray) else repr(targets),
        }


def _named(explainers: tuple[Explainer, ...] | None) -> Mapping[str, Explainer] | None:
    return None if explainers is None else named_explainers(explainers)


def _default(explaining: ExplainPlan) -> dict[str, Explainer]:
    """Returns Grad-CAM where the model has what it reads, else what fits and is a map."""
    traced_model = explaining.traced_model
    if facts(traced_model).evidence:
        return {"GradCAM": GradCAM()}
    return {e.name: e for e in fitting(traced_model)[:1]}


def _digest(*arrays: Any) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        values = np.ascontiguousarray(array)
        digest.update(f"{values.dtype} {values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()[:16]
