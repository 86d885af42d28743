"""Who pays: classes and groups beside the controls, rows that open their maps, shared masks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from support.models import digits
from support.server import Server, serve

from e2e.page import open_page, wait_loaded
from tfexplain import Saliency, compare, read

X, Y = digits(240)
GROUPS = np.where(np.arange(len(Y)) % 2, "north", "south")


def templates(rows: slice, share: float = 0) -> Any:
    """A linear model of the mean pictures of the classes, its smallest weights cut."""
    means = np.stack([X[rows][Y[rows] == c].mean(0).ravel() for c in range(10)], axis=1)
    kernel = means - means.mean(1, keepdims=True)
    kernel[abs(kernel) < np.quantile(abs(kernel), share)] = 0
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(10, "softmax", False, name="head"),
        ]
    )
    model.set_weights([kernel])
    return model


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("payers-log")
    even, odd = slice(0, None, 2), slice(1, None, 2)
    compare(
        {"dense": templates(even), **{f"cut{s}": templates(even, s / 100) for s in (75, 85)}},
        validation_data=(X, Y),
        control={"other": templates(odd)},
        explainers=Saliency(absolute=False),
        samples=4,
        groups=GROUPS,
        log_dir=log_dir,
        class_names=[f"digit {i}" for i in range(10)],
    )
    return log_dir


@pytest.fixture(scope="module")
def server(log_dir: Path) -> Iterator[Server]:
    with serve(log_dir) as running:
        yield running


def test_who_pays_is_seen_and_a_row_opens_its_maps(
    browser: Browser, server: Server, log_dir: Path
) -> None:
    run = read(log_dir)["cut85"]
    table, rows = run.payers, run.exemplars
    change = table["measure"] == "accuracy change"
    pays = change & (table["high"] < np.minimum(table["band_low"], 0))
    assert pays.any()
    with open_page(browser, server.address) as page:
        wait_loaded(page)
        frame = page.frame
        frame.get_by_role("tab", name="Model").click()
        frame.get_by_role("tab", name="Who pays?").click()
        view = frame.locator("tfx-payers")
        expect(view.locator(".costs tbody th.part")).to_have_count(8 + 2)
        view.get_by_role("button", name="All 10 classes").click()
        expect(view.locator(".costs tbody th.part")).to_have_count(12)
        # The columns are cut75 and cut85.
        expect(view.locator("td:nth-of-type(3) .worse")).to_have_count(int(pays.sum()))
        worst = table["name"][change][table["value"][change].argmin()]
        expect(view.get_by_role("status")).to_contain_text(f"Most is paid by class {worst} under")
        view.get_by_label("Measure").select_option(label="same prediction as the reference")
        expect(view.get_by_role("status")).to_contain_text("same prediction as the reference")
        masks = view.locator(".masks tbody tr", has_text="cut75 and cut85")
        # The smaller mask is a part of the larger one.
        kept = {one: np.count_nonzero(templates(slice(0, None, 2), one).get_weights()[0])
                for one in (0.75, 0.85)}  # fmt: skip
        expect(masks).to_contain_text(f"{kept[0.85] / kept[0.75]:.0%}")
        listed = view.locator("tfx-exemplars")
        expect(listed.locator("p").first).to_contain_text(
            f"{len(rows['row'])} rows are predicted otherwise by most of the 2 compressed models"
        )
        listed.locator("li button").first.click()
        # In the samples, by dense and compressed models beside each other, controls too.
        cells = frame.locator("tfx-map-cell")
        expect(cells).to_have_count(4)
        expect(frame.locator("tfx-grid")).to_contain_text(f"row {rows['row'][0]}")
