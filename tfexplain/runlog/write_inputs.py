"""Writes the explained samples: pictures, slices of volumes, features, words, curves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from tfexplain import rendering
from tfexplain.runlog.attribution_records import png, pngs
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema
from tfexplain.wire.pictures import MAX_PICTURES


def write_inputs(
    pictures: Mapping[str, npt.NDArray[np.uint8]],
    volumes: Mapping[str, npt.NDArray[np.uint8]],
    values: Mapping[str, schema.Values],
    writer: RunWriter,
) -> None:
    """Writes inputs by their names: pictures [N, H, W, C], volumes [N, D, H, W, C], others."""
    for name, several in pictures.items():
        content = schema.Content("inputs", shape=several.shape[1:], layout="plane")
        writer.add_pictures(schema.Tag("inputs", layer=name), pngs(several[:MAX_PICTURES]), content)
    for name, several in volumes.items():
        content = schema.Content("inputs", shape=several.shape[1:], layout="volume")
        sheets = [rendering.sheet(volume) for volume in several[:MAX_PICTURES]]
        try:
            schema.check_size(sheets[0].shape[1], sheets[0].shape[0])
        except schema.SchemaError as error:
            why = f"its slices beside each other are a {error}. Maps are shown without it."
            writer.tell(f"the volume {name!r}", why)
            continue
        tag = schema.Tag("inputs", layer=name)
        writer.add_pictures(tag, [png(sheet) for sheet in sheets], content)
    for name, record in values.items():
        content = schema.Content("values", shape=record.values.shape, layout=record.layout)
        writer.add_constant(schema.Tag("values", layer=name), record, content)
