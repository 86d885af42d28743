"""Checks which PNG files are safe to hand to a browser."""

from __future__ import annotations

import struct

from tfexplain.wire.container import SchemaError

MAX_PICTURE_BYTES = 32 << 20
MAX_PICTURE_SIDE = 8192
# Decoded, each pixel takes four bytes of the browser's memory, however small the file.
MAX_PICTURE_AREA = 1 << 24
MAX_PICTURES_AREA = 1 << 28
MAX_PICTURES = 1024
_PNG_START = b"\x89PNG\r\n\x1a\n"


def check_picture(data: bytes) -> tuple[int, int]:
    """Returns (width, height) of a PNG that is safe to hand to a browser; raises `SchemaError`."""
    if len(data) > MAX_PICTURE_BYTES:
        raise SchemaError(f"picture: {len(data)} bytes; at most {MAX_PICTURE_BYTES}")
    if len(data) < 33 or not data.startswith(_PNG_START) or data[12:16] != b"IHDR":
        raise SchemaError(f"picture: expected a PNG file; got {data[:8]!r}")
    width, height = struct.unpack(">II", data[16:24])
    check_size(width, height)
    return width, height


def check_size(width: int, height: int) -> None:
    """Raises `SchemaError` for a picture that is not read."""
    if not (0 < width <= MAX_PICTURE_SIDE and 0 < height <= MAX_PICTURE_SIDE):
        raise SchemaError(f"picture: {width} x {height}; sides of 1 to {MAX_PICTURE_SIDE} are read")
    if width * height > MAX_PICTURE_AREA:
        raise SchemaError(
            f"picture: {width} x {height}; at most {MAX_PICTURE_AREA} pixels are read"
        )
