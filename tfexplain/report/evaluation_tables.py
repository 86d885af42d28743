"""Summarizes how a model predicts its validation rows: scores with intervals, and confusion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tfexplain.evaluation.answer import answer
from tfexplain.reading import LoggedRun
from tfexplain.report import markup
from tfexplain.wire import schema
from tfexplain.wire.clock import epoch_text

# A matrix of more classes does not fit on a page.
_MOST_CLASSES = 12
_LABELS = {
    "auc": "AUC",
    "average_precision": "average precision",
    "ks": "KS",
    "log_loss": "log loss",
    "f1": "F1",
    "iou": "IoU",
}


def evaluation(run: LoggedRun) -> str:
    """Returns the scores of the last epoch that `Predictions` logged; nothing where none was."""
    epochs = run.evaluation
    if not epochs:
        return ""
    has_positions = bool(run.records(schema.Pixels))
    told = answer(run.segmented() if has_positions else run.evaluated())
    rows = f"{told['counted']:,} of {told['total']:,} rows of the validation data"
    of = f"epoch {epoch_text(epochs['epoch'][-1])}; brackets hold 95% intervals"
    parts = [markup.paragraph(f"{rows}, {of}."), markup.facts(_scores(told))]
    classes = told.get("classes", [])
    rates = [name for name in ("iou", "precision", "recall", "f1") if name in [*classes, {}][0]]
    head = ["class", "rows", *map(_label, rates)]
    parts.append(markup.table(head, _rates(classes, rates)))
    if "confusion" in told and len(classes) <= _MOST_CLASSES:
        unit = "pixels of label" if has_positions else "label"
        parts.append(markup.table([f"{unit}, predicted as", *_names(told)], _confusion(told)))
    groups = told.get("accuracy_by_group", [])
    score = "accuracy" if told["label_kind"] == "class" else "mean_absolute_error"
    named = [(one["name"], one["rows"], _told(one[score])) for one in groups]
    parts.append(markup.table(["group", "rows", _label(score)], named))
    return "\n".join(filter(None, parts))


def _scores(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if not told["counted"]:
        return
    for name, value in told.get("scores", {}).items():
        yield name, _told(value)
    if told["label_kind"] != "class":
        return
    if "accuracy" in told:
        yield "accuracy", _told(told["accuracy"])
    for how, averages in told["averages"].items():
        for name in ("iou", "f1"):
            if name in averages:
                yield f"{how} {_label(name)}", _told(averages[name])
    if "calibration" not in told:
        return
    yield "log loss", _told([told["totals"].get("log_loss"), None, None])
    yield "calibration error", _told(told["calibration"]["error"])
    for curve in told.get("curves", []) if len(told["classes"]) <= 2 else []:
        for name in ("auc", "average_precision", "ks"):
            yield f"{_label(name)} of class {curve['class']}", _told(curve[name])


def _rates(classes: list[dict[str, Any]], rates: list[str]) -> Iterator[list[Any]]:
    for one in classes:
        yield [one["name"], one["rows"], *(_told(one[name]) for name in rates)]


def _names(told: dict[str, Any]) -> list[str]:
    return [one["name"] for one in told["classes"]]


def _confusion(told: dict[str, Any]) -> Iterator[list[Any]]:
    for name, row in zip(_names(told), told["confusion"], strict=True):
        yield [name, *row]


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " "))


def _told(value: list[float | None]) -> str:
    """A number with its interval, as people read it."""
    own, low, high = value
    if own is None:
        return "not defined"
    if low is None or high is None:
        return markup.number(own)
    return f"{markup.number(own)} [{markup.number(low)}, {markup.number(high)}]"
