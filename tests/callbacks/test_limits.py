"""What is too long or too large for any reader is written smaller, or left out and said."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import keras
import numpy as np
from PIL import Image
from support.read import read_run

from tfexplain import Compression, Explain, Saliency
from tfexplain.errors import ExplainWarning
from tfexplain.wire import schema


def test_a_model_of_long_names_and_large_pictures_is_logged(tmp_path: Path) -> None:
    x, y = np.random.default_rng(0).random((4, 9000, 2, 1), dtype="float32"), np.arange(4) % 2
    layers = keras.layers
    long = 600 * "dense"
    model = keras.Sequential(
        [
            keras.Input((9000, 2, 1), name="tall"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, name=f"{long}_1"),
            layers.Dense(2, activation="softmax", name=f"{long}_2"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    names = ["a" * 700_000, "b" * 700_000]
    maps = Explain(
        (x, y), explainers=Saliency(), log_dir=tmp_path, class_names=names, verbose=False
    )
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model.fit(x, y, verbose=0, callbacks=[maps, Compression(log_dir=tmp_path, verbose=False)])
    said = [str(w.message) for w in told if issubclass(w.category, ExplainWarning)]
    assert len(said) == 1
    assert "class_names is left out: 2 names, samples: a header of" in said[0]

    run, kernels = read_run(tmp_path), read_run(tmp_path, "compression")
    (problem,) = run.record("status").problems
    assert (problem.kind, problem.left_out) == ("class_names", True)
    assert not run.record("samples").class_names
    (name,) = (tag.partition("/")[2] for tag in run.values if tag.startswith("inputs/"))
    pictures = run.pictures(name)
    assert [Image.open(io.BytesIO(p)).size for p in pictures] == [(1, 4500)] * 4
    assert all(schema.check_picture(picture) for picture in pictures)
    rows = [row["name"] for row in kernels.record("kernels").rows]
    tags = {tag for tag in kernels.values if tag.startswith("kernel/")}
    assert tags == {f"kernel/{row}" for row in rows}
    assert len(tags) == 2
    assert all(schema.Tag.parse(tag) for tag in tags)
