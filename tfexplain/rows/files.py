"""Finds the files that rows lie in: below a folder, by a pattern, or one."""

from __future__ import annotations

import collections
import fnmatch
import glob
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from PIL import Image

from tfexplain.rows.listing import Listing, Writer, in_order, kept

PICTURES, ARRAYS, TABLES = "pictures", ".npz files", ".csv files"
PARQUET, ARROW, RECORDS = ".parquet files", ".arrow files", ".tfrecord files"
_ENDINGS = {
    ARRAYS: r"\.npz",
    TABLES: r"\.csv",
    PARQUET: r"\.(parquet|pq)",
    ARROW: r"\.(arrow|feather|ipc)",
    RECORDS: r"\.tfrecords?(\.gz)?(-\d+-of-\d+)?(\.gz)?",
}
# More folders than this are not classes.
_MOST_CLASSES = 1 << 16


@dataclass(frozen=True)
class Files:
    """Holds the files of one kind, in order of their names.

    Attributes:
        root: The folder that names begin at.
        names: Their paths below it.
        notes: What was ignored.
        hash: Hash of their names and sizes.
        classes: The folders that all of them lie in, where there are several: the first parts of
            their names.
        others: How many files of other kinds there are.
    """

    root: bytes
    names: Sequence[bytes]
    notes: Sequence[str] = ()
    hash: str = ""
    classes: Sequence[str] = ()
    others: Mapping[str, int] | None = None

    def path(self, row: int) -> str:
        """Returns the path of one of them."""
        return os.fsdecode(os.path.join(self.root, self.names[row]))

    def changed(self) -> str:
        """Returns a hash of their sizes and of when each was changed."""
        digest = hashlib.sha256()
        for row, name in enumerate(self.names):
            found = os.stat(self.path(row))
            digest.update(b"%s\0%d\0%d\0" % (name, found.st_size, found.st_mtime_ns))
        return digest.hexdigest()


def is_pattern(data: str) -> bool:
    """Returns whether data are named by a pattern, such as 'day-*.parquet'."""
    return glob.has_magic(data) and not os.path.exists(data)


def kind_of(name: str) -> str | None:
    """Returns what a file is by its name, None for what is no data.

    >>> kind_of("train.tfrecord-00000-of-00002")
    '.tfrecord files'
    """
    for kind, ending in _ENDINGS.items():
        if re.search(f"{ending}$", name.lower()):
            return kind
    return PICTURES if os.path.splitext(name)[1].lower() in _picture_endings() else None


def find_files(data: str, kind: str, folder: str) -> Files:
    """Finds files of a kind; hidden ones and those below the folder around the listing, where maps
    may be drawn as pictures, are left out.

    Args:
        data: Path of a folder, a pattern of paths in which `**` is any number of folders, or the
            path of a file, whatever its kind.
        kind: What to look for.
        folder: Folder of listings.
    """
    if is_pattern(data):
        parts = data.split("/")
        fixed = next(place for place, part in enumerate(parts) if glob.has_magic(part))
        start, pattern = "/".join(parts[:fixed]), parts[fixed:]
        whole = os.path.realpath(start or ("/" if fixed else "."))
    else:
        whole, pattern = os.path.realpath(data), []
    if not os.path.isdir(whole) and not pattern:
        root, name = os.path.split(os.fsencode(whole))
        digest = hashlib.sha256()
        _add(digest, name, os.stat(whole).st_size)
        return Files(root, [name], (), digest.hexdigest())
    root = os.fsencode(whole)
    spared = os.path.realpath(os.path.dirname(os.path.abspath(folder)))
    walk = _Walk(root, kind, [os.fsencode(part) for part in pattern], os.fsencode(spared))
    asked = {"kind": kind, "files": whole, "pattern": pattern, "spared": spared}
    listed = kept(folder, asked, lambda found: _unchanged(root, found), walk.listed)
    said = listed.said
    return Files(
        *(root, listed.texts("names"), said["notes"], said["hash"], said["classes"]),
        said["others"],
    )


def shown(name: bytes) -> str:
    """Returns a file's name as any terminal and file can take it.

    >>> shown(b"caf\\xe9.png")
    'caf%E9.png'
    """
    return "".join(
        letter if letter.isprintable() else "".join(f"%{b:02X}" for b in os.fsencode(letter))
        for letter in name.decode("utf-8", "surrogateescape")
    )


def matches(parts: Sequence[bytes], pattern: Sequence[bytes]) -> bool:
    """Returns whether a path is one of a pattern, in which `**` is any number of folders.

    >>> matches([b"a", b"b", b"c.png"], [b"**", b"*.png"])
    True
    """
    if not pattern:
        return not parts
    if pattern[0] == b"**":
        rest = pattern[1:] or [b"*"]
        return any(matches(parts[start:], rest) for start in range(len(parts)))
    return (
        bool(parts)
        and fnmatch.fnmatchcase(parts[0], pattern[0])
        and matches(parts[1:], pattern[1:])
    )


class _Walk:
    """Goes through all folders below a root, and writes what it finds."""

    def __init__(self, root: bytes, kind: str, pattern: Sequence[bytes], spared: bytes) -> None:
        self._root, self._kind, self._pattern, self._spared = root, kind, pattern, spared
        self._others: collections.Counter[str] = collections.Counter()
        self._other = b""
        self._closed: list[str] = []

    def listed(self, writer: Writer) -> Mapping[str, Any]:
        """Writes the names of the files, and when their folders were changed."""
        writer.begin("names", "names.ends", "folders", "folders.ends", "changed")
        digest = hashlib.sha256()
        classes: dict[bytes, None] = {}
        whole = True
        for name, size in in_order(self._files(writer), writer.folder):
            writer.text("names", name)
            _add(digest, name, size)
            top, below, _ = name.partition(b"/")
            whole = whole and bool(below) and len(classes) <= _MOST_CLASSES
            if whole:
                classes[top] = None
        count = sum(self._others.values())
        notes = [f"{count} other files ignored, as {shown(self._other)}"] if count else []
        return {
            "hash": digest.hexdigest(),
            "notes": notes + self._closed,
            # One folder around all says nothing of them.
            "classes": sorted(map(shown, classes)) if whole and len(classes) > 1 else [],
            "others": self._others,
        }

    def _files(self, writer: Writer) -> Iterator[tuple[bytes, int]]:
        waiting = [b""]
        while waiting:
            below = waiting.pop()
            at = os.path.join(self._root, below)
            try:
                entries = os.scandir(at)
            except OSError as error:
                self._closed.append(f"folder {shown(below)} ignored: {error.strerror}")
                continue
            with entries:
                writer.text("folders", below)
                writer.number("changed", os.stat(at).st_mtime_ns)
                for entry in entries:
                    name = below + b"/" + entry.name if below else entry.name
                    if entry.name.startswith(b".") or entry.path == self._spared:
                        continue
                    if entry.is_dir():
                        # A link may lead in a circle.
                        if not entry.is_symlink() and self._enters(name):
                            waiting.append(name)
                    elif self._pattern and not matches(name.split(b"/"), self._pattern):
                        continue
                    elif (kind := kind_of(os.fsdecode(name))) == self._kind:
                        yield name, _size(entry)
                    else:
                        self._others[kind or "other files"] += 1
                        self._other = min(self._other or name, name)

    def _enters(self, folder: bytes) -> bool:
        """Whether files in it may be of the pattern."""
        depth = folder.count(b"/") + 1
        return not self._pattern or b"**" in self._pattern or depth < len(self._pattern)


def _unchanged(root: bytes, listing: Listing) -> bool:
    """Whether no file has come to the folders, gone or been renamed."""
    folders = zip(listing.texts("folders"), listing.numbers("changed"), strict=True)
    try:
        return all(os.stat(os.path.join(root, at)).st_mtime_ns == time for at, time in folders)
    except OSError:
        return False


@cache
def _picture_endings() -> frozenset[str]:
    return frozenset(Image.registered_extensions())


def _size(entry: os.DirEntry[bytes]) -> int:
    try:
        return entry.stat().st_size
    except OSError:  # a link to nothing, which is said when it is read
        return -1


def _add(digest: Any, name: bytes, size: int) -> None:
    digest.update(b"%s\0%d\0" % (name, size))
