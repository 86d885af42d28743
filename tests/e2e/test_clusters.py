"""Clusters of maps as a person reads them: how large, where their evidence lies, their samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from support.clusters_log import CLASSES, write_clusters_log
from support.server import Server, serve
from support.shared import made_once

import tfexplain
from e2e.axe import assert_nothing_serious
from e2e.conftest import OpenPage
from tfexplain.types import Array

Place = Callable[[float], float]

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "clusters", write_clusters_log)


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[Server]:
    with serve(log, "--host", "127.0.0.1") as server:
        server.wait_for_runs(1, 1)
        yield server


def test_cards_list_the_library_s_clusters_and_dots_open_their_samples(
    log: Path, server: Server, open_tab: OpenPage
) -> None:
    run = tfexplain.read(log)["linear"]
    record = run.clusters()["input"]
    with open_tab(server, "&p.tfexplain.view=overview") as page:
        frame = page.frame
        frame.get_by_role("button", name="rows of yes are explained by one small place").click()
        shown = frame.locator("[data-clusters=linear]")
        for number, label in enumerate(record.whose):
            place = int((record.whose[:number] == label).sum())
            card = shown.get_by_role("button", name=f"Cluster {place + 1} of {CLASSES[label]}")
            rows = int((record.clusters == number).sum())
            expect(card).to_contain_text(f"{rows} rows")
            share = rows / (record.classes == label).sum()
            expect(card).to_contain_text(f"{100 * share:.0f}% of {CLASSES[label]}")
            expect(card).to_contain_text(f"at one place {100 * record.held[number]:.0f}%")
        assert_nothing_serious(page)
        # The rows of a cluster can be listed, and those that are explained opened.
        samples = run.samples
        sample = samples["label"].tolist().index(1)
        at = record.rows.tolist().index(int(samples["row"][sample]))
        number = int(record.clusters[at])
        place = int((record.whose[:number] == 1).sum())
        shown.get_by_role("button", name=f"Cluster {place + 1} of yes").click()
        members = frame.get_by_role("region", name="Rows of the cluster")
        expect(members.get_by_role("button", name=f"sample {sample}", exact=True)).to_be_visible()
        # The same by its dot, of which the figure has one for each row.
        x, y = dot(record.positions, at)
        canvas = shown.locator("tfx-plot canvas")
        box = canvas.bounding_box()
        assert box is not None
        canvas.click(position={"x": x(box["width"]), "y": y(box["height"])})
        page.wait_for_link(f"p.tfexplain.samples={sample}")


def dot(positions: Array, at: int) -> tuple[Place, Place]:
    """Where a dot is drawn on a canvas of some width and height."""

    def along(axis: int) -> float:
        own = positions[:, axis].astype(np.float64)
        low, high = np.nanmin(own), np.nanmax(own)
        room = 0.04 * (high - low)
        return (own[at] - low + room) / (high - low + 2 * room)

    across, up = along(0), along(1)
    return (
        lambda width: 8 + across * (width - 8 - 10),
        lambda height: 8 + (1 - up) * (height - 8 - 34),
    )
