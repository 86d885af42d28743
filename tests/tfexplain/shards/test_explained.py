"""`explain(out=)`: the same bits however rows come and wherever they are explained."""

from __future__ import annotations

import operator
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.models import small_cnn

import tfexplain
from tfexplain import FeatureMaps, GradCAM, IntegratedGradients, PermutationImportance, Saliency
from tfexplain.errors import TfexplainError
from tfexplain.shards import engine, explained, given
from tfexplain.shards.portable import loaded, portable
from tfexplain.shards.reading import Shards
from tfexplain.wire.records.halves import from_half, to_halves

# Of Keras, which saves weights.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

ROWS, BATCH = 22, 4
RNG = np.random.default_rng(0)
X = RNG.uniform(size=(ROWS, 8, 8, 1)).astype("f4")
Y = np.arange(ROWS) % 10
# A baseline of its own for each row: whose row is whose is told by its number among all.
EXPLAINERS = [
    GradCAM(),
    IntegratedGradients(baseline=RNG.uniform(size=X.shape).astype("f4"), steps=4),
    FeatureMaps(max_channels=2),
]
MAPS = ("GradCAM", "IntegratedGradients", "FeatureMaps")


@pytest.fixture(scope="module")
def model():
    return small_cnn()


@pytest.fixture(scope="module")
def whole(model, tmp_path_factory) -> Shards:
    """All rows in one shard."""
    return explained_to(tmp_path_factory.mktemp("whole"), model, X, Y)


def explained_to(folder: Path, model: Any, inputs: Any, targets: Any, **options: Any) -> Shards:
    asked = {"explainers": EXPLAINERS, "batch_size": BATCH, **options}
    return tfexplain.explain(model, inputs, targets, out=folder, **asked)


def shards(*ends: int) -> Iterator[tuple[Any, Any]]:
    """The rows as shards that end there, of which only the one that is asked for is made."""
    for start, end in zip((0, *ends), ends, strict=False):
        yield X[start:end], Y[start:end]


def check_same(one: Shards, other: Shards) -> None:
    assert one.rows.tolist() == other.rows.tolist() == list(range(ROWS))
    assert one.maps == other.maps == MAPS
    for name in MAPS:
        a, b = one.map(name), other.map(name)
        for part in ("values", "scores", "targets"):
            np.testing.assert_array_equal(getattr(a, part), getattr(b, part))


def times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.glob("shards/*")}


def test_shards_hold_what_one_call_returns(model, whole):
    found = tfexplain.explain(model, X, Y, explainers=EXPLAINERS, batch_size=BATCH)
    for name in MAPS:
        kept, own = whole.map(name), found[name]
        own = own if isinstance(own, tfexplain.Attribution) else own["conv"]
        halves, scales = to_halves(own.values)
        values = from_half(halves, scales.reshape(-1, *[1] * (halves.ndim - 1)))
        np.testing.assert_array_equal(kept.values, values)
        np.testing.assert_array_equal(kept.scores, own.scores)
        np.testing.assert_array_equal(kept.targets, Y)


@pytest.mark.parametrize(
    "inputs",
    [
        lambda: shards(8, 16, ROWS),
        lambda: (x for x, _ in shards(4, 8, 12, 16, 20, ROWS)),
        lambda: tf.data.Dataset.from_tensor_slices((X, Y)).batch(BATCH),
    ],
    ids=["three shards", "six of x alone", "a dataset"],
)
def test_any_division_gives_the_same_bits(model, whole, tmp_path, inputs):
    check_same(whole, explained_to(tmp_path, model, inputs(), Y))


def test_datasets_and_arrays_are_cut_at_multiples_of_the_batch(model, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(given, "_MOST_ROWS", 8)
    dataset = tf.data.Dataset.from_tensor_slices((X, Y)).batch(BATCH)
    for name, inputs in {"arrays": X, "dataset": dataset}.items():
        found = explained_to(tmp_path / name, model, inputs, Y)
        assert [file.count for file in found] == [8, 8, 6]
        check_same(whole, found)


def test_labels_that_come_with_shards_are_targets_and_kept(model, whole, tmp_path):
    found = explained_to(tmp_path, model, shards(8, ROWS), "label")
    check_same(whole, found)
    assert np.concatenate([file.whole().labels for file in found]).tolist() == Y.tolist()
    assert [file.names[0] for file in found] == ["0", "8"]


HALVES = (slice(0, 3), slice(3, 6))


def test_inputs_and_labels_may_be_several_by_name(tmp_path):
    inputs = {name: keras.Input((2,), name=name) for name in "ab"}
    both = keras.layers.Concatenate()(list(inputs.values()))
    heads = {name: keras.layers.Dense(3, name=name)(both) for name in ("one", "two")}
    model = keras.Model(inputs, heads)
    x = {name: RNG.uniform(size=(6, 2)).astype("f4") for name in "ab"}
    y = {name: np.arange(6) % 3 for name in heads}
    halves = (tf.nest.map_structure(operator.itemgetter(rows), (x, y)) for rows in HALVES)
    asked = {"explainers": Saliency(output="two")}
    found = tfexplain.explain(model, halves, "label", out=tmp_path, **asked)
    own = tfexplain.explain(model, x, y["two"], **asked)["Saliency"]
    assert found.maps == ("Saliency-a", "Saliency-b")
    for name in "ab":
        np.testing.assert_array_equal(found.map(f"Saliency-{name}").scores, own[name].scores)
    assert next(iter(found)).whole().labels is None


@pytest.mark.process
def test_workers_of_dask_give_the_same_bits_and_a_rerun_asks_none(model, whole, tmp_path):
    with engine.local(2) as client:
        found = explained_to(tmp_path / "model", model, shards(8, 16, ROWS), Y, client=client)
        check_same(whole, found)
        path = tmp_path / "model.keras"
        model.save(path)
        by_path = explained_to(tmp_path / "path", path, shards(12, ROWS), Y, client=client)
        check_same(whole, by_path)
        client.close()
        before = times(tmp_path / "model")
        explained_to(tmp_path / "model", model, shards(8, 16, ROWS), Y, client=client)
        assert times(tmp_path / "model") == before


def test_what_was_killed_goes_on_and_what_is_finished_does_nothing(
    model, whole, tmp_path, monkeypatch
):
    def killed() -> Iterator[Any]:
        yield from shards(8, 16)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explained_to(tmp_path, model, killed(), Y)
    before = times(tmp_path)
    assert len(before) == 3  # two shards, and the job
    check_same(whole, explained_to(tmp_path, model, shards(8, 16, ROWS), Y))
    after = times(tmp_path)
    assert before.items() < after.items()
    monkeypatch.setattr(explained, "_maps", None)  # nothing is opened
    check_same(whole, explained_to(tmp_path, model, shards(8, 16, ROWS), Y))
    assert times(tmp_path) == after


def other_row() -> Iterator[Any]:
    yield from shards(8, 16)
    yield X[16:] + 0.5, Y[16:]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"model": keras.models.clone_model},
            r"is that of another: model \w+, now \w+\. Pass another\.",
        ),
        ({"explainers": [GradCAM(score="probability")]}, "GradCAM .*score='probability'"),
        ({"batch_size": 8}, "rows at once 4, now 8"),
        ({"targets": 3}, "targets one a row, now 3"),
        ({"inputs": other_row}, "expected the rows that .* was begun with; shard 2 has others"),
        ({"targets": Y[::-1]}, "shard 0 has others"),
        ({"inputs": lambda: shards(8, 16), "targets": Y[:16]}, "got 2, and .*000002.* is one more"),
    ],
    ids=["model", "explainer", "batch size", "target", "rows", "targets", "fewer"],
)
def test_another_job_or_other_rows_are_refused(model, tmp_path, options, said):
    given = {"model": model, "inputs": lambda: shards(8, 16, ROWS), "targets": Y}
    few = {"explainers": [GradCAM()]}
    explained_to(tmp_path, model, shards(8, 16, ROWS), Y, **few)
    before = times(tmp_path)
    asked = {**given, **few, **options}
    asked["inputs"] = asked["inputs"]()
    if "model" in options:  # of the same names, but other weights
        asked["model"] = options["model"](model)
    with pytest.raises(TfexplainError, match=said):
        explained_to(tmp_path, **asked)
    assert times(tmp_path) == before


def test_memory_does_not_grow_with_the_rows(model, tmp_path):
    def peak(count: int) -> int:
        made = (np.full((4096, 8, 8, 1), i / count, "f4") for i in range(count))
        asked = {"explainers": [Saliency()], "batch_size": 4096}
        tracemalloc.start()
        try:
            explained_to(tmp_path / str(count), model, made, 3, **asked)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)
    assert peak(12) < 1.1 * peak(2)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"inputs": X, "client": 1}, "client=1: expected out= too"),
        ({"inputs": iter([X])}, "Pass out=, the folder that the maps of an iterator's shards go"),
        ({"inputs": iter([]), "out": "a"}, "expected at least one sample; there is none"),
        ({"inputs": X, "targets": Y[:5], "out": "b"}, "expected one a sample; got 5 for 22"),
        ({"inputs": X, "targets": [*Y, 1], "out": "c"}, "expected one a sample; got 23 for 22"),
        ({"inputs": X, "explainers": PermutationImportance(), "out": "d"}, "compares samples"),
    ],
)
def test_what_cannot_be_is_said(model, tmp_path, monkeypatch, call, said):
    monkeypatch.chdir(tmp_path)
    asked = {"explainers": GradCAM(), **call}
    with pytest.raises(TfexplainError, match=said):
        tfexplain.explain(model, asked.pop("inputs"), asked.pop("targets", None), **asked)


class Forgetful(keras.Model):
    """Saves no setting."""

    def __init__(self, factor: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.factor, self.head = factor, keras.layers.Dense(2)

    def call(self, x):
        return self.head(x) * self.factor


def test_workers_get_the_same_model_or_it_is_said(model, tmp_path):
    again = loaded(portable(model, X[:2]))
    np.testing.assert_allclose(again(X), model(X), rtol=1e-5)
    assert portable("some.keras", X) == os.path.abspath("some.keras")
    with pytest.raises(TfexplainError, match=r"expected a Keras model\. Pass the path of a file"):
        portable(lambda x: x, X)
    rows = np.ones((2, 3), "f4")
    forgetful = Forgetful(2.0)
    forgetful(rows)
    with pytest.raises(TfexplainError, match=r"can be saved and loaded.* Pass the path of a file"):
        portable(forgetful, rows)
    with (
        keras.saving.custom_object_scope({"Forgetful": Forgetful}),
        pytest.raises(TfexplainError, match="the same after saving and loading"),
    ):
        portable(forgetful, rows)
