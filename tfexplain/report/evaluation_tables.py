"""Summarizes how a model predicts its validation rows: scores with intervals, and confusion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tfexplain.evaluation.answer import answer
from tfexplain.reading import LoggedRun
from tfexplain.report import markup
from tfexplain.wire.clock import epoch_text

# A matrix of more classes does not fit on a page.
_MOST_CLASSES = 12
_LABELS = {
    "auc": "AUC",
    "average_precision": "average precision",
    "ks": "KS",
    "log_loss": "log loss",
    "f1": "F1",
}


def evaluation(run: LoggedRun) -> str:
    """Returns the scores of the last epoch that `Predictions` logged; nothing where none was."""
    epochs = run.evaluation
    if not epochs:
        return ""
    told = answer(run.evaluated())
    rows = f"{told['counted']:,} of {told['total']:,} rows of the validation data"
    of = f"epoch {epoch_text(epochs['epoch'][-1])}; brackets hold 95% intervals"
    parts = [markup.paragraph(f"{rows}, {of}."), markup.facts(_scores(told))]
    classes = told.get("classes", [])
    parts.append(markup.table(["class", "rows", "precision", "recall", "F1"], _rates(classes)))
    if "confusion" in told and len(classes) <= _MOST_CLASSES:
        parts.append(markup.table(["label, predicted as", *_names(told)], _confusion(told)))
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
    yield "accuracy", _told(told["accuracy"])
    for how, averages in told["averages"].items():
        yield f"{how} F1", _told(averages["f1"])
    yield "log loss", _told([told["totals"].get("log_loss"), None, None])
    yield "calibration error", _told(told["calibration"]["error"])
    for curve in told.get("curves", []) if len(told["classes"]) <= 2 else []:
        for name in ("auc", "average_precision", "ks"):
            yield f"{_label(name)} of class {curve['class']}", _told(curve[name])


def _rates(classes: list[dict[str, Any]]) -> Iterator[list[Any]]:
    for one in classes:
        rates = [_told(one[name]) for name in ("precision", "recall", "f1")]
        yield [one["name"], one["rows"], *rates]


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
