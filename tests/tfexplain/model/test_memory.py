"""Chunks by the memory that there is, read from a system's own files."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfexplain import IntegratedGradients
from tfexplain.model.batching import MOST_BYTES, MOST_ROWS, default_chunk_size
from tfexplain.model.memory import available
from tfexplain.model.trace_model import trace_model

MIB = 2**20


def system(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


MEMINFO = {"proc/meminfo": "MemTotal:  9000 kB\nMemAvailable:    4000 kB\n"}
V2, V1 = "sys/fs/cgroup/memory.", "sys/fs/cgroup/memory/memory."


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"proc/meminfo": "MemTotal: 9000 kB\n"}, None),
        (MEMINFO, 4000 * 1024),
        (MEMINFO | {V2 + "max": "max\n", V2 + "current": "5\n"}, 4000 * 1024),
        (MEMINFO | {V2 + "max": "3000\n", V2 + "current": "1000\n"}, 2000),
        (MEMINFO | {V2 + "max": "3000\n", V2 + "current": "3001\n"}, 0),
        (MEMINFO | {V1 + "limit_in_bytes": "70", V1 + "usage_in_bytes": "20"}, 50),
    ],
)
def test_what_is_available(files: dict[str, str], expected: int | None, tmp_path: Path) -> None:
    assert available(system(tmp_path, files)) == expected


def test_a_chunk_takes_an_eighth_of_it() -> None:
    if tf.config.list_logical_devices("GPU"):
        pytest.skip("a GPU has memory of its own")
    layer = keras.layers.Conv2D(4, 3, padding="same")
    inputs = keras.Input((64, 64, 1))
    head = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(layer(inputs)))
    model = keras.Model(inputs, head)
    x = np.ones((2, 64, 64, 1), "float32")
    traced_model = trace_model(model, tf.constant(x))
    a_point = 4 * (64 * 64 * 4 + 4 + 2 + 3 * 64 * 64)
    plain = IntegratedGradients()(model, x, 1)
    for memory, expected in ((None, MOST_ROWS["CPU"]), (8 * MIB, MIB // a_point), (0, 1)):
        traced_model.memory = memory
        assert default_chunk_size(traced_model) == expected
    assert MOST_BYTES["CPU"] // a_point > MOST_ROWS["CPU"]
    few = IntegratedGradients()(model, x, 1)  # one point at a time, one sample at a time
    assert np.allclose(few.values, plain.values, atol=1e-6)
    assert np.array_equal(few.passes, plain.passes)
