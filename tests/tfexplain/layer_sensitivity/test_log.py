"""The command, and what is read of its log: the numbers that Python gives."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from support.models import digits, small_cnn

import tfexplain
from tfexplain.cli import main
from tfexplain.wire import schema

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't:DeprecationWarning"  # Keras' own
)
SETTINGS = ["8bit", "3bit", "50%", "2:4", "filters-50%"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sensitivity")
    x, y = digits(40)
    np.savez(folder / "val.npz", x=x, y=y)
    for seed in (1, 2):
        model = small_cnn(seed=seed)
        model.fit(x, y, epochs=2, verbose=0)
        model.save(folder / f"seed{seed}.keras")
    return folder


@pytest.fixture(scope="module")
def arguments(folder: Path) -> list[str]:
    return [
        *("sensitivity", str(folder / "seed1.keras"), "--data", str(folder / "val.npz")),
        *("--control", str(folder / "seed2.keras"), "--settings", *SETTINGS),
        *("--samples", "4", "--log-dir", str(folder / "log")),
    ]


@pytest.fixture(scope="module")
def run(arguments: list[str], folder: Path) -> tfexplain.reading.LoggedRun:
    before = (folder / "seed1.keras").read_bytes()
    assert main(arguments) == 0
    assert (folder / "seed1.keras").read_bytes() == before
    return tfexplain.read(folder / "log")["seed1"]


def test_the_table_holds_what_python_gives(run: tfexplain.reading.LoggedRun, folder: Path) -> None:
    found = tfexplain.sensitivity(
        keras.saving.load_model(folder / "seed1.keras"), folder / "val.npz", settings=SETTINGS,
        samples=4, control={"seed2": folder / "seed2.keras"},
    )  # fmt: skip
    table = run.sensitivity
    assert len(table["kernel"]) == len(found.measured)
    for row, one in enumerate(found.measured):
        assert (table["kernel"][row], table["setting"][row]) == (one.layer, one.setting)
        for name in ("kl", "accuracy", "accuracy_low"):
            assert table[name][row] == one.effect.value(name)
        value = table["spearman of GradCAM at conv"][row]
        np.testing.assert_array_equal(value, one.effect.value("spearman"))
        assert table["bits"][row] == one.bits
        assert table["stored_by"][row] == ", ".join(one.runtimes)
    for size, plan in found.plans.items():
        logged = run.plans[size]
        assert logged.sizes.tolist() == [point.size for point in plan.points]
        told = [np.nan if p.joint is None else p.joint.value("kl") for p in plan.points]
        np.testing.assert_array_equal(logged.joint[:, logged.measures.index("kl")], told)


def test_maps_under_each_setting_are_logged(run: tfexplain.reading.LoggedRun) -> None:
    changed = run.records(schema.Changed)[schema.Tag("changed", "GradCAM", "head")][0]
    assert list(changed.settings) == ["8bit", "3bit", "50%"]  # 4 does not divide 6 inputs
    own = run["GradCAM", "conv"].maps()
    assert list(changed.layers) == ["conv"]
    assert changed.values[0].shape == (3, *own.shape)
    similar = tfexplain.quality.similarity(changed.values[0][0], own)
    np.testing.assert_array_less(0.9, similar[:, 0])


def test_run_again_it_measures_nothing(
    arguments: list[str], run: tfexplain.reading.LoggedRun, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert "tfexplain: 0 settings of 0 kernels" in printed.err
    assert "settings were measured before" in printed.out


def test_a_report_says_it(run: tfexplain.reading.LoggedRun, folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "summary.html"
    assert main(["report", str(folder / "log"), "--summary", "--out", str(report)]) == 0
    text = report.read_text()
    assert "What compressing each layer would cost" in text
    assert "all settings at once; single effects add up to" in text


def test_a_wrong_setting_ends_with_a_message(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments[:4], "--settings", "150%"]) == 2
    assert "expected a share from 0 to below 1" in capsys.readouterr().err


def test_files_that_explain_takes_are_measured_as_the_arrays_in_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(30, 4)).astype("float32"), random.integers(3, size=30)
    lines = [",".join(map(str, [*row, label])) for row, label in zip(x.tolist(), y, strict=True)]
    lines[3] = lines[3].replace(str(x[3, 0]), "none")
    lines[7] = ",".join(["nan", *lines[7].split(",")[1:]])
    (tmp_path / "rows.csv").write_text("\n".join(["a,b,c,d,kind", *lines]))
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, activation="softmax", name="head")]
    )
    model.save(tmp_path / "model.keras")
    command = ["sensitivity", str(tmp_path / "model.keras"), "--settings", "3bit", "50%"]
    command += ["--log-dir", str(tmp_path / "log"), "--quiet"]
    command += ["--data", str(tmp_path / "rows.csv"), "--label", "kind"]
    assert main(command) == 1
    assert "line 5: " in capsys.readouterr().err
    good = np.setdiff1d(np.arange(30), [3, 7])
    found = tfexplain.sensitivity(model, (x[good], y[good]), settings=["3bit", "50%"])
    run = tfexplain.read(tmp_path / "log")["model"]
    for name in ("kl", "accuracy"):
        np.testing.assert_allclose(run.sensitivity[name], found.table(name).ravel(), rtol=1e-4)
