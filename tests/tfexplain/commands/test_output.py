"""`tfexplain explain` on odd files, full disks and large folders: what was there is never lost."""

from __future__ import annotations

import os
import subprocess
import tracemalloc
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image
from support.faults import disk

from tfexplain import Saliency, cli
from tfexplain.commands import merging
from tfexplain.shards.reading import Shards

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't:DeprecationWarning"
)
SIDE = 200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, and pictures of which some have odd names and one is a pipe."""
    found: Path = tmp_path_factory.mktemp("odd")
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((SIDE, SIDE, 3)), layers.GlobalAveragePooling2D(), layers.Dense(2)]
    )
    model.save(found / "model.keras")
    pictures = found / "pictures"
    pictures.mkdir()
    for i, name in enumerate([b"a b.png", b"a_b.png", b"caf\xe9.png", b"new\nline.png"]):
        with open(os.path.join(os.fsencode(pictures), name), "wb") as file:
            Image.new("RGB", (4, 4), (60 * i, 0, 0)).save(file, "PNG")
    os.mkfifo(pictures / "pipe.png")
    return found


def explain(folder: Path, out: Path, *options: str) -> int:
    paths = [str(folder / "model.keras"), str(folder / "pictures")]
    return cli.main(["explain", *paths, "--out", str(out), "-m", "Saliency", *options])


def files(out: Path) -> dict[str, bytes]:
    return {
        os.path.relpath(os.path.join(at, name), out): Path(at, name).read_bytes()
        for at, _, names in os.walk(out)
        for name in names
    }


def test_names_that_no_file_can_have_and_pipes(folder: Path, tmp_path: Path, capsys: Any) -> None:
    for _ in range(2):  # the second time it has to know its own files again
        assert explain(folder, tmp_path) == 1
        told = capsys.readouterr()
        assert told.err.splitlines()[1:] == ["  pipe.png: no file, but a pipe or a device"]
    names = ["a b.png", "a_b.png", "caf%E9.png", "new%0Aline.png"]
    assert [row for file in Shards(str(tmp_path)) for row in file.names] == names
    drawn = {path.name for path in (tmp_path / "overlays" / "Saliency").iterdir()}
    assert drawn == {"a_b.png", "a_b-2.png", "caf_E9.png", "new_0Aline.png"}
    table = (tmp_path / "samples.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in table[1:]] == names


def test_what_a_former_command_wrote_stays_until_the_next_is_done(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    with disk(tmp_path / "disk", "2m") as small:
        out, ballast = small / "out", small / "ballast"
        assert explain(folder, out, "--overlays", "1") == 1
        former = files(out)
        subprocess.run(["dd", "if=/dev/zero", f"of={ballast}"], capture_output=True, check=False)
        assert explain(folder, out) == 2
        assert "No space left on device" in capsys.readouterr().err
        assert files(out) == former
        ballast.unlink()

        def interrupted(*_: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(merging, "logged_rows", interrupted)
            assert explain(folder, out) == 130
        assert files(out) == former
        # What a killed command left behind is in nobody's way.
        (out / ".tfexplain-new" / "overlays").mkdir(parents=True)
        (out / ".tfexplain-new" / "overlays" / "half.png").touch()
        assert explain(folder, out) == 1
        now = files(out)
        assert len(now) == len(former) + 3
        assert not any("new" in path for path in now if "line" not in path)
    assert explain(folder, tmp_path / "gone", "--target", "9") == 2
    assert not (tmp_path / "gone").exists()


def test_a_folder_that_cannot_be_written_is_told_before_the_work(
    folder: Path, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "file").touch()
    for out in ("file", "file/below"):
        assert cli.main(["explain", "no.keras", "none", "--out", str(tmp_path / out)]) == 2
        assert str(tmp_path / "file") in capsys.readouterr().err


def test_a_folder_of_any_length_takes_the_memory_of_a_batch(folder: Path, tmp_path: Path) -> None:
    few, count, sample = 80, 240, SIDE * SIDE * 3 * 4
    folders = {few: tmp_path / "few", count: tmp_path / "all"}
    for pictures, some in folders.items():
        some.mkdir()
        for i in range(pictures):
            Image.new("RGB", (4, 4), (i, 0, 0)).save(some / f"{i:03}.png")
    options = ["-m", "Saliency", "--batch-size", "4", "--overlays", "5", "--log-samples", "3"]
    peaks = []
    for run, some in enumerate((few, few, count)):  # the first loads what stays
        out = tmp_path / f"out-{run}"
        paths = [str(folder / "model.keras"), str(folders[some]), "--out", str(out)]
        tracemalloc.start()
        try:
            assert cli.main(["explain", *paths, *options]) == 0
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[2] - peaks[1] < 5 * sample < (count - few) * sample / 10
    shards = Shards(str(out))
    assert len(list(shards)) > 5
    assert len(shards) == count
    kept = shards.map("Saliency", count - 3)
    model = keras.models.load_model(folder / "model.keras", compile=False)
    x = np.zeros((count, SIDE, SIDE, 3), np.float32)
    x[..., 0] = (np.arange(count) / np.float32(255))[:, None, None]
    expected = Saliency()(model, x[-3:])
    assert np.allclose(kept.values, expected.values)
    assert np.allclose(kept.scores, expected.scores)
    assert next(iter(shards)).names[0] == "000.png"
    drawn = sorted(path.name for path in (out / "overlays" / "Saliency").iterdir())
    assert drawn == ["000.png", "060.png", "120.png", "179.png", "239.png"]
