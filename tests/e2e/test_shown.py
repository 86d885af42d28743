"""The page in the output of a notebook's cell."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from playwright.sync_api import Browser, expect
from support.overview_log import EPOCHS, FOLLOWED, write_overview_log

import tfexplain
from e2e.page import ExplainPage, wait_loaded

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shown")
    write_overview_log(folder / "logs")
    return folder / "logs"


def output(cell: str) -> str:
    """The HTML that a notebook shows of a cell."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    (shown,) = notebook.cells[0].outputs
    text: str = shown.data["text/html"]
    return text


def test_a_cell_shows_the_page(browser: Browser, logs: Path, tmp_path: Path) -> None:
    cell = output(f"import tfexplain\ntfexplain.read({str(logs)!r}).show(height=700)")
    (tmp_path / "cell.html").write_text(f"<!doctype html><body>{cell}", "utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.set_viewport_size({"width": 1200, "height": 760})
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto((tmp_path / "cell.html").as_uri())
    frame = page.frames[1]
    shown = wait_loaded(ExplainPage(page, frame, told, []))
    share = f"{FOLLOWED['shortcut']:.0%}"
    expect(frame.locator("tfx-overview")).to_contain_text(f"{share} follow the left edge")
    assert shown.epoch == EPOCHS - 1
    shown.press("Home")
    assert shown.epoch == 0
    box = page.locator("iframe").bounding_box()
    assert box
    assert box["height"] == 700
    assert told == []
    context.close()


def test_one_run_is_shown_alone_and_its_size_is_bounded(logs: Path) -> None:
    log = tfexplain.read(logs)
    both, one = log.show().text, log["shortcut"].show().text
    assert "run=plain" in both
    assert "run=plain" not in one
    assert "run=shortcut" in one
    assert len(one) < len(both) < 10_000_000
    with pytest.raises(tfexplain.TfexplainError, match=r"expected at least \d"):
        log.show(max_mb=0.01)
    with pytest.raises(tfexplain.TfexplainError, match="height=0: expected a whole number"):
        log.show(height=0)
