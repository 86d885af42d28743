"""Figures that the page exports."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from playwright.sync_api import expect

from e2e.page import ExplainPage

SVG = "{http://www.w3.org/2000/svg}"


def export(page: ExplainPage, kind: str) -> tuple[str, bytes]:
    """The name and the bytes of the file that is saved."""
    page.frame.get_by_role("button", name="Export", exact=True).click()
    with page.page.expect_download() as saved:
        page.frame.get_by_role("button", name=kind, exact=True).click()
    expect(page.frame.locator("#export")).to_be_hidden()
    return saved.value.suggested_filename, Path(saved.value.path()).read_bytes()


def texts(figure: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()) for text in figure.iter(f"{SVG}text")]
