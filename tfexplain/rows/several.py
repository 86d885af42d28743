"""Puts the rows of several files end to end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.errors import TfexplainError
from tfexplain.rows.files import Files, shown
from tfexplain.rows.listing import Writer, kept
from tfexplain.rows.source import Read, Source
from tfexplain.types import Array

_OPEN = 8


class Several:
    """Represents the rows of several files as a `Source`, file after file.

    Each is opened once for its length; then those that are asked for, of which few stay open.

    Args:
        data: What the user calls them.
        files: Their names.
        open_: Opens one of them.
        asked: What else tells the listing from others.
        folder: Folder of listings.

    Raises:
        TfexplainError: files of other columns than the first.
    """

    def __init__(
        self,
        data: str,
        files: Files,
        open_: Callable[[str], Source],
        asked: Mapping[str, Any],
        folder: str,
    ) -> None:
        self.data, self._files = data, files
        self._opened = lru_cache(_OPEN)(lambda number: open_(files.path(number)))
        now = files.changed()
        listed = kept(
            folder,
            {"several": data, "root": shown(files.root), **asked},
            lambda listing: bool(listing.said["stamp"] == now),
            lambda writer: {"stamp": now, **self._listed(writer)},
        )
        self._ends = listed.numbers("ends")
        first, said = self._opened(0), listed.said
        self.expected, self.features = first.expected, first.features
        self.labelled, self.pictures = first.labelled, first.pictures
        self.classes: Sequence[str] = said["classes"]
        self.notes: Sequence[str] = [*files.notes, *first.notes]
        self.facts: Mapping[str, str] = {"data": f"{len(self)} rows of files {said['hash'][:16]}"}

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def read(self, rows: Sequence[int]) -> Read:
        """Reads rows of any of the files; those that cannot be are left out and said."""
        asked = np.asarray(rows, np.int64)
        numbers = np.searchsorted(self._ends, asked, "right")
        good: list[int] = []
        places: list[int] = []
        parts: list[Read] = []
        skipped: list[str] = []
        for number in np.unique(numbers).tolist():
            here = np.flatnonzero(numbers == number)
            start, name = self._start(number), shown(self._files.names[number])
            read = self._opened(number).read((asked[here] - start).tolist())
            skipped += [f"{name} {line}" for line in read.skipped]
            if not len(read.rows):
                continue
            own = [row + start for row in read.rows]
            good += own
            # In the order they were asked for, each as often as it was.
            kept_ = here[np.isin(asked[here], own)]
            places += kept_.tolist()
            names = [f"{name} {row}" for row in read.names]
            parts.append(Read(own, names, read.inputs, self._labels(number, read), ()))
        if not parts:
            return Read([], [], None, None, skipped)
        order = np.argsort(places, kind="stable")
        names = [name for part in parts for name in part.names]
        inputs = tf.nest.map_structure(
            lambda *some: np.concatenate(some)[order], *(part.inputs for part in parts)
        )
        labels = [part.labels for part in parts if part.labels is not None]
        return Read(
            [good[place] for place in order],
            [names[place] for place in order],
            inputs,
            np.concatenate(labels)[order] if labels else None,
            skipped,
        )

    def picture(self, row: int) -> Array:
        """Returns what maps of a row are drawn on, uint8 [H, W, C]."""
        number = int(np.searchsorted(self._ends, row, "right"))
        return self._opened(number).picture(row - self._start(number))

    def _start(self, number: int) -> int:
        return int(self._ends[number - 1]) if number else 0

    def _labels(self, number: int, read: Read) -> Array | None:
        """Returns labels by the classes of all files."""
        own = self._opened(number).classes
        if read.labels is None or list(own) == list(self.classes):
            return read.labels
        by_name = {name: place for place, name in enumerate(self.classes)}
        return np.array([by_name[name] for name in own], np.int64)[read.labels]

    def _listed(self, writer: Writer) -> Mapping[str, Any]:
        """Writes where the rows of each file end."""
        writer.begin("ends")
        digest = hashlib.sha256()
        end = 0
        first = self._opened(0)
        classes = list(first.classes)
        for number in range(len(self._files.names)):
            source = self._opened(number)
            if _columns(source) != _columns(first):
                raise TfexplainError(
                    f"data={self.data!r}: expected files of the same columns; "
                    f"{shown(self._files.names[number])} has {_columns(source)}, "
                    f"{shown(self._files.names[0])} has {_columns(first)}."
                )
            if list(source.classes) != classes:
                classes = sorted({*classes, *source.classes})
            digest.update(f"{sorted(source.facts.items())}{len(source)}".encode())
            end += len(source)
            writer.number("ends", end)
        return {"hash": digest.hexdigest(), "classes": classes}


def _columns(source: Source) -> str:
    """Returns what rows of all files have in common, in words."""
    others = [told for name, told in source.facts.items() if name != "data"]
    return "; ".join([*others, *source.features])
