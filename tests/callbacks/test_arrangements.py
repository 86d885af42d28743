"""`Explain` on models whose positions are no plane of pixels: what is logged is what was found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support import transformers, zoo
from support.read import read_run
from support.twin import gap_to
from support.zoo import Specimen

from tfexplain import Explain, FeatureMaps, GradCAM


@pytest.mark.parametrize(
    ("make", "map_shape", "channels_shape", "under", "printed"),
    [
        (
            transformers.class_token,
            (4, 6),
            (8, 4, 6),
            "input",
            "norm1_1 (tokens as 4 x 6, without 1 in front)",
        ),
        (zoo.line, (14,), (5, 1, 14), "input", "two"),
        (zoo.volume, (2, 3, 4), (5, 2, 3, 4), "input", "two"),
        (zoo.words, (6,), (3, 1, 6), "input", "conv"),
        (zoo.train_step, (7, 5), (5, 7, 5), "input", "two"),
        (zoo.remat_scope, (7, 5), (5, 7, 5), "input", "two"),
    ],
)
def test_what_is_logged_is_what_is_found(
    make: Callable[[Any], Specimen],
    map_shape: tuple[int, ...],
    channels_shape: tuple[int, ...],
    under: str,
    printed: str,
    tmp_path: Path,
) -> None:
    keras.utils.set_random_seed(3)
    kind = make(keras)
    x, y = kind.inputs, np.arange(len(kind.inputs))
    kind.model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    callback = Explain((x, y), log_dir=tmp_path, on_error="raise", verbose=False)
    kind.model.fit(x, y, epochs=2, verbose=0, callbacks=[callback])

    run = read_run(tmp_path)
    rows = run.record("samples").rows
    assert run.record("samples").settings["GradCAM"].startswith(f"at {printed};")
    cam = GradCAM()(kind.model, x[rows], y[rows])
    # The layer alone, without what was chosen of its tokens.
    assert run.record("samples").layers["GradCAM"] == [cam.layer]
    found = run.maps("GradCAM", cam.layer)
    assert gap_to(cam.values, np.stack([m.values for m in found])) < 2e-3
    assert run.content(f"map/GradCAM/{cam.layer}/0").shape == map_shape
    assert run.content(f"map/GradCAM/{cam.layer}/0").input == under
    maps = FeatureMaps(layer=[cam.layer])(kind.model, x[rows])[cam.layer]
    logged = FeatureMaps().name
    content = [tag for tag in run.contents if tag.startswith(f"channels/{logged}/")]
    assert content
    if f"channels/{logged}/{cam.layer}/0" in content:
        assert run.content(f"channels/{logged}/{cam.layer}/0").shape == channels_shape
        tiles = np.stack([c.values for c in run.maps(logged, cam.layer)])
        channels = np.moveaxis(maps.values, -1, 1)
        assert gap_to(channels.reshape(tiles.shape), tiles) < 2e-3
    assert ("IntegratedGradients" in run.record("samples").settings) == kind.moving
    assert not run.record("status").problems


def test_a_grid_that_is_asked_for_is_not_told_as_a_choice(tmp_path: Path) -> None:
    kind = transformers.class_token(keras)
    x, y = kind.inputs, np.arange(len(kind.inputs))
    kind.model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    method = GradCAM("norm1_1", token_grid=(4, 6))
    callback = Explain((x, y), log_dir=tmp_path, explainers=method, on_error="raise", verbose=0)
    kind.model.fit(x, y, epochs=1, verbose=0, callbacks=[callback])
    said = read_run(tmp_path).record("samples").settings["GradCAM"]
    assert said.startswith("at norm1_1; ")
    assert "token_grid 4, 6" in said
