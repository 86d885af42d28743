from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.hostile import write_hostile_log
from support.logs import write_demo_log
from tensorboard import context as tb_context
from tensorboard.backend import application
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from werkzeug.test import Client

from tfexplain.tb_plugin.log import Log
from tfexplain.tb_plugin.plugin import DEFAULT_SAMPLES, Loader

KEPT = DEFAULT_SAMPLES


def provide(log_dir: Path, kept: int = KEPT) -> tuple[Any, Any]:
    """TensorBoard's Python-mode data provider and what it reads, after one reading of the log."""
    multiplexer = plugin_event_multiplexer.EventMultiplexer(
        tensor_size_guidance={"tfexplain": kept}
    )
    multiplexer.AddRunsFromDirectory(str(log_dir))
    multiplexer.Reload()
    return data_provider.MultiplexerDataProvider(multiplexer, str(log_dir)), multiplexer


@pytest.fixture(scope="session")
def open_log() -> Callable[[Path], Log]:
    """Opens a directory as the data layer sees it."""

    def open_it(log_dir: Path) -> Log:
        provider, events = provide(log_dir)
        return Log(provider, tb_context.RequestContext(), "", KEPT, events)

    return open_it


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, open_log: Callable[[Path], Log]) -> Log:
    path = tmp_path_factory.mktemp("demo")
    write_demo_log(path / "run1")
    return open_log(path)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, open_log: Callable[[Path], Log]) -> Log:
    path = tmp_path_factory.mktemp("hostile")
    write_hostile_log(path)
    return open_log(path)


@pytest.fixture(scope="session")
def open_client() -> Callable[[Path], Client]:
    """Opens a directory as TensorBoard's whole WSGI application with our plugin in it."""

    def open_it(log_dir: Path) -> Client:
        provider, events = provide(log_dir)
        context = base_plugin.TBContext(
            data_provider=provider, multiplexer=events, sampling_hints={"tfexplain": KEPT}
        )
        plugin = Loader().load(context)
        return Client(application.TensorBoardWSGI([plugin], data_provider=provider))

    return open_it
