"""What a log offers, and what of it cannot be listed."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from support.hostile import (
    BAD_CONTENTS,
    CLAIMS,
    write_claims,
)
from support.server import records, unframe
from tensorboard.data.provider import RunTagFilter

from tfexplain.tb_plugin import listing
from tfexplain.tb_plugin.arguments import RequestError
from tfexplain.tb_plugin.log import Log
from tfexplain.tb_plugin.pictures import read_pictures
from tfexplain.tb_plugin.series import read_series

OpenLog = Callable[[Path], Log]
RUN = "run1/explain"
CAM = "map/GradCAM/backbone/conv2"


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
        "word_step": 0,
        "word_offsets": (),
        "word_note": "",
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
