"""Manages the folder that a command writes, which is never somebody else's."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tfexplain.errors import TfexplainError
from tfexplain.shards.job import FOLDER

# Lists what was written, so that the next command may replace just that.
_MARK = "tfexplain-explain.txt"
# Where a command writes until it is done. It lies in the folder: renaming within that always works.
_BESIDE = ".tfexplain-new"


class Output:
    """Represents a new or empty folder, or one that holds what a former command wrote.

    New files lie beside the former ones, and replace them only once all are written.

    Raises:
        TfexplainError: it holds something else.
        OSError: it cannot be written.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._beside = os.path.join(folder, _BESIDE)
        self._mark = os.path.join(folder, _MARK)
        self._written: set[str] = set()
        if os.path.exists(folder) and not os.path.isdir(folder):
            raise TfexplainError(
                f"--out={folder!r}: expected a folder; it is a file. Pass another."
            )
        # Shards say themselves whose they are.
        own = os.path.join(FOLDER, "")
        found = {path for path in _below(folder) if not path.startswith(own)}
        foreign = sorted(found - self._former())
        if foreign:
            raise TfexplainError(
                f"--out={folder!r}: expected a new folder, or that of a former explain; it holds "
                f"{foreign[0]!r}. Pass another --out."
            )

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Writes files beside, which replace a former command's on leaving the context.

        After an error, an interrupt or on a full disk the former files stay as they were.

        Raises:
            OSError: it cannot be written.
        """
        new = not os.path.isdir(self.folder)
        try:
            shutil.rmtree(self._beside, ignore_errors=True)  # of a command that was killed
            os.makedirs(self._beside)
            yield
            self._swap()
            # Not the files: a mounted drive may still show by their old names what was renamed.
            _prune(self._beside)
        except BaseException:
            shutil.rmtree(self._beside, ignore_errors=True)
            raise
        finally:
            if new and os.path.isdir(self.folder) and not os.listdir(self.folder):
                os.rmdir(self.folder)

    def path(self, *parts: str) -> str:
        """Returns where a file may be written: below the folder, which is made."""
        path = os.path.join(self._beside, *parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._written.add(os.path.join(*parts))
        return path

    def unused(self, *parts: str) -> str:
        """Returns such a path where no file is yet: another name's may have become the same."""
        start, extension = os.path.splitext(parts[-1])
        name, count = parts[-1], 1
        while os.path.join(*parts[:-1], name).lower() in {path.lower() for path in self._written}:
            count += 1
            name = f"{start}-{count}{extension}"
        return self.path(*parts[:-1], name)

    def relative(self, path: str) -> str:
        """Returns such a path as it lies below the folder."""
        return os.path.relpath(path, self._beside)

    def below(self, *parts: str) -> str:
        """Returns a folder of ours that somebody else writes; `added` enters what is in it then."""
        return os.path.join(self._beside, *parts)

    def added(self, *parts: str) -> None:
        """Enters the files that somebody else wrote for us below a folder of ours."""
        for path in _below(self.below(*parts)):
            self._written.add(os.path.join(*parts, path))

    def _swap(self) -> None:
        """Replaces the former files.

        Nothing is written from here on but the list, so that a full disk stops it before.
        """
        former = self._former() - {_MARK}
        self._list(former | self._written)
        stale = former - self._written
        above = _above(self._written)
        for path in sorted(stale & above):  # a file where a folder has to be
            os.remove(os.path.join(self.folder, path))
        for path in sorted(self._written):
            place = os.path.join(self.folder, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.replace(os.path.join(self._beside, path), place)
        for path in stale - above:
            os.remove(os.path.join(self.folder, path))
        self._list(self._written)
        # By what is known, not by what is seen: a mounted drive shows a renamed file late.
        for folder in sorted(_above(stale) - _above(self._written), reverse=True):
            with suppress(OSError):
                os.rmdir(os.path.join(self.folder, folder))

    def _list(self, paths: set[str]) -> None:
        beside = os.path.join(self._beside, _MARK)
        with open(beside, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.writelines(f"{path}\n" for path in sorted(paths))
        os.replace(beside, self._mark)

    def _former(self) -> set[str]:
        if not os.path.isfile(self._mark):
            return set()
        with open(self._mark, encoding="utf-8", errors="surrogateescape") as file:
            listed = {*file.read().splitlines(), _MARK}
        return listed & _below(self.folder)


def safe(name: str) -> str:
    """Returns a name that can be a file's on any system.

    >>> safe("backbone/conv:5")
    'backbone.conv_5'
    """
    return re.sub(r"[^\w.@()-]", "_", name.replace("/", "."))


def _above(paths: set[str]) -> set[str]:
    """Returns all folders that the paths lie in."""
    folders: set[str] = set()
    for path in paths:
        while path := os.path.dirname(path):
            folders.add(path)
    return folders


def _prune(folder: str) -> None:
    """Removes a folder and those in it as far as they are empty."""
    for at, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            os.rmdir(at)


def _below(folder: str) -> set[str]:
    return {
        path
        for at, _, names in os.walk(folder)
        for name in names
        if not (path := os.path.relpath(os.path.join(at, name), folder)).startswith(
            _BESIDE + os.sep
        )
    }
