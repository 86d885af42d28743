"""Computes many things on the workers of a Dask cluster: this machine's, or one that stands."""

from __future__ import annotations

import errno
import logging
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from tfexplain.errors import TfexplainError

if TYPE_CHECKING:
    from distributed import Client, Future

Item = TypeVar("Item")
Result = TypeVar("Result")

# Submitted for each worker: one runs, others wait at hand.
_WINDOW = 4
_ANSWER_S = 10
_TOLD_S = 5.0
# What Dask logs of dead workers and lost schedulers is said in our own words.
_QUIET = logging.CRITICAL
# Repeating these would give the same: a setting, a path, rights, a full disk.
_FOR_GOOD = (TfexplainError, FileNotFoundError, PermissionError, ImportError)
_FULL = {errno.ENOSPC, errno.EDQUOT}
# Of a worker of several threads one computes: a model's state is put back after each pass, and
# TensorFlow uses all cores anyway.
_alone = threading.Lock()


def tell(text: str) -> None:
    """Prints a line for the user on the standard error."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def local(workers: int) -> Iterator[Client]:
    """Starts worker processes on this machine, and ends them with the block.

    Where there are GPUs, each worker has one of its own.

    Args:
        workers: How many.

    Raises:
        TfexplainError: Dask is not installed, there are fewer GPUs, or workers do not start.
    """
    check_installed(f"--workers={workers}")
    import dask
    from distributed import Client, Nanny, Scheduler, SpecCluster

    devices = visible_devices()
    if devices and workers > len(devices):
        raise TfexplainError(
            f"--workers={workers}: expected at most {len(devices)}, one for each GPU "
            f"({', '.join(devices)}). Set CUDA_VISIBLE_DEVICES=-1 for workers without one."
        )
    own = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    # No limit of memory: by default, a worker is ended at its share of cores times all memory.
    options = {**own, "nthreads": 1, "memory_limit": None, "silence_logs": _QUIET}
    # A terminal sends Ctrl-C to all; this process ends its workers.
    options["preload"] = ["import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"]
    with _scratch() as scratch:
        environments = [{"CUDA_VISIBLE_DEVICES": device} for device in devices] or [{}] * workers
        specs = {
            number: {"cls": Nanny, "options": {**options, "env": environment}}
            for number, environment in enumerate(environments[:workers])
        }
        # Dask would give workers, and this process, other numbers of threads than it was begun
        # with, and sums over other threads have other bits.
        settings = {"distributed.nanny.pre-spawn-environ": {}, "temporary-directory": scratch}
        with dask.config.set(settings):
            try:
                cluster = SpecCluster(
                    workers=specs,
                    scheduler={"cls": Scheduler, "options": own},
                    silence_logs=_QUIET,
                )
            except Exception as error:
                # Where closing what had begun fails as well, the first error says why.
                why = repr(error.__context__ or error)
                raise TfexplainError(
                    f"--workers={workers}: expected processes that start; got {why}. A script "
                    'that starts them needs `if __name__ == "__main__":` around what it does.'
                ) from error
            with cluster, Client(cluster, set_as_default=False) as client:
                yield client


@contextmanager
def _scratch() -> Iterator[str]:
    """Makes a folder for Dask's files, which is gone with the block, from `sys.path` too."""
    with tempfile.TemporaryDirectory(prefix="tfexplain-") as folder:
        try:
            yield folder
        finally:
            sys.path[:] = [path for path in sys.path if not path.startswith(folder)]


@contextmanager
def connect(address: str) -> Iterator[Client]:
    """Connects to the scheduler of a cluster that stands, and leaves it with the block.

    Args:
        address: Such as `tcp://scheduler:8786`.

    Raises:
        TfexplainError: Dask is not installed, or no scheduler answers.
    """
    check_installed(f"--cluster={address!r}")
    from distributed import Client
    from distributed.utils import silence_logging_cmgr

    try:
        client = Client(address, timeout=_ANSWER_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise TfexplainError(
            f"--cluster={address!r}: expected a Dask scheduler that answers within {_ANSWER_S} s; "
            f"got {error}. Start it with `dask scheduler`, and pass the address that it prints."
        ) from error
    with silence_logging_cmgr(_QUIET), client:
        yield client


def computed(
    client: Client,
    compute: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    retries: int = 3,
    tell: Callable[[str], None] = tell,
) -> Iterator[Result]:
    """Yields what workers compute of each item, in the order in which they finish.

    A few items for each worker are submitted at a time, so that memory does not grow with them.
    What a worker had begun when it died is begun again by another.

    Args:
        client: Of a Dask cluster, whose workers may come and go.
        compute: A function of one item; it travels once to each worker.
        items: Read as they are needed.
        retries: How often an item that raises is begun again; none for what would stay the same,
            such as a missing file or a full disk.
        tell: Says what is waited for.

    Raises:
        TfexplainError: an item cannot be computed, with the worker's name; or the cluster is gone.
    """
    from distributed.protocol.pickle import dumps

    from tfexplain import __version__

    finished: queue.SimpleQueue[Future] = queue.SimpleQueue()
    running: dict[Future, tuple[Item, int]] = {}
    todo = iter(items)

    def submit(item: Item, tries: int) -> None:
        with _unadvised():
            future = client.submit(_run, held, item, __version__, pure=False)
        running[future] = item, tries
        future.add_done_callback(finished.put)

    with _unadvised():
        # A result of the cluster, so that it is made again where whoever holds it dies.
        held = client.submit(_same, dumps(compute), pure=False)
    try:
        while True:
            room = _WINDOW * max(1, len(client.nthreads())) - len(running)
            for item in islice(todo, max(0, room)):
                submit(item, 0)
            if not running:
                return
            future = _next(finished, client, tell)
            item, tries = running.pop(future)
            answer = _answer(future)
            if answer.error is None:
                yield answer.result
            elif answer.for_good or tries == retries:
                raise TfexplainError(answer.told(item))
            else:
                submit(item, tries + 1)
    finally:
        client.cancel([*running, held], force=True)


def check_installed(asked: str) -> None:
    """Raises an error that says how to install Dask, where it is not.

    Args:
        asked: What needs it, as `--workers=2`.
    """
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise TfexplainError(
            f"{asked}: expected distributed; it is not installed. "
            'pip install "tensorboard-plugin-tfexplain[dask]"'
        ) from None


def visible_devices() -> list[str]:
    """Returns the GPUs that a process may use, as `CUDA_VISIBLE_DEVICES` has them.

    TensorFlow is not asked: it would take the devices for this process.
    """
    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    if told is not None:
        # As CUDA reads it: devices behind the first that is none are hidden.
        named = [name.strip() for name in told.split(",")]
        ends = [i for i, name in enumerate(named) if not name or name.startswith("-")]
        return named[: ends[0]] if ends else named
    if not shutil.which("nvidia-smi"):
        return []
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True)
    count = sum(line.startswith("GPU ") for line in listed.stdout.splitlines())
    return [str(number) for number in range(count)]


@dataclass(frozen=True)
class _Answer:
    """Holds what a worker says of an item: a result, or an error in words.

    Errors travel as words: those of any library need not be known where they are read.
    """

    worker: str
    result: Any = None
    error: str | None = None
    for_good: bool = True

    def told(self, item: Any) -> str:
        where = f"worker {self.worker}" if self.worker else "a worker"
        which = f", shard {item}" if isinstance(item, int) else ""
        return f"{where}{which}: {self.error}"


def _same(compute: bytes) -> bytes:
    return compute


def _run(compute: bytes, item: Any, version: str) -> _Answer:
    """Computes an item where it is called: on a worker."""
    from distributed import get_worker
    from distributed.protocol.pickle import loads

    from tfexplain import __version__

    worker = get_worker().address
    if version != __version__:
        return _Answer(
            worker,
            error=f"expected tfexplain {version}, as where it was begun; got {__version__}. "
            f"pip install tensorboard-plugin-tfexplain=={version} there.",
        )
    try:
        with _alone:
            return _Answer(worker, loads(compute)(item))
    except Exception as error:
        for_good = isinstance(error, _FOR_GOOD) or getattr(error, "errno", None) in _FULL
        return _Answer(worker, error=_in_words(error), for_good=for_good)


def _in_words(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        what = f"{error.filename}: no such file." if error.filename else str(error)
        return (
            f"{what} Workers read the model and the data by the same path; put them on a drive "
            "that all mount."
        )
    if getattr(error, "errno", None) in _FULL:
        return f"{error}. Make room and begin again: what is finished is kept."
    # Our own messages say all; of others the kind is half of it.
    own = isinstance(error, TfexplainError)
    return str(error) if own else f"{type(error).__name__}: {error}"


def _answer(future: Future) -> _Answer:
    """Returns what became of an item, also where its worker could not say."""
    from distributed import CancelledError, KilledWorker

    try:
        # Where its worker died since it was finished, it is waited for once more.
        answer: _Answer = future.result()
        return answer
    except KilledWorker as error:
        return _Answer(
            error.last_worker.address,
            error="expected a worker that lives until it is done; several died over it, most often "
            "for want of memory. Give it fewer rows at once, and begin again: what is finished is "
            "kept.",
        )
    except (CancelledError, OSError):
        raise TfexplainError(
            "the Dask scheduler is gone, or has cancelled what it was to do. Begin again: what is "
            "finished is kept."
        ) from None
    except Exception as error:
        return _Answer("", error=f"{_in_words(error)}. Is tfexplain installed where it runs?")


def _next(
    finished: queue.SimpleQueue[Future], client: Client, tell: Callable[[str], None]
) -> Future:
    told = False
    while True:
        try:
            return finished.get(timeout=_TOLD_S)
        except queue.Empty:
            if not told and not client.nthreads():
                tell("Waiting for a worker: the Dask scheduler has none. Ctrl-C ends the wait.")
                told = True


@contextmanager
def _unadvised() -> Iterator[None]:
    """Leaves out Dask's advice about large graphs: a model is sent once, and rows are few."""
    import dask

    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
        yield
