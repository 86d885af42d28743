"""Makes tables, pictures and a log of the shards in a folder."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from tfexplain.commands.command import SHOWING, Command
from tfexplain.commands.drawing import draw_maps
from tfexplain.commands.index_page import Shown, index_page
from tfexplain.commands.log import logged_rows
from tfexplain.commands.metrics import metrics
from tfexplain.commands.opening import Opened, spread
from tfexplain.commands.output import Output
from tfexplain.commands.tables import SampleTable, write_tables
from tfexplain.errors import TfexplainError
from tfexplain.shards.job import FOLDER, Job
from tfexplain.shards.reading import Shards
from tfexplain.shards.totals import Totals
from tfexplain.shards.worst import WorstRows
from tfexplain.text_table import aligned

# Says what was merged, so that it is not done twice.
_MERGED = "merged.json"
_WORST = 4  # one in so many overlays is one of the worst rows


def merge_folder(options: argparse.Namespace) -> tuple[str, Sequence[str]]:
    """Does what `tfexplain merge` was asked for; returns what to tell, and what was skipped.

    Raises:
        TfexplainError, OSError: shards are missing, or cannot be read.
    """
    command = Command.read(options.folder).shown(options)
    output = Output(options.folder)
    return merged(Opened(command, options.folder), options.folder, output, command)


def merged(
    opened: Opened, folder: str, output: Output, command: Command
) -> tuple[str, Sequence[str]]:
    """Makes all that is made of shards, unless it was made; returns what to tell, and skipped rows.

    Former tables, pictures and logs are replaced when all is done, and not before.
    """
    opened.job.enter(folder)
    _check_whole(opened.job, folder)
    shards = Shards(folder)
    if not len(shards):
        raise TfexplainError(
            f"data={command.data!r}: expected rows that can be read; all {len(opened.source)} "
            f"cannot. {'; '.join(shards.skipped[:3])}."
        )
    key = _key(opened, command)
    former = os.path.join(folder, _MERGED)
    if os.path.exists(former):
        with open(former, encoding="utf-8") as file:
            done = json.load(file)
        if done["key"] == key:
            return f"{done['told']}\n  (all of it was there already)", shards.skipped
    with output.begun():
        told = _write(opened, shards, output, command)
        with open(output.path(_MERGED), "w", encoding="utf-8") as file:
            json.dump({"key": key, "told": told}, file, indent=1)
    return told, shards.skipped


def _write(opened: Opened, shards: Shards, output: Output, command: Command) -> str:
    # Evidence first, what a layer does behind it.
    names = sorted(shards.maps, key=lambda name: shards.map(name, 0, 0).kind == "channels")
    totals = {name: Totals() for name in names}
    worst = WorstRows()
    with SampleTable(output.path("samples.csv")) as table:
        for file in shards:
            shard = file.whole()
            table.add(shard)
            worst.add(shard)
            for name, attribution in shard.maps.items():
                totals[name].add(attribution)
    classes = opened.classes
    write_tables(output, totals, worst.rows(), opened.source.features, classes)
    if shards.skipped:
        with open(output.path("skipped.txt"), "w", encoding="utf-8") as text:
            text.writelines(f"{line}\n" for line in shards.skipped)
    bad = worst.places(command.overlays // _WORST)
    drawn = _first([*bad, *spread(len(shards), command.overlays).tolist()], command.overlays)
    shown = draw_maps(output, opened, shards, drawn, totals)
    places = spread(len(shards), command.log_samples)
    log = os.path.join("logs", Path(command.model).stem)
    choices, quality = logged_rows(
        output, log, opened, shards, places, metrics(command.quality), _told(totals)
    )
    if opened.pixels:
        choices["pictures"] = opened.pixels
    page = Shown(shown, totals, worst.rows(), opened.source.features, classes, choices)
    with open(output.path("index.html"), "w", encoding="utf-8") as file_:
        file_.write(index_page(page, Path(command.model).name, len(shards), len(shards.skipped)))
    return _text(choices, opened, output, len(shards), len(places), len(drawn)) + (
        f"\n\nWhether the maps in the log can be believed\n{aligned(quality)}" if quality else ""
    )


def _check_whole(job: Job, folder: str) -> None:
    missing = [number for number in range(len(job)) if not job.finished(folder, number)]
    if missing:
        raise TfexplainError(
            f"{folder}: expected {len(job)} shards; {len(missing)} are missing, the first number "
            f"{missing[0]}. Run tfexplain explain again with the same arguments: it computes those "
            "alone."
        )


def _key(opened: Opened, command: Command) -> str:
    showing = {name: asdict(command)[name] for name in SHOWING}
    text = json.dumps([opened.job.key, showing, command.model])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _first(places: Sequence[int], most: int) -> list[int]:
    return sorted(list(dict.fromkeys(places))[:most])


def _told(totals: Mapping[str, Totals]) -> str:
    """Says on what scales the maps of all rows lie."""
    return "; ".join(
        f"{name} {total.scale.text(total.unit, signed=total.signed)}"
        for name, total in totals.items()
        if total.scale.limit
    )


def _text(
    choices: Mapping[str, str],
    opened: Opened,
    output: Output,
    count: int,
    logged: int,
    drawn: int,
) -> str:
    width = max(map(len, choices))
    lines = [f"tfexplain: explained {count} samples"]
    shown = {"samples": f"{logged} of {count} in the log"}
    if drawn < count:
        shown["overlays"] = (
            f"of {drawn} of {count}, some spread evenly and the worst; --overlays N draws more"
        )
    lines += [f"  {name:<{width}}  {value}" for name, value in {**choices, **shown}.items()]
    lines += [f"  {note}" for note in opened.source.notes]
    lines.append(f"  written to {output.folder}: {FOLDER}, index.html, tables, overlays, logs")
    logs = os.path.join(output.folder, "logs")
    lines.append(f"  see it with: tensorboard --logdir {logs}   (the EXPLAIN tab)")
    return "\n".join(lines)
