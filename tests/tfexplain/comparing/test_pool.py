"""`compare` on files that are read in pieces, against the same rows as arrays."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image
from support.models import digits

from tfexplain import GradCAM, cli, compare
from tfexplain.comparing.models import Contender
from tfexplain.comparing.pool import DataFile, open_pool
from tfexplain.comparing.predicting import predict, predict_pool
from tfexplain.model.outputs import choose_output
from tfexplain.model.trace_model import trace_model

# Keras' own variables, when Keras itself makes arrays of them.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't:DeprecationWarning"
)

X, Y = digits(150)
GREY = np.round(X * 255).astype("u1")
X = GREY / np.float32(255)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digits as pictures in folders of their classes, and as a packed file."""
    found: Path = tmp_path_factory.mktemp("data")
    for i, (picture, label) in enumerate(zip(GREY, Y, strict=True)):
        at = found / "pictures" / str(label)
        at.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture[..., 0]).save(at / f"{i:03}.png")
    np.savez_compressed(found / "packed.npz", x=X, y=Y)
    return found


def order() -> Any:
    """The rows in the order of their files."""
    return np.lexsort((np.arange(len(Y)), Y))


def both(files: Path) -> list[Path]:
    return [files / "dense.keras", files / "seed.keras"]


def test_pictures_are_compared_as_the_arrays_that_they_hold(files: Path, data: Path) -> None:
    settings: dict[str, Any] = {"explainers": GradCAM(relu=False), "samples": 12}
    expected = compare(both(files), validation_data=(X[order()], Y[order()]), **settings)
    for path in (data / "pictures", data / "packed.npz"):
        found = compare(both(files), validation_data=path, **settings)
        rows = found.rows if path.is_dir() else np.argsort(order())[found.rows]
        assert rows.tolist() == expected.rows.tolist()
        assert found.labels.tolist() == expected.labels.tolist()
        one, other = (each.models["seed"] for each in (found, expected))
        assert set(one.fidelity.numbers) == {
            *("samples", "agreement", "kl", "accuracy", "reference_accuracy")
        }
        for name, number in other.fidelity.numbers.items():
            assert one.fidelity.numbers[name] == pytest.approx(number, rel=1e-6)
        assert one.fidelity.flips.tolist() == other.fidelity.flips.tolist()
        place = ("GradCAM", "conv2")
        assert np.allclose(one.drifts[place].values, other.drifts[place].values, equal_nan=True)
        assert not found.skipped


def test_rows_that_cannot_be_read_are_left_out_and_said(
    files: Path, data: Path, tmp_path: Path, capsys: Any
) -> None:
    lines = [",".join([*(f"p{i}" for i in range(64)), "digit", "site"])]
    sites = np.array(["north, far", "south"])[np.arange(len(Y)) % 2]
    for x, y, site in zip(X, Y, sites, strict=True):
        lines.append(",".join(map(str, [*x.ravel(), y, f'"{site}"'])))
    lost = [0, 1, 70, 149]
    for row in lost:
        lines[row + 1] = "none"
    (tmp_path / "digits.csv").write_text("\n".join(lines))
    models = {}
    for seed in (0, 1):
        keras.utils.set_random_seed(seed)
        layers = [keras.Input((64,)), keras.layers.Dense(10, activation="softmax")]
        models[f"seed{seed}"] = keras.Sequential(layers)
    good = np.setdiff1d(np.arange(150), lost)
    flat = X.reshape(150, 64)
    expected = compare(models, validation_data=(flat[good], Y[good]), samples=9, groups=sites[good])
    table = DataFile(str(tmp_path / "digits.csv"), "digit")
    found = compare(models, validation_data=table, samples=9, groups="site")
    assert found.payers() == expected.payers()
    assert found.rows.tolist() == good[expected.rows].tolist()
    assert found.labels.tolist() == Y[found.rows].tolist()
    assert dict(found.models["seed1"].fidelity.numbers) == pytest.approx(
        dict(expected.models["seed1"].fidelity.numbers)
    )
    predicted = found.models["seed1"].predicted
    assert np.isnan(predicted.outputs[lost]).all()
    assert (predicted.classes[lost] == -1).all()
    assert np.allclose(predicted.outputs[good], expected.models["seed1"].predicted.outputs)
    assert [line.split(":")[0] for line in found.skipped] == [
        "line 2",
        "line 3",
        "line 72",
        "line 151",
    ]
    moved = {one.row for one in found.moved(99)}
    assert moved <= set(found.rows.tolist())
    assert "Predictions on 146 rows" in found.summary()
    for name, model in models.items():
        model.save(tmp_path / f"{name}.keras")
    command = ["compare", *(str(tmp_path / f"{name}.keras") for name in models)]
    command += ["--data", str(tmp_path / "digits.csv"), "--label", "digit", "--samples", "3"]
    command += ["--groups", "site"]
    assert cli.main(command) == 1
    printed = capsys.readouterr()
    assert "  line 72: expected 66 cells; got 1" in printed.err
    assert "accuracy" in printed.out
    assert "group  south" in printed.out
    assert cli.main([*command[:-6], "--label", "none", "--groups", "site"]) == 2
    assert "--label='none': expected a column of" in capsys.readouterr().err


def test_some_rows_of_files_are_at_random_places_in_order(files: Path, data: Path) -> None:
    pool = open_pool(str(data / "pictures"), keras.models.load_model(files / "dense.keras"))
    some = pool.some(20, seed=0)
    assert (some.labels[1:] >= some.labels[:-1]).all()  # as the folders stand
    assert len(set(some.labels.tolist())) > 5
    own = {x.tobytes(): y for x, y in zip(X, Y, strict=True)}
    assert [own[x.tobytes()] for x in some.inputs] == some.labels.tolist()
    assert (pool.some(20, seed=0).inputs == some.inputs).all()
    assert (pool.some(20, seed=1).inputs != some.inputs).any()
    assert len(pool.some(999, seed=0)) == 150


def test_folders_that_are_no_classes_of_the_model_are_no_labels(files: Path, data: Path) -> None:
    names = [f"{data}/pictures/[{digits}]/*.png" for digits in ("0-9", "0-4")]
    pools = [open_pool(name, keras.models.load_model(files / "dense.keras")) for name in names]
    assert [len(pool.validation_data[0]) for pool in pools] == [2, 1]


def test_memory_is_that_of_a_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large outputs go to a file, and are what they were."""
    monkeypatch.setattr("tfexplain.comparing.predicting._MOST_BYTES", 0)
    side, few, many = 64, 128, 640
    model = keras.Sequential([keras.Input((side, side)), keras.layers.Dense(side)])
    contender = Contender("one", model)
    peaks = []
    for count in (few, few, many):  # the first loads what stays
        x = np.random.default_rng(0).normal(size=(count, side, side)).astype("f4")
        np.savez(tmp_path / "x.npz", x=x)
        output = choose_output(trace_model(model, x[:1]).model_outputs, None)
        for path in (tmp_path / "x.npz", f"{tmp_path}/*.npz"):
            tracemalloc.start()
            pool = open_pool(str(path), model)
            found = predict_pool(contender, pool, output)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            assert isinstance(found.outputs, np.memmap)
        expected = predict(contender, x, output)
        assert np.array_equal(found.outputs, expected.outputs)
        assert len(expected.outputs) == count
    row = side * side * 4
    for place in (0, 1):
        assert peaks[4 + place] - peaks[2 + place] < (many - few) * row / 4
