"""A training of one long epoch on the page: the playhead goes to parts of it, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.logs import write_demo_log
from support.server import Server, serve

from e2e.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture(scope="module", params=["true", "false"])
def server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Server]:
    """One epoch that was explained eight times, beside one that was trained in whole ones."""
    log_dir: Path = tmp_path_factory.mktemp("within")
    write_demo_log(log_dir / "parts", epochs=8, samples=2, parts=8)
    write_demo_log(log_dir / "whole", epochs=2, samples=2, seed=1)
    with serve(log_dir, "--host", "127.0.0.1", f"--load_fast={request.param}") as found:
        found.wait_for(lambda runs: sorted(map(_last, runs.values())) == [0, 1])
        yield found


def _last(run: dict[str, Any]) -> float:
    return max((group["last_step"] for group in run["groups"]), default=-1)


def test_the_playhead_goes_to_parts_of_an_epoch(open_tab: OpenPage, server: Server) -> None:
    with open_tab(server) as page:
        assert page.text("tfx-timeline .epoch") == "Epoch 1 of 1"
        page.press("Home")
        assert page.text("tfx-timeline .epoch") == "Epoch 0 of 1, at 12.5%"
        slider = page.frame.get_by_role("slider", name="Epoch")
        assert slider.get_attribute("aria-valuenow") == "-0.875"
        page.press("ArrowRight", "ArrowRight")
        assert page.text("tfx-timeline .epoch") == "Epoch 0 of 1, at 37.5%"
        # The link and whatever is read from it stand at the same place.
        page.wait_for_link("step=-0.625")
        page.reload()
        assert page.text("tfx-timeline .epoch") == "Epoch 0 of 1, at 37.5%"
        page.press(*["ArrowRight"] * 5)
        assert page.text("tfx-timeline .epoch") == "Epoch 0 of 1"
        # Of the other run, nothing is known before its first epoch's end.
        page.press("ArrowRight")
        assert page.text("tfx-timeline .epoch") == "Epoch 1 of 1"
        assert "from epoch 0" in page.text("tfx-timeline .values")
