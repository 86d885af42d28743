"""The event file: what is added comes back, also after the disk failed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from support.read import read_run

from tfexplain.runlog import writer as writer_module
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema

TAG = schema.Tag("metrics")
CONTENT = schema.Content("metrics")


def metrics(loss: float) -> schema.Metrics:
    return schema.Metrics({"loss": loss})


def opened(tmp_path: Path) -> RunWriter:
    writer = RunWriter(str(tmp_path / "explain"))
    writer.open()
    return writer


def test_what_is_committed_can_be_read_at_once(tmp_path: Path) -> None:
    writer = opened(tmp_path)
    writer.add(TAG, 3, metrics(0.5), CONTENT)
    assert not read_run(tmp_path).values
    writer.commit()
    assert read_run(tmp_path).record("metrics", 3) == metrics(0.5)
    writer.add(TAG, 4, metrics(0.25), CONTENT)
    writer.close()
    assert sorted(read_run(tmp_path).values["metrics"]) == [3, 4]


def test_constants_are_written_once_and_again_into_a_new_file(tmp_path: Path) -> None:
    writer = opened(tmp_path)
    pictures = [b"one", b"two"]
    writer.add_pictures(schema.Tag("inputs", layer="x"), pictures, schema.Content("inputs"))
    for step in range(3):
        writer.add(TAG, step, metrics(step), CONTENT)
        writer.commit()
    assert writer.reopened == 0
    (file,) = (tmp_path / "explain").iterdir()
    assert file.read_bytes().count(b"two") == 1
    shutil.rmtree(tmp_path / "explain")
    writer.commit()
    assert writer.reopened == 1
    assert read_run(tmp_path).pictures("x") == pictures


def test_what_could_not_be_written_is_kept_up_to_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MOST_PENDING_BYTES", 2000)
    writer = opened(tmp_path)
    shutil.rmtree(tmp_path / "explain")
    (tmp_path / "explain").write_text("in the way")
    for step in range(40):
        writer.add(TAG, step, metrics(step), CONTENT)
        with pytest.raises(OSError, match=r"log_dir=.*explain': cannot be written"):
            writer.commit()
    (tmp_path / "explain").unlink()
    with pytest.raises(OSError, match=r"could not be written for a while. \d+ events are lost"):
        writer.close()
    steps = sorted(read_run(tmp_path).values["metrics"])
    assert steps == list(range(40 - len(steps), 40))
    assert 4 < len(steps) < 20


def test_files_are_named_in_the_order_they_were_begun(tmp_path: Path) -> None:
    """TensorBoard reads them so; here all within a second, after one of a clock that is ahead."""
    later = tmp_path / "explain" / "events.out.tfevents.2900000000.elsewhere.1.0.tfexplain"
    later.parent.mkdir()
    later.touch()
    for loss in range(12):
        writer = opened(tmp_path)
        writer.add(TAG, 0, metrics(loss), CONTENT)
        writer.close()
    assert len(list((tmp_path / "explain").iterdir())) == 13
    assert read_run(tmp_path).record("metrics", 0) == metrics(11)


def test_paths_of_tensorflow_are_written_too() -> None:
    writer = RunWriter("ram://far/run/explain")
    writer.open()
    for step in range(2):
        writer.add(TAG, step, metrics(step), CONTENT)
        writer.commit()
    writer.close()
    (path,) = tf.io.gfile.glob("ram://far/run/explain/*")
    events = [tf.compat.v1.Event.FromString(r.numpy()) for r in tf.data.TFRecordDataset(path)]
    assert [event.step for event in events[1:]] == [0, 1]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "explain").write_text("in the way")
    with pytest.raises(OSError, match=r"log_dir=.*: expected a directory that can be written"):
        RunWriter(str(tmp_path / "explain")).open()


def test_nothing_is_written_that_no_reader_takes(tmp_path: Path) -> None:
    told: dict[str, str] = {}
    writer = RunWriter(str(tmp_path / "explain"), told.__setitem__)
    writer.open()
    many = schema.Metrics({f"metric_{number:04}" + "x" * 100: 0.0 for number in range(10_000)})
    writer.add(TAG, 0, many, CONTENT)
    bad = schema.Tag("map", "Grad CAM", "conv", 0)
    writer.add(bad, 0, schema.Map(np.zeros((2, 2)), 0.0, 0), schema.Content("map"))
    described = schema.Content("metrics", settings={"text": "x" * 70_000})
    writer.add_constant(schema.Tag("status"), schema.Status({}, []), described)
    writer.add(TAG, 1, metrics(0.5), CONTENT)
    writer.close()
    assert set(read_run(tmp_path).values) == {"metrics"}
    assert sorted(read_run(tmp_path).values["metrics"]) == [1]
    assert set(told) == {"metrics", "map Grad CAM conv", "status"}
    assert "a header of" in told["metrics"]


def test_names_that_no_tag_can_hold_are_cut_and_stay_apart(tmp_path: Path) -> None:
    writer = opened(tmp_path)
    layers = [600 * "a" + end + 600 * "b" for end in ("0", "1")] + ["a\nb", "a?b"]
    for layer in layers:
        tag = schema.Tag("map", "GradCAM", layer, 3)
        writer.add(tag, 0, schema.Map(np.zeros((2, 2)), 0.0, 0), schema.Content("map", input=layer))
        writer.add_pictures(schema.Tag("inputs", layer=layer), [b""], schema.Content("inputs"))
    writer.close()
    run = read_run(tmp_path)
    names = {schema.Tag.parse(tag).layer for tag in run.values if tag.startswith("map")}
    assert names == {run.content(tag).input for tag in run.values if tag.startswith("map")}
    assert names == {schema.Tag.parse(tag).layer for tag in run.values if tag.startswith("inputs")}
    assert len(names) == 4
    assert all(name[:1] == "a" and name[-1:] in "b0123456789abcdef" for name in names)


def test_maps_of_one_shape_are_checked_once_and_of_another_shape_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    real = schema.check
    monkeypatch.setattr(
        schema, "check", lambda kind, data: checked.append(kind) or real(kind, data)
    )
    writer = opened(tmp_path)
    tag = schema.Tag("map", "GradCAM", "conv", 0)
    for step, side in enumerate((2, 2, 2, 3)):
        record = schema.Map(np.full((side, side), step, "f4"), 1.0, 0, None, None, None)
        writer.add(tag, step, record, schema.Content("map", shape=(side, side)))
        writer.add(TAG, step, metrics(step), CONTENT)
    assert checked.count("map") == 2
    assert checked.count("metrics") == 4  # whose names may differ
    writer.close()
    assert sorted(read_run(tmp_path).values[str(tag)]) == [0, 1, 2, 3]
