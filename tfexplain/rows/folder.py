"""Reads the pictures of a folder, each when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tfexplain.rows.files import Files, shown
from tfexplain.rows.pictures import Screen, picture, screen_text
from tfexplain.rows.source import Read, passing
from tfexplain.types import Array


class Pictures:
    """Represents files of pictures as a `Source`.

    Where all of them lie in several folders, these are their classes, in order of their names.

    Args:
        data: What the user calls them.
        files: Their names.
        screen: How pictures become inputs.
    """

    expected = "pictures"
    features: Sequence[str] = ()
    pictures = True

    def __init__(self, data: str, files: Files, screen: Screen) -> None:
        self.data, self._files, self._screen = data, files, screen
        self.classes = files.classes
        self.labelled = bool(self.classes)
        self._numbers = {name: number for number, name in enumerate(self.classes)}
        told = f"labels are the first folders' names: {some(self.classes)}"
        self.notes: Sequence[str] = [*files.notes, *([told] if self.labelled else [])]
        self.facts: Mapping[str, str] = {
            "data": f"{len(self)} pictures, names and sizes {files.hash[:16]}",
            "pixels": screen_text(screen),
        }

    def __len__(self) -> int:
        return len(self._files.names)

    def read(self, rows: Sequence[int]) -> Read:
        """Decodes the pictures of rows; damaged ones are left out and said."""
        good: list[int] = []
        names, inputs, labels, skipped = [], [], [], []
        for row in rows:
            name = shown(self._files.names[row])
            try:
                inputs.append(self._screen.inputs(picture(self._files.path(row))))
            except Exception as error:
                # Pillow raises errors of many kinds for damaged files.
                if passing(error):
                    raise
                skipped.append(f"{name}: {str(error) or type(error).__name__}")
                continue
            good.append(int(row))
            names.append(name)
            if self.labelled:
                labels.append(self._numbers[name.partition("/")[0]])
        if not good:
            return Read([], [], None, None, skipped)
        own = np.array(labels, np.int64) if self.labelled else None
        return Read(good, names, np.stack(inputs), own, skipped)

    def picture(self, row: int) -> Array:
        """Returns what maps of a row are drawn on, uint8 [H, W, C]."""
        return self._screen.shown(picture(self._files.path(row)))


def some(names: Sequence[str]) -> str:
    """Returns a few of many names.

    >>> some(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
