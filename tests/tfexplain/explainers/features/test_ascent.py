"""One step of the ascent: what shifts, smooths and bounds do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import tensorflow as tf

from tfexplain.explainers.features.ascent import SearchSpace

SPACE = SearchSpace(-1.0, 3.0, None, (1, 2), (2, 1), 1.5)


def test_shifts_go_round_and_stay_within_their_limits() -> None:
    values = np.arange(2 * 6 * 5 * 3, dtype="float32").reshape(2, 6, 5, 3)
    seen = set()
    for step in range(60):
        moved = SPACE.shifted(tf.constant(values), tf.constant([0, step])).numpy()
        shifts = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-1, 2)
            if np.array_equal(moved, np.roll(values, (down, right), (1, 2)))
        ]
        assert len(shifts) == 1
        seen.update(shifts)
    assert len(seen) == 15
    still = replace(SPACE, shifts=(0, 0)).shifted(values, tf.constant([0, 0]))
    assert still is values


def test_a_point_becomes_a_bell() -> None:
    point = np.zeros((1, 9, 7, 2), "float32")
    point[0, 4, 3, 1] = 2
    down, right = np.arange(9)[:, None] - 4, np.arange(7)[None] - 3
    bell = 2 * np.exp(-(down**2 + right**2) / (2 * 1.5**2))
    found = SPACE.smoothed(tf.constant(point)).numpy()
    assert np.allclose(found[0, ..., 1], bell, atol=1e-6)
    assert not found[0, ..., 0].any()


def test_a_step_has_its_length_and_stays_inside() -> None:
    space = replace(SPACE, blur=0.0)
    values = tf.fill((2, 4, 4, 1), 1.0)
    slopes = tf.constant(np.random.default_rng(0).normal(size=(2, 4, 4, 1)) * 1e-20, tf.float32)
    moved = space.moved(values, slopes * 1e10, tf.constant(0.1), tf.constant([0, 0])).numpy() - 1
    assert np.allclose(np.sqrt((moved**2).mean(axis=(1, 2, 3))), 0.2, rtol=1e-4)
    along = (moved * slopes.numpy()).sum() / np.linalg.norm(moved) / np.linalg.norm(slopes)
    assert np.isclose(along, 1, atol=0.05)
    far = space.moved(values, slopes * 1e10, tf.constant(50.0), tf.constant([0, 0])).numpy()
    assert (far.min(), far.max()) == (-1, 3)
    near = replace(space, contrast=0.25)
    held = near.moved(values, slopes * 1e10, tf.constant(50.0), tf.constant([0, 0])).numpy() - 1
    assert np.allclose(np.sqrt((held**2).mean(axis=(1, 2, 3))), 0.25 * 2, rtol=1e-4)


def test_without_a_usable_gradient_a_step_leads_anywhere() -> None:
    values, seed = tf.ones((3, 5)), tf.constant([0, 0])
    slopes = tf.constant([[0.0] * 5, [np.nan] * 5, [1.0] * 5])
    space = SearchSpace(-1.0, 3.0, None, (), (), 0.0)
    moved = space.moved(values, slopes, tf.constant(0.1), seed).numpy()
    assert np.isfinite(moved).all()
    assert np.array_equal(moved[0], moved[1])
    assert len(set(moved[0])) == 5
    assert np.allclose(moved[2], 1.2)
    other = space.moved(values, slopes, tf.constant(0.1), tf.constant([0, 1])).numpy()
    assert not np.array_equal(moved[0], other[0])
