"""Our side of docs/migration.md runs."""

from __future__ import annotations

import re
from pathlib import Path

import keras
import numpy as np

import tfexplain

PAGE = Path(__file__).parents[2] / "docs" / "migration.md"


def test_each_call_runs(tmp_path: Path) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="conv1"),
            layers.Conv2D(4, 3, activation="relu", name="conv3"),
            layers.Flatten(),
            layers.Dense(5, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).random((2, 8, 8, 1)).astype("f4")
    names = {name: getattr(tfexplain, name) for name in tfexplain.__all__}
    names |= {"model": model, "x": x, "y": np.array([1, 3])}
    rows = re.findall(r"\| `([^`]+)` \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) > 12
    for call in rows:
        found = eval(call.replace('"logs"', repr(str(tmp_path))), names)
        if call.startswith("Explain("):
            model.fit(x, names["y"], verbose=0, callbacks=[found])
        else:
            assert np.isfinite(found.values).all(), call
