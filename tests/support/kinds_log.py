"""Trainings on inputs that are no pictures, logged: words, a table, lines, volumes, attention."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn.datasets import load_wine

from tfexplain import Attention, Explain, FeatureMaps, GradCAM, IntegratedGradients

layers = keras.layers
EPOCHS = 3
GOOD = ["lovely", "brilliant", "funny", "moving", "wonderful"]
BAD = ["dull", "tedious", "awful", "clumsy", "boring"]
PLAIN = [
    *("the", "film", "was", "a", "story", "with", "actors"),
    *("and", "music", "in", "this", "scene", "it", "felt"),
]
WORDS = ["", *GOOD, *BAD, *PLAIN]
LENGTH = 14


def sentences(count: int = 96) -> tuple[Any, Any]:
    """Reviews as ids [count, 14], padded behind, and whether they are good."""
    rng = np.random.default_rng(0)
    ids, labels = np.zeros((count, LENGTH), np.int32), np.arange(count) % 2
    for row, label in zip(ids, labels, strict=True):
        length = rng.integers(8, LENGTH + 1)
        row[:length] = rng.integers(11, len(WORDS), length)
        places = rng.choice(length, 3, replace=False)
        row[places] = rng.integers(1, 6, 3) + 5 * (1 - label)
        if rng.random() < 0.5:
            row[places[0]] = rng.integers(1, 6) + 5 * label
    return ids, labels


def write_text(log_dir: Path, seed: int) -> None:
    x, y = sentences()
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((LENGTH,), dtype="int32")
    vectors = layers.Embedding(len(WORDS), 8, mask_zero=True, name="embed")(inputs)
    attended = layers.MultiHeadAttention(6, 4, name="attend")(vectors, vectors)
    mean = layers.GlobalAveragePooling1D()(layers.Add()([vectors, attended]))
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(mean))
    explainers = [IntegratedGradients(), Attention(attention_heads=[0, 1, 5])]
    options = {"vocabulary": WORDS, "class_names": ["bad", "good"]}
    _fit(model, x, y, log_dir, explainers, 0.05, **options)


def write_table(log_dir: Path, seed: int) -> None:
    wine = load_wine()
    x = ((wine.data - wine.data.mean(0)) / wine.data.std(0)).astype("float32")
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [keras.Input((13,)), layers.Dense(8, activation="relu"), layers.Dense(3)]
    )
    names = [str(name) for name in wine.feature_names]
    _fit(model, x, wine.target, log_dir, [IntegratedGradients(steps=8)], feature_names=names)


def write_lines(log_dir: Path, seed: int) -> None:
    rng = np.random.default_rng(0)
    count, t = 60, np.linspace(0, 1, 48)
    y, starts = np.arange(count) % 2, rng.uniform(0.1, 0.6, count)
    x = rng.normal(0, 0.08, (count, len(t), 2))
    bump = np.exp(-(((t - starts[:, None] - 0.1) / 0.06) ** 2))
    x[..., 0] += np.sin(9 * t) * 0.3 + bump * np.where(y, 1.2, -1.2)[:, None]
    x[..., 1] += np.cos(5 * t) * 0.4
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((48, 2)),
            layers.Conv1D(6, 5, activation="relu", name="conv"),
            layers.MaxPool1D(2),
            layers.Conv1D(6, 5, activation="relu", name="deep"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2),
        ]
    )
    explainers = [IntegratedGradients(steps=8), GradCAM(), FeatureMaps(layer=["conv"])]
    _fit(model, x.astype("float32"), y, log_dir, explainers, feature_names=["lead I", "lead II"])


def write_volumes(log_dir: Path, seed: int) -> None:
    rng = np.random.default_rng(0)
    count, y = 24, np.arange(24) % 2
    z = np.stack(np.meshgrid(*(np.arange(n) for n in (6, 10, 12)), indexing="ij"), axis=-1)
    centres = rng.uniform([1, 3, 3], [5, 7, 9], (count, 3))
    away = ((z - centres[:, None, None, None]) ** 2).sum(-1)
    x = np.exp(-away / np.where(y, 12, 3)[:, None, None, None])[..., None].astype("float32")
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((6, 10, 12, 1)),
            layers.Conv3D(4, 3, activation="relu", name="conv"),
            layers.GlobalAveragePooling3D(),
            layers.Dense(2),
        ]
    )
    explainers = [IntegratedGradients(steps=8), GradCAM(), FeatureMaps()]
    _fit(model, x, y, log_dir, explainers)


def _fit(
    model: Any,
    x: Any,
    y: Any,
    log_dir: Path,
    explainers: Any,
    rate: float = 0.01,
    **options: Any,
) -> None:
    loss = keras.losses.SparseCategoricalCrossentropy(
        from_logits=model.layers[-1].activation is not keras.activations.softmax
    )
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    callback = Explain(
        (x, y),
        explainers=explainers,
        log_dir=log_dir,
        samples=4,
        verbose=False,
        on_error="raise",
        **options,
    )
    model.fit(x, y, epochs=EPOCHS, batch_size=16, verbose=0, callbacks=[callback])


def write_kinds(log_dir: Path) -> None:
    """The runs `text1`, `text2`, `table`, `lines` and `volumes`."""
    for seed in (1, 2):
        write_text(log_dir / f"text{seed}", seed)
    write_table(log_dir / "table", 1)
    write_lines(log_dir / "lines", 1)
    write_volumes(log_dir / "volumes", 1)
