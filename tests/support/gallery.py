"""The page of the gallery, read back.

shown, refused = named((ROOT / "docs" / "gallery.md").read_text("utf-8"))
assert shown | refused == methods()
"""

from __future__ import annotations

import re

from tfexplain import explainers

# What is exported beside methods, and the one that needs a function of the user's.
NO_METHODS = {"Context", "Custom", "Explainer", "Explanations", "LayerReads", "OptimizedInputs"}
NO_METHODS |= {"explain"}


def methods() -> set[str]:
    """The exported methods."""
    return set(explainers.__all__) - NO_METHODS


def named(page: str) -> tuple[set[str], set[str]]:
    """The methods of a page: with a picture, and without."""
    rows = re.findall(r"^\| `(\w+)[^`]*` \|", page, re.MULTILINE)
    return set(rows), set(re.findall(r"^- `(\w+)`: \w+.*\.$", page, re.MULTILINE))
