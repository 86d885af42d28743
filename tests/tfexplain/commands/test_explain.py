"""`tfexplain explain`, from files to files."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from PIL import Image
from support.forks import run_script
from support.models import digits, small_cnn
from support.read import read_run

from tfexplain import ExpectedGradients, GradCAM, IntegratedGradients, cli, read
from tfexplain.quality import gini
from tfexplain.row_sheets import WIDTH
from tfexplain.shards.reading import Shards

# Keras' own variables, when Keras itself makes arrays of them.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't:DeprecationWarning"
)

X, Y = digits(6)
METHODS = ["-m", "GradCAM", "-m", "IntegratedGradients", "--set", "steps=4"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models, pictures, some of which are none, an .npz and .csv files."""
    found: Path = tmp_path_factory.mktemp("explain")
    small_cnn().save(found / "cnn.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that HDF5 is an old format
        small_cnn(tf_keras).save(found / "old.h5")
    table = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    table.save(found / "table.keras")
    (found / "pictures" / "deep").mkdir(parents=True)
    for i, image in enumerate(X):
        where = found / "pictures" / ("deep" if i % 2 else "") / f"{i}.png"
        Image.fromarray(np.round(image[..., 0] * 255).astype("u1")).save(where)
    data = (found / "pictures" / "0.png").read_bytes()
    (found / "pictures" / "cut.png").write_bytes(data[: len(data) // 2])
    (found / "pictures" / "none.jpg").write_bytes(b"no picture")
    (found / "pictures" / "notes.txt").write_text("no picture either")
    np.savez(found / "val.npz", x=np.where(np.arange(6)[:, None, None, None] == 4, np.nan, X), y=Y)
    lines = ["a,kind,b", "1,2,3", "4,0,x", "5,1", "nan,1,2", "", "7,1,8"]
    (found / "table.csv").write_text("\n".join(lines))
    return found


def explain(folder: Path, *arguments: str, out: Path) -> int:
    return cli.main(
        ["explain", *(str(folder / a) for a in arguments[:2]), "--out", str(out), *arguments[2:]]
    )


def shards_of(out: Path, name: str) -> tuple[Any, list[str]]:
    """The maps of all rows in one attribution, and the rows' names."""
    shards = Shards(str(out))
    return shards.map(name), [row for file in shards for row in file.names]


def close(kept: Any, expected: Any) -> bool:
    """Whether values are equal but for what float16 beside the row's largest loses."""
    axes = tuple(range(1, expected.ndim))
    sizes = np.abs(expected).max(axis=axes, keepdims=True)
    return bool((np.abs(kept - expected) <= 2.0**-11 * sizes + 1e-6).all())


def rendered(path: Path) -> Any:
    with Image.open(path) as file:
        return np.asarray(file)


def test_a_folder_of_pictures(folder: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out"
    assert explain(folder, "cnn.keras", "pictures", *METHODS, "--batch-size", "2", out=out) == 1
    printed = capsys.readouterr()
    assert printed.err.splitlines()[0] == "Skipped 2, for they cannot be read:"
    assert "  cut.png: " in printed.err
    assert "  none.jpg: cannot identify image file" in printed.err
    assert "black is 0, white is 1 (the model does not scale them; --scale" in printed.out
    assert "1 other files ignored, as notes.txt" in printed.out
    assert f"tensorboard --logdir {out}/logs" in printed.out
    # What was found is what the methods find of the same pixels.
    names = ["0.png", "2.png", "4.png", "deep/1.png", "deep/3.png", "deep/5.png"]
    order = [0, 2, 4, 1, 3, 5]
    pixels = np.round(X[order] * 255) / np.float32(255)
    model = keras.models.load_model(folder / "cnn.keras", compile=False)
    for method in (GradCAM(), IntegratedGradients(steps=4)):
        expected = method(model, pixels, batch_size=2)
        kept, found = shards_of(out, method.name)
        assert close(kept.values, expected.values)
        assert np.abs(expected.values).max() > 1e-3
        assert kept.targets.tolist() == expected.targets.tolist()
        assert np.allclose(kept.scores, expected.scores)
        assert kept.unit == expected.unit
        assert found == names
        drawn = [out / "overlays" / method.name / name for name in names]
        assert {rendered(path).shape for path in drawn} == {(272, 516, 3)}
    with (out / "samples.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == names
    assert [int(row["target"]) for row in rows] == kept.targets.tolist()
    assert [int(row["predicted"]) for row in rows] == model.predict(pixels, verbose=0).argmax(
        1
    ).tolist()
    run = read_run(out / "logs" / "cnn")
    for i, row in enumerate(run.record("samples").rows):
        shown = run.record(f"map/IntegratedGradients/input/{i}").values
        whole = kept.values[row].sum(-1)
        assert np.allclose(shown, whole, atol=2e-3 * np.abs(whole).max())
    assert set(run.record("status").seconds) == {"GradCAM", "IntegratedGradients"}


def test_methods_that_compare_rows(folder: Path, tmp_path: Path, capsys: Any) -> None:
    """What counts from other rows gets some of all of them, whatever the batch."""
    options = ["-m", "ExpectedGradients", "--set", "draws=8", "--batch-size", "2"]
    assert explain(folder, "cnn.keras", "pictures", *options, out=tmp_path / "out") == 1
    pixels = np.round(X[[0, 2, 4, 1, 3, 5]] * 255) / np.float32(255)
    model = keras.models.load_model(folder / "cnn.keras", compile=False)
    expected = ExpectedGradients(background=pixels, draws=8)(model, pixels, batch_size=2)
    kept, _ = shards_of(tmp_path / "out", "ExpectedGradients")
    assert close(kept.values, expected.values)
    assert np.abs(expected.values).max() > 1e-3
    options = ["-m", "PermutationImportance", "--label", "kind"]
    assert explain(folder, "table.keras", "table.csv", *options, out=tmp_path / "other") == 2
    assert "PermutationImportance compares samples with each other" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_rows_of_an_npz_with_labels(folder: Path, tmp_path: Path, capsys: Any) -> None:
    options = ["-m", "GradCAM", "--target", "label", "--log-samples", "3"]
    assert explain(folder, "old.h5", "val.npz", *options, out=tmp_path) == 1
    assert "  row 4: NaN or infinity\n" in capsys.readouterr().err
    kept, names = shards_of(tmp_path, "GradCAM")
    assert names == [f"row {i}" for i in (0, 1, 2, 3, 5)]
    assert kept.targets.tolist() == Y[[0, 1, 2, 3, 5]].tolist()
    assert (tmp_path / "overlays" / "GradCAM" / "row_3.png").exists()
    run = read_run(tmp_path / "logs" / "old")
    # First, middle and last of the five, in the order of their labels.
    targets = [run.record(f"map/GradCAM/conv/{i}").target for i in range(3)]
    assert targets == sorted(Y[[0, 2, 5]])
    assert np.allclose(run.record("map/GradCAM/conv/2").values, kept.values[4], rtol=2e-3)


def test_rows_of_a_table(folder: Path, tmp_path: Path, capsys: Any) -> None:
    options = ["--label", "kind", "--target", "label"]
    assert explain(folder, "table.keras", "table.csv", *options, out=tmp_path) == 1
    told = capsys.readouterr()
    assert "line 3: could not convert string to float: 'x'" in told.err
    assert "line 4: expected 3 cells; got 2" in told.err
    assert "line 5: NaN or infinity" in told.err
    assert "chosen for rows of features" in told.out
    kept, names = shards_of(tmp_path, "IntegratedGradients")
    model = keras.models.load_model(folder / "table.keras", compile=False)
    kernel = model.layers[0].get_weights()[0]
    inputs = np.array([[1, 3], [7, 8]])
    assert names == ["line 2", "line 7"]
    assert kept.targets.tolist() == [2, 1]
    assert np.allclose(kept.values, inputs * kernel[:, [2, 1]].T, atol=5e-3)
    bars = rendered(tmp_path / "overlays" / "IntegratedGradients.png")
    assert (bars == 255).all(axis=-1).mean() > 0.5  # a table on white, no dark strip
    logged = read_run(tmp_path / "logs" / "table").record("values/input")
    assert list(logged.names) == ["a", "b"]
    assert sorted(map(tuple, logged.values.tolist())) == [(1, 3), (7, 8)]


def test_a_convolution_over_words_is_drawn_over_words(tmp_path: Path) -> None:
    split = keras.layers.TextVectorization(output_sequence_length=6, vocabulary=["good", "bad"])
    inputs = keras.Input((1,), dtype="string")
    x = keras.layers.Conv1D(3, 3, name="triples")(keras.layers.Embedding(4, 3)(split(inputs)))
    outputs = keras.layers.Dense(2)(keras.layers.GlobalMaxPooling1D()(x))
    keras.Model(inputs, outputs).save(tmp_path / "text.keras")
    np.savez(tmp_path / "texts.npz", x=np.array([["good bad"], ["bad bad good bad"]]))
    out = tmp_path / "out"
    assert explain(tmp_path, "text.keras", "texts.npz", "-m", "GradCAM", out=out) == 0
    run = read_run(out / "logs" / "text")
    assert run.content("map/GradCAM/triples/0").word_offsets == (0, 1, 2)
    words = rendered(out / "overlays" / "GradCAM.png")
    # Two texts of a line each beside each other, with a line for padding.
    assert words.shape[1] > 2 * WIDTH
    assert words.shape[0] < 120


def test_what_is_not_ours_is_never_overwritten(folder: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out"
    options = ["-m", "GradCAM", "--quiet"]
    assert explain(folder, "cnn.keras", "pictures/0.png", *options, out=out) == 0
    first = {path.relative_to(out) for path in out.rglob("*") if path.is_file()}
    # Other data, or another method, is another job.
    assert explain(folder, "cnn.keras", "pictures/2.png", *options, out=out) == 2
    assert "is that of another: data:" in capsys.readouterr().err
    assert explain(folder, "cnn.keras", "pictures/0.png", "-m", "Saliency", out=out) == 2
    assert "is that of another: GradCAM" in capsys.readouterr().err
    (out / "thesis.txt").write_text("mine")
    assert explain(folder, "cnn.keras", "pictures/0.png", *options, out=out) == 2
    assert "it holds 'thesis.txt'. Pass another --out." in capsys.readouterr().err
    assert {path.relative_to(out) for path in out.rglob("*") if path.is_file()} == first | {
        Path("thesis.txt")
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.keras", "pictures"], "no such file. Check the path."),
        (["cnn.keras", "nothing"], "no such file or folder. Check the path."),
        (["table.csv", "pictures"], "expected a .keras, .h5 or .tflite file"),
        (["table.keras", "pictures"], r"model: expected an input of pictures, [N, H, W, C]; got"),
        (["cnn.keras", "pictures/none.jpg"], "expected pictures; found 1 that cannot be read"),
        (["cnn.keras", "pictures", "--target", "label"], "expected data with labels; there are"),
        (["cnn.keras", "pictures", "--target", "12"], "expected class indices in 0..9"),
        (["cnn.keras", "pictures", "--target", "cat"], "targets='cat': expected 'label'"),
        (["cnn.keras", "pictures", "--size", "9", "9"], "--size=[9, 9]: expected the height and"),
        (["cnn.keras", "pictures", "--batch-size", "0"], "--batch-size=0: expected a whole"),
        (["cnn.keras", "pictures", "-m", "CAM"], "--method='CAM': expected one of"),
        (["table.keras", "table.csv"], "inputs: the model could not be called on them"),
        (["table.keras", "table.csv", "--label", "c"], "--label='c': expected a column of"),
    ],
)
def test_what_cannot_be_explained_is_a_message_and_nothing_written(
    arguments: list[str], message: str, folder: Path, tmp_path: Path, capsys: Any
) -> None:
    assert explain(folder, *arguments, out=tmp_path / "out") == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_from_a_shell(folder: Path, tmp_path: Path) -> None:
    command = ["explain", "cnn.keras", "pictures/0.png"]
    command += ["--out", str(tmp_path / "out"), "--scale", "-1", "1", "--method", "GradCAM"]
    done = run_script("tfexplain.cli", *command, folder=folder)
    assert done.returncode == 0, done.stderr
    assert "black is -1, white is 1 (as asked)" in done.stdout
    model = keras.models.load_model(folder / "cnn.keras", compile=False)
    expected = GradCAM()(model, np.round(X[:1] * 255) / np.float32(127.5) - 1)
    kept, _ = shards_of(tmp_path / "out", "GradCAM")
    assert close(kept.values, expected.values)


def test_metrics_of_explanations_are_told_and_logged(
    folder: Path, tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "out"
    wanted = ["-m", "InputXGradient", "--quality", "Gini", "--quality", "Deletion"]
    assert explain(folder, "cnn.keras", "pictures", *wanted, out=out) == 1
    with open(out / "quality.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["metric"] for row in rows] == ["Gini", "Deletion"]
    values = shards_of(out, "InputXGradient")[0].values[..., 0]
    assert float(rows[0]["mean"]) == pytest.approx(gini(values).mean(), abs=6e-4)
    low, high = map(float, rows[1]["95%"].split(".."))
    assert low <= float(rows[1]["mean"]) <= high
    assert (rows[1]["better"], rows[1]["samples"]) == ("lower", "6")
    assert float(rows[1]["chance"]) > 0
    printed = capsys.readouterr().out
    assert "Whether the maps in the log can be believed" in printed
    trust = read(out / "logs")["cnn"].trust
    assert set(trust["metric"]) == {"Gini", "Deletion"}


def test_a_metric_that_is_none_is_refused(folder: Path, tmp_path: Path, capsys: Any) -> None:
    for name in ("Trust", "MassAccuracy"):
        out = tmp_path / name
        assert explain(folder, "cnn.keras", "pictures", "--quality", name, out=out) == 2
        assert f"--quality='{name}': expected some of Completeness" in capsys.readouterr().err
        assert not out.exists()
