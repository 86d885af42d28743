"""From a real `model.fit` to HTTP: what TensorBoard serves is what the callback wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.models import digits, small_cnn
from support.read import read_run
from support.server import records, serve, unframe

from tfexplain import Explain
from tfexplain.wire import schema

pytestmark = pytest.mark.process

GROUPS = ["metrics", "predictions", "status", "map/GradCAM/conv", "channels/FeatureMaps/conv"]


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run of two trainings: the second starts again at epoch 2 of four, on other samples."""
    log_dir = tmp_path_factory.mktemp("logs")
    x, y = digits()
    for seed, first, last in ((1, 0, 4), (2, 2, 5)):
        settings = {"on_error": "raise", "verbose": False, "seed": seed, "every": 1}
        callback = Explain((x, y), log_dir=log_dir / "run", **settings)
        epochs = {"initial_epoch": first, "epochs": last}
        small_cnn(seed=seed).fit(x, y, verbose=0, callbacks=[callback], **epochs)
    return log_dir


@pytest.mark.parametrize("load_fast", ["true", "false"])
def test_every_record_of_a_fit_is_served(load_fast: str, log_dir: Path) -> None:
    written = read_run(log_dir / "run")
    with serve(log_dir, f"--load_fast={load_fast}") as server:
        runs = server.wait_for(
            lambda runs: any(
                group["group"] == "status" and group["last_step"] == 4
                for group in runs.get("run/explain", {"groups": []})["groups"]
            )
        )
        listed = {g["group"]: g for g in runs["run/explain"]["groups"]}
        assert not runs["run/explain"]["problems"]
        assert listed["map/GradCAM/conv"]["content"]["shape"] == [8, 8]
        served = records(server.plugin("series", run="run/explain", group=GROUPS).body)
        pictures = server.plugin("inputs", run="run/explain", name="input").body
    for (group, sample), points in served.items():
        tag = group if sample < 0 else f"{group}/{sample}"
        assert sorted(points) == [0, 1, 2, 3, 4], tag
        for step, record in points.items():
            assert record == written.values[tag][step][0]
    assert len(served) == 3 + 2 * 8
    head, data = unframe(pictures)
    found = [data[p["offset"] :][: p["length"]] for p in head["pictures"]]
    assert found == written.pictures()
    last = schema.Map.decode(served["map/GradCAM/conv", 0][4])  # type: ignore[arg-type]
    assert np.isfinite(last.values).all()
