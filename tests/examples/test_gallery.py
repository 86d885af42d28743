"""The gallery in docs: nothing public is missing from it."""

from __future__ import annotations

from support.examples import ROOT
from support.gallery import methods, named


def test_the_page_in_the_docs_is_of_these_methods():
    shown, refused = named((ROOT / "docs" / "gallery.md").read_text("utf-8"))
    assert shown | refused == methods()
