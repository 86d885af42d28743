"""The command from the outside: what it prints, writes and refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.forks import run_script
from support.models import digits, small_cnn
from support.read import read_run

from tfexplain import cli

# Keras' own variables, when Keras itself makes arrays of them.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't:DeprecationWarning"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two trainings of a model that differ by their seed, and data."""
    found: Path = tmp_path_factory.mktemp("cli")
    x, y = digits()
    for seed in (0, 1):
        model = small_cnn(seed=seed)
        model.fit(x, y, epochs=1, verbose=0)
        model.save(found / f"seed{seed}.keras")
    np.savez(found / "val.npz", x=x, y=y)
    return found


def run(*arguments: str, folder: Path) -> Any:
    return run_script("tfexplain.cli", *arguments, folder=folder)


def test_compare_from_a_shell(folder: Path) -> None:
    arguments = ["compare", "seed0.keras", "seed1.keras", "--data", "val.npz", "--log-dir", "cmp"]
    options = ["--control", "seed1.keras", "--explainer", "GradCAM", "--samples", "5"]
    done = run(*arguments, *options, folder=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Predictions on 96 rows, beside those of seed0")
    assert "seed1-2" in done.stdout
    assert "tensorboard --logdir cmp" in done.stdout
    record = read_run(folder / "cmp" / "seed1").record("drift/GradCAM/conv")
    assert record.values.shape == (5, 4)
    assert (folder / "cmp" / "seed1-2" / "compression").is_dir()
    models = [keras.models.load_model(folder / f"seed{i}.keras") for i in (0, 1)]
    x, _ = digits()
    a, b = (model.predict(x, verbose=0).argmax(1) for model in models)
    assert dict(read_run(folder / "cmp" / "seed1").record("fidelity").numbers)["agreement"] == (
        (a == b).mean()
    )


def test_what_the_user_can_mend_is_a_message_and_status_2(folder: Path) -> None:
    done = run("compare", "seed0.keras", "none.keras", "--data", "val.npz", folder=folder)
    assert done.returncode == 2
    assert "tfexplain: models='none.keras': no such file. Check the path." in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--explainer", "CAM"],
            "--explainer='CAM': expected one of Attention, AttentionRollout, ",
        ),
        (["--layer", "conv9"], "layer='conv9': no such layer"),
        (["--layer", "conv", "--explainer", "RISE"], "is not bound to a layer"),
        (["--samples", "0"], "samples=0: expected a whole number"),
    ],
)
def test_options_that_cannot_work(
    options: list[str], message: str, folder: Path, capsys: Any
) -> None:
    paths = [str(folder / name) for name in ("seed0.keras", "seed1.keras")]
    assert cli.main(["compare", *paths, "--data", str(folder / "val.npz"), *options]) == 2
    assert message in capsys.readouterr().err


def test_the_layer_goes_to_every_method_that_has_one(folder: Path, capsys: Any) -> None:
    paths = [str(folder / name) for name in ("seed0.keras", "seed1.keras")]
    options = ["--data", str(folder / "val.npz"), "--layer", "conv", "--samples", "3"]
    assert cli.main(["compare", *paths, *options, "--class-names", *"abcdefghij"]) == 0
    printed = capsys.readouterr().out
    assert "GradCAM              conv" in printed
    assert "IntegratedGradients  input" in printed


def test_help_is_the_documentation(capsys: Any) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["compare", "--help"])
    assert stopped.value.code == 0
    printed = capsys.readouterr().out
    for word in ("--control", "reference", "np.savez", "strip_pruning", "exit status", "top10_iou"):
        assert word in printed
    with pytest.raises(SystemExit) as stopped:
        cli.main([])
    assert stopped.value.code == 2
