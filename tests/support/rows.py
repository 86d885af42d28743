"""Rows of files, opened as a command opens them."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tfexplain.rows.opening import open_rows
from tfexplain.rows.pictures import Screen
from tfexplain.rows.source import Source
from tfexplain.types import Array

SCREEN = Screen((4, 6), 1, False, (0.0, 255.0))


def opened(
    data: Path | str,
    label: str | None = None,
    below: str = "out/shards",
    shape: Sequence[int | None] | None = None,
) -> Source:
    """Opens data with a folder of listings beside them."""
    at = data if os.path.isdir(data) else os.path.dirname(data)
    folder = os.path.join(at, "..", below)
    return open_rows(str(data), screen=lambda: SCREEN, label=label, listing=folder, shape=shape)


def png(grey: Array) -> bytes:
    """Returns a grey picture as a file's bytes."""
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG")
    return file.getvalue()


def same_in_any_order(source: Source) -> None:
    """Checks that rows are the same whichever are read with them, and however often."""
    whole = source.read(range(len(source)))
    rng = np.random.default_rng(0)
    for _ in range(6):
        order = rng.integers(0, len(source), rng.integers(1, 6)).tolist()
        some = source.read(order)
        readable = [row for row in order if row in whole.rows]
        assert list(some.rows) == readable
        assert len(some.skipped) == len(order) - len(readable)
        assert set(some.skipped) <= set(whole.skipped)
        places = [list(whole.rows).index(row) for row in readable]
        assert list(some.names) == [whole.names[place] for place in places]
        if not readable:
            assert some.inputs is None
            continue
        assert np.array_equal(some.inputs, whole.inputs[places])
        assert (some.labels is None) == (whole.labels is None)
        if whole.labels is not None and some.labels is not None:
            assert np.array_equal(some.labels, whole.labels[places])
