from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile import (
    BAD_CONTENTS,
    CLAIMS,
    GOOD,
    MAP,
    bad_records,
    write_claims,
    write_hostile_log,
)
from support.logs import LogWriter, png, write_demo_log
from support.server import records, unframe
from tensorboard.data.provider import RunTagFilter

from tfexplain.tb_plugin import data, framing, listing
from tfexplain.tb_plugin.arguments import RequestError
from tfexplain.tb_plugin.data import Log, read_pictures, read_series, settled
from tfexplain.wire import container, schema

OpenLog = Callable[[Path], Log]
RUN = "run1/explain"
CAM = "map/GradCAM/backbone/conv2"


class Calls:
    """A data provider that notes which tags were read together."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self.read: list[list[str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def read_tensors(self, ctx: Any, **arguments: Any) -> Any:
        self.read.append(sorted(arguments["run_tag_filter"].tags))
        return self._provider.read_tensors(ctx, **arguments)


def watched(log: Log) -> tuple[Log, Calls]:
    calls = Calls(log.provider)
    return replace(log, provider=calls), calls


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, open_log: OpenLog) -> Log:
    path = tmp_path_factory.mktemp("demo")
    write_demo_log(path / "run1")
    return open_log(path)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, open_log: OpenLog) -> Log:
    path = tmp_path_factory.mktemp("hostile")
    write_hostile_log(path)
    return open_log(path)


# ---------------------------------------------------------------------------------- listing


def test_the_listing_groups_the_samples_of_a_map(demo: Log) -> None:
    run = demo.runs()[RUN].as_json(RUN)
    assert run["problems"] == []
    assert [g["group"] for g in run["groups"]] == sorted(
        [
            *(CAM, "map/IntegratedGradients/image"),
            *("channels/FeatureMaps/conv1", "channels/FeatureMaps/backbone/conv2"),
            *("samples", "metrics", "predictions", "status"),
        ]
    )
    cam = next(g for g in run["groups"] if g["group"] == CAM)
    assert cam["samples"] == list(range(8))
    assert cam["last_step"] == 5
    assert cam["content"] == {
        "unit": "logit",
        "signed": False,
        "shape": (4, 4),
        "input": "image",
        "channels": 12,
        "settings": {"relu": "True"},
        "layout": "",
        "score_unit": "",
        "role": "",
    }
    (image,) = run["inputs"]
    assert (image["name"], image["layout"], image["shape"]) == ("image", "", (8, 8, 1))


@pytest.mark.parametrize(
    ("group", "message"),
    [("values/words", "one word for each token"), ("matrix/Bad/heads", "'attention_heads'")],
)
def test_other_records_are_checked_too(hostile: Log, group: str, message: str) -> None:
    (points,) = records(read_series(hostile, "hostile", [group])).values()
    assert message in str(points[0])


def test_tags_and_contents_that_make_no_sense_are_problems(hostile: Log) -> None:
    run = hostile.runs()["hostile"].as_json("hostile")
    groups = {g["group"] for g in run["groups"]}
    assert "map/Mixed/conv" in groups
    assert not any(g.startswith("map/BadContent") for g in groups)
    text = "\n".join(run["problems"])
    for tag in BAD_CONTENTS:
        assert tag in text
    assert "expected kind/explainer/layer/sample" in text
    assert "newer than this tfexplain" in text
    assert "expected a blob sequence of pictures; got tensors" in text
    assert "expected tensors; got a blob sequence" in text
    assert text.isprintable() or all(line.isprintable() for line in run["problems"])


def test_a_tag_that_tensorboard_cannot_list_hides_no_other(hostile: Log) -> None:
    """One without any tensor: its listing raises, in Python mode and for as long as it runs."""
    asked = {"plugin_name": "tfexplain", "run_tag_filter": RunTagFilter(runs=["hostile"])}
    for method in (hostile.provider.list_tensors, hostile.provider.list_blob_sequences):
        with pytest.raises(KeyError, match="bsent"):
            method(hostile.context, experiment_id="", **asked)
    for log in (hostile, replace(hostile, events=None)):
        runs = log.runs()
        assert runs["timeless"].series
        (told,) = (p for p in runs["hostile"].problems if "cannot list all of this run" in p)
        assert "KeyError" in told
        # Without knowing the tags, the run is left out and named.
        groups = {series.tag.group for series in runs["hostile"].series}
        assert ("map/Mixed/conv" in groups) == (log.events is not None)
    assert {"image", "many"} <= set(hostile.pictures("hostile"))


@pytest.mark.parametrize("name", CLAIMS)
def test_what_a_tensor_claims_is_checked_before_memory_is_taken(
    name: str, tmp_path: Path, open_log: OpenLog
) -> None:
    write_claims(tmp_path / "run")
    log = open_log(tmp_path)
    with memory_bounded(2 << 30):
        head, body = unframe(read_series(log, "run", [f"map/Claims/{name}"]))
        with pytest.raises(RequestError, match="at most 1024 pictures; got 2147483648"):
            read_pictures(log, "run", name)
    assert "claims 2147483648 values" in head["series"][0]["error"]
    assert not body


@contextmanager
def memory_bounded(more: int) -> Iterator[None]:
    """While open, this process gets no more memory than so many bytes beside what it has."""
    has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (has + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_long_lists_of_problems_are_cut(monkeypatch: pytest.MonkeyPatch, hostile: Log) -> None:
    whole = hostile.runs()["hostile"].as_json("hostile")["problems"]
    monkeypatch.setattr(listing, "MAX_PROBLEMS", 3)
    cut = hostile.runs()["hostile"].as_json("hostile")["problems"]
    assert cut == [*whole[:3], f"... and {len(whole) - 3} more"]


def test_long_lists_of_tags_are_cut(monkeypatch: pytest.MonkeyPatch, demo: Log) -> None:
    monkeypatch.setattr(listing, "MAX_TAGS", 4)
    run = demo.runs()[RUN]
    assert len(run.series) == 4
    assert "only the first 4 are listed" in run.problems[0]


# ----------------------------------------------------------------------------------- series


def test_records_come_back_as_they_were_written(tmp_path: Path, open_log: OpenLog) -> None:
    log = LogWriter(tmp_path / "run")
    written = {}
    for step in range(4):
        for sample in (0, 2):
            record = schema.Map(np.full((2, 2), step + sample / 10), 1.0, sample).encode()
            written["map/A/conv", sample, step] = record
            log.write(f"map/A/conv/{sample}", step, record, MAP.encode())
    log.close()
    found = records(read_series(open_log(tmp_path), "run", ["map/A/conv"]))
    assert {
        (group, sample, step): point
        for (group, sample), points in found.items()
        for step, point in points.items()
    } == written


def test_many_tags_are_read_in_one_call(demo: Log) -> None:
    log, calls = watched(demo)
    read_series(log, RUN, [CAM, "metrics", "channels/FeatureMaps/conv1"])
    assert [len(tags) for tags in calls.read] == [17]


def test_large_answers_are_read_in_several_calls(
    demo: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, calls = watched(demo)
    whole = read_series(log, RUN, [CAM])
    monkeypatch.setattr(data, "MAX_CALL_BYTES", 3 * 6 * (1024 + 2 * 4 * 4))
    assert read_series(log, RUN, [CAM]) == whole
    assert [len(tags) for tags in calls.read] == [8, 3, 3, 2]


def test_the_size_of_a_call_is_bounded_by_what_is_kept_and_what_is_claimed() -> None:
    def estimate(last_step: int, shape: tuple[int, ...], kept: int | None) -> int:
        tag = schema.Tag("map", "A", "conv", 0)
        content = schema.Content("map", shape=shape)
        return data._estimate(listing.Series(tag, content, last_step, 0.0), kept)

    assert estimate(9, (10, 10), 500) == 10 * (1024 + 200)
    assert estimate(2**62, (10, 10), 500) == 500 * (1024 + 200)
    assert estimate(-5, (10, 10), None) == 1024 + 200
    assert estimate(2**62, (10, 10), 0) == data.ALL_STEPS * (1024 + 200)
    assert estimate(0, (), 500) == 64 << 10


def test_one_broken_tag_does_not_hide_the_others(hostile: Log) -> None:
    log, calls = watched(hostile)
    groups = ["map/Odd/bfloat16", "map/Odd/floats", "map/Mixed/conv", "map/Odd/negative"]
    head, _ = unframe(read_series(log, "hostile", groups))
    by_group = {s["group"]: s for s in head["series"]}
    assert "TensorBoard cannot read this tag" in by_group["map/Odd/bfloat16"]["error"]
    assert "TensorBoard cannot read this tag" in by_group["map/Odd/negative"]["error"]
    assert "expected a scalar string tensor" in by_group["map/Odd/floats"]["points"][0]["error"]
    assert [p["step"] for p in by_group["map/Mixed/conv"]["points"]] == [0, 1, 2]
    assert max(map(len, calls.read)) == 4


@pytest.mark.parametrize("name", [*bad_records(), "strings", "none", "content"])
def test_a_record_that_is_not_of_the_format_is_listed_with_its_message(
    hostile: Log, name: str
) -> None:
    group = f"map/{'Bad' if name in bad_records() else 'Odd'}/{name}"
    head, body = unframe(read_series(hostile, "hostile", [group]))
    (series,) = head["series"]
    assert series.get("error") or series["points"][0]["error"]
    assert body == b""


def test_a_record_that_is_too_large_is_listed_with_its_message(
    demo: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "MAX_RECORD_BYTES", 100)
    found = records(read_series(demo, RUN, ["metrics"]))["metrics", -1]
    assert all("a record holds at most 100" in str(point) for point in found.values())


def test_sound_records_beside_broken_ones_are_sent(hostile: Log) -> None:
    found = records(read_series(hostile, "hostile", ["map/Mixed/conv"]))["map/Mixed/conv", 0]
    for step in (0, 2):
        data = found[step]
        assert isinstance(data, bytes)
        np.testing.assert_array_equal(schema.Map.decode(data).values, GOOD.values)
    assert isinstance(found[1], str)


def test_samples_and_steps_narrow_the_answer(demo: Log) -> None:
    found = records(read_series(demo, RUN, [CAM, "metrics"], samples=[1, 3], steps=[2, 4]))
    assert list(found) == [(CAM, 1), (CAM, 3), ("metrics", -1)]
    assert all(list(points) == [2, 4] for points in found.values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere", [CAM]), "run='nowhere': expected one of 'run1/explain'"),
        ((RUN, ["map/X/y"]), "group='map/X/y': expected one of"),
        ((RUN, [CAM], [8]), "sample=8: expected one of 0, 1, 2"),
        ((RUN, ["metrics"], [0]), "sample=0: expected nothing"),
        ((RUN, [CAM], [], [6]), "step=6: expected one of 0, 1, 2, 3, 4, 5"),
    ],
)
def test_what_does_not_exist_is_named(demo: Log, arguments: Any, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_series(demo, *arguments)
    assert caught.value.code == 404
    assert str(caught.value).startswith(message)


def test_answers_beyond_a_browser_are_refused(demo: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "MAX_ANSWER_BYTES", 1000)
    with pytest.raises(RequestError, match="Ask for fewer") as caught:
        read_series(demo, RUN, [CAM])
    assert caught.value.code == 413


# ----------------------------------------------------------------------------- restart rule


@dataclass
class Event:
    step: int
    order: int


def events(steps: list[int]) -> list[Event]:
    return [Event(step, order) for order, step in enumerate(steps)]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], []),
        ([0, 1, 2], [0, 1, 2]),
        ([0, 1, 2, 1, 2, 3], [0, 3, 4, 5]),
        ([0, 1, 2, 0], [3]),
        ([0, 5, 9, 3], [0, 3]),
        ([0, 0], [1]),
    ],
)
def test_a_restart_drops_what_it_repeats(steps: list[int], expected: list[int]) -> None:
    assert [event.order for event in settled(events(steps))] == expected


@given(st.lists(st.integers(-3, 12)))
def test_settled_steps_rise_and_end_with_the_last_written(steps: list[int]) -> None:
    found = settled(events(steps))
    kept = [event.step for event in found]
    assert kept == sorted(set(kept))
    assert kept[-1:] == steps[-1:]
    for event in found:
        assert all(later > event.step for later in steps[event.order + 1 :])


# --------------------------------------------------------------------------------- pictures


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
    monkeypatch.setattr(data, "MAX_PICTURES_AREA", 300 * 399)
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
