"""Writes importance as a table of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tfexplain.types import Array

if TYPE_CHECKING:
    from tfexplain.usage.importance_result import Importance

MOST = 20
_BAR = 20
_LONGEST = 32
_SCALES = {"accuracy": "fall of accuracy", "mean absolute error": "rise of the error"}


def importance_text(found: Importance) -> str:
    """Returns a line for each of the most important features: its mean |attribution| as a bar and a
    number with its interval, its sign, and how much worse the model is without it."""
    order = found.order[:MOST]
    few = f", the {len(order)} most important" if len(order) < found.total else ""
    head = (
        f"Importance of {found.total:,} {found.feature}s of input {found.input!r}{few}: mean "
        f"|{found.explainer}| over {found.rows:,} rows in {found.unit}, and its 95% interval"
    )
    columns = [[""] + [_short(found.names[i]) for i in order], _bars(found, order)]
    columns.append(["mean |.|"] + [f"{found.values[i]:.3g}" for i in order])
    columns.append(["95%"] + [f"{found.low[i]:.3g} to {found.high[i]:.3g}" for i in order])
    columns.append(["mean"] + [f"{found.signed[i]:+.3g}" for i in order])
    if found.permuted is not None:
        own = found.permuted
        texts = [
            ""
            if np.isnan(own.values[i])
            else f"{own.values[i]:+.3f} ({own.low[i]:+.3f} to {own.high[i]:+.3f})"
            for i in order
        ]
        columns.append([f"{_SCALES[own.score]} when permuted", *texts])
    if found.weights_first is not None:
        columns.append(["|weight| x dev."] + [f"{found.weights_first[i]:.3g}" for i in order])
    if found.occurs is not None:
        columns.append(["in rows"] + [f"{found.occurs[i]:,}" for i in order])
    left = {0, 1}
    widths = [max(map(len, column)) for column in columns]
    lines = [
        "  ".join(
            text.ljust(width) if number in left else text.rjust(width)
            for number, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in zip(*columns, strict=True)
    ]
    return "\n".join([head, *lines, *hiding_lines(found), *_left_out(found)])


def hiding_lines(found: Importance) -> list[str]:
    """Returns a sentence on what could be dropped; none where it was not measured."""
    curve = found.hidden
    if curve is None:
        return []
    count = curve.droppable()
    at = int(np.flatnonzero(curve.counts == count)[0])
    form = ".1%" if curve.score == "accuracy" else ".3g"
    none, some, rest = (f"{curve.hidden[i]:{form}}" for i in (0, at, -1))
    random, low, high = (
        f"{own[at]:{form}}" for own in (curve.random, curve.random_low, curve.random_high)
    )
    return [
        f"{curve.score}: {none}; {some} with the {count:,} least important of {found.total:,} "
        f"hidden ({random} in random orders, {low} to {high}); {rest} with all hidden"
    ]


def _left_out(found: Importance) -> list[str]:
    return [f"{what} is left out: {why}" for what, why in found.left_out.items()]


def _bars(found: Importance, order: Array) -> list[str]:
    largest = float(np.nanmax(found.values[order], initial=0.0)) or 1.0
    shares = np.nan_to_num(found.values[order] / largest)
    return [f"0 to {largest:.3g}"] + ["#" * round(_BAR * float(share)) for share in shares]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
