"""The architecture page names every folder that exists, and nothing that does not."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "architecture.md").read_text("utf-8")
PATHS = {path for path in re.findall(r"`([\w./-]+)`", PAGE) if "/" in path}
SOURCES = ("tfexplain", "callbacks", "tb_plugin", "tb_plugin/frontend/src")


def folders_of_sources() -> set[str]:
    """Folders with source files of their own, as paths from the root, with a slash at the end."""
    found = set()
    for base in SOURCES:
        suffix = "*.ts" if base.endswith("src") else "*.py"
        for path in (REPOSITORY / base).rglob(suffix):
            folder = path.parent.relative_to(REPOSITORY)
            # The two links inside tfexplain show folders that are named under their own paths.
            linked = str(folder).startswith(("tfexplain/callbacks", "tfexplain/tb_plugin"))
            outside = {"node_modules", "__pycache__"} & set(folder.parts)
            if not linked and not outside and not (base == "tb_plugin" and "frontend" in str(path)):
                found.add(f"{folder}/")
    return found - {"tb_plugin/frontend/src/"}


def test_every_folder_has_a_line() -> None:
    folders = folders_of_sources()
    assert "tfexplain/explainers/path/" in folders
    lines = set(re.findall(r"^\| `([\w./-]+/)` \|", PAGE, re.MULTILINE))
    assert lines == folders


def test_every_path_exists() -> None:
    missing = {p for p in PATHS if not (REPOSITORY / p).exists()}
    # In the prose, rooms of tfexplain may be named without it.
    missing = {p for p in missing if not (REPOSITORY / "tfexplain" / p).exists()}
    assert not missing


def test_the_glossary_stays_short() -> None:
    words = PAGE.split("## Words")[1].split("##")[0]
    assert 20 <= len(re.findall(r"^\| ", words, re.MULTILINE)) - 1 <= 30
