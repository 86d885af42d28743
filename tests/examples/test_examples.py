"""Examples, run as a user runs them; what they wrote is read back and checked."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from support.examples import run_example
from support.read import read_run

pytestmark = pytest.mark.process

SAMPLES = range(8)


def test_outside_training_saves_figures_of_the_maps(tmp_path):
    done = run_example("outside_training.py", "--epochs", 1, "--out", "figures", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Grad-CAM at conv2: (8, 8, 8), up to" in done.stdout
    for name in ("grad_cam", "FeatureMaps", "IntegratedGradients"):
        with Image.open(tmp_path / "figures" / f"{name}.png") as picture:
            pixels = np.asarray(picture.convert("RGB"))
        assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50, name


def test_vit_logs_attention_and_maps_of_its_patches(tmp_path):
    done = run_example("vit.py", "--epochs", 2, "--log-dir", "logs", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Maps of 4 x 4 patches." in done.stdout
    run = read_run(tmp_path / "logs")
    tags = {"AttentionRollout/attend1", "GradientAttention/attend1"}
    for tag in (f"map/{tag}/{sample}" for tag in tags for sample in SAMPLES):
        values = [run.record(tag, epoch).values for epoch in range(2)]
        assert values[0].shape == (4, 4), tag
        assert np.min(values) >= 0, tag
        assert not np.array_equal(*values), tag
    attention = {tag.split("/", 1)[1] for tag in run.values if "/Attention/" in tag}
    layers = ("attend1", "attend2")
    assert attention >= {f"Attention/{layer}/{s}" for layer in layers for s in SAMPLES}
    assert any(tag.startswith("map/GradCAM/") for tag in run.values)
