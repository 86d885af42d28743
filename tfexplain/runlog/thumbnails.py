"""Makes thumbnails of validation rows: small pictures on one sheet, or what they hold in short."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from PIL import Image

from tfexplain import rendering
from tfexplain.model.input_kinds import channel_axis, input_layout
from tfexplain.model.traced_model import TracedModel
from tfexplain.runlog.input_values import input_values
from tfexplain.runlog.naming import Naming
from tfexplain.wire import schema
from tfexplain.wire.records.thumbnails import MAX_TEXT

Bytes = npt.NDArray[np.uint8]

# Of more rows the first have one.
MOST_ROWS = 4096
# The longer side of a picture, in pixels, and the bytes that one takes: a megabyte of 1,024 rows.
SIDE = 32
_ROW_BYTES = 1024
# Where photographs are larger in all their colours: this many, and then smaller ones.
_COLOURS = 256
_SIDES = (SIDE, 24, 16)
# Rows that are read at once: the pictures themselves may be large.
_CHUNK = 64


def thumbnails(
    traced_model: TracedModel, inputs: Any, hashes: npt.NDArray[np.uint64], naming: Naming
) -> schema.Thumbnails:
    """Returns a picture of each row, or a text of those that are no pictures.

    Args:
        traced_model: The model's passes.
        inputs: The rows, in the structure the model takes; of a volume the middle slice is shown.
        hashes: uint64 [N], what the rows hold.
        naming: Names of features and words.

    Raises:
        SettingError: names that do not fit the inputs.
    """
    hashes = hashes[:MOST_ROWS]
    rows = tf.nest.map_structure(lambda x: x[:MOST_ROWS], inputs)
    for array in tf.nest.flatten(rows):
        if input_layout(traced_model, array) in ("image", "grey", "volume"):
            return _pictured(traced_model, array, hashes)
    texts = _texts(list(input_values(traced_model, rows, naming).items()), len(hashes))
    return schema.Thumbnails(hashes, np.zeros(0, np.uint8), texts=texts)


# ------------------------------------------------------------------------- pictures


def _pictured(
    traced_model: TracedModel, array: Any, hashes: npt.NDArray[np.uint64]
) -> schema.Thumbnails:
    count, first = len(hashes), channel_axis(traced_model, array) == 1
    ends = [end for rows in _chunks(array) for end in (float(rows.min()), float(rows.max()))]
    values = rendering.color_range(np.array(ends))
    tiles = np.concatenate([_small(rows, values, first) for rows in _chunks(array)])
    columns = int(np.ceil(np.sqrt(count)))
    sheet = rendering.sheet(tiles)
    files, most = _files(sheet, tiles.shape[1:3], columns), max(count, _CHUNK) * _ROW_BYTES
    data, (height, width) = next(files)
    while len(data) > most and (smaller := next(files, None)):
        data, (height, width) = smaller
    return schema.Thumbnails(hashes, np.frombuffer(data, np.uint8), columns, height, width)


def _chunks(array: Any) -> Iterator[npt.NDArray[Any]]:
    for start in range(0, int(array.shape[0]), _CHUNK):
        yield np.asarray(array[start : start + _CHUNK])


def _small(rows: npt.NDArray[Any], values: tuple[float, float], channels_first: bool) -> Bytes:
    """Pictures uint8 [n, h, w, 1 or 3], no side above `SIDE`."""
    drawn = rendering.pictures(rows, values, channels_first=channels_first)
    planes = drawn[:, drawn.shape[1] // 2] if drawn.ndim == 5 else drawn
    colours = rendering.to_rgb(planes) if planes.shape[-1] > 1 else planes
    size = _fitting(colours.shape[1:3], SIDE)
    return np.stack([_resized(one, size) for one in colours])


def _fitting(size: Sequence[int], side: int) -> tuple[int, int]:
    by = min(1.0, side / max(size))
    height, width = (max(1, round(by * length)) for length in size)
    return height, width


def _resized(picture: Bytes, size: tuple[int, int]) -> Bytes:
    squeezed = picture[..., 0] if picture.shape[-1] == 1 else picture
    small = Image.fromarray(squeezed).resize(size[::-1], Image.Resampling.BOX)
    return np.asarray(small).reshape(*size, picture.shape[-1])


def _files(
    sheet: Bytes, tile: Sequence[int], columns: int
) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yields ever smaller PNG files of a sheet, each with the height and width of its pictures."""
    rows = sheet.shape[0] // tile[0]
    whole = Image.fromarray(sheet[..., 0] if sheet.shape[-1] == 1 else sheet)
    yield _png(whole), (tile[0], tile[1])
    for side in _SIDES:
        height, width = _fitting(tile, side)
        # Edges of pictures stay edges of pixels, so that none has a part of its neighbour.
        small = whole.resize((columns * width, rows * height), Image.Resampling.BOX)
        yield _png(small.quantize(_COLOURS, dither=Image.Dither.NONE)), (height, width)


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


# ---------------------------------------------------------------------------- texts


def _texts(values: Sequence[tuple[str, schema.Values]], count: int) -> list[str]:
    words = [own for _, own in values if own.layout == "tokens"]
    if words:
        # What lies beside a text, such as segments, has two or three words.
        told = max(words, key=lambda own: len(set(own.words)))
        length = len(told.words) // max(count, 1)
        return [_said(told.words[i * length : (i + 1) * length]) for i in range(count)]
    return [
        _cut(", ".join(_numbers(name, own, row) for name, own in values)) for row in range(count)
    ]


def _said(words: Sequence[str]) -> str:
    return _cut(" ".join(word for word in words if word))


def _numbers(name: str, own: schema.Values, row: int) -> str:
    """The values of a row by their names; of a curve those of its first channel."""
    if own.layout == "line":
        return " ".join(f"{value:.3g}" for value in own.values[row, :MAX_TEXT, 0])
    values = own.values[row, :MAX_TEXT]
    names = own.names or ([name] if len(values) == 1 else [""] * len(values))
    return ", ".join(
        f"{named} {value:.3g}".strip() for named, value in zip(names, values, strict=False)
    )


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
