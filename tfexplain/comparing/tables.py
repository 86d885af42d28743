"""Formats a comparison as aligned text."""

from __future__ import annotations

import shlex

import numpy as np

from tfexplain.comparing.activation_tables import activation_table
from tfexplain.comparing.comparison import Compared, Comparison, Place
from tfexplain.comparing.overlaps import overlap_table
from tfexplain.comparing.payers_table import who_pays
from tfexplain.quality.drift import Drifted
from tfexplain.quality.similarity import MEASURES
from tfexplain.runlog.quality_rows import HEAD, quality_rows
from tfexplain.text_table import aligned

Rows = list[list[str]]


def summary(comparison: Comparison, moved: int) -> str:
    """Formats predictions, who pays, maps and the samples that moved most, each as a table."""
    readable = comparison.readable
    count = len(comparison.reference.predicted.outputs) if readable is None else int(readable.sum())
    parts = [
        f"Predictions on {count} rows, beside those of {comparison.reference_text}",
        aligned(_predictions(comparison)),
    ]
    parts += who_pays(comparison)
    parts += overlap_table(comparison.overlaps)
    parts += activation_table(comparison)
    if comparison.places:
        parts += [
            f"Maps of {len(comparison.rows)} of these rows, beside those of "
            f"{comparison.reference_text}; 1 is equal. Target: {comparison.target}",
            aligned(_maps(comparison)),
            "Moved most though the prediction stayed, by Spearman",
            aligned(_moved(comparison, moved)),
        ]
    if any(compared.quality for compared in comparison.models.values()):
        parts += ["Whether these maps can be believed", aligned(_quality(comparison))]
    notes = [f"{name}: {n}" for name, compared in comparison.models.items() for n in compared.notes]
    notes += [
        f"{explainer} at {layer}: no pair of maps can be compared, for one of them is the same "
        "everywhere, such as all zero; relu=False keeps evidence against the target, where the "
        "method has it"
        for explainer, layer in _incomparable(comparison)
    ]
    if any(compared.from_file for compared in comparison.models.values()):
        notes.append(
            "KiB are those of the kernels: of a .tflite file as they stand in it, of others with "
            "every weight"
        )
    if not any(compared.role == "control" for compared in comparison.models.values()):
        notes.append(
            "no control: how far two trainings of one model differ by chance is not known here; "
            "pass another seed, or more epochs, as control"
        )
    if comparison.log_dir:
        notes.append(f"see the maps with: tensorboard --logdir {shlex.quote(comparison.log_dir)}")
    return "\n\n".join(part for part in (*parts, "\n".join(notes)) if part)


def _predictions(comparison: Comparison) -> Rows:
    first = comparison.reference
    names = list(
        dict.fromkeys(
            name
            for compared in comparison.models.values()
            if compared.fidelity is not None
            for name in compared.fidelity.numbers
            if name not in ("samples", "reference_accuracy")
        )
    )
    heads = {"kl": "KL (nats)", "mean_abs_difference": "mean |difference|"}
    flips = ["flips"] if comparison.reference.predicted.count else []
    weights = ["sparsity", "bits/weight", "KiB"]
    several = any(comparison.reference_of(m) is not first for m in comparison.models.values())
    rows = [
        [
            "model",
            "role",
            *(["beside"] if several else []),
            *(heads.get(n, n) for n in names),
            *flips,
            *weights,
        ]
    ]
    for compared in comparison.models.values():
        numbers = _numbers(compared, comparison)
        flipped = "" if compared.fidelity is None else str(int(compared.fidelity.flips.sum()))
        rows.append(
            [compared.name, compared.role]
            + (["" if compared is first else comparison.reference_of(compared).name] * several)
            + [_text(numbers.get(name)) for name in names]
            + ([flipped] if flips else [])
            + _weights(compared)
        )
    return rows


def _numbers(compared: Compared, comparison: Comparison) -> dict[str, float]:
    if compared.fidelity is not None:
        return dict(compared.fidelity.numbers)
    others = (
        m.fidelity.numbers
        for m in comparison.models.values()
        if m.fidelity is not None and comparison.reference_of(m) is compared
    )
    accuracy = next((n["reference_accuracy"] for n in others if "reference_accuracy" in n), None)
    return {} if accuracy is None else {"accuracy": accuracy}


def _weights(compared: Compared) -> list[str]:
    if not compared.totals:
        return ["", "", ""]
    total = next(iter(compared.totals.values()))
    size, bits = total.size_dense, total.effective_bits
    if compared.from_file:
        size = total.size_stored
        bits = bits if total.unread or not total.weights else 8 * size / total.weights
    return [_text(total.sparsity), f"{bits:.2f}", f"{size / 1024:.1f}"]


def _maps(comparison: Comparison) -> Rows:
    rows = [["model", "explainer", "layer", "samples", *MEASURES]]
    for compared in comparison.models.values():
        for place, drifted in compared.drifts.items():
            rows += _means(compared.name, place, drifted)
    for place in comparison.places:
        band = comparison.band(*place)
        if band is not None:
            ends = [
                "-" if np.isnan(low) else f"{_text(low)}..{_text(high)}" for low, high in band.T
            ]
            rows.append(["controls", *place, "10th..90th percentile", *ends])
    return rows


def _incomparable(comparison: Comparison) -> list[Place]:
    """Returns where no two maps have a rank correlation."""
    measure = MEASURES.index("spearman")
    known = {
        place
        for compared in comparison.models.values()
        for place, drifted in compared.drifts.items()
        if np.isfinite(drifted.values[:, measure]).any()
    }
    return [place for place in comparison.places if place not in known]


def _means(name: str, place: Place, drifted: Drifted) -> Rows:
    rows = []
    for word, chosen in (("agree", drifted.agrees), ("flipped", ~drifted.agrees)):
        if chosen.any():
            columns = [column[np.isfinite(column)] for column in drifted.values[chosen].T]
            means = [_text(float(c.mean()) if len(c) else None) for c in columns]
            rows.append([name, *place, f"{int(chosen.sum())} {word}", *means])
    return rows


def _quality(comparison: Comparison) -> Rows:
    rows = [["model", *HEAD]]
    for compared in comparison.models.values():
        rows += [[compared.name, *row] for row in quality_rows(compared.quality)]
    return rows


def _moved(comparison: Comparison, count: int) -> Rows:
    moved = comparison.moved(count)
    if not moved:
        return []
    banded = any(sample.outside is not None for sample in moved)
    head = ["model", "explainer", "layer", "row", "label", "predicted", "spearman"]
    rows = [[*head, *(["controls"] if banded else [])]]
    words = {True: "outside their band", False: "within their band", None: "no band"}
    for sample in moved:
        line = [
            sample.model,
            sample.explainer,
            sample.layer,
            str(sample.row),
            sample.label,
            sample.predicted,
        ]
        rows.append([*line, _text(sample.spearman), *([words[sample.outside]] if banded else [])])
    return rows


def _text(value: float | None) -> str:
    if value is None or np.isnan(value):
        return "-"
    return f"{value:.3f}" if value == 0 or abs(value) >= 1e-3 else f"{value:.1e}"
