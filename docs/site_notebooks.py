"""Makes pages of the documentation site of the notebooks.

Git has no outputs of them. Where TFEXPLAIN_NOTEBOOKS names a folder of executed copies, as `make
site` fills one, the pages show those.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.structure.files import File
from nbconvert import MarkdownExporter

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
PAGES = {f"notebooks/{file.name}": f"tutorial_{file.stem}.md" for file in FOLDER.glob("*.ipynb")}
_STYLE = re.compile(r"<style scoped>.*?</style>\s*", re.DOTALL)
_FRAME = re.compile(r'srcdoc="([^"]*)"')


def notebook_files(config: Any, turned: Callable[[str, Path], str]) -> Iterator[File]:
    """Yields the pages, their pictures, and what they show in frames.

    Args:
        config: Of mkdocs.
        turned: (Markdown, its folder) -> Markdown with the site's links.
    """
    executed = os.environ.get("TFEXPLAIN_NOTEBOOKS")
    folder = Path(executed) if executed else FOLDER
    for source, page in sorted(PAGES.items()):
        notebook = nbformat.read(folder / Path(source).name, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = turned(cell.source, Path("notebooks"))
        text, files = converted(notebook, page.removesuffix(".md"))
        yield File.generated(config, page, content=text)
        for name, content in files.items():
            yield File.generated(config, name, content=content)


def converted(notebook: Any, name: str) -> tuple[str, dict[str, bytes]]:
    """Returns a notebook as Markdown, and by name the files that it shows.

    What went to the standard error, TensorFlow's remarks on the machine, is left out.
    """
    frames: dict[str, bytes] = {}

    def frame(match: re.Match[str]) -> str:
        file = f"{name}_frame{len(frames)}.html"
        frames[file] = html.unescape(match[1]).encode()
        return f'src="{file}"'

    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        printed = "".join(out.text for out in cell.outputs if out.get("name") == "stdout")
        cell.outputs = [out for out in cell.outputs if out.output_type != "stream"]
        for out in cell.outputs:
            if "text/html" in out.data:
                plain = _STYLE.sub("", out.data["text/html"])
                plain = plain.replace('<table border="1" class="dataframe">', "<table>")
                out.data["text/html"] = _FRAME.sub(frame, plain)
        if printed:
            text = f'```text title="Printed"\n{printed.strip()}\n```'
            shown = nbformat.v4.new_output("display_data", {"text/markdown": text})
            cell.outputs.insert(0, shown)
    resources = {"unique_key": name, "output_files_dir": ""}
    text, found = MarkdownExporter().from_notebook_node(notebook, resources)
    # Nothing is known of a picture but that it is of the code above it.
    return text.replace("![png](", "![What the code above draws]("), {**found["outputs"], **frames}
