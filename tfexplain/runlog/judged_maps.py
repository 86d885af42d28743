"""Hands what was explained to metrics of explanations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.errors import SettingError, TfexplainError
from tfexplain.explainers import Explainer
from tfexplain.explainers.baselines import Baseline
from tfexplain.explainers.concat import Explanation
from tfexplain.explainers.run import explain_all
from tfexplain.model.batching import chunk_size
from tfexplain.model.outputs import choose_output
from tfexplain.runlog.plan import ExplainPlan, Found
from tfexplain.trust import Measured, Metric
from tfexplain.trust.explained import Explained, opened, where_differs

Place = tuple[str, str]


def evidence(explaining: ExplainPlan, found: Found) -> Iterator[tuple[Place, Attribution]]:
    """Yields explainer and layer, and the attribution there, of all that is evidence."""
    for name, explanation in found.items():
        for layer, attribution in explanation.attributions.items():
            if attribution.kind in ("map", "matrix"):
                yield (name, explaining.named(layer)), attribution


def differing(explaining: ExplainPlan, found: Found) -> dict[Place, npt.NDArray[np.bool_]]:
    """Returns where inputs are another than their baseline, bool as the logged maps of inputs.

    Elsewhere methods that multiply with the input are zero, whatever the model is. Maps of layers
    have no such places.
    """
    traced_model, places = explaining.traced_model, {}
    flat = [np.asarray(x) for x in tf.nest.flatten(explaining.batch.inputs)]
    for place, attribution in evidence(explaining, found):
        if attribution.layer not in traced_model.input_names or attribution.kind != "map":
            continue
        position = traced_model.input_names.index(attribution.layer)
        baseline: Baseline = vars(explaining.explainers[place[0]]).get("baseline")
        differs = where_differs(flat, position, traced_model, baseline)
        if differs.shape == attribution.maps.shape:
            pooled = explaining.cells(attribution).pool(differs.astype(np.float32))
            places[place] = pooled > 0
    return places


def explained_again(
    explaining: ExplainPlan, explainers: Mapping[str, Explainer], found: Found | None = None
) -> dict[str, Explanation]:
    """Explains the batch in chunks that fit, for the targets that `found` explained.

    So the class stays, whatever a model with other weights would predict.
    """
    traced_model, asked = explaining.traced_model, explaining.settings.targets
    targets: dict[Any, Any] = {}
    wanted = []
    for name, explainer in explainers.items():
        output = choose_output(traced_model.model_outputs, explainer.output)
        if output not in targets:
            own = explaining.batch.targets(output, explaining.output, asked)
            if own is None and found is not None:
                own = next(iter(found[name].attributions.values())).targets
            targets[output] = own
        wanted.append((explainer, targets[output]))
    size = chunk_size(traced_model, None)
    results = explain_all(wanted, traced_model, explaining.batch.inputs, size)
    return dict(zip(explainers, results, strict=True))


def judged(
    explaining: ExplainPlan, name: str, attribution: Attribution, metric: Metric
) -> Explained:
    """Returns what a metric is given of one explainer's maps."""
    explainer, traced_model = explaining.explainers[name], explaining.traced_model
    output = choose_output(traced_model.model_outputs, explainer.output)
    settings: Any = explaining.settings
    targets = explaining.batch.targets(output, explaining.output, settings.targets)
    size = chunk_size(traced_model, None)
    context, _ = opened(traced_model, explaining.batch.inputs, targets, output, metric.score, size)
    return Explained(context, attribution, explainer, size)


def measured_maps(
    explaining: ExplainPlan, found: Found, metrics: Sequence[Metric]
) -> tuple[dict[Place, list[Measured]], dict[str, str]]:
    """Measures maps by each metric that fits them; returns them by place, and what is left out.

    Raises:
        SettingError: a metric fits none of the explainers.
    """
    measured: dict[Place, list[Measured]] = {}
    left_out: dict[str, str] = {}
    for metric in metrics:
        refused, fits = {}, False
        for place, attribution in evidence(explaining, found):
            if attribution.kind != "map":
                continue
            try:
                one = metric.measured(judged(explaining, place[0], attribution, metric))
            except TfexplainError as error:
                refused[f"{metric.name} of {place[0]}"] = str(error)
                continue
            measured.setdefault(place, []).append(one)
            fits = True
        if not fits:
            why = next(iter(refused.values()), "no explainer has maps to measure.")
            raise SettingError(f"quality: {metric.name} fits none of the explainers; {why}")
        left_out |= refused
    return measured, left_out
