"""Pictures that a function of the user's makes: what is drawn is what was made, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from playwright.sync_api import expect
from support.server import Server, serve

from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from e2e.page import ExplainPage, MapCell
from tfexplain import Custom, Explain

pytestmark = [pytest.mark.browser, pytest.mark.process]

EPOCHS, SIDE = 3, 4
NOISE = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)


class Generator:
    """Stands behind what a GAN's picture of each epoch is: other colours each time."""

    def __init__(self) -> None:
        self.made: list[Any] = []

    def __call__(self, model: Any, inputs: Any, targets: Any) -> Any:
        rng = np.random.default_rng(len(self.made))
        self.made.append(rng.integers(0, 256, (len(targets), SIDE, SIDE, 3), np.uint8))
        return self.made[-1]


@pytest.fixture(scope="module")
def made() -> Generator:
    return Generator()


@pytest.fixture(scope="module")
def server(made: Generator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log_dir: Path = tmp_path_factory.mktemp("made")
    model = keras.Sequential([keras.Input((5,), name="noise"), keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    callback = Explain(
        NOISE,
        log_dir=log_dir / "gan",
        explainers=Custom("Generated", made),
        samples=2,
        on_error="raise",
        verbose=0,
    )
    model.fit(NOISE, np.zeros((6, 3)), epochs=EPOCHS, verbose=0, callbacks=[callback])
    with serve(log_dir, "--host", "127.0.0.1") as server:
        server.wait_for(lambda runs: bool(runs))
        yield server


def colour(page: ExplainPage, sample: int, row: int, column: int) -> tuple[int, int, int]:
    """The middle of a pixel as it is drawn."""
    cell = page.frame.locator("tfx-made-picture-cell").nth(sample)
    label = f"Generated, sample {sample}, run gan"
    expect(cell.get_by_role("img", name=label, exact=True)).to_be_visible()
    return MapCell(page, cell).colour(row, column, SIDE, SIDE)


def test_each_epoch_s_picture_is_drawn_as_it_was_made(
    open_tab: OpenPage, server: Server, made: Generator
) -> None:
    with open_tab(server) as page:
        expect(page.frame.locator("tfx-made-picture-cell")).to_have_count(2)
        logged = made.made[-EPOCHS:]  # the dry run before training made one more
        for epoch in (2, 0, 1):
            page.seek(epoch)
            for sample, row, column in ((0, 0, 0), (0, 3, 1), (1, 2, 2)):
                expected = tuple(int(part) for part in logged[epoch][sample, row, column])
                assert colour(page, sample, row, column) == expected
        assert page.text("tfx-made-picture-cell .size") == "4 × 4"
        assert_nothing_serious(page)
