"""A real TensorBoard process, in both ways it reads logs, answers with what was written."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.hostile import CLAIMS, GOOD, MAP, write_claims, write_hostile_log
from support.logs import LogWriter, png
from support.server import Server, records, serve, unframe

from tfexplain.wire import schema

pytestmark = pytest.mark.process

STEPS = 130
SAMPLES = 3
PICTURES = [png(np.full((4, 5), 40 * n, np.uint8)) for n in range(SAMPLES)]
RUN = "run one/explain"


def a_map(step: int, sample: int) -> np.ndarray:
    values = np.array([[step, sample], [-1.5, 0.25]], np.float32)
    if step == 7:
        values[0, 0] = np.nan
    return values * np.float32(1e-20)


def write_good_log(run: Path) -> dict[tuple[str, int, int], bytes]:
    """What was written, by group, sample and step."""
    log = LogWriter(run)
    written: dict[tuple[str, int, int], bytes] = {}
    log.write("inputs/image", 0, PICTURES, schema.Content("inputs").encode())
    for step in range(STEPS):
        metrics = schema.Metrics({"loss": 1 / (step + 1), "nan": float("nan")}).encode()
        written["metrics", -1, step] = metrics
        log.write("metrics", step, metrics, schema.Content("metrics").encode())
        for sample in range(SAMPLES):
            record = schema.Map(a_map(step, sample), step / 2, sample, gap=-0.5).encode()
            written["map/IG(steps=8)/bäck/conv", sample, step] = record
            log.write(f"map/IG(steps=8)/bäck/conv/{sample}", step, record, MAP.encode())
    log.close()
    return written


def write_restarted_log(run: Path) -> None:
    """Steps 0 to 9, then again from 4 to 6 by a second process."""
    for name, steps, score in (("1", range(10), 1.0), ("2", range(4, 7), 2.0)):
        log = LogWriter(run)
        for step in steps:
            record = schema.Map(np.ones((2, 2)), score, 0).encode()
            log.write("map/A/conv/0", step, record, MAP.encode())
        log.close()
        # The names' times have seconds only; TensorBoard reads files in the order of names.
        for path in run.glob("events*"):
            if not path.name.endswith(".x"):
                path.rename(run / f"events.out.tfevents.100{name}.x")


def write_damaged_logs(log_dir: Path) -> None:
    """One file cut in its last record, one with a flipped byte, one of noise."""
    for name in ("cut", "flipped", "noise"):
        log = LogWriter(log_dir / name)
        for step in range(4):
            log.write("map/A/conv/0", step, GOOD.encode(), MAP.encode())
        log.close()
        (path,) = (log_dir / name).glob("events*")
        data = bytearray(path.read_bytes())
        if name == "cut":
            data = data[:-20]
        elif name == "flipped":
            data[-30] ^= 255
        else:
            data = bytearray(np.random.default_rng(0).bytes(2000))
        path.write_bytes(data)


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("live")


@pytest.fixture(scope="module")
def written(log_dir: Path) -> dict[tuple[str, int, int], bytes]:
    write_restarted_log(log_dir / "restarted")
    write_damaged_logs(log_dir / "damaged")
    write_hostile_log(log_dir)
    write_claims(log_dir / "claims")
    return write_good_log(log_dir / RUN)


@pytest.fixture(
    scope="module",
    params=[("true", ""), ("false", ""), ("true", "/some/prefix"), ("false", "/some/prefix")],
    ids=["fast", "slow", "fast-prefix", "slow-prefix"],
)
def server(request: pytest.FixtureRequest, log_dir: Path, written: object) -> Iterator[Server]:
    load_fast, prefix = request.param
    with serve(log_dir, f"--load_fast={load_fast}", f"--path_prefix={prefix}") as running:
        assert running.address.endswith(f"{prefix}/")
        running.wait_for(
            lambda runs: (
                {"hostile", "claims", "restarted", RUN, "damaged/cut"} <= set(runs)
                and runs[RUN]["groups"][0]["last_step"] == STEPS - 1
                and any(g["group"] == "metrics" for g in runs["hostile"]["groups"])
            )
        )
        yield running


def test_every_record_comes_back_byte_for_byte(
    server: Server, written: dict[tuple[str, int, int], bytes]
) -> None:
    groups = [g["group"] for g in server.runs()[RUN]["groups"]]
    answer = server.plugin("series", run=RUN, group=groups)
    assert answer.status == 200
    found = {
        (group, sample, step): point
        for (group, sample), points in records(answer.body).items()
        for step, point in points.items()
    }
    assert found == written


def test_values_survive_the_whole_way(server: Server) -> None:
    group = "map/IG(steps=8)/bäck/conv"
    answer = server.plugin("series", run=RUN, group=group, sample=1, step=[7, 129])
    for step, data in records(answer.body)[group, 1].items():
        assert isinstance(data, bytes)
        decoded = schema.Map.decode(data)
        # A thousandth of the scale: float16 of value / scale.
        np.testing.assert_allclose(
            decoded.values, a_map(step, 1), rtol=0, atol=1e-3 * 130e-20, equal_nan=True
        )
        assert (decoded.score, decoded.target, decoded.gap) == (step / 2, 1, -0.5)


def test_the_last_records_alone_are_those_of_the_whole_series(server: Server) -> None:
    """Both of TensorBoard's readers sample; what they leave of a series must be its end."""
    asked: list[tuple[str, list[str]]] = [
        (name, [g["group"] for g in run["groups"]])
        for name, run in server.runs().items()
        if name in {RUN, "restarted", "damaged/cut"}
    ]
    for run, groups in asked:
        whole = records(server.plugin("series", run=run, group=groups).body)
        last = records(server.plugin("series", run=run, group=groups, last=1).body)
        assert last == {key: dict([max(points.items())]) for key, points in whole.items()}


def test_all_steps_are_kept_by_default(server: Server) -> None:
    answer = server.plugin("series", run=RUN, group="metrics")
    assert list(records(answer.body)["metrics", -1]) == list(range(STEPS))


def test_pictures_come_back_byte_for_byte(server: Server) -> None:
    (listed,) = server.runs()[RUN]["inputs"]
    assert listed["name"] == "image"
    answer = server.plugin("inputs", run=RUN, name="image", v=listed["version"])
    assert answer.headers["Cache-Control"] == "private, max-age=86400"
    head, body = unframe(answer.body)
    assert [(p["width"], p["height"]) for p in head["pictures"]] == [(5, 4)] * SAMPLES
    assert [body[p["offset"] :][: p["length"]] for p in head["pictures"]] == PICTURES


def test_a_restart_replaces_what_it_repeats(server: Server) -> None:
    answer = server.plugin("series", run="restarted", group="map/A/conv")
    points = records(answer.body)["map/A/conv", 0]
    scores = {}
    for step, data in points.items():
        assert isinstance(data, bytes)
        scores[step] = schema.Map.decode(data).score
    assert scores == {0: 1, 1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 2}


def test_damaged_files_lose_only_their_tail(server: Server) -> None:
    runs = server.runs()
    assert "damaged/noise" not in runs
    for run in ("damaged/cut", "damaged/flipped"):
        answer = server.plugin("series", run=run, group="map/A/conv")
        points = records(answer.body)["map/A/conv", 0]
        # RustBoard does not look at checksums, so a flipped byte may let its record through.
        assert set(range(3)) <= set(points) <= set(range(3 + (run == "damaged/flipped")))
        for step in range(3):
            data = points[step]
            assert isinstance(data, bytes)
            np.testing.assert_array_equal(schema.Map.decode(data).values, GOOD.values)


def test_a_hostile_log_is_answered_in_full(server: Server) -> None:
    run = server.runs()["hostile"]
    text = "\n".join(run["problems"])
    assert "map/BadContent/newer/0" in text
    assert "newer than this tfexplain" in text
    groups = [g["group"] for g in run["groups"]]
    answer = server.plugin("series", run="hostile", group=groups)
    assert answer.status == 200
    head, _ = unframe(answer.body)
    broken = {
        s["group"] for s in head["series"] if "error" in s or any("error" in p for p in s["points"])
    }
    bad = {g for g in groups if g.startswith(("map/Bad/", "map/Odd/"))}
    assert len(bad) >= 9
    absent = {"map/Absent/tensor"}  # RustBoard lists it, as one that is broken
    assert broken - absent == bad | {"map/Mixed/conv", "matrix/Bad/heads", "values/words"}
    for picture in run["inputs"]:
        answer = server.plugin("inputs", run="hostile", name=picture["name"])
        assert answer.status in (200, 422), answer.body


def test_what_a_tensor_claims_takes_no_memory(server: Server) -> None:
    """TensorBoard would make arrays of 8 and 16 GiB of a few bytes."""
    before = peak_mb(server)
    limit = (8 << 30, resource.getrlimit(resource.RLIMIT_AS)[1])
    resource.prlimit(server.pid, resource.RLIMIT_AS, limit)
    groups = [f"map/Claims/{name}" for name in CLAIMS]
    head, _ = unframe(server.plugin("series", run="claims", group=groups).body)
    assert {s["group"] for s in head["series"]} == set(groups)
    assert all("claims 2147483648 values" in s["error"] for s in head["series"])
    for name in CLAIMS:
        assert server.plugin("inputs", run="claims", name=name).status in (200, 404, 422)
    assert peak_mb(server) - before < 200


def peak_mb(server: Server) -> float:
    """The most memory that the process had so far."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def test_bad_requests_are_refused_with_a_sentence(server: Server) -> None:
    assert server.plugin("series", run="nowhere", group="metrics").status == 404
    assert server.plugin("series", run=RUN, group="metrics", step=-1).status == 400
    assert server.plugin("series", run=RUN, group=list(range(65))).status == 400
    assert server.get("data/plugin/tfexplain/series?run=%ff").status == 400
    assert server.get("data/plugin/tfexplain/../../../../etc/passwd").status == 404
    answer = server.get("data/plugin/tfexplain/runs", method="POST")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")
    assert answer.body == b"method=POST: expected GET; got another. Nothing here is written."


def test_tensorboard_lists_the_tab_as_active(server: Server) -> None:
    listing = json.loads(server.get("data/plugins_listing").body)["tfexplain"]
    assert listing["enabled"] is True
    assert listing["tab_name"] == "Explain"
    assert listing["loading_mechanism"]["module_path"].endswith("/plugin/tfexplain/index.js")


@pytest.mark.parametrize("load_fast", ["true", "false"])
def test_the_flag_bounds_the_kept_steps(log_dir: Path, written: object, load_fast: str) -> None:
    flags = (f"--load_fast={load_fast}", "--tfexplain_samples=20")
    with serve(log_dir, *flags) as running:
        running.wait_for(lambda runs: RUN in runs and len(runs[RUN]["groups"]) == 2)
        listing = json.loads(running.plugin("runs").body)
        assert listing["samples_kept"] == 20
        # Read until the whole file is in: how many of the steps have arrived is not listed.
        running.wait_for(lambda runs: runs[RUN]["groups"][0]["last_step"] == STEPS - 1)
        answer = running.plugin("series", run=RUN, group="metrics")
        assert len(records(answer.body)["metrics", -1]) == 20
