"""Shards against the whole: equal to the bit however rows are divided, and however often begun."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import keras
import numpy as np
import pytest
from support.models import small_cnn

import tfexplain
from tfexplain import FeatureMaps, GradCAM, SmoothGrad
from tfexplain.errors import TfexplainError
from tfexplain.model.trace_model import trace_model
from tfexplain.rows.source import Read
from tfexplain.shards.job import Job
from tfexplain.shards.reading import Shards
from tfexplain.shards.shard import ShardFile
from tfexplain.shards.work import Work

ROWS, CHUNK = 22, 4
X = np.random.default_rng(0).uniform(size=(ROWS, 8, 8, 1)).astype("f4")
LOST = 9


class Rows:
    """Arrays of which one row cannot be read."""

    asked = 0
    features = classes = notes = ()
    facts: ClassVar[dict[str, str]] = {}
    labelled, pictures = True, False

    def __len__(self) -> int:
        return ROWS

    def read(self, rows: Sequence[int]) -> Read:
        self.asked += 1
        kept = [row for row in rows if row != LOST]
        skipped = [f"row {row}: lost" for row in rows if row == LOST]
        return Read(kept, [f"row {row}" for row in kept], X[kept], np.array(kept) % 10, skipped)


@pytest.fixture(scope="module")
def model():
    return small_cnn()


def work_of(model, size: int, weights: str = "one") -> Work:
    named = {
        "GradCAM": GradCAM(),
        "SmoothGrad": SmoothGrad(copies=2),
        "FeatureMaps": FeatureMaps(max_channels=2),
    }
    job = Job({"weights": weights}, ROWS, CHUNK, size)
    traced = trace_model(model, X[:1])
    return Work(traced, named, "label", Rows(), job, traced.model_outputs[0])


def write_shards(work: Work, folder: str, numbers: Sequence[int]) -> Iterator[int]:
    """Writes shards, and yields the number of each then."""
    work.job.enter(folder)
    for number in numbers:
        work.write(folder, number)
        yield number


def written(work: Work, folder: Path, workers: int) -> Shards:
    for part in range(1, workers + 1):
        list(write_shards(work, str(folder), work.job.part(part, workers)))
    return Shards(str(folder))


def test_any_division_gives_the_same_bits(model, tmp_path):
    whole = written(work_of(model, 24), tmp_path / "one", 1)
    parts = written(work_of(model, 4), tmp_path / "six", 3)
    assert [len(list(some)) for some in (whole, parts)] == [1, 6]
    kept = [row for row in range(ROWS) if row != LOST]
    for some in (whole, parts):
        assert some.rows.tolist() == kept
        assert [line for file in some for line in file.skipped] == [f"row {LOST}: lost"]
    assert whole.maps == ("GradCAM", "SmoothGrad", "FeatureMaps")
    for name in whole.maps:
        one, six = whole.map(name), parts.map(name)
        np.testing.assert_array_equal(one.values, six.values)
        np.testing.assert_array_equal(one.scores, six.scores)
        np.testing.assert_array_equal(one.targets, np.array(kept) % 10)
        some = parts.map(name, 5, 11)
        np.testing.assert_array_equal(some.values, one.values[5:11])
    shown = model(X[kept], training=False).numpy()
    predicted = np.concatenate([file.predicted for file in parts])
    assert predicted.tolist() == shown.argmax(1).tolist()
    loss = np.concatenate([file.number("loss") for file in parts])
    own = keras.ops.sparse_categorical_crossentropy(np.array(kept) % 10, shown)
    np.testing.assert_allclose(loss, own, rtol=1e-4)
    # And what they hold is what `explain` finds, but for float16 beside the row's scale.
    own = tfexplain.explain(model, X[kept], np.array(kept) % 10, explainers=[GradCAM()])["GradCAM"]
    sizes = np.abs(own.values).max(axis=(1, 2), keepdims=True)
    assert (np.abs(whole.map("GradCAM").values - own.values) <= 2.0**-11 * sizes + 1e-6).all()


def test_finished_shards_are_kept_and_the_rest_is_computed(model, tmp_path):
    work = work_of(model, 8)
    steps = write_shards(work, str(tmp_path), range(3))
    next(steps)
    steps.close()  # killed
    times = {path: os.stat(path).st_mtime_ns for path in tmp_path.glob("shards/*.safetensors")}
    again = work_of(model, 8)
    again._source.asked = 0
    assert list(write_shards(again, str(tmp_path), range(3))) == [0, 1, 2]
    # The first chunk, by which channels are chosen, and those of shards 1 and 2.
    assert again._source.asked == 1 + 4
    third = work_of(model, 8)
    assert list(write_shards(third, str(tmp_path), range(3))) == [0, 1, 2]
    assert third._source.asked == 0
    assert all(os.stat(path).st_mtime_ns == at for path, at in times.items())
    assert len(Shards(str(tmp_path))) == ROWS - 1


def test_another_job_is_refused(model, tmp_path):
    work = work_of(model, 8)
    list(write_shards(work, str(tmp_path), [0]))
    other = work_of(model, 8, weights="another")
    with pytest.raises(TfexplainError, match="weights one, now another"):
        list(write_shards(other, str(tmp_path), [0]))
    os.remove(tmp_path / "shards" / "job.json")
    with pytest.raises(TfexplainError, match=f"expected a shard of job {other.job.key}; got"):
        list(write_shards(other, str(tmp_path), [0]))


def test_a_file_that_was_cut_off_is_said(model, tmp_path):
    work = work_of(model, 8)
    list(write_shards(work, str(tmp_path), [0]))
    path = Path(work.job.path(str(tmp_path), 0))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(TfexplainError, match="expected a shard of tfexplain"):
        ShardFile(str(path))
