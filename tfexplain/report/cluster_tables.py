"""Summarizes which rows of a class are explained alike."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tfexplain.reading import LoggedRun
from tfexplain.report import markup
from tfexplain.story import percent
from tfexplain.wire import schema
from tfexplain.wire.clock import epoch_text

_MOST = 30


def clusters(run: LoggedRun) -> str:
    """Returns the last clusters of each input's maps; nothing where none were logged."""
    samples = run.every_record.last(schema.Samples)
    names = samples[1].class_names if samples else ()
    told = []
    for tag, records in run.records(schema.Clusters).items():
        epoch, record = list(records.items())[-1]
        told.append(
            markup.paragraph(
                f"{tag.layer}, epoch {epoch_text(epoch)}: {len(record.whose)} clusters of "
                f"{len(record.rows):,} maps of {record.explainer}."
            )
        )
        columns = ["class", "rows", "of the class", "at one small place", "its others there"]
        told.append(markup.table(columns, list(_rows(record, names))))
    return "\n".join(told)


def _rows(record: schema.Clusters, names: Sequence[str]) -> Iterator[list[markup.Cell]]:
    for number, label in enumerate(record.whose[:_MOST].tolist()):
        rows = int((record.clusters == number).sum())
        of_class = int(((record.classes == label) & (record.clusters >= 0)).sum())
        named = names[label] if 0 <= label < len(names) else str(label) if label >= 0 else "all"
        yield [named, rows, percent(rows / of_class), *_shares(record, number)]


def _shares(record: schema.Clusters, number: int) -> list[markup.Cell]:
    shares = (float(own[number]) for own in (record.held, record.elsewhere))
    return [None if math.isnan(share) else percent(share) for share in shares]
