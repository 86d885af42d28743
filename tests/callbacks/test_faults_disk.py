"""Disks that are full, gone, read-only or do not answer, for real: training goes on as it was."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.faults import (
    Unanswered,
    at_epoch,
    disk,
    fit,
    kinds,
    make_read_only,
    unanswered,
    unmount,
)
from support.models import digits, same_bits, small_cnn
from support.read import Run, read_run

from tfexplain import Compression, Explain, GradCAM
from tfexplain.runlog import background as job_module
from tfexplain.runlog import writer as writer_module

pytestmark = pytest.mark.process

X, Y = digits()
SERIES = {"explain": "map/GradCAM/conv/0", "compression": "kernel/conv"}


@pytest.fixture(params=["explain", "compression"])
def room(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def plain() -> Any:
    """The weights without any callback."""
    return fit([], epochs=6)[0].get_weights()


def callback(room: str, log_dir: Path | str) -> Any:
    if room == "compression":
        return Compression(
            log_dir=log_dir, write_histograms=False, write_scalars=False, verbose=False
        )
    return Explain((X, Y), explainers=GradCAM(), log_dir=log_dir, write_images=False, verbose=False)


def steps(run: Run, room: str) -> list[int]:
    assert sorted(run.values["metrics"]) == sorted(run.values[SERIES[room]])
    return sorted(run.values["metrics"])


def problems(run: Run) -> dict[str, int]:
    return {p.kind: p.count for p in run.record("status").problems}


def test_a_removed_directory_is_made_anew_with_everything_that_explains_it(
    tmp_path: Path, room: str
) -> None:
    log_dir = tmp_path / "run"
    _, told = fit([callback(room, log_dir), at_epoch(2, lambda: shutil.rmtree(log_dir))])
    assert kinds(told) == {"writer: log file lost"}
    run = read_run(log_dir, room)
    assert steps(run, room) == [2, 3, 4]
    if room == "explain":
        assert run.record("samples").rows.shape == (8,)
        assert len(run.pictures()) == 8
    assert run.record("status").problems[0].kind == "writer: log file lost"


def test_a_full_disk_costs_no_training_and_no_log_once_there_is_room(
    tmp_path: Path, room: str, plain: Any
) -> None:
    with disk(tmp_path / "disk", "256k") as small:
        ballast = small / "ballast"
        fill = ["dd", "if=/dev/zero", f"of={ballast}"]
        actions = [
            at_epoch(2, lambda: subprocess.run(fill, capture_output=True, check=False)),
            at_epoch(4, ballast.unlink),
        ]
        model, told = fit([callback(room, small / "run"), *actions], epochs=6)
        assert kinds(told) == {"writer: OSError", "writer: log file lost"}
        assert "No space left on device. " in str(told[0].message).replace("]", "")
        run = read_run(small / "run", room)
    assert steps(run, room) == [0, 1, 2, 3, 4, 5]
    assert problems(run)["writer: OSError"] == 2
    assert same_bits(plain, model.get_weights())


def test_a_directory_that_becomes_read_only_is_written_when_it_can_be_again(
    tmp_path: Path, room: str
) -> None:
    log_dir = tmp_path / "run"
    log = callback(room, log_dir)

    def freeze() -> None:
        log._writer._file._abandon()  # a file that is open for writing could still be written
        make_read_only(log_dir)

    _, told = fit([log, at_epoch(2, freeze), at_epoch(4, lambda: unmount(log_dir))], epochs=6)
    assert kinds(told) == {"writer: OSError", "writer: log file lost"}
    assert "Read-only file system" in str(told[0].message)
    assert "are kept for the next try" in str(told[0].message)
    assert steps(read_run(log_dir, room), room) == [0, 1, 2, 3, 4, 5]


@pytest.fixture
def hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Unanswered]:
    """A log directory whose disk can be made to hang."""
    monkeypatch.setattr(writer_module, "WAIT_SECONDS", 1.0)
    monkeypatch.setattr(job_module, "OPEN_SECONDS", 1.0)
    with unanswered(tmp_path / "run") as found:
        yield found


def test_a_directory_that_hangs_is_waited_for_once_and_written_when_it_answers(
    tmp_path: Path, room: str, plain: Any, hanging: Unanswered
) -> None:
    actions = [at_epoch(2, hanging.begin), at_epoch(4, hanging.end)]
    model, told = fit([callback(room, tmp_path / "run"), *actions], epochs=6)
    assert kinds(told) == {"writer: TimeoutError"}
    assert "run/" + room + "': does not answer. " in str(told[0].message)
    run = read_run(tmp_path / "run", room)
    assert steps(run, room) == [0, 1, 2, 3, 4, 5]
    assert problems(run)["writer: TimeoutError"] == 2
    assert same_bits(plain, model.get_weights())


def test_a_directory_that_hangs_from_the_start_is_an_error_before_the_first_batch(
    tmp_path: Path, room: str, hanging: Unanswered
) -> None:
    hanging.begin()
    with pytest.raises(OSError, match=r"run': expected a directory .* no answer for 1 s"):
        small_cnn().fit(X, Y, verbose=0, callbacks=[callback(room, tmp_path / "run")])


def test_a_bucket_that_cannot_be_reached_is_an_error_before_the_first_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(job_module, "OPEN_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(OSError, match=r"log_dir='gs://bucket': .* no answer for 1"):
            small_cnn().fit(X, Y, verbose=0, callbacks=[callback("explain", "gs://bucket")])


def test_a_process_ends_though_its_log_directory_never_answers(
    tmp_path: Path, hanging: Unanswered
) -> None:
    script = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from support.models import digits, small_cnn
from tfexplain import Compression, Explain, GradCAM
from tfexplain.runlog import writer
import keras
writer.WAIT_SECONDS = 1.0
x, y = digits()
def hang(epoch, logs):
    if epoch == 1:
        print("hang", flush=True)
        input()
log_dir = {str(tmp_path / "run")!r}
callbacks = [Explain((x, y), explainers=GradCAM(), log_dir=log_dir), Compression(log_dir=log_dir),
    keras.callbacks.LambdaCallback(on_epoch_begin=hang)]
small_cnn().fit(x, y, epochs=4, verbose=0, callbacks=callbacks)
print("trained", flush=True)
"""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", script], text=True, **pipes) as process:
        for line in process.stdout or ():
            if line == "hang\n":
                break
        hanging.begin()
        out, err = process.communicate("\n", timeout=60)
    assert process.returncode == 0, err
    assert out.endswith("trained\n")
    for name in ("explain", "compression"):
        assert f"run/{name}': does not answer" in err
    assert err.count("closing the log: TimeoutError") == 2
    assert err.count("events are lost") == 2
