"""Reads the pictures of a folder, each when it is asked for."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from tfexplain.rows.listing import Listing, Writer, in_order, kept
from tfexplain.rows.pictures import Screen, picture
from tfexplain.rows.source import Read
from tfexplain.types import Array

# What may be gone when the row is read again, and so is no fault of the picture.
_PASSING = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE, errno.ETIMEDOUT}


class Pictures:
    """Represents the pictures at or below a path as a `Source`, in order of their names.

    Hidden files and folders are left out, and so is the folder around the listing, where maps may
    be drawn as pictures.

    Args:
        data: Path of a folder, or of a picture.
        screen: How pictures become inputs.
        folder: Folder of listings.
    """

    expected = "pictures"
    features: Sequence[str] = ()
    classes: Sequence[str] = ()
    labelled = False
    pictures = True

    def __init__(self, data: str, screen: Screen, folder: str) -> None:
        self.data, self._screen = data, screen
        whole = os.path.realpath(data)
        if os.path.isdir(whole):
            self._root = os.fsencode(whole)
            spared = os.path.realpath(os.path.dirname(os.path.abspath(folder)))
            listed = kept(
                folder,
                {"pictures": whole, "spared": spared},
                lambda listing: _unchanged(self._root, listing),
                lambda writer: _listed(self._root, os.fsencode(spared), writer),
            )
            self._names: Sequence[bytes] = listed.texts("names")
            self.notes: Sequence[str] = listed.said["notes"]
            files = listed.said["hash"]
        else:
            self._root, name = os.path.split(os.fsencode(whole))
            self._names, self.notes = [name], ()
            digest = hashlib.sha256()
            _add(digest, name, os.stat(whole).st_size)
            files = digest.hexdigest()
        height, width = screen.size
        black, white = screen.scale
        order = "first" if screen.channels_first else "last"
        self.facts: Mapping[str, str] = {
            "data": f"{len(self._names)} pictures, names and sizes {files[:16]}",
            "pixels": f"{height} x {width}, {screen.channels} channels {order}, black {black:g}, "
            f"white {white:g}",
        }

    def __len__(self) -> int:
        return len(self._names)

    def read(self, rows: Sequence[int]) -> Read:
        """Decodes the pictures of rows; damaged ones are left out and said."""
        good: list[int] = []
        names, inputs, skipped = [], [], []
        for row in rows:
            name = shown(self._names[row])
            try:
                inputs.append(self._screen.inputs(self._open(row)))
            except Exception as error:
                # Pillow raises errors of many kinds for damaged files.
                if isinstance(error, MemoryError) or getattr(error, "errno", None) in _PASSING:
                    raise
                skipped.append(f"{name}: {str(error) or type(error).__name__}")
            else:
                good.append(int(row))
                names.append(name)
        return Read(good, names, np.stack(inputs) if inputs else None, None, skipped)

    def picture(self, row: int) -> Array:
        """Returns what maps of a row are drawn on, uint8 [H, W, C]."""
        return self._screen.shown(self._open(row))

    def _open(self, row: int) -> Image.Image:
        return picture(os.fsdecode(os.path.join(self._root, self._names[row])))


def shown(name: bytes) -> str:
    """Returns a file's name as any terminal and file can take it.

    >>> shown(b"caf\\xe9.png")
    'caf%E9.png'
    """
    return "".join(
        letter if letter.isprintable() else "".join(f"%{b:02X}" for b in os.fsencode(letter))
        for letter in name.decode("utf-8", "surrogateescape")
    )


def _listed(root: bytes, spared: bytes, writer: Writer) -> Mapping[str, Any]:
    """Writes the names of the pictures below a folder, and when its folders were changed."""
    known = {extension.encode() for extension in Image.registered_extensions()}
    others, other, closed = 0, b"", []
    digest = hashlib.sha256()
    writer.begin("names", "names.ends")

    def pictures() -> Iterator[tuple[bytes, int]]:
        nonlocal others, other
        waiting = [b""]
        while waiting:
            below = waiting.pop()
            at = os.path.join(root, below)
            try:
                entries = os.scandir(at)
            except OSError as error:
                closed.append(f"folder {shown(below)} ignored: {error.strerror}")
                continue
            with entries:
                writer.text("folders", below)
                writer.number("changed", os.stat(at).st_mtime_ns)
                for entry in entries:
                    name = os.path.join(below, entry.name)
                    if entry.name.startswith(b".") or entry.path == spared:
                        continue
                    if entry.is_dir():
                        if not entry.is_symlink():  # which may lead in a circle
                            waiting.append(name)
                    elif os.path.splitext(name)[1].lower() in known:
                        yield name, _size(entry)
                    else:
                        others, other = others + 1, min(other or name, name)

    for name, size in in_order(pictures(), writer.folder):
        writer.text("names", name)
        _add(digest, name, size)
    notes = [f"{others} other files ignored, as {shown(other)}"] if others else []
    return {"hash": digest.hexdigest(), "notes": notes + closed}


def _unchanged(root: bytes, listing: Listing) -> bool:
    """Whether no file has come to the folders, gone or been renamed."""
    folders = zip(listing.texts("folders"), listing.numbers("changed"), strict=True)
    try:
        return all(os.stat(os.path.join(root, at)).st_mtime_ns == time for at, time in folders)
    except OSError:
        return False


def _size(entry: os.DirEntry[bytes]) -> int:
    try:
        return entry.stat().st_size
    except OSError:  # a link to nothing, which is said when it is read
        return -1


def _add(digest: Any, name: bytes, size: int) -> None:
    digest.update(b"%s\0%d\0" % (name, size))
