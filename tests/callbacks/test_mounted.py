"""A drive that is mounted from far away, as Colab's: no locks, and names that are seen late."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from support.read import read_run

from tfexplain.shards.reading import Shards

pytestmark = pytest.mark.process

TRAINING = """
import sys, keras, numpy as np
from tfexplain import Compression, Explain, Saliency
x, y = np.random.default_rng(0).random((8, 4), dtype="float32"), np.arange(8) % 2
for epochs in (3, 1):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    maps = Explain((x, y), explainers=Saliency(), log_dir="run")
    both = [maps, Compression(log_dir="run", verbose=False)]
    model.fit(x, y, epochs=epochs, verbose=0, callbacks=both)
"""


@pytest.fixture(scope="module")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The environment of a process that has its files on such a drive."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("the drive is made by a C compiler, for Linux")
    library = tmp_path_factory.mktemp("drive") / "mounted.so"
    source = Path(__file__).parents[1] / "support" / "mounted.c"
    command = [compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl", "-lpthread"]
    subprocess.run(command, check=True)
    return {**os.environ, "LD_PRELOAD": str(library)}


def test_a_training_is_logged_whole(mounted: Mapping[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-W", "always::RuntimeWarning", "-c", TRAINING]
    done = subprocess.run(
        command, cwd=tmp_path, env=mounted, capture_output=True, text=True, check=True
    )
    assert "lock refused" in done.stderr
    assert "not seen yet" in done.stderr
    told = [line for line in done.stderr.splitlines() if "tfexplain: " in line]
    assert len(told) == 1
    assert "run': it holds another training" in told[0]
    for directory, steps in (("run", [0, 1, 2]), ("run/training-2", [0])):
        for room in ("explain", "compression"):
            assert len(list((tmp_path / directory / room).iterdir())) == 1
            run = read_run(tmp_path / directory, room)
            assert sorted(run.values["metrics"]) == steps
            assert not run.record("status").problems


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't:DeprecationWarning")
def test_results_of_a_command_take_their_places(mounted: Mapping[str, str], tmp_path: Path) -> None:
    layers = keras.layers
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(2)])
    model.save(tmp_path / "model.keras")
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "a.png")
    command = [sys.executable, "-m", "tfexplain.cli", "explain", "model.keras", "a.png"]
    command += ["--out", "out", "-m", "Saliency"]
    out = tmp_path / "out"
    for names in (["cat", "dog"], ["egg", "fig"]):
        done = subprocess.run(
            [*command, "--class-names", *names],
            cwd=tmp_path,
            env=mounted,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "renamed late" in done.stderr
        assert [path.name for path in (out / "overlays" / "Saliency").iterdir()] == ["a.png"]
        assert [row for file in Shards(str(out)) for row in file.names] == ["a.png"]
        assert read_run(out / "logs" / "model").record("samples").class_names == names
        assert not list(out.rglob("*.part"))
