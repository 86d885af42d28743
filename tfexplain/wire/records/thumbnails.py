"""Defines the record of thumbnails: what validation rows look like, small or in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import long_text, pack, unpack
from tfexplain.wire.pictures import check_picture
from tfexplain.wire.records.kinds import Kind, little_endian

MAX_TEXT = 160


@dataclass(frozen=True)
class Thumbnails:
    """Holds small pictures of M rows, or short texts of what they hold.

    `hashes` uint64 [M] say which rows. `sheet` are the bytes of a PNG file, uint8 [B]: pictures of
    `height` x `width` pixels, `columns` in a row, row by row; [0] without pictures. `texts` are M,
    or none.
    """

    kind: ClassVar[Kind] = "thumbnails"
    hashes: Array
    sheet: Array
    columns: int = 0
    height: int = 0
    width: int = 0
    texts: Sequence[str] = ()

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {
            "hashes": little_endian(self.hashes, "u8"),
            "sheet": little_endian(self.sheet, "u1"),
            "texts": long_text([text[:MAX_TEXT] for text in self.texts]),
        }
        sides = {name: repr(int(getattr(self, name))) for name in ("columns", "height", "width")}
        return pack(self.kind, arrays, sides)

    @classmethod
    def decode(cls, data: bytes) -> Thumbnails:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        hashes, sheet = raw.array("hashes", "U64", 1), raw.array("sheet", "U8", 1)
        columns, height, width = (raw.integer(name) for name in ("columns", "height", "width"))
        texts = raw.long_strings("texts")
        raw.check(len(texts) in (0, len(hashes)), "a text for each row, or none")
        raw.check(all(len(text) <= MAX_TEXT for text in texts), f"texts up to {MAX_TEXT} letters")
        if len(sheet):
            raw.check(min(columns, height, width) > 0, "sides of the pictures")
            size = check_picture(sheet.astype(np.uint8).tobytes())
            down = -(-len(hashes) // columns)
            raw.check(size == (columns * width, down * height), "a picture for each row")
        return cls(hashes, sheet, columns, height, width, texts)
