"""The documentation site: built strictly, opened from a disk, searched."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import tfexplain

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.process,
    pytest.mark.skipif(not (ROOT / "mkdocs.yml").is_file(), reason="needs the source checkout"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture
def page(browser: Browser, site: Path) -> Iterator[Page]:
    opened = browser.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto((site / "index.html").as_uri())
    yield opened
    opened.close()
    assert not [url for url in asked if url.startswith("http")]


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    text = (site / "reference.html").read_text("utf-8")
    headed = set(re.findall(r'<h3 id="tfexplain\.([\w.]+)"', text))
    names = {place.rpartition(".")[2] for place in headed}
    functions_and_classes = {
        name for name in tfexplain.__all__ if callable(getattr(tfexplain, name))
    }
    assert functions_and_classes <= names


def test_pages_of_the_root_are_pages_of_the_site(site: Path) -> None:
    start = (site / "index.html").read_text("utf-8")
    assert 'href="findings.html"' in start
    assert "<code>LICENSE</code>" in start  # a file that is no page is named
    assert 'src="screenshot.png"' in start


def test_search_finds_without_a_server(page: Page) -> None:
    page.get_by_role("textbox", name="Search").click()
    page.keyboard.type("wilson")
    found = page.locator(".md-search-result__link").first
    expect(found).to_contain_text("Findings")
    found.click()
    expect(page.locator("h1")).to_contain_text("Findings")
