"""Writes `index.html`: some rows drawn, and what all of them have in common."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from PIL import Image

from tfexplain import rendering
from tfexplain.commands.drawing import Drawn
from tfexplain.commands.tables import class_name, place_names
from tfexplain.shards.totals import Totals
from tfexplain.shards.worst import Worst

_CLASSES = 24  # that are shown, those of most rows
_TOP = 8  # features of a class
_WORST = 8  # rows of a reason
_SIDE = 96  # pixels of a mean map

_STYLE = """
:root { color-scheme: light dark; --line: light-dark(#d5d5dc, #3a3a44);
  --dim: light-dark(#55555f, #a9a9b5); --bar: light-dark(#3b5bdb, #8aa2ff); }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 78rem; padding: 1.5rem;
  background: light-dark(#fff, #17171c); color: light-dark(#1c1c22, #ececf1); }
h1 { font-size: 1.5rem; margin: 0 0 .3rem } h2 { font-size: 1.15rem; margin: 2rem 0 .3rem }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem } p { margin: .2rem 0 .7rem; color: var(--dim) }
table { border-collapse: collapse } th, td { padding: .2rem .8rem .2rem 0; text-align: left;
  vertical-align: top; border-bottom: 1px solid var(--line) } th { font-weight: 600 }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
.grid { display: flex; flex-wrap: wrap; gap: 1rem } figure { margin: 0; max-width: 100% }
figure img { max-width: 100%; display: block } figcaption { color: var(--dim); max-width: 34rem;
  overflow-wrap: anywhere } .scroll { overflow-x: auto }
.bar { display: inline-block; height: .7em; background: var(--bar); min-width: 1px }
.mean img { image-rendering: pixelated }
a { color: inherit }
"""


@dataclass(frozen=True)
class Shown:
    """Holds what stands on the page."""

    drawn: Sequence[Drawn]
    totals: Mapping[str, Totals]
    worst: Sequence[Worst]
    features: Sequence[str]
    classes: Sequence[str]
    choices: Mapping[str, str]


def index_page(shown: Shown, model: str, rows: int, skipped: int) -> str:
    """Returns the page as HTML, which refers to the pictures beside it."""
    left_out = f", {skipped} could not be read (skipped.txt)" if skipped else ""
    body = [
        f"<h1>{escape(model)} explained on {rows:,} rows</h1>",
        f"<p>{rows:,} rows explained{left_out}.</p>",
        "<h2>All rows</h2>",
        *_all_rows(shown.totals),
        *_importance(shown),
        *_worst(shown),
        *_drawn(shown),
        "<h2>How it was made</h2>",
        _table(("", ""), [(escape(k), escape(v)) for k, v in shown.choices.items()], numbers=0),
    ]
    title = f"{escape(model)}: what it sees"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style></head><body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def _all_rows(totals: Mapping[str, Totals]) -> Iterator[str]:
    head = ("map", "scale", "values by magnitude", "rows", "all zero", "gap at most")
    rows = []
    for name, one in totals.items():
        gap = "" if math.isnan(one.gap) else f"{one.gap:.2g} {one.unit}"
        scale = one.scale.text(one.unit, signed=one.signed)
        numbers = (f"{one.rows:,}", f"{one.zero:,}", escape(gap))
        rows.append((escape(name), escape(scale), _histogram(one), *numbers))
    yield f'<div class="scroll">{_table(head, rows, numbers=3)}</div>'
    yield (
        "<p>Values are in the unit of the explained number. Bars count values by magnitude, each "
        "twice the one before; “all zero” are rows whose map is zero; the gap is how far a map's "
        "sum is from the difference that it should add up to.</p>"
    )


def _histogram(total: Totals) -> str:
    """Draws counts by octave as SVG, with the range in words."""
    octaves = total.magnitudes.octaves()[-24:]
    if not octaves:
        return "no value but zero"
    most = max(count for *_, count in octaves)
    bars = "".join(
        f'<rect x="{7 * i}" y="{30 - 30 * count / most:.1f}" width="6" '
        f'height="{30 * count / most:.1f}"><title>{low:.2g} to {high:.2g}: {count:,}</title></rect>'
        for i, (low, high, count) in enumerate(octaves)
    )
    width = 7 * len(octaves)
    told = f"{octaves[0][0]:.1g} to {octaves[-1][1]:.1g}"
    return (
        f'<svg width="{width}" height="30" fill="var(--bar)" role="img" '
        f'aria-label="values by magnitude, {told}">{bars}</svg><br>{told}'
    )


def _importance(shown: Shown) -> Iterator[str]:
    yield "<h2>What matters by class</h2>"
    yield "<p>The mean magnitude of the maps that explain a class, over all of its rows.</p>"
    for name, total in shown.totals.items():
        by_class = sorted(total.by_class.items(), key=lambda pair: (-pair[1].rows, pair[0]))
        if not by_class:
            continue
        kept = dict(sorted(by_class[:_CLASSES]))
        more = f" ({len(kept)} of {len(by_class)} classes, of most rows)" * (
            len(kept) < len(by_class)
        )
        yield f"<h3>{escape(name)}{more}</h3>"
        largest = max(float(own.mean.max(initial=0)) for own in kept.values())
        yield '<div class="grid">'
        for target, own in kept.items():
            if not largest:
                continue
            what = escape(f"{class_name(target, shown.classes)}: {own.rows:,} rows")
            if own.total.ndim == 2:
                yield _mean_map(own.mean, largest, what)
            else:
                yield _mean_bars(own.mean, largest, what, place_names(total, shown.features))
        yield "</div>"
        if largest:
            yield f"<p>One scale for all classes: 0 to {largest:.3g} {escape(total.unit)}.</p>"


def _mean_map(mean: npt.NDArray[np.float64], largest: float, what: str) -> str:
    colored = rendering.colored(mean, largest, signed=False)
    factor = max(1, _SIDE // max(mean.shape))
    big = np.kron(colored, np.ones((factor, factor, 1), np.uint8))
    data = io.BytesIO()
    Image.fromarray(big).save(data, "PNG")
    source = base64.b64encode(data.getvalue()).decode()
    return (
        f'<figure class="mean"><img src="data:image/png;base64,{source}" '
        f'alt="mean map, class {what}"><figcaption>{what}</figcaption></figure>'
    )


def _mean_bars(
    mean: npt.NDArray[np.float64], largest: float, what: str, places: Sequence[str]
) -> str:
    order = np.argsort(-mean, kind="stable")[:_TOP].tolist()
    rows = [
        (
            escape(places[i]),
            f'<span class="bar" style="width:{6 * mean[i] / largest:.2f}em"></span>',
            f"{mean[i]:.3g}",
        )
        for i in order
    ]
    return f"<figure><figcaption>{what}</figcaption>{_table((), rows, numbers=1)}</figure>"


def _worst(shown: Shown) -> Iterator[str]:
    reasons = dict.fromkeys(one.reason for one in shown.worst)
    if not reasons:
        return
    yield "<h2>Worst rows</h2>"
    said = {
        "loss": "Rows whose prediction is furthest from their label.",
        "unsure": "Rows whose predicted class has the least probability.",
    }
    drawn = {one.sample for one in shown.drawn}
    yield '<div class="grid">'
    for reason in reasons:
        some = [one for one in shown.worst if one.reason == reason][:_WORST]
        rows = [
            (_linked(one.name, drawn), *_told(one, shown.classes), f"{one.value:.3g}")
            for one in some
        ]
        told = said.get(reason, "Rows whose map is least exact, relative to its peak.")
        yield f"<div><p>{told}</p>"
        yield f"{_table(('row', 'label', 'predicted', escape(reason)), rows, numbers=1)}</div>"
    yield "</div>"


def _told(one: Worst, classes: Sequence[str]) -> tuple[str, str]:
    label = "" if one.label is None else escape(class_name(one.label, classes))
    return label, escape(class_name(one.predicted, classes))


def _linked(name: str, drawn: Set[str]) -> str:
    if name not in drawn:
        return escape(name)
    return f'<a href="#{quote(name)}">{escape(name)}</a>'


def _drawn(shown: Shown) -> Iterator[str]:
    if not shown.drawn:
        return
    yield "<h2>Rows</h2>"
    yield (
        "<p>Some rows spread evenly, and the worst. Under a map lies its input, in grey; all maps "
        "of a method have one scale, which stands below each.</p>"
    )
    samples = dict.fromkeys(one.sample for one in shown.drawn)
    for sample in samples:
        if sample:
            yield f'<h3 id="{escape(sample)}">{escape(sample)}</h3>'
        yield '<div class="grid">'
        for one in shown.drawn:
            if one.sample == sample:
                told = escape(f"{one.map} {one.caption}".strip())
                yield (
                    f'<figure><img loading="lazy" src="{quote(one.path)}" alt="{told}">'
                    f"<figcaption>{told}</figcaption></figure>"
                )
        yield "</div>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: int) -> str:
    """Returns a table whose last `numbers` columns are numbers."""

    def line(cells: Sequence[str], tag: str) -> str:
        first = len(cells) - numbers
        return "".join(
            f"<{tag}{' class=n' if i >= first else ''}>{cell}</{tag}>"
            for i, cell in enumerate(cells)
        )

    top = f"<tr>{line(head, 'th')}</tr>" if any(head) else ""
    below = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return f"<table>{top}{below}</table>"
