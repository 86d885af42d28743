"""`tfexplain explain` in shards: whoever computes them, and however often it is stopped, the result
is the same to the bit, and nothing that is finished is lost or computed again."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image
from support.faults import disk
from support.forks import Script

from tfexplain import cli, read
from tfexplain.shards.reading import Shards

pytestmark = [
    pytest.mark.process,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't:DeprecationWarning"),
]
SIDE, ROWS = 256, 64
OPTIONS = ["-m", "SmoothGrad", "--set", "copies=8", "--batch-size", "4", "--overlays", "8"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, pictures of two folders, which are classes, and one that is none."""
    found: Path = tmp_path_factory.mktemp("shards")
    layers = keras.layers
    x = inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(2, 3, 8, activation="tanh")(x)
    outputs = layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    keras.Model(inputs, outputs).save(found / "model.keras")
    random = np.random.default_rng(0)
    for i in range(ROWS):
        where = found / "pictures" / ("cat", "dog")[i % 2]
        where.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, (6, 6, 3), "u1")).save(where / f"{i:03}.png")
    (found / "pictures" / "cat" / "none.png").write_bytes(b"no picture")
    return found


def command(folder: Path, out: Path, *options: str) -> list[str]:
    paths = [str(folder / "model.keras"), str(folder / "pictures"), "--out", str(out)]
    return ["explain", *paths, *OPTIONS, *options]


@pytest.fixture(scope="module")
def whole(folder: Path) -> Path:
    """What one run writes."""
    out = folder / "whole"
    assert cli.main(command(folder, out)) == 1  # one file is no picture
    return out


def made(out: Path) -> dict[str, bytes]:
    """All that is made of shards, but for what has times in it."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and path.suffix in (".csv", ".png", ".html")
    }


def same(one: Path, other: Path) -> None:
    """Checks that all maps are equal to the bit, and all that is made of them."""
    left, right = Shards(str(one)), Shards(str(other))
    assert left.rows.tolist() == right.rows.tolist()
    for ours, theirs in zip(left, right, strict=True):
        np.testing.assert_array_equal(
            ours.map("SmoothGrad").values, theirs.map("SmoothGrad").values
        )
        np.testing.assert_array_equal(ours.predicted, theirs.predicted)
        assert ours.names == theirs.names
    assert made(one) == made(other)


def times(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in out.glob("shards/*.safetensors")}


def test_what_one_run_writes(whole: Path) -> None:
    shards = Shards(str(whole))
    assert len(list(shards)) == 4
    assert len(shards) == ROWS
    assert np.abs(shards.map("SmoothGrad").values).max(axis=(1, 2, 3)).min() > 0
    assert [line.split(":")[0] for line in shards.skipped] == ["cat/none.png"]
    assert sum("overlays" in name for name in made(whole)) == 8
    run = read(whole / "logs")["model"]
    assert len(run.samples["sample"]) == ROWS
    assert sorted(run.samples["class"]) == ["cat"] * 32 + ["dog"] * 32
    page = (whole / "index.html").read_text()
    assert "explained on 64 rows" in page
    assert "1 could not be read" in page


def test_two_processes_that_share_a_folder_and_a_merge(
    folder: Path, whole: Path, tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "out"
    assert cli.main(["merge", str(out)]) == 2
    assert "expected the --out of tfexplain explain" in capsys.readouterr().err
    both = [
        Script("tfexplain.cli", *command(folder, out, "--shard", f"{k}/2"), folder=folder)
        for k in (1, 2)
    ]
    printed = [script.wait(300) for script in both]
    assert sorted(done.returncode for done in printed) == [0, 1], [done.stderr for done in printed]
    assert len(times(out)) == 4
    assert not (out / "samples.csv").exists()
    lost = out / "shards" / sorted(times(out))[2]
    kept = lost.read_bytes()
    lost.unlink()
    assert cli.main(["merge", str(out)]) == 2
    assert "1 are missing, the first number 2" in capsys.readouterr().err
    lost.write_bytes(kept)
    assert cli.main(["merge", str(out)]) == 1
    same(out, whole)


def test_a_run_that_is_killed_goes_on_where_it_stopped(
    folder: Path, whole: Path, tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "out"
    script = Script("tfexplain.cli", *command(folder, out), folder=folder)
    while not times(out):
        assert script.runs, script.said("stderr")
        time.sleep(0.002)
    script.signal(signal.SIGKILL)
    script.wait(60)
    before = times(out)
    assert 0 < len(before) < 4
    assert cli.main(command(folder, out)) == 1
    assert before.items() <= times(out).items()
    same(out, whole)
    # Again it does nothing.
    former = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert cli.main(command(folder, out)) == 1
    assert "(all of it was there already)" in capsys.readouterr().out
    assert former == {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}


def test_a_disk_that_fills_up_loses_nothing(
    folder: Path, whole: Path, tmp_path: Path, capsys: Any
) -> None:
    sizes = [path.stat().st_size for path in sorted(whole.glob("shards/*.safetensors"))]
    room = sum(sizes[:2]) + sizes[2] // 2
    with disk(tmp_path / "disk", str(room)) as small:
        assert cli.main(command(folder, small / "out")) == 2
        assert "No space left on device" in capsys.readouterr().err
        before = times(small / "out")
        assert len(before) == 2
        assert not list(small.rglob("*.part"))
        os.system(f"mount -o remount,size={4 * sum(sizes)} {small}")
        assert cli.main(command(folder, small / "out")) == 1
        assert before.items() <= times(small / "out").items()
        same(small / "out", whole)


def test_two_workers_of_which_one_is_killed(folder: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = tmp_path / "scheduler.json"
    own = ("--scheduler-file", str(told))
    scheduler = Script(
        *("dask", "scheduler", *own, "--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
        folder=tmp_path,
    )
    workers: list[Script] = []
    options = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--death-timeout", "60")
    try:
        while not told.exists():
            assert scheduler.runs, scheduler.said("stderr")
            time.sleep(0.05)
        workers += [Script("dask", "worker", *own, *options, folder=tmp_path) for _ in range(2)]
        address = json.loads(told.read_text())["address"]

        def kill() -> None:
            while not times(out):
                time.sleep(0.002)
            workers[0].signal(signal.SIGKILL)

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        assert cli.main(command(folder, out, "--cluster", address)) == 1
        killer.join(10)
        assert not workers[0].runs
        same(out, whole)
    finally:
        for process in (*workers, scheduler):
            process.signal(signal.SIGKILL)
            process.wait(60)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--shard", "3/2"], "--shard=3/2: expected a part from 1/2 to 2/2."),
        (["--shard", "x"], "--shard='x': expected K/N, such as 3/16."),
        (["--cluster", "tcp://127.0.0.1:9"], "--cluster='tcp://127.0.0.1:9': expected a Dask"),
        (["--shard", "1/2", "--workers", "2"], "expected no --workers and no --cluster beside it"),
    ],
)
def test_parts_that_cannot_be(
    options: list[str], message: str, folder: Path, tmp_path: Path, capsys: Any
) -> None:
    assert cli.main(command(folder, tmp_path / "out", *options)) == 2
    assert message in capsys.readouterr().err
