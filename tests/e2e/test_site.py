"""The documentation site: built strictly, opened from a disk, searched."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

import tfexplain

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.process,
    pytest.mark.skipif(not (ROOT / "mkdocs.yml").is_file(), reason="needs the source checkout"),
]


NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# As `read("logs").show()` writes it, and what must not come along.
FRAME = '<iframe srcdoc="&lt;h1&gt;of the frame&lt;/h1&gt;" width="100%" height="80"></iframe>'
TABLE = '<style scoped>p {}</style><table border="1" class="dataframe"><tr><td>7</td></tr></table>'


def executed(folder: Path) -> Path:
    """Copies of the notebooks, the second code cell of each with outputs of every kind."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "png")
    shown = {"image/png": base64.b64encode(picture.getvalue()).decode()}
    kinds: list[dict[str, str]] = [shown, {"text/html": FRAME}, {"text/html": TABLE}]
    for file in NOTEBOOKS:
        notebook = nbformat.read(file, as_version=4)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"][1]
        code.outputs = [
            nbformat.v4.new_output("stream", name="stdout", text="what is printed\n"),
            nbformat.v4.new_output("stream", name="stderr", text="what is remarked\n"),
            *(nbformat.v4.new_output("display_data", data) for data in kinds),
        ]
        nbformat.write(notebook, folder / file.name)
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": path}
    env["TFEXPLAIN_NOTEBOOKS"] = str(executed(tmp_path_factory.mktemp("notebooks")))
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


def test_notebooks_are_pages_with_their_outputs(page: Page, site: Path) -> None:
    assert NOTEBOOKS
    for file in NOTEBOOKS:
        text = (site / f"tutorial_{file.stem}.html").read_text("utf-8")
        assert "<iframe src=" in text
        assert "remarked" not in text
        assert "dataframe" not in text
        assert "scoped" not in text
        start = (site / "tutorials.html").read_text("utf-8")
        assert f'<td><a href="tutorial_{file.stem}.html">' in start
    page.goto((site / f"tutorial_{NOTEBOOKS[0].stem}.html").as_uri())
    expect(page.locator(".filename ~ pre code").first).to_have_text("what is printed")
    expect(page.locator("article table td")).to_have_text("7")
    expect(page.frame_locator("article iframe").locator("h1")).to_have_text("of the frame")
    assert page.locator("article img").evaluate("image => image.naturalWidth") == 8


def test_search_finds_without_a_server(page: Page) -> None:
    page.get_by_role("textbox", name="Search").click()
    page.keyboard.type("wilson")
    found = page.locator(".md-search-result__link").first
    expect(found).to_contain_text("Findings")
    found.click()
    expect(page.locator("h1")).to_contain_text("Findings")
