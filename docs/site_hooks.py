"""Hooks of the documentation site: pages that stand elsewhere, notebooks, the reference of the API.

mkdocs reads one folder. What people look for in the checkout's root (README, changelog) stays
there, and becomes a page here, its links turned with it.
"""

from __future__ import annotations

import re
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from site_notebooks import PAGES as NOTEBOOKS
from site_notebooks import notebook_files

import tfexplain

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/README.md": "benchmarks.md",
}
SHIM = ROOT / "tb_plugin/frontend/node_modules/iframe-worker/shim/index.js"
_LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)([^)#\s]+)")


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages that stand outside of the folder."""
    for source, page in PAGES.items():
        text = turned((ROOT / source).read_text("utf-8"), Path(source).parent)
        files.append(File.generated(config, page, content=text))
    files.append(File.generated(config, "reference.md", content=reference()))
    for file in notebook_files(config, turned):
        files.append(file)
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turns the links of pages of the folder that leave it."""
    of_folder = page.file.generated_by is None
    return turned(markdown, Path("docs")) if of_folder else markdown


def on_post_build(config: Any) -> None:
    """Puts the script that search needs on a disk beside the pages."""
    if not SHIM.is_file():
        raise FileNotFoundError(f"{SHIM}: expected the page's packages. Run `make page`.")
    shutil.copy(SHIM, Path(config.site_dir) / "assets" / "iframe-worker.js")


def turned(markdown: str, folder: Path) -> str:
    """Returns a page with links to other pages of the site; a link to a file has its path."""

    def target(match: re.Match[str]) -> str:
        path = (ROOT / folder / match[1]).resolve().relative_to(ROOT)
        name = path.as_posix()
        if name in PAGES or name in NOTEBOOKS:
            return PAGES.get(name) or NOTEBOOKS[name]
        return path.relative_to("docs").as_posix() if path.parts[0] == "docs" else f"file:{name}"

    linked = _LINK.sub(target, markdown)
    # The checkout has no address, so that its files are named, not linked.
    return re.sub(r"\[([^\]]*)\]\(file:([^)]+)\)", r"\1 (`\2`)", linked)


def reference() -> str:
    """Returns a page with every public name, by module."""
    lines = ["# Reference", "", "Import what is listed here; all else may change."]
    shown: set[int] = set()
    # What the package itself lists stands in the rooms, for the most part.
    for module in (*tfexplain.PUBLIC[1:], tfexplain.PUBLIC[0]):
        home = import_module(module)
        lines += ["", f"## {module}", "", (home.__doc__ or "").split("\n\n")[0], ""]
        for name in home.__all__:
            value = getattr(home, name)
            documented = getattr(value, "__doc__", None) and callable(value)
            if documented and id(value) not in shown:
                shown.add(id(value))
                place = f"{value.__module__}.{value.__qualname__}"
                lines += [f"::: {place}", "    options:", "      heading_level: 3", ""]
    return "\n".join(lines)
