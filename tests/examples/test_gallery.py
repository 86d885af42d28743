"""The gallery in docs: nothing public is missing from it."""

from __future__ import annotations

import re

from support.examples import ROOT

from tfexplain import explainers


def methods():
    others = {"Explainer", "Explanation", "OptimizedInputs", "explain"}
    return {name for name in explainers.__all__ if name not in others}


def named(text):
    """The methods of a page: with a picture, and without."""
    rows = re.findall(r"^\| `(\w+)[^`]*` \|", text, re.MULTILINE)
    return set(rows), set(re.findall(r"^- `(\w+)`: \w+.*\.$", text, re.MULTILINE))


def test_the_page_in_the_docs_is_of_these_methods():
    shown, refused = named((ROOT / "docs" / "gallery.md").read_text("utf-8"))
    assert shown | refused == methods()
