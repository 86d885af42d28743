"""LIME: a weighted ridge regression written out, models that are linear, and stability."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances
from support.twin import gap_to

from tfexplain import LIME
from tfexplain.explainers.perturbation.superpixels import superpixels

RNG = np.random.default_rng(0)
WEIGHTS = np.array([3.0, -2.0, 1.0, -0.5, 0.0])


def quarters() -> Any:
    """Images whose four quarters have a colour each."""
    colors = RNG.random((3, 2, 2, 3)).astype("float32")
    return np.kron(colors, np.ones((1, 8, 8, 1), "float32"))


def linear(rows: Any) -> Any:
    return rows @ WEIGHTS


def curved(x: Any) -> Any:
    return np.tanh(x.reshape(len(x), -1) @ np.linspace(-1, 1, x[0].size) / 4)


def test_the_fit_is_the_weighted_ridge_regression_of_the_authors_code() -> None:
    x = RNG.normal(size=(2, 5)).astype("float32")
    method = LIME(masks=60, ridge=0.7, seed=3, baseline=0.1)
    kept = np.random.default_rng(3).random((60, 5)) < 0.5
    kept[0] = True
    # As its LimeImageExplainer does by default.
    distance = pairwise_distances(kept.astype(float), np.ones((1, 5)), metric="cosine").ravel()
    near = np.sqrt(np.exp(-(distance**2) / 0.25**2))
    design = np.concatenate([kept, np.ones((60, 1))], axis=1)
    penalty = np.diag([0.7] * 5 + [0])
    for row, values in zip(x, method(curved, x).values, strict=True):
        scores = curved(np.where(kept, row, np.float32(0.1)))
        normal = design.T @ (design * near[:, None]) + penalty
        solution = np.linalg.solve(normal, design.T @ (near * scores))
        assert gap_to(solution[:5], values) < 1e-4


def test_a_linear_model_is_recovered() -> None:
    x = np.abs(RNG.normal(size=(3, 5))).astype("float32") + 0.5
    found = LIME(masks=400)(linear, x).values
    wanted = WEIGHTS * x
    assert np.array_equal(np.argsort(found), np.argsort(wanted))
    assert np.array_equal(np.sign(found[:, :4].round(3)), np.sign(wanted[:, :4]))
    assert gap_to(wanted, LIME(masks=400, ridge=1e-6)(linear, x).values) < 1e-4


def test_superpixels_follow_the_image() -> None:
    images = quarters()
    for image in images:
        ids = superpixels(image, 4, -1)
        assert ids.shape == (16, 16)
        for i in np.unique(ids):
            assert (image[ids == i].std(axis=0) < 1e-6).all()
    assert superpixels(images[0, ..., 0], 4, None).shape == (16, 16)
    assert superpixels(np.moveaxis(images[0], -1, 0), 4, 1).shape == (16, 16)
    assert superpixels(np.zeros((4, 8, 8, 1)), 4, -1).shape == (4, 8, 8)


@pytest.mark.parametrize("segments", [4, None], ids=["4", "default"])
def test_images_that_are_linear_in_their_quarters(segments: int | None) -> None:
    images = quarters()
    shares = np.kron([[4.0, 2.0], [1.0, -3.0]], np.ones((8, 8)))

    def function(x: Any) -> Any:
        return (x.mean(axis=-1) * shares).mean(axis=(1, 2))

    found = LIME(masks=600, segments=segments)(function, images)
    assert found.values.shape == (3, 16, 16)
    assert found.channel_axis is None
    means = found.values.reshape(3, 2, 8, 2, 8).mean(axis=(2, 4)).reshape(3, 4)
    wanted = (images.mean(axis=-1) * shares).reshape(3, 2, 8, 2, 8).sum(axis=(2, 4)).reshape(3, 4)
    assert np.array_equal(np.argsort(means), np.argsort(wanted))
    assert np.array_equal(np.sign(means), np.sign(wanted))


def test_the_same_bits_twice_and_alike_with_another_seed() -> None:
    images = quarters()
    one, same, other = (
        LIME(masks=1000, segments=(4, 4), seed=s)(curved, images).values for s in (0, 0, 1)
    )
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.95


def test_segments_of_ones_own() -> None:
    images = quarters()
    halves = LIME(segments=lambda image: np.arange(256).reshape(16, 16) // 128)(curved, images)
    assert len(np.unique(halves.values[0])) == 2
    with pytest.raises(ValueError, match="segments: expected whole numbers of shape"):
        LIME(segments=lambda image: np.zeros(3))(curved, images)


@pytest.mark.parametrize("missing", ["sklearn.linear_model", "skimage.segmentation"])
def test_what_is_not_installed_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(
        ImportError, match=r'installed; .* pip install "tensorboard-plugin-tfexplain\[lime\]"'
    ):
        LIME(masks=4, segments=4)(curved, quarters())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"masks": 1}, "masks=1: expected a whole number of at least 2"),
        ({"kernel_width": 0}, "kernel_width=0: expected a number above 0"),
        ({"ridge": -1}, "ridge=-1: expected a number above 0"),
    ],
)
def test_wrong_settings_are_refused(settings: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LIME(**settings)
