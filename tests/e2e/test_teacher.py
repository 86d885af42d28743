"""A student beside its teacher: what the page opens with, and what it says of the two."""

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

import tfexplain
from e2e.axe import assert_nothing_serious
from e2e.page import open_page, wait_loaded
from tfexplain import Explain, GradCAM

pytestmark = [pytest.mark.browser, pytest.mark.process]
layers = keras.layers
EPOCHS = 2


class Pair(keras.Model):  # type: ignore[misc]
    """A student and a teacher of other layers, neither of which learns."""

    def __init__(self) -> None:
        super().__init__()
        self.student, self.teacher = network("narrow", 4), network("wide", 8)

    def train_step(self, data: Any) -> Any:
        return {"loss": keras.ops.mean(self.student(data[0]))}


def network(name: str, filters: int) -> Any:
    keras.utils.set_random_seed(filters)
    convolution = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)
    parts = [convolution, layers.GlobalAveragePooling2D(), layers.Dense(10, activation="softmax")]
    model = keras.Sequential([keras.Input((8, 8, 1)), *parts])
    parts[-1].bias.assign(9 * np.eye(10)[0])  # so that both predict alike
    return model


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("taught")
    x, y = digits()
    model = Pair()
    model.compile("sgd")
    explain = Explain(
        (x, y),
        log_dir=folder,
        explainers=[GradCAM(relu=False)],
        reference="teacher",
        on_error="raise",
        verbose=False,
    )
    model.fit(x[:32], y[:32], epochs=EPOCHS, verbose=0, callbacks=[explain])
    return folder


@pytest.fixture(scope="module")
def server(log_dir: Path) -> Iterator[Server]:
    def ready(runs: Any) -> bool:
        groups = {name: {g["group"] for g in run["groups"]} for name, run in runs.items()}
        taught = "map/GradCAM/narrow" in groups.get("teacher/explain", ())
        return taught and "fidelity" in groups.get("explain", ())

    with serve(log_dir, "--host", "127.0.0.1") as served:
        served.wait_for(ready)
        yield served


def test_a_pair_opens_with_both_and_one_sentence(
    browser: Browser, server: Server, log_dir: Path
) -> None:
    table = tfexplain.read(log_dir)
    (name,) = (name for name in table if "teacher" not in name)
    found = table[name].similarity
    last = (found["epoch"] == EPOCHS - 1) & np.asarray(found["same_prediction"], bool)
    known = last & np.isfinite(found["spearman"])
    with open_page(browser, server.address, None) as page:
        wait_loaded(page)
        line = page.frame.locator("tfx-teacher-line p")
        expect(line).to_contain_text("looks where its teacher looks")
        said = page.text("tfx-teacher-line")
        same, others = (found[n][known].mean() for n in ("spearman", "spearman_others"))
        for value in (same, others):
            assert f"{value:.2f}".replace("-", "\N{MINUS SIGN}") in said
        assert f"{known.sum()} samples" in said
        assert said.startswith("student")
        assert_nothing_serious(page)
        page.frame.get_by_role("tab", name="Samples").click()
        heads = page.frame.locator("tfx-grid .cells").first.locator(".head")
        expect(heads).to_have_text([r"student", "teacher at wide", "student minus teacher"])
        cells = page.frame.locator("tfx-map-cell")
        expect(cells.nth(1)).to_be_visible()
        page.settle()
        # At the last epoch the teacher's maps of the first one hold, and nothing says otherwise.
        assert page.epoch == EPOCHS - 1
        flags = [cells.nth(i).locator(".flag").inner_text() for i in (0, 1)]
        assert flags == ["the model predicts the same for all"] * 2
        difference = page.frame.locator("tfx-difference-cell").first
        shown = difference.locator(".logged").inner_text()
        first = (found["epoch"] == EPOCHS - 1) & (found["sample"] == 0)
        assert shown == f"{found['spearman'][first][0]:.2f}".replace("-", "\N{MINUS SIGN}")
        expect(difference.locator(".high")).to_have_text("1.00 of each scale")
