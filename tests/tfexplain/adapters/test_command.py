"""Explainers by dotted names on the command line: of other libraries, and of a user's module."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.models import digits, small_cnn
from support.read import read_run

from tfexplain import Custom, GradCAM, cli, read_shards
from tfexplain.adapters import adapt
from tfexplain.commands.methods import explainers

pytestmark = [
    # Imports of tf-keras-vis and of SHAP.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]

X, Y = digits(6)
CAM = "tf_keras_vis.gradcam.Gradcam"


def test_a_class_of_another_library_explains_files(tmp_path: Path) -> None:
    model = small_cnn()
    model.save(tmp_path / "cnn.keras")
    np.savez(tmp_path / "val.npz", x=X, y=Y)
    raw = ["--set", "options={'normalize_cam': False, 'expand_cam': False}", "--target", "label"]
    command = ["explain", str(tmp_path / "cnn.keras"), str(tmp_path / "val.npz"), "-m", CAM, *raw]
    out = tmp_path / "out"
    assert cli.main([*command, "--layer", "conv", "--out", str(out)]) == 0
    kept = read_shards(out).map("Gradcam(tf-keras-vis)")
    expected = GradCAM(layer="conv")(model, X, Y)
    # Half precision, with a scale for each row.
    largest = np.abs(expected.values).max(axis=(1, 2), keepdims=True)
    assert (np.abs(kept.values - expected.values) <= (2.0**-11 + 1e-4) * largest + 1e-8).all()
    assert np.abs(expected.values).max() > 1e-4
    record = read_run(out / "logs" / "cnn").record("map/Gradcam(tf-keras-vis)/conv/0")
    assert record.values.shape == (8, 8)


def test_settings_go_to_the_adapter() -> None:
    made: Any = explainers([CAM, "GradCAM"], "conv", [f"{CAM}.score=probability", "relu=False"])
    assert (made[0].method_name, made[0].layer, made[0].score) == ("Gradcam", "conv", "probability")
    assert (made[1].score, made[1].relu) == ("logit", False)


def test_a_module_of_the_user_s_own_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_methods.py").write_text(
        "import shap\nfrom tfexplain import Custom\nfrom tfexplain.adapters import adapt\n"
        "GREY = Custom('Grey', lambda model, inputs, targets: inputs, unit='grey')\n"
        "TREE = adapt(shap.PartitionExplainer)\nNUMBER = 3\n"
    )
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    names = ["own_methods.GREY", "own_methods.TREE"]
    grey, tree = explainers(names, None, ["own_methods.TREE.seed=4"]) or ()
    assert isinstance(grey, Custom)
    assert (grey.unit, tree.name) == ("grey", "PartitionExplainer(shap)")
    assert tree.settings()["seed"] == "4"
    assert sys.path == before
    with pytest.raises(ValueError, match=r"expected a class or object of tf_keras_vis, shap"):
        explainers(["own_methods.NUMBER"], None, None)
    with pytest.raises(ValueError, match=r"--method='nothing.here': .* can be imported here"):
        explainers(["nothing.here"], None, None)


def test_what_no_adapter_takes_is_said() -> None:
    with pytest.raises(ValueError, match=r"expected a class or object .* Wrap others in .*Custom"):
        adapt(np.linalg.norm)
