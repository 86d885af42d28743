"""Says who pays for a compression: which classes, which groups of rows, which single rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tfexplain.comparing.comparison import Compared, Comparison
from tfexplain.quality.fidelity import agreeing
from tfexplain.quality.intervals import paired_difference, percentile_interval, resampled, wilson
from tfexplain.quality.similarity import MEASURES

Rows = npt.NDArray[np.bool_]
_SPEARMAN = MEASURES.index("spearman")
# (number, low, high) of 95% confidence, and of how many rows.
Number = tuple[float, float, float, int]


@dataclass(frozen=True)
class Paid:
    """Holds one number of one model on the rows of a class or group.

    Attributes:
        model: Its name.
        by: Whether the rows are those of a class (by their label, else by what the reference
            predicts) or of a group.
        name: Of the class or group.
        measure: `accuracy`, `accuracy change` (minus that of the reference), `agreement` with the
            reference, or `GradCAM conv similarity`: mean Spearman correlation of maps with those
            of the reference, of explained rows on which both predict the same.
        rows: How many rows it is of.
        value: The number.
        low: Lower end of its 95% interval; NaN where it is of fewer than two maps.
        high: Upper end.
        band: Least and greatest of this number over the controls; None without one.
    """

    model: str
    by: Literal["class", "group"]
    name: str
    measure: str
    rows: int
    value: float
    low: float
    high: float
    band: tuple[float, float] | None

    @property
    def outside(self) -> bool | None:
        """Whether the whole interval lies outside of the controls' band; None without either."""
        if self.band is None or np.isnan(self.low):
            return None
        return self.high < self.band[0] or self.low > self.band[1]


@dataclass(frozen=True)
class Exemplar:
    """Describes a row that compression changes: most of the compressed models predict another
    class than most of the dense ones.

    Attributes:
        row: Its number in the data.
        label: Its class; "" where unknown.
        group: Its group; "" without groups.
        dense: What most dense models predict.
        compressed: What most compressed ones predict.
        dense_share: Share of the dense models that do.
        compressed_share: Share of the compressed models that do.
    """

    row: int
    label: str
    group: str
    dense: str
    compressed: str
    dense_share: float
    compressed_share: float


def payers(comparison: Comparison) -> list[Paid]:
    """Measures each compared model on the rows of each class and group; models of classes only."""
    found = []
    controls = [one for one in comparison.models.values() if one.role == "control"]
    for by, name, rows in _parts(comparison):
        bands = [dict(_numbers(comparison, one, rows)) for one in controls]
        for compared in comparison.models.values():
            if compared.role != "model":
                continue
            for measure, (value, low, high, count) in _numbers(comparison, compared, rows):
                theirs = [band[measure][0] for band in bands if measure in band]
                band = (min(theirs), max(theirs)) if theirs else None
                found.append(Paid(compared.name, by, name, measure, count, value, low, high, band))
    return found


def exemplars(comparison: Comparison) -> list[Exemplar]:
    """Finds compression-identified exemplars; surest first.

    The population of dense models is the reference with the controls, that of compressed ones all
    others. Where two classes are predicted most, a row is none.

    References:
        Hooker et al. 2019, "What Do Compressed Deep Neural Networks Forget?",
        https://arxiv.org/abs/1911.05248
    """
    dense = [m.predicted.classes for m in comparison.models.values() if m.role != "model"]
    compressed = [m.predicted.classes for m in comparison.models.values() if m.role == "model"]
    if not comparison.reference.predicted.count or min(len(dense), len(compressed)) < 2:
        return []
    usual, usual_share = _modes(dense)
    other, other_share = _modes(compressed)
    labels, groups = comparison.classes, comparison.groups
    rows = np.flatnonzero((usual >= 0) & (other >= 0) & (usual != other)).tolist()
    found = [
        Exemplar(
            row,
            "" if labels is None else comparison.class_name(labels[row]),
            groups[row] if len(groups) else "",
            comparison.class_name(usual[row]),
            comparison.class_name(other[row]),
            float(usual_share[row]),
            float(other_share[row]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: -one.dense_share - one.compressed_share)


def _modes(
    predicted: Sequence[npt.NDArray[np.int32]],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Returns the most frequent class of each row, -1 where two are, and its share."""
    ordered = np.sort(np.stack(predicted), axis=0)
    # How often the class at each place of the sorted column has come until there.
    run = np.ones(ordered.shape, np.int64)
    for place in range(1, len(ordered)):
        run[place] = np.where(ordered[place] == ordered[place - 1], run[place - 1] + 1, 1)
    most = run.max(0)
    modes = np.take_along_axis(ordered, run.argmax(0)[None], 0)[0].astype(np.int64)
    return np.where((run == most).sum(0) > 1, -1, modes), most / len(ordered)


def _parts(comparison: Comparison) -> Iterator[tuple[Literal["class", "group"], str, Rows]]:
    predicted = comparison.reference.predicted
    if not predicted.count:
        return
    labels = comparison.classes
    # Labels that do not exclude each other are no classes of rows.
    single = predicted.activation != "sigmoid" or predicted.outputs.shape[1] == 1
    if labels is not None or single:
        of_rows = predicted.classes if labels is None else labels
        for number in np.unique(of_rows[of_rows >= 0]):
            yield "class", comparison.class_name(number), of_rows == number
    groups = np.asarray(comparison.groups)
    for group in dict.fromkeys(sorted(comparison.groups)):
        rows = groups == group
        if comparison.readable is not None:
            rows &= comparison.readable
        if rows.any():
            yield "group", group, rows


def _numbers(
    comparison: Comparison, compared: Compared, rows: Rows
) -> Iterator[tuple[str, Number]]:
    predicted, reference = compared.predicted, comparison.reference_of(compared).predicted
    labels = comparison.classes
    if labels is not None and (known := rows & (labels >= 0)).any():
        right = (predicted.classes == labels)[known]
        before = (reference.classes == labels)[known]
        yield "accuracy", _share(right)
        gained, lost = int((right & ~before).sum()), int((before & ~right).sum())
        low, high = paired_difference(gained, lost, len(right))
        yield "accuracy change", ((gained - lost) / len(right), low, high, len(right))
    yield "agreement", _share(agreeing(predicted, reference)[rows])
    explained = rows[comparison.rows]
    for (explainer, layer), drifted in compared.drifts.items():
        values = drifted.values[explained & drifted.agrees, _SPEARMAN]
        values = values[np.isfinite(values)]
        if len(values):
            yield f"{explainer} {layer} similarity", _mean(values)


def _share(hits: npt.NDArray[np.bool_]) -> Number:
    low, high = wilson(hits.mean(), len(hits))
    return float(hits.mean()), float(low), float(high), len(hits)


def _mean(values: npt.NDArray[np.float64]) -> Number:
    count = len(values)
    if count < 2:
        return float(values.mean()), np.nan, np.nan, count
    low, high = percentile_interval(resampled(count) @ values / count)
    return float(values.mean()), float(low), float(high), count
