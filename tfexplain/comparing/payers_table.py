"""Formats who pays for a compression as aligned text."""

from __future__ import annotations

from collections.abc import Sequence

from tfexplain.comparing.comparison import Comparison
from tfexplain.comparing.payers import Exemplar, Paid, exemplars, payers
from tfexplain.text_table import aligned

_MOST = 20


def who_pays(comparison: Comparison) -> list[str]:
    """Returns a table of the classes and groups that lose most, and one of exemplars."""
    paid = payers(comparison)
    if not paid:
        return []
    head = "Who pays: 95% intervals [low, high], {least..greatest} of the controls; * is outside"
    rows = exemplars(comparison)
    if not rows:
        return [head, _table(paid)]
    title = (
        f"Compression-identified exemplars: {len(rows)} rows that most compressed models predict "
        "otherwise than most dense ones"
    )
    return [head, _table(paid), title, aligned(_exemplars(rows[:_MOST]))]


def _table(paid: Sequence[Paid]) -> str:
    lines: dict[tuple[str, str, str], dict[str, Paid]] = {}
    for one in paid:
        lines.setdefault((one.model, one.by, one.name), {})[one.measure] = one
    measures = [m for m in dict.fromkeys(one.measure for one in paid) if m != "accuracy"]

    def cost(of: dict[str, Paid]) -> float:
        return next(of[measure].value for measure in measures if measure in of)

    worst = sorted(lines, key=lambda place: cost(lines[place]))
    table = [["model", "by", "name", "rows", "accuracy", *measures]]
    for place in worst[:_MOST]:
        of = lines[place]
        accuracy = f"{of['accuracy'].value:.3f}" if "accuracy" in of else "-"
        cells = [_cell(of[measure]) if measure in of else "-" for measure in measures]
        table.append([*place, str(of["agreement"].rows), accuracy, *cells])
    more = len(worst) - _MOST
    return aligned(table) + (f"\n  and {more} more, which lose less" if more > 0 else "")


def _cell(one: Paid) -> str:
    text = f"{one.value:.3f}"
    if one.low == one.low:
        text += f" [{one.low:.2f}, {one.high:.2f}]"
    if one.band is not None:
        text += f" {{{one.band[0]:.2f}..{one.band[1]:.2f}}}"
    return text + (" *" if one.outside else "")


def _exemplars(found: Sequence[Exemplar]) -> list[list[str]]:
    rows = [["row", "label", "group", "dense", "of them", "compressed", "of them"]]
    for one in found:
        shares = f"{one.dense_share:.0%}", f"{one.compressed_share:.0%}"
        said = [one.dense, shares[0], one.compressed, shares[1]]
        rows.append([str(one.row), one.label, one.group, *said])
    grouped = any(one.group for one in found)
    return rows if grouped else [[*row[:2], *row[3:]] for row in rows]
