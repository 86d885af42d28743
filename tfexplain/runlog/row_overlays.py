"""Draws maps over texts and tables for the Images tab and the command line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfexplain.attribution import Attribution
from tfexplain.row_sheets import (
    Bytes,
    Look,
    Rows,
    caption_of,
    captioned,
    row_sheet,
    scale_of_rows,
    titles_of,
)
from tfexplain.wire import schema


def rows_of(values: schema.Values) -> Rows | None:
    """Returns the samples of an input as they are drawn; None of a line, which is a curve."""
    if values.layout == "tokens":
        words = np.reshape(np.array(values.words, object), values.values.shape)
        return Rows(words=words.tolist())
    if values.layout == "features":
        return Rows(values=values.values, names=values.names)
    return None


def row_overlays(
    attributions: Sequence[Attribution], rows: Rows, class_names: Sequence[str]
) -> Bytes | None:
    """Draws the maps of one explainer over the samples of an input; None where none fits."""
    sheets = []
    for attribution in attributions:
        values = rows.shown(attribution)
        if values is None:
            continue
        scale = scale_of_rows(attribution, values)
        titles = titles_of(attribution, class_names)
        sheet = row_sheet(rows, values, Look(scale, attribution.signed), titles)
        sheets.append((caption_of(attribution, rows, scale), sheet))
    return captioned(sheets) if sheets else None
