"""The folder that a command writes, which is never somebody else's."""

from __future__ import annotations

import os
import re

# Lists what was written, so that the next command may replace just that.
_MARK = "tfexplain-explain.txt"


class Output:
    """A new or empty folder, or one that holds what a former command wrote.

    Raises:
        ValueError: it holds something else.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._mark = os.path.join(folder, _MARK)
        former = self._former()
        foreign = sorted(path for path in _below(folder) if path not in former)
        if foreign:
            raise ValueError(
                f"--out={folder!r}: expected a new folder, or that of a former explain; it holds "
                f"{foreign[0]!r}. Pass another --out."
            )

    def begin(self) -> None:
        """Remove what a former command wrote."""
        for path in _below(self.folder):
            os.remove(os.path.join(self.folder, path))

    def path(self, *parts: str) -> str:
        """Where a file may be written: below the folder, which is made."""
        path = os.path.join(self.folder, *parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(self._mark, "a", encoding="utf-8") as file:
            file.write(os.path.relpath(path, self.folder) + "\n")
        return path

    def added(self, *parts: str) -> None:
        """Enter the files that somebody else wrote for us below a folder of ours."""
        folder = os.path.join(self.folder, *parts)
        for path in _below(folder):
            self.path(*parts, path)

    def _former(self) -> set[str]:
        if not os.path.isfile(self._mark):
            return set()
        with open(self._mark, encoding="utf-8") as file:
            return {*file.read().splitlines(), _MARK}


def safe(name: str) -> str:
    """A name that can be a file's on any system.

    >>> safe("backbone/conv:5")
    'backbone.conv_5'
    """
    return re.sub(r"[^\w.@()-]", "_", name.replace("/", "."))


def _below(folder: str) -> set[str]:
    return {
        os.path.relpath(os.path.join(at, name), folder)
        for at, _, names in os.walk(folder)
        for name in names
    }
