"""Converts attributions and outputs to records of the wire format."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import tensorflow as tf
from PIL import Image

from tfexplain.attribution import Attribution, Floats
from tfexplain.errors import TfexplainError
from tfexplain.model.outputs import ModelOutput
from tfexplain.model.targets import activate
from tfexplain.runlog.map_pooling import MOST, Cells
from tfexplain.types import Array
from tfexplain.wire import schema
from tfexplain.wire.pictures import MAX_PICTURES_AREA

# A metric of one number for each class has a place in a log, a matrix of thousands has none.
MOST_PARTS = 256
# Of a sheet of overlays: eight pictures of 512 x 512, each with one map.
MOST_PIXELS = 2**22


# Beginnings of the numbers that callbacks of ours put into `logs`, which the log has already.
_OURS = ("compression/", "exchange/", "explain/", "health/", "predictions/")


def metrics(logs: Mapping[str, Any]) -> tuple[schema.Metrics, dict[str, str]]:
    """Returns the epoch's logs as `fit` reports them, and by name why some are not among them.

    Metrics of several numbers are taken apart: `f1_score[0]`, or `matrix[0,1]`. Numbers of our own
    are not repeated.
    """
    values: dict[str, float] = {}
    left_out: dict[str, str] = {}
    for name, value in logs.items():
        if str(name).startswith(_OURS):
            continue
        try:
            values |= _numbers(str(name), value)
        except (TypeError, ValueError) as error:
            left_out[str(name)] = str(error)
    return schema.Metrics(values), left_out


def _numbers(name: str, value: Any) -> dict[str, float]:
    array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
    # Texts of digits are no numbers, and objects are no arrays of them.
    numeric = array.dtype.kind not in "OSUcmM"
    if not numeric or array.size > MOST_PARTS:
        got = f"{array.size} of them" if numeric else type(value).__name__
        raise TfexplainError(f"expected a number, or up to {MOST_PARTS}; got {got}. Log a number.")
    numbers = array.astype(np.float64)
    return {_part(name, index): float(numbers[index]) for index in np.ndindex(array.shape)}


def _part(name: str, index: tuple[int, ...]) -> str:
    return f"{name}[{','.join(map(str, index))}]" if index else name


def predictions(output: ModelOutput, outputs: Any, explained: int = 0) -> schema.Predictions:
    """Returns one output as probabilities where it has classes; no columns where it has none.

    Args:
        output: The output that is explained.
        outputs: The model's outputs on the validation batch, in their own structure.
        explained: How many steps were explained so far.
    """
    raw = np.asarray(tf.nest.flatten(outputs)[output.position], np.float32)
    shown = (
        raw.reshape(len(raw), output.classes) if output.classes else np.zeros((len(raw), 0), "f4")
    )
    if output.activation != "none" and not output.applied:
        shown = activate(tf.constant(shown), output.activation).numpy()
    predicted = np.full(len(raw), -1)
    if output.classes and not output.regression:
        classes = shown[:, 0] > 0.5 if output.binary else shown.argmax(axis=1)
        predicted = np.where(np.isnan(shown).any(axis=1), -1, classes)
    return schema.Predictions(shown, predicted, explained, output.activation)


def record_of(
    attribution: Attribution, sample: int, cells: Cells, other: Attribution | None = None
) -> schema.Map | schema.Channels | schema.Matrix | schema.Picture:
    """Returns the record of one sample of an attribution, pooled to cells.

    `other` is the attribution of each sample's other class; of samples that have one, its map is in
    the record.
    """
    if attribution.kind == "picture":
        return schema.Picture(reduced(attribution.values[sample]))
    if attribution.attention_heads is not None:
        return schema.Matrix(attribution.values[sample], attribution.attention_heads)
    if attribution.channels is not None and attribution.dead is not None:
        channels = cells.pool(_channels(attribution.values[sample]))
        shares = None if attribution.shares is None else attribution.shares[sample]
        return schema.Channels(channels, attribution.channels, attribution.dead, shares)
    gap, error, passes = attribution.completeness_gap, attribution.error, attribution.passes
    return schema.Map(
        cells.pool(attribution.maps[sample]),
        float(attribution.scores[sample]),
        int(attribution.targets[sample]),
        None if gap is None else float(gap[sample]),
        None if error is None else float(error[sample]),
        None if passes is None else int(passes[sample]),
        _other(other, int(attribution.targets[sample]), sample, cells),
    )


def _other(
    other: Attribution | None, explained: int, sample: int, cells: Cells
) -> schema.OtherClass | None:
    if other is None or other.targets[sample] == explained:
        return None
    return schema.OtherClass(
        cells.pool(other.maps[sample]), float(other.scores[sample]), int(other.targets[sample])
    )


def content_of(
    attribution: Attribution,
    layout: schema.Layout | Literal[""],
    under: str,
    settings: Mapping[str, str],
    score_unit: str,
    cells: Cells,
    role: Literal["", "teacher"] = "",
) -> schema.Content:
    """Returns what is constant over the steps of an attribution's series.

    Args:
        attribution: Any of the series.
        layout: How one sample's values lie.
        under: Name of the input that the values lie over; empty for none.
        settings: The explainer's.
        score_unit: Unit of the explained number.
        cells: In which it is logged.
        role: Of the model.
    """
    first: Array
    if attribution.kind == "picture":
        first = reduced(attribution.values[0])
    else:
        channels = attribution.kind == "channels"
        first = cells.pool(_channels(attribution.values[0]) if channels else attribution.maps[0])
    return schema.Content(
        kind=attribution.kind,
        unit=attribution.unit,
        signed=attribution.signed,
        shape=first.shape,
        input=under,
        channels=attribution.total_channels,
        settings={**settings, "logged": cells.text} if cells.text else settings,
        layout=layout,
        score_unit=score_unit,
        role=role,
        **_words_read(attribution),
    )


def _words_read(attribution: Attribution) -> dict[str, Any]:
    """Returns which words positions read, or why that is not told."""
    if attribution.word_offsets is None:
        return {"word_note": attribution.word_note}
    offsets = tuple(attribution.word_offsets.tolist())
    return {"word_step": attribution.word_step, "word_offsets": offsets}


def _channels(values: Floats) -> Floats:
    """Moves the channels of feature maps [t, c], [h, w, c] or [d, h, w, c] first; a line is one
    row."""
    channels = np.moveaxis(values, -1, 0)
    return channels[:, None] if channels.ndim == 2 else channels


def reduced(picture: Array) -> Array:
    """Returns a picture uint8 [h, w, c] whose sides are divided by the least whole number that
    leaves at most `MOST` pixels, each the mean of those it stands for."""
    height, width = picture.shape[:2]
    by = 1
    while math.ceil(height / by) * math.ceil(width / by) > MOST:
        by += 1
    if by == 1:
        return picture
    squeezed = picture[..., 0] if picture.shape[-1] == 1 else picture
    small = np.asarray(Image.fromarray(squeezed).reduce(by))
    return small if small.ndim == 3 else small[..., None]


def png(picture: Any, reduced: int = 1) -> bytes:
    """Encodes uint8 [H, W, C] as a PNG file, each side divided by `reduced`."""
    buffer = io.BytesIO()
    squeezed = picture[..., 0] if picture.shape[-1] == 1 else picture
    image = Image.fromarray(squeezed)
    (image if reduced == 1 else image.reduce(reduced)).save(buffer, "PNG")
    return buffer.getvalue()


def sheet_png(sheet: Any) -> tuple[bytes, tuple[int, int]]:
    """Encodes a sheet of overlays as a PNG file of at most `MOST_PIXELS`; with width and height."""
    height, width = sheet.shape[:2]
    by = math.ceil(math.sqrt(height * width / MOST_PIXELS))
    if by > 1:
        sheet = np.asarray(Image.fromarray(sheet).reduce(by))
    return _rgb_png(sheet), (sheet.shape[1], sheet.shape[0])


def _rgb_png(picture: Array) -> bytes:
    """Encodes uint8 RGB [H, W, 3] as a PNG file, each row as its difference from the one above.

    Pillow tries five filters on each row: four times the time, for files as large.
    """
    height, width = picture.shape[:2]
    rows = np.full((height, 1 + 3 * width), 2, np.uint8)  # 2: the filter "up"
    pixels = picture.reshape(height, -1)
    rows[0, 1:] = pixels[0]
    np.subtract(pixels[1:], pixels[:-1], out=rows[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits, RGB
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.data, 2)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def pngs(pictures: Any) -> list[bytes]:
    """Encodes uint8 [N, H, W, C] as PNG files that are read back.

    Pictures that are too large for the page, one by one or all together, are all reduced alike.
    """
    reduced = 1
    while True:
        files = [png(picture, reduced) for picture in pictures]
        try:
            sizes = [schema.check_picture(file) for file in files]
        except schema.SchemaError:
            sizes = []
        if sizes and sum(width * height for width, height in sizes) <= MAX_PICTURES_AREA:
            return files
        reduced += 1
