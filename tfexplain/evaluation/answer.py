"""Sums up the evaluation of one epoch in plain numbers, as the page and reports show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.evaluation import values
from tfexplain.evaluation.evaluated import Evaluated
from tfexplain.evaluation.hits import AVERAGES, Rate, RowHits
from tfexplain.evaluation.ranking import Ranking, ranking
from tfexplain.evaluation.segmented import Segmented, accuracy
from tfexplain.quality.intervals import (
    Floats,
    effective_count,
    percentile_interval,
    resampled,
    wilson,
)

# A matrix of more classes is no picture; those with most rows are shown.
MOST_CLASSES = 100
MOST_CURVES = 20
# Points of a curve, besides those at every hundredth of the threshold.
MOST_POINTS = 64
_RATES: tuple[Rate, ...] = ("precision", "recall", "f1")
_OF_POSITIONS: tuple[Rate, ...] = ("iou", *_RATES)
_DIGITS = 6

Answer = dict[str, Any]


def answer(evaluated: Evaluated | Segmented) -> Answer:
    """Sums up one epoch as JSON; numbers that are not defined are None.

    Numbers with an interval are [value, low, high], of 95% confidence.
    """
    if isinstance(evaluated, Segmented):
        return _of_positions(evaluated)
    rows, out = evaluated.validation, evaluated.outputs
    told: Answer = {
        "rows": len(rows.labels),
        "total": rows.total,
        "counted": int(evaluated.known.sum()),
        "label_kind": rows.label_kind,
        "several": evaluated.has_several,
        "unit": out.unit,
        "moment": out.moment,
        "weights": out.weights,
        "epochs": out.epochs,
        "settings": dict(rows.settings),
        "totals": {name: rounded(value) for name, value in evaluated.totals().items()},
    }
    if not told["counted"]:
        return told
    told["accuracy_by_group"] = by_group(evaluated)
    if not evaluated.is_of_classes:
        return {**told, **_of_values(evaluated)}
    return {**told, **_of_classes(evaluated), "each_row": _each_row(evaluated)}


def _of_classes(evaluated: Evaluated) -> Answer:
    hits = evaluated.hits()
    total = hits.total()
    shown = _largest(total.hits + total.misses + total.false_alarms, MOST_CLASSES)
    calibrated = evaluated.calibration()
    found: Answer = {
        **_class_rates(hits, shown, evaluated.validation.class_names),
        "accuracy": _share(evaluated.right[evaluated.known], _weights(evaluated)),
        "calibration": {
            "error": _with_interval(calibrated.error, calibrated.error_low, calibrated.error_high),
            "edges": _list(calibrated.edges),
            "rows": calibrated.rows.tolist(),
            "confidence": _list(calibrated.confidence),
            "accuracy": _list(calibrated.accuracy),
            "low": _list(calibrated.low),
            "high": _list(calibrated.high),
        },
    }
    if not evaluated.has_several:
        # Rows whose label or prediction is not shown are in no cell.
        found["confusion"] = [_list(row) for row in evaluated.confusion()[np.ix_(shown, shown)]]
    if evaluated.outputs.columns is None:
        two = evaluated.classes == 2 and not evaluated.has_several
        ranked = [1] if two else _largest(total.hits + total.misses, MOST_CURVES)
        found["curves"] = [_curve(evaluated, label) for label in ranked]
    return found


def _class_rates(
    hits: RowHits,
    shown: Sequence[int],
    names: Sequence[str],
    rates: Sequence[Rate] = _RATES,
    *,
    by_rows: bool = True,
) -> Answer:
    """The rates of the shown classes and their averages, with intervals."""
    total = hits.total()
    intervals = {name: hits.interval(name, by_rows=by_rows) for name in rates}
    by_class = {name: total.rate(name) for name in rates}
    counts = (hits.hits + hits.misses > 0).sum(axis=0)
    classes = [
        {
            "class": place,
            "name": names[place] if place < len(names) else str(place),
            "rows": int(counts[place]),
            **{
                name: _with_interval(by_class[name][place], *(b[place] for b in intervals[name]))
                for name in rates
            },
        }
        for place in shown
    ]
    averages = {
        how: {
            name: _with_interval(total.average(name, how), *hits.interval(name, how))
            for name in rates
        }
        for how in AVERAGES
    }
    left_out = hits.hits.shape[1] - len(shown)
    return {"classes": classes, "left_out": left_out, "averages": averages}


def _of_positions(segmented: Segmented) -> Answer:
    rows, counts = segmented.validation, segmented.pixels
    told: Answer = {
        "rows": len(rows.labels),
        "total": rows.total,
        "counted": int(segmented.known.sum()),
        "label_kind": "class",
        "several": segmented.has_several,
        "unit": "pixel",
        "moment": counts.moment,
        "weights": counts.weights,
        "epochs": 0,
        "settings": dict(rows.settings),
        "totals": {name: rounded(value) for name, value in segmented.totals().items()},
    }
    if not told["counted"]:
        return told
    hits = segmented.hits()
    total = hits.total()
    shown = _largest(total.hits + total.misses + total.false_alarms, MOST_CLASSES)
    told |= _class_rates(hits, shown, rows.class_names, _OF_POSITIONS, by_rows=False)
    if segmented.has_several:
        return told
    inside = [
        (name, segmented.known & (rows.groups == number))
        for number, name in enumerate(rows.group_names)
    ]
    told["accuracy_by_group"] = [
        {
            "name": name,
            "rows": int(some.sum()),
            "accuracy": _with_interval(*accuracy(segmented.hits(some))),
        }
        for name, some in inside
        if some.any()
    ]
    told["accuracy"] = _with_interval(*accuracy(hits))
    told["confusion"] = [_list(row) for row in segmented.confusion()[np.ix_(shown, shown)]]
    return told


def _curve(evaluated: Evaluated, label: int) -> Answer:
    scores, positive, weights = evaluated.ranked(label)
    own = ranking(scores, positive, weights)
    drawn = ranking(scores, positive, resampled(len(scores)) * weights)
    # Thresholds of probabilities, which the scores are logarithms of.
    thresholds = np.exp(own.thresholds)
    places = _curve_places(thresholds)
    rates = own.true_positive_rate[1:], own.false_positive_rate[1:], own.precision, own.taken[1:]
    names = "true_positive_rate", "false_positive_rate", "precision", "taken"
    return {
        "class": label,
        "positive": _share(positive, weights),
        **{
            name: _with_interval(getattr(own, name), *percentile_interval(getattr(drawn, name)))
            for name in ("auc", "average_precision", "ks")
        },
        "ks_at": rounded(_ks_threshold(own)),
        "threshold": _list(thresholds[places]),
        **{name: _list(rate[places]) for name, rate in zip(names, rates, strict=True)},
    }


def _curve_places(thresholds: Floats) -> npt.NDArray[np.int64]:
    """Points spread over a curve, and the last one at or above each hundredth."""
    hundredths = np.arange(1, 100) / 100
    last = np.searchsorted(-thresholds, -hundredths, side="right") - 1
    return np.union1d(_spread_places(len(thresholds)), last[last >= 0]).astype(np.int64)


def _ks_threshold(own: Ranking) -> float:
    gap = np.abs(own.true_positive_rate - own.false_positive_rate)[1:]
    return float(np.exp(own.thresholds[int(np.argmax(gap))])) if np.isfinite(gap).all() else np.nan


def _of_values(evaluated: Evaluated) -> Answer:
    true, said, weights = evaluated.numbers()
    by_value = evaluated.errors_by_value()
    return {
        "scores": {
            name: _with_interval(
                values.score(name, true, said, weights),
                *values.score_interval(name, true, said, weights),
            )
            for name in values.SCORES
        },
        "errors_by_value": {
            "least": _list(by_value.least),
            "most": _list(by_value.most),
            "rows": by_value.rows.tolist(),
            "error": _list(by_value.error),
            "low": _list(by_value.low),
            "high": _list(by_value.high),
        },
        "each_row": {**_which(evaluated), "true": _list(true), "said": _list(said)},
    }


def _each_row(evaluated: Evaluated) -> Answer:
    """What is known of each row with a label, over the epochs and at this one."""
    some, rows = np.flatnonzero(evaluated.known), evaluated.validation
    seen = evaluated.dynamics()
    regions = seen.regions()
    return {
        **_which(evaluated),
        **(_label_sets(evaluated) if evaluated.has_several else {}),
        "label": np.nan_to_num(rows.labels[some], nan=-1).astype(int).tolist(),
        "predicted": evaluated.predicted[some].tolist(),
        "chance": _list(np.exp(evaluated.label_log_probability[some])),
        "confidence": _list(seen.confidence[some]),
        "variability": _list(seen.variability[some]),
        "correctness": _list(seen.correctness[some]),
        "forgotten": seen.forgotten[some].tolist(),
        "region": [regions[place] for place in some],
    }


def _which(evaluated: Evaluated) -> Answer:
    """Which rows have a label."""
    some, rows = np.flatnonzero(evaluated.known), evaluated.validation
    return {
        "row": rows.rows[some].tolist(),
        "hash": [f"{int(value):016x}" for value in rows.hashes[some]],
        "group": rows.groups[some].tolist() if len(rows.groups) else [],
    }


def _label_sets(evaluated: Evaluated) -> Answer:
    """Of rows that may have several labels, which these are, which are predicted, and the
    probability of each that is either; of too many labels none."""
    sets = evaluated.validation.sets
    if sets is None or evaluated.classes > MOST_CLASSES:
        return {}
    some, found = np.flatnonzero(evaluated.known), evaluated.predicted_sets
    chances = np.exp(evaluated.log_probabilities)
    either = (sets > 0) | (found > 0)
    return {
        "labels": [np.flatnonzero(sets[row]).tolist() for row in some],
        "labels_predicted": [np.flatnonzero(found[row]).tolist() for row in some],
        "label_chances": [_list(chances[row, either[row]]) for row in some],
    }


def by_group(evaluated: Evaluated) -> list[Answer]:
    """The accuracy, or the mean absolute error, of each group that has rows."""
    rows, some = evaluated.validation, evaluated.known
    own = rows.groups[some] if len(rows.groups) else np.zeros(0, int)
    weights, found = _weights(evaluated), []
    for number, name in enumerate(rows.group_names):
        inside = own == number
        if not inside.any():
            continue
        told: Answer = {"name": name, "rows": int(inside.sum())}
        if evaluated.is_of_classes:
            told["accuracy"] = _share(evaluated.right[some][inside], weights[inside])
        else:
            given = [part[inside] for part in evaluated.numbers()]
            value = values.score("mean absolute error", *given)
            interval = values.score_interval("mean absolute error", *given)
            told["mean_absolute_error"] = _with_interval(value, *interval)
        found.append(told)
    return found


def _weights(evaluated: Evaluated) -> Floats:
    return np.asarray(evaluated.validation.weights[evaluated.known], np.float64)


def _share(right: npt.ArrayLike, weights: Floats) -> list[float | None]:
    """A share of weighted rows with Wilson's interval."""
    value = np.average(np.asarray(right, np.float64), weights=weights)
    count = effective_count(weights.sum(), (weights**2).sum())
    return _with_interval(value, *wilson(value, count))


def _largest(counts: Floats, most: int) -> list[int]:
    """The classes that occur, in their order; those with most rows of too many."""
    order = np.argsort(-counts, kind="stable")[:most]
    return sorted(int(place) for place in order if counts[place] > 0)


def _spread_places(count: int) -> npt.NDArray[np.int64]:
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(np.int64))


def _with_interval(value: Any, low: Any, high: Any) -> list[float | None]:
    return [rounded(value), rounded(low), rounded(high)]


def _list(numbers: Sequence[float] | Floats) -> list[float | None]:
    return [rounded(value) for value in np.asarray(numbers, np.float64).tolist()]


def rounded(value: Any) -> float | None:
    """A number as it is answered; None where it is not defined."""
    number = float(value)
    return float(f"{number:.{_DIGITS}g}") if np.isfinite(number) else None
