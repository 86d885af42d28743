"""Describes in words the choices that were made for the user."""

from __future__ import annotations

from collections.abc import Iterable

from tfexplain.attribution import Attribution
from tfexplain.data.validation import MOST_ROWS
from tfexplain.explainers import Explainer, IntegratedGradients
from tfexplain.explainers.choosing import facts
from tfexplain.model.targets import measure
from tfexplain.model.unit import Unit
from tfexplain.runlog.map_pooling import cells_of
from tfexplain.runlog.placement import place
from tfexplain.runlog.plan import ExplainPlan, Found
from tfexplain.wire import schema


def describe(explaining: ExplainPlan, explanations: Found) -> dict[str, str]:
    """Describes what is explained, of which samples, by which methods with which settings.

    Args:
        explaining: The plan.
        explanations: Its results once, for the chosen layers; without what did not fit into
            memory.
    """
    choices = {"samples": _samples(explaining), "target": _target(explaining)}
    if explaining.settings.explainers is None:
        choices["explainers"] = f"chosen for {facts(explaining.traced_model).inputs}"
    for name, explainer in explaining.explainers.items():
        grid = getattr(explainer, "token_grid", None) is not None
        if name not in explanations:
            choices[name] = "left out, for memory does not suffice"
            continue
        layers = ", ".join(
            _place(explaining, a, grid) for a in explanations[name].attributions.values()
        )
        settings = [f"{k} {v}" for k, v in explainer.settings().items() if v != "default"]
        defaults = " (default baseline: zeros)" if _zeros(explainer) else ""
        logged = _logged(explaining, explanations[name].attributions.values())
        choices[name] = f"at {layers}; {', '.join(settings)}{defaults}{logged}"
    if explaining.batch.values:
        choices["inputs"] = ", ".join(
            f"{n} as {_shape(v)}" for n, v in explaining.batch.values.items()
        )
    if explaining.batch.color_range:
        choices["pictures"] = "black is {:g}, white is {:g}".format(*explaining.batch.color_range)
    return choices


def _place(explaining: ExplainPlan, attribution: Attribution, asked: bool) -> str:
    """Returns a layer's name, and how its tokens were put into rows where nobody said how they
    lie."""
    calls = (
        call.grid for call in explaining.traced_model.layer_calls if call.path == attribution.layer
    )
    grid, name = next(calls, None), explaining.named(attribution.layer)
    if grid is not None and grid.tokens and not asked:
        return f"{name} ({grid})"
    return name


def _logged(explaining: ExplainPlan, attributions: Iterable[Attribution]) -> str:
    """Describes in which cells large maps are logged."""
    layouts = ((a, place(a, explaining.traced_model, explaining.batch)[0]) for a in attributions)
    texts = dict.fromkeys(cells_of(a, layout).text for a, layout in layouts)
    said = " and in ".join(filter(None, texts))
    return f"; large maps are logged in {said}" if said else ""


def _shape(values: schema.Values) -> str:
    """Describes an input that is no picture: `8 words`, `30 features`."""
    what = {"features": "feature", "tokens": "word", "line": "position"}[values.layout]
    text = _counted(values.values.shape[1], what)
    return (
        f"{text} of {_counted(values.values.shape[-1], 'channel')}" if what == "position" else text
    )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _samples(explaining: ExplainPlan) -> str:
    batch = explaining.batch
    bounded = "the first " if batch.total == MOST_ROWS else ""
    balanced = "" if batch.labels.kind == "none" else ", balanced over the labels"
    broken = f"; {batch.broken} rows hold NaN or infinity" if batch.broken else ""
    return f"{len(batch.rows)} of {bounded}{batch.total}{balanced}{broken}"


def _target(explaining: ExplainPlan) -> str:
    asked, output, labels = explaining.settings.targets, explaining.output, explaining.batch.labels
    words = {"label": "the true label", "predicted": "the predicted class"}
    if labels.how:
        words["label"] += f" ({labels.how})"
    if isinstance(asked, str) and asked == "label" and not labels.explained:
        asked = "predicted"
    words |= _at_positions(explaining) if output.labels else {}
    chosen = words.get(asked, asked) if isinstance(asked, str) else "as passed"
    unit = measure(asked, output, "logit")
    if isinstance(asked, Unit):
        chosen = f"channel {asked.channel} of {asked.layer}"
    if output.regression and not explaining.settings.asks:
        columns = output.classes or output.labels
        column = f", column 0 of {columns}" if columns > 1 else ""
        mean = ", its mean over all positions" if output.labels else ""
        chosen = f"output {output.name!r} itself{column}{mean}"
    sure = (
        " (this model keeps no logits, and a probability has no gradient left where the model is"
        " sure)"
    )
    return f"{chosen}, explained as {unit}" + (sure if unit == "probability" else "")


def _at_positions(explaining: ExplainPlan) -> dict[str, str]:
    """Describes labels and predictions at an output that has several of each sample."""
    if explaining.output.tokens:
        return {"predicted": "the predicted next token, behind the last one of the text"}
    where = "over the positions that are given to it"
    return {
        "label": f"the most frequent class of each sample's labels but 0, {where}",
        "predicted": f"the class that most positions are given to but 0, {where}",
    }


def _zeros(explainer: Explainer) -> bool:
    return isinstance(explainer, IntegratedGradients) and explainer.baseline is None
