"""Pictures of inputs, of sound logs and of hostile ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.logs import LogWriter, png
from support.server import records, unframe

from tfexplain.tb_plugin import framing
from tfexplain.tb_plugin.arguments import RequestError
from tfexplain.tb_plugin.log import Log
from tfexplain.tb_plugin.pictures import read_pictures
from tfexplain.tb_plugin.series import read_series
from tfexplain.wire import schema

OpenLog = Callable[[Path], Log]
RUN = "run1/explain"


def test_pictures_come_back_as_they_were_written(tmp_path: Path, open_log: OpenLog) -> None:
    pictures = [png(np.full((4, 3 + n), n, np.uint8)) for n in range(40)]
    log = LogWriter(tmp_path / "run")
    log.write("inputs/image", 0, pictures, schema.Content("inputs").encode())
    log.close()
    answer, version = read_pictures(open_log(tmp_path), "run", "image")
    head, body = unframe(answer)
    assert [p["sample"] for p in head["pictures"]] == list(range(40))
    assert [(p["width"], p["height"]) for p in head["pictures"]] == [(3 + n, 4) for n in range(40)]
    assert [body[p["offset"] :][: p["length"]] for p in head["pictures"]] == pictures
    assert float(version) > 0


def test_files_that_are_no_pictures_are_listed_with_a_message(hostile: Log) -> None:
    head, _ = unframe(read_pictures(hostile, "hostile", "image")[0])
    first, *others = head["pictures"]
    assert (first["width"], first["height"]) == (3, 2)
    assert [p["sample"] for p in others] == [1, 2, 3]
    assert all("expected a PNG file" in p["error"] for p in others)


@pytest.mark.parametrize("name", ["numbers", "scalar"])
def test_blobs_that_cannot_be_read_are_listed_with_a_message(hostile: Log, name: str) -> None:
    head, _ = unframe(read_pictures(hostile, "hostile", name)[0])
    assert all("expected bytes" in p["error"] for p in head["pictures"])


def test_too_many_pictures_are_refused_before_they_are_read(hostile: Log) -> None:
    with pytest.raises(RequestError, match="at most 1024 pictures; got 2000") as caught:
        read_pictures(hostile, "hostile", "many")
    assert caught.value.code == 422


def test_pictures_that_do_not_fit_are_listed_with_a_message(
    demo: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(framing, "MAX_ANSWER_BYTES", 300)
    head, body = unframe(read_pictures(demo, RUN, "image")[0])
    assert len(body) <= 300
    assert "already fill the answer" in head["pictures"][-1]["error"]


def test_pictures_are_bounded_by_what_they_take_once_decoded(
    tmp_path: Path, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few bytes of PNG decode to a quarter of a gigabyte each."""
    pictures = [png(np.zeros((side, 300), np.uint8)) for side in (200, 300, 200, 100)]
    log = LogWriter(tmp_path / "run")
    log.write("inputs/image", 0, pictures, schema.Content("inputs").encode())
    log.close()
    monkeypatch.setattr("tfexplain.wire.pictures.MAX_PICTURE_AREA", 300 * 299)
    monkeypatch.setattr("tfexplain.tb_plugin.pictures.MAX_PICTURES_AREA", 300 * 399)
    head, body = unframe(read_pictures(open_log(tmp_path), "run", "image")[0])
    first, large, late, last = head["pictures"]
    assert "300 x 300; at most 89700 pixels are read" in large["error"]
    assert "already fill the answer" in late["error"]
    assert [p["height"] for p in (first, last)] == [200, 100]
    assert len(body) == len(pictures[0]) + len(pictures[3])


def test_runs_of_windows_are_served_by_their_names(tmp_path: Path, open_log: OpenLog) -> None:
    """TensorBoard names them by their paths there, with backslashes."""
    log = LogWriter(tmp_path / "train\\explain")
    log.record(schema.Tag("metrics"), 0, schema.Metrics({"loss": 1.0}), schema.Content("metrics"))
    log.close()
    (name,) = (opened := open_log(tmp_path)).runs()
    assert name == "train\\explain"
    assert len(records(read_series(opened, name, ["metrics"]))["metrics", -1]) == 1


def test_an_unknown_input_is_named(demo: Log) -> None:
    with pytest.raises(RequestError, match="name='mask': expected one of 'image'"):
        read_pictures(demo, RUN, "mask")
