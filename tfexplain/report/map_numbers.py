"""Summarizes maps in numbers: by feature, how similar to a reference's, whether to be believed."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfexplain.reading import LoggedRun
from tfexplain.report import markup
from tfexplain.wire import schema
from tfexplain.wire.clock import epoch_text

_MOST_FEATURES = 20
_FACTS = {"epoch", "explainer", "layer", "sample", "reference", "same_prediction"}


def features(run: LoggedRun) -> str:
    """Returns the mean magnitude of each feature in the last maps, the largest first."""
    names = {
        tag.layer: list(records.values())[-1].names
        for tag, records in run.records(schema.Values).items()
    }
    told = []
    for maps in run.maps:
        content = maps.content
        if maps.kind != "map" or content.layout != "features":
            continue
        values = maps.maps()
        means = np.nanmean(np.abs(values), axis=0)
        known = names.get(content.input, ())
        rows: list[list[markup.Cell]] = [
            [known[i] if i < len(known) else f"column {i}", float(means[i])]
            for i in np.argsort(-means)[:_MOST_FEATURES]
        ]
        last = epoch_text(maps.epochs[-1])
        head = f"mean |value| of {len(values)} samples, epoch {last}, {content.unit}"
        told.append(markup.table((f"{maps.explainer} at {maps.layer}", head), rows))
    return "".join(told)


def similarity(run: LoggedRun) -> str:
    """Returns how similar the last maps are to the reference's: means over samples."""
    table = run.similarity
    measures = [name for name in table if name not in _FACTS]
    rows: list[list[markup.Cell]] = []
    keys = (
        zip(*(table[name].tolist() for name in ("explainer", "layer")), strict=True)
        if table
        else ()
    )
    for explainer, layer in dict.fromkeys(keys):
        mine = (table["explainer"] == explainer) & (table["layer"] == layer)
        last = table["epoch"][mine].max()
        chosen = mine & (table["epoch"] == last)
        reference = str(table["reference"][chosen][0])
        rows.append([f"{explainer} at {layer}", reference, str(last)])
        for name in measures:
            rows[-1].append(_mean(table[name][chosen]))
    return markup.table(("mean similarity of maps", "to those of", "epoch", *measures), rows)


def trust(run: LoggedRun) -> str:
    """Returns whether maps can be believed: means over samples of each metric's last values, beside
    the level of chance."""
    table = run.trust
    if not table:
        return ""
    columns = (table[name].tolist() for name in ("explainer", "layer", "metric"))
    rows: list[list[markup.Cell]] = []
    for explainer, layer, metric in dict.fromkeys(zip(*columns, strict=True)):
        mine = (table["explainer"] == explainer) & (table["layer"] == layer)
        mine &= table["metric"] == metric
        chosen = mine & (table["epoch"] == table["epoch"][mine].max())
        value, chance = (_mean(table[name][chosen]) for name in ("value", "chance"))
        unit, better, epoch = (str(table[n][chosen][0]) for n in ("unit", "better", "epoch"))
        rows.append([f"{explainer} at {layer}", metric, epoch, value, chance, unit, better])
    names = ("can maps be believed?", "metric", "epoch", "mean", "chance", "unit", "better")
    return markup.table(names, rows)


def sanity(run: LoggedRun) -> str:
    """Returns how alike the last maps stay with re-drawn weights: means over samples, by step."""
    table = run.sanity
    if not table:
        return ""
    columns = (table[name].tolist() for name in ("explainer", "layer", "redrawn"))
    rows: list[list[markup.Cell]] = []
    for explainer, layer, redrawn in dict.fromkeys(zip(*columns, strict=True)):
        mine = (table["explainer"] == explainer) & (table["layer"] == layer)
        mine &= table["redrawn"] == redrawn
        chosen = mine & (table["epoch"] == table["epoch"][mine].max())
        value, chance = (_mean(table[name][chosen]) for name in ("value", "chance"))
        count = str(table["redrawn_layers"][chosen][0])
        rows.append([f"{explainer} at {layer}", redrawn, count, value, chance])
    names = ("maps with re-drawn weights", "down to", "layers", "mean similarity", "chance")
    return markup.table(names, rows)


def regions(run: LoggedRun) -> str:
    """Returns how much evidence of the last maps lies in regions: means over samples, and by group
    where there are some, beside the level of chance."""
    table = run.regions
    if not table:
        return ""
    columns = (table[name].tolist() for name in ("explainer", "layer", "region"))
    rows: list[list[markup.Cell]] = []
    for explainer, layer, region in dict.fromkeys(zip(*columns, strict=True)):
        mine = (table["explainer"] == explainer) & (table["layer"] == layer)
        mine &= table["region"] == region
        chosen = mine & (table["epoch"] == table["epoch"][mine].max())
        parts = {"all samples": chosen}
        if "group" in table:
            groups = sorted({str(group) for group in table["group"][chosen] if group})
            parts |= {f"group {group}": chosen & (table["group"] == group) for group in groups}
        avoid = " (avoid)" if table["avoid"][chosen][0] else ""
        for name, part in parts.items():
            numbers = [_mean(table[column][part]) for column in ("mass", "pointing", "chance")]
            last = epoch_text(float(table["epoch"][part][0]))
            rows.append([f"{explainer} at {layer}", f"{region}{avoid}", name, last, *numbers])
    names = ("evidence in regions", "region", "of", "epoch", "share", "strongest inside", "chance")
    return markup.table(names, rows)


def places(run: LoggedRun) -> str:
    """Returns where labels can be read alone: accuracy of linear probes on the validation rows."""
    table = run.places
    if not table:
        return ""
    rows: list[list[markup.Cell]] = [
        [f"{place} of {name}", alone, rest, shuffled, str(count)]
        for name, place, alone, rest, shuffled, count in zip(
            *(table[key].tolist() for key in ("input", "place", "alone", "rest")),
            *(table[key].tolist() for key in ("shuffled", "rows")),
            strict=True,
        )
    ]
    names = ("where labels can be read", "from it alone", "from all else", "labels shuffled")
    return markup.table((*names, "rows"), rows)


def _mean(values: Any) -> float | None:
    """Returns the mean of what is defined; None where nothing is."""
    known = values.astype(float)
    known = known[np.isfinite(known)]
    return float(known.mean()) if known.size else None
