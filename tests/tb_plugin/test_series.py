"""Series of records, of sound logs and of hostile ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile import (
    GOOD,
    MAP,
    bad_records,
)
from support.logs import LogWriter
from support.server import records, unframe

from tfexplain.tb_plugin import framing, listing, series
from tfexplain.tb_plugin.arguments import RequestError
from tfexplain.tb_plugin.log import Log, settled
from tfexplain.tb_plugin.series import read_series
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
    monkeypatch.setattr("tfexplain.tb_plugin.series.MAX_CALL_BYTES", 3 * 6 * (1024 + 2 * 4 * 4))
    assert read_series(log, RUN, [CAM]) == whole
    assert [len(tags) for tags in calls.read] == [8, 3, 3, 2]


def test_the_size_of_a_call_is_bounded_by_what_is_kept_and_what_is_claimed() -> None:
    def estimate(last_step: int, shape: tuple[int, ...], kept: int | None) -> int:
        tag = schema.Tag("map", "A", "conv", 0)
        content = schema.Content("map", shape=shape)
        return series.estimate(listing.Series(tag, content, last_step, 0.0), kept)

    assert estimate(9, (10, 10), 500) == 10 * (1024 + 200)
    assert estimate(2**62, (10, 10), 500) == 500 * (1024 + 200)
    assert estimate(-5, (10, 10), None) == 1024 + 200
    assert estimate(2**62, (10, 10), 0) == series.ALL_STEPS * (1024 + 200)
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
