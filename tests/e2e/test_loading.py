"""What is loaded when: the first script is small, and a view's own comes when it is opened."""

from __future__ import annotations

import gzip
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from playwright.sync_api import Browser, expect
from support.server import Server

from e2e.page import ExplainPage, open_page, wait_loaded

# uPlot, Lit, and what all views share; more of a view belongs into its own script.
MOST_BYTES = 117_000


def scripts(page: ExplainPage) -> list[str]:
    """Names of the scripts that were asked for, in that order."""
    paths = [PurePosixPath(urlsplit(url).path) for url in page.requests]
    return [path.name for path in paths if path.suffix == ".js"]


def own(names: list[str]) -> list[str]:
    """What these scripts are of, without what several share."""
    parts = [name.partition("-")[0] for name in names]
    return [part for part in parts if part != "chunk"]


def test_a_view_is_loaded_when_it_is_opened_and_little_before(
    browser: Browser, fit_server: Server
) -> None:
    with open_page(browser, fit_server.address, None) as page:
        wait_loaded(page)
        first = scripts(page)
        assert first[0] == "index.js"
        # What the page and its worker share comes once.
        sent = [gzip.compress(fit_server.plugin(name).body) for name in dict.fromkeys(first)]
        assert sum(map(len, sent)) <= MOST_BYTES
        page.frame.get_by_role("tab", name="Model").click()
        expect(page.frame.locator("tfx-layer-graph")).to_be_visible()
        later = scripts(page)[len(first) :]
        assert own(later) == ["compression", "model", "layer"]  # its panel, and the graph of layers
        page.frame.get_by_role("tab", name="Samples").click()
        expect(page.frame.locator("tfx-map-cell").first).to_be_visible()
        last = scripts(page)[len(first + later) :]
        assert own(last) == ["maps"]
        page.frame.get_by_role("tab", name="Model").click()
        expect(page.frame.locator("tfx-layer-graph")).to_be_visible()
        assert scripts(page) == first + later + last


def test_a_script_that_cannot_be_loaded_says_what_to_do(
    browser: Browser, fit_server: Server
) -> None:
    with open_page(browser, fit_server.address) as page:
        wait_loaded(page)
        page.page.route("**/model-*.js", lambda route: route.abort())
        page.frame.get_by_role("tab", name="Model").click()
        alert = page.frame.get_by_role("alert").filter(has_text="could not be loaded")
        expect(alert).to_contain_text("Reload the page")
        # The rest of the page works on.
        page.frame.get_by_role("tab", name="Samples").click()
        expect(page.frame.locator("tfx-map-cell").first).to_be_visible()
