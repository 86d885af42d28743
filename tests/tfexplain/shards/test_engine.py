"""The engine on real workers of Dask: what they compute, how they die, and what is said then."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest
from distributed import Client, LocalCluster
from support.tasks import DiesOnce, Fails, others_inside, squared

import tfexplain
from tfexplain.errors import TfexplainError
from tfexplain.shards import engine

pytestmark = pytest.mark.process

NUMBERS = range(40)
SQUARES = [number * number for number in NUMBERS]


@pytest.fixture(scope="module")
def client():
    with engine.local(2) as client:
        yield client


def nothing_is_held(client) -> bool:
    """Whether all results are released, which the client's thread does a little later."""
    return any(not client.futures or time.sleep(0.05) for _ in range(200))


def test_what_workers_compute_is_what_one_process_does(client):
    assert sorted(engine.computed(client, squared, NUMBERS)) == SQUARES
    assert nothing_is_held(client)


def test_few_items_are_submitted_at_a_time(client):
    taken = []
    results = engine.computed(client, squared, (taken.append(i) or i for i in NUMBERS))
    next(results)
    assert 2 <= len(taken) <= 2 * 4
    results.close()
    assert nothing_is_held(client)


def test_a_worker_that_is_killed_loses_nothing(client, tmp_path):
    assert sorted(engine.computed(client, DiesOnce(tmp_path), NUMBERS)) == SQUARES
    assert (tmp_path / "died").exists()


def test_what_may_pass_is_tried_again(client, tmp_path):
    assert sorted(engine.computed(client, Fails(tmp_path, "passing", 2), NUMBERS)) == SQUARES
    with pytest.raises(TfexplainError, match="shard 5: ConnectionError: the drive is away"):
        list(engine.computed(client, Fails(tmp_path, "passing"), NUMBERS, retries=1))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("setting", "layer='conv9': expected a layer.$"),
        ("file", "model.keras: no such file. Workers read the model and the data by the same path"),
        ("full", "No space left on device. Make room and begin again: what is finished is kept.$"),
    ],
)
def test_what_would_stay_the_same_ends_it_with_the_workers_name(client, tmp_path, kind, said):
    done = []
    with pytest.raises(TfexplainError, match=rf"^worker tcp://127\S+, shard 5: .*{said}"):
        done += engine.computed(client, Fails(tmp_path, kind), NUMBERS)
    assert len(list(tmp_path.iterdir())) == 1  # tried once
    assert sorted(engine.computed(client, squared, NUMBERS)) == SQUARES  # and workers go on


def test_of_a_worker_of_several_threads_one_computes(tmp_path):
    own = {"dashboard_address": "127.0.0.1:0", "local_directory": str(tmp_path)}
    with (
        LocalCluster(n_workers=1, threads_per_worker=3, processes=False, **own) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        assert not any(engine.computed(client, others_inside, NUMBERS))


def test_workers_of_another_version_are_refused(client, monkeypatch):
    version = tfexplain.__version__
    monkeypatch.setattr(tfexplain, "__version__", "99.0")
    with pytest.raises(TfexplainError, match=rf"expected tfexplain 99.0, .* got {version}\. pip"):
        list(engine.computed(client, squared, NUMBERS))


def test_ctrl_c_ends_workers_and_says_no_more(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
        import os, sys
        from support.tasks import slow
        from tfexplain.shards.engine import computed, local

        if __name__ == "__main__":
            try:
                with local(2) as client:
                    print(*client.run(os.getpid).values(), flush=True)
                    for number in computed(client, slow, range(1000)):
                        print("computed", flush=True)
            except KeyboardInterrupt:
                sys.exit(130)
        """),
        "utf-8",
    )
    paths = os.pathsep.join([str(Path(__file__).parents[3]), str(Path(__file__).parents[2])])
    begun = subprocess.Popen(
        [sys.executable, "-W", "error", str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    with begun:
        workers = [int(pid) for pid in begun.stdout.readline().split()]
        assert begun.stdout.readline() == "computed\n"
        os.killpg(begun.pid, signal.SIGINT)  # as a terminal does
        _, errors = begun.communicate(timeout=60)
    assert (begun.returncode, errors) == (130, "")
    assert len(workers) == 2
    assert not [pid for pid in workers if Path(f"/proc/{pid}/cmdline").exists()]


def test_a_scheduler_without_workers_is_waited_for_and_one_that_is_gone_is_said(tmp_path):
    told = []
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard"]
    scheduler = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", "0"], stderr=subprocess.PIPE, text=True
    )

    def tell(text: str) -> None:
        told.append(text)
        scheduler.kill()

    with scheduler:
        said = next(line for line in scheduler.stderr if "Scheduler at:" in line)
        address = said.split()[-1]
        with (
            engine.connect(address) as client,
            pytest.raises(TfexplainError, match="the Dask scheduler is gone"),
        ):
            list(engine.computed(client, squared, NUMBERS, tell=tell))
    assert told == ["Waiting for a worker: the Dask scheduler has none. Ctrl-C ends the wait."]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "scheduler"])
def test_a_scheduler_that_does_not_answer_is_said(address, monkeypatch):
    monkeypatch.setattr(engine, "_ANSWER_S", 1)
    expected = f"--cluster='{address}': expected a Dask scheduler that answers within 1 s; got "
    with pytest.raises(TfexplainError, match=expected), engine.connect(address):
        pass


def test_without_dask_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(TfexplainError) as caught, engine.local(2):
        pass
    assert str(caught.value) == (
        "--workers=2: expected distributed; it is not installed. "
        'pip install "tensorboard-plugin-tfexplain[dask]"'
    )


@pytest.mark.parametrize(
    ("told", "devices"), [("0,2", ["0", "2"]), ("-1", []), ("", []), ("1,-1,2", ["1"])]
)
def test_each_worker_has_a_gpu_of_its_own(told, devices, monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", told)
    assert engine.visible_devices() == devices
    if len(devices) < 2:
        return
    before = [*sys.path]
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with engine.local(2) as client:
        seen = client.run(os.getenv, "CUDA_VISIBLE_DEVICES")
        assert sorted(seen.values()) == devices
        assert list(tmp_path.iterdir())
    assert (sys.path, list(tmp_path.iterdir())) == (before, [])  # nothing is left behind
    with pytest.raises(TfexplainError, match="expected at most 2, one for each GPU"):
        engine.local(3).__enter__()
