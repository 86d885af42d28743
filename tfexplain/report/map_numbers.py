"""Summarizes maps in numbers: by feature, and how similar they are to a reference's."""

from __future__ import annotations

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
            known = table[name][chosen].astype(float)
            known = known[np.isfinite(known)]
            rows[-1].append(float(known.mean()) if known.size else None)
    return markup.table(("mean similarity of maps", "to those of", "epoch", *measures), rows)
