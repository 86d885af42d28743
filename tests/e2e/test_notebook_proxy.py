"""The tab in a notebook on another machine: `%tensorboard` behind a proxy such as Colab's."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, expect
from support.get_proxy import Proxy, get_proxy
from tensorboard import manager

from e2e.page import ExplainPage, wait_loaded

pytestmark = [pytest.mark.browser, pytest.mark.process]

# Of TensorBoard itself, in pixels.
HEADER = 64


@pytest.fixture
def proxy(demo_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A proxy of what `%tensorboard --logdir LOG` starts."""
    # It keeps no PYTHONPATH, which may lead to the tree under test.
    binary = tmp_path / "tensorboard"
    lines = [f"#!{sys.executable}", "import sys", f"sys.path[:0] = {sys.path!r}"]
    lines += ["from tensorboard.main import run_main", "run_main()"]
    binary.write_text("\n".join(lines))
    binary.chmod(0o755)
    monkeypatch.setenv("TENSORBOARD_BINARY", str(binary))
    # It tells its port in a file among the temporary ones.
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    started = manager.start(["--logdir", str(demo_log), "--port", "0"])
    assert isinstance(started, manager.StartLaunched), started
    try:
        with get_proxy(f"http://127.0.0.1:{started.info.port}/") as running:
            yield running
    finally:
        os.kill(started.info.pid, signal.SIGTERM)
        os.waitpid(started.info.pid, 0)


# The manager lets go of the process that it starts.
@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_everything_works_by_get_below_the_prefix(browser: Browser, proxy: Proxy) -> None:
    context = browser.new_context(viewport={"width": 1000, "height": 840})
    page = context.new_page()
    errors: list[str] = []
    requests: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: keep(message, errors))
    page.on("request", lambda request: requests.append(f"{request.method} {request.url}"))
    page.goto(proxy.notebook)
    board = page.frame_locator("iframe")
    handle = board.locator("iframe[src*='name=tfexplain']").element_handle()
    assert handle
    frame = handle.content_frame()
    assert frame
    shown = wait_loaded(ExplainPage(page, frame, errors, requests))
    assert frame.evaluate("innerHeight") == 800 - HEADER
    frame.get_by_role("tab", name="Samples").click()
    wait_loaded(shown)
    cell = shown.map("GradCAM", "backbone/conv2", 0, "dense")
    cell.draw()
    assert len({cell.colour(row, column, 8, 8) for row in range(8) for column in range(8)}) > 8
    now = cell.fact("scale")
    shown.press("Home")
    assert shown.epoch == 0
    assert cell.fact("scale") != now
    frame.get_by_role("checkbox", name="dense").uncheck()
    expect(frame.locator("tfx-map-cell").first).to_contain_text("logit")
    expect(cell.cell).to_have_count(0)
    frame.get_by_role("button", name="Look").click()
    frame.get_by_role("radio", name="each map").check()
    expect(frame.locator("tfx-legend").first).to_contain_text("max of each map")
    tracks = frame.locator("tfx-timeline .plots > *")
    assert tracks.count() > 1
    # A lower cell keeps one track, and all of the room for the maps.
    page.locator("iframe").evaluate("cell => { cell.height = 640; }")
    expect(tracks).to_have_count(1)
    wait_loaded(shown)
    ours = [request for request in requests if "tfexplain" in request]
    assert any("/series?" in request for request in ours)
    assert all(request.startswith(f"GET {proxy.root}") for request in ours)
    assert errors == []
    assert not [asked for asked in proxy.refused if not asked.startswith("GET /font-roboto/")]
    context.close()


def keep(message: ConsoleMessage, errors: list[str]) -> None:
    # TensorBoard asks for its fonts at the root of the server, a browser for an icon.
    asked = message.location["url"]
    if message.type == "error" and "/font-roboto/" not in asked and "/favicon" not in asked:
        errors.append(message.text)
