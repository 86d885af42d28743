"""A real browser on a real TensorBoard, over logs of a real `model.fit` and of `write_demo_log`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import keras
import pytest
from playwright.sync_api import Browser, sync_playwright
from support.logs import write_demo_log
from support.models import digits
from support.server import Server, serve
from support.shared import made_once

from e2e.page import ExplainPage, open_page, wait_loaded
from e2e.start import MISSING, SWITCHES, chromium
from tfexplain import Explain

ARTIFACTS = Path(__file__).parents[1] / "artifacts"
EPOCHS = 6

OpenPage = Callable[..., AbstractContextManager[ExplainPage]]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, or a skip that says how to get one."""
    path = chromium()
    if not path:
        if os.environ.get("TFEXPLAIN_REQUIRE_BROWSER"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def fit_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two trainings of one small CNN from different seeds: the runs `first` and `second`."""
    return made_once(tmp_path_factory, "fit", _train_twice)


def _train_twice(log_dir: Path) -> None:
    images, labels = digits(900)
    train, val = (images[:600], labels[:600]), (images[600:900], labels[600:900])
    for seed, name in enumerate(("first", "second")):
        model = _small_cnn(seed)
        names = [f"digit {i}" for i in range(10)]
        settings = {"class_names": names, "every": 1, "sanity": "random", "verbose": False}
        explain = Explain(val, log_dir=log_dir / name, **settings)
        model.fit(
            *train,
            validation_data=val,
            epochs=EPOCHS,
            batch_size=32,
            verbose=0,
            callbacks=[explain],
        )


def _small_cnn(seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    layers = [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(8, 3, padding="same", activation="relu", name="conv1"),
        keras.layers.MaxPool2D(name="pool"),
        keras.layers.Conv2D(16, 3, padding="same", activation="relu", name="conv2"),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ]
    model = keras.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture(scope="session")
def fit_server(fit_log: Path) -> Iterator[Server]:
    with serve(fit_log, "--host", "127.0.0.1") as server:
        server.wait_for_runs(2, EPOCHS - 1)
        yield server


@pytest.fixture(scope="session")
def demo_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two made-up runs with a NaN, a problem and a sample that changes its mind."""
    log_dir = tmp_path_factory.mktemp("demo")
    write_demo_log(log_dir / "dense", epochs=20)
    write_demo_log(log_dir / "pruned", epochs=20, seed=2)
    return log_dir


@pytest.fixture(scope="session")
def demo_server(demo_log: Path) -> Iterator[Server]:
    with serve(demo_log, "--host", "127.0.0.1") as server:
        server.wait_for_runs(2, 19)
        yield server


@pytest.fixture
def open_tab(browser: Browser) -> OpenPage:
    """Opens the tab on a server; afterwards no error may have been logged in the browser."""

    @contextmanager
    def open_it(
        server: Server,
        place: str | None = "",
        *,
        link: str = "",
        empty: bool = False,
        **context: object,
    ) -> Iterator[ExplainPage]:
        with open_page(browser, link or server.address, place, **context) as page:
            yield page if empty else wait_loaded(page)
            assert page.errors == []

    return open_it


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Where screenshots are kept for people to look at."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    return ARTIFACTS
