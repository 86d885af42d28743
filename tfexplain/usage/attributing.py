"""Explains rows, and collects what they are told by feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.data.row_choice import Chosen
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Context, Explainer
from tfexplain.explainers.choosing import SMALL_TABLE, facts
from tfexplain.explainers.path.integrated_gradients import IntegratedGradients
from tfexplain.explainers.perturbation.kernel_shap import KernelSHAP
from tfexplain.explainers.perturbation.masked import MaskedInput
from tfexplain.explainers.run import explain_all
from tfexplain.model.batching import chunk_size
from tfexplain.model.presets import named, resolved_targets
from tfexplain.model.shared_pass import LayerReads, Request, shared_pass
from tfexplain.quality.intervals import Floats
from tfexplain.usage.features import Features, collected_maps, hidden_row
from tfexplain.usage.scoring import hidden_values, ranges

# What hides one feature at a time; `FeatureAblation` as an explainer gives the same.
ABLATION = "FeatureAblation"


@dataclass(frozen=True, eq=False)
class Attributed:
    """Holds attributions of one input by feature, float64 [N, F], and what made them."""

    values: Floats
    explainer: str
    unit: str
    passes: int


def default_explainer(chosen: Chosen) -> Explainer | None:
    """Returns the method that is used where none is named; None where features are hidden one by
    one.

    It is the first of those that `Explain` chooses which gives values at the inputs. Its baseline
    is what hidden values become.
    """
    traced_model, known = chosen.traced_model, facts(chosen.traced_model)
    flat = [np.asarray(x) for x in tf.nest.flatten(chosen.inputs)]
    rows = [hidden_row(traced_model, i, values) for i, values in enumerate(flat)]
    names = traced_model.input_names
    baseline = {n: row for n, row in zip(names, rows, strict=True) if row is not None}
    if known.gradients:
        return IntegratedGradients(baseline=baseline)
    if 0 < known.features <= SMALL_TABLE:
        return KernelSHAP(baseline=baseline)
    return None


def attributed(
    chosen: Chosen,
    explainer: Explainer | None,
    targets: Any,
    features: Sequence[Features],
    batch_size: int | None = None,
) -> dict[str, Attributed]:
    """Explains the rows once for all inputs.

    An input that the explainer has no values for gets those of hiding its features one by one.

    Args:
        chosen: The rows.
        explainer: The method; None to hide features one by one.
        targets: What is explained, as `Explain` takes it, with None for the predicted class.
        features: The features of each input.
        batch_size: How many rows go through the model at once.

    Raises:
        TfexplainError: the method gives no values at any of the inputs.
    """
    maps: Mapping[str, Any] = {}
    if explainer is not None:
        wanted = [(explainer, targets)]
        (explanation,) = explain_all(wanted, chosen.traced_model, chosen.inputs, batch_size)
        maps = explanation.attributions
        if not any(own.input in maps and maps[own.input].kind == "map" for own in features):
            raise TfexplainError(
                f"explainer={explainer.name}: expected a method that gives values at the inputs "
                f"{[own.input for own in features]}; got some at {list(maps)}. Pass "
                "IntegratedGradients(), or leave it out."
            )
    found: dict[str, Attributed] = {}
    for own in features:
        if explainer is not None and own.input in maps:
            told = maps[own.input]
            passes = 0 if told.passes is None else int(np.sum(told.passes))
            values = collected_maps(own, told)
            found[own.input] = Attributed(values, explainer.name, told.unit, passes)
        else:
            found[own.input] = _ablated(chosen, targets, own, batch_size)
    return found


def _ablated(
    chosen: Chosen, targets: Any, features: Features, batch_size: int | None
) -> Attributed:
    """Returns the fall of each row's score when one feature is hidden."""
    traced_model, count = chosen.traced_model, len(chosen.labels.values)
    wanted, output = named(targets, chosen.output)
    asked = resolved_targets(traced_model, wanted, output, count)
    size = chunk_size(traced_model, batch_size)
    request = Request((LayerReads(),), asked, output, "logit")
    (result,) = shared_pass(traced_model, [request], chosen.inputs, size)
    context = Context(traced_model, chosen.inputs, asked, output, "logit", result)
    hidden = hidden_values(chosen, features.position)
    masked = MaskedInput(context, features.position, hidden, size)
    each = np.arange(len(features))
    lost = masked.scores[:, None] - masked.masked_scores(ranges(features, each, each + 1, each))
    return Attributed(lost, ABLATION, context.unit, lost.size)
