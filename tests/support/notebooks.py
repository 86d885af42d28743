"""Notebooks run as a reader runs them, in a kernel and a folder of their own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
# For the expressions that are asked for.
IMPORTS = "import json, os, signal, urllib.request; from tensorboard import manager"
# TensorFlow's remarks on the machine: absl's lines.
_REMARK = re.compile(
    r"WARNING: All log messages before absl|[IWE]\d{4} |[-\d]{10} [\d:.]+: [IWE] |To enable the"
)


@dataclass(frozen=True)
class Executed:
    """What a notebook left.

    Attributes:
        cells: Of code, with their outputs.
        values: Of the expressions that were asked for, by their text.
        folder: Where it ran.
    """

    cells: list[Any]
    values: dict[str, Any]
    folder: Path

    @property
    def printed(self) -> str:
        """All that went to the standard output."""
        return "".join(out.text for out in self._streams("stdout"))

    @property
    def warned(self) -> list[str]:
        """Lines of the standard error that are no remarks of TensorFlow's on the machine."""
        lines = "".join(out.text for out in self._streams("stderr")).splitlines()
        return [line for line in lines if line and not _REMARK.match(line)]

    @property
    def pictures(self) -> int:
        """How many pictures are shown."""
        return sum(
            "image/png" in out.get("data", {}) for cell in self.cells for out in cell.outputs
        )

    def _streams(self, name: str) -> list[Any]:
        return [out for cell in self.cells for out in cell.outputs if out.get("name") == name]


def read(name: str) -> Any:
    """A notebook as it lies in the project."""
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def execute(name: str, folder: Path, *asked: str, skip: str = "skip-execution") -> Executed:
    """Runs a notebook, then asks its kernel for the values of expressions.

    Cells with the tag `skip` are left out.
    """
    notebook = read(name)
    question = f"{IMPORTS}\nprint(json.dumps([{', '.join(asked)}], default=float))"
    notebook.cells.append(nbformat.v4.new_code_cell(question))
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        skip_cells_with_tag=skip,
    )
    client.execute()
    *cells, answer = (cell for cell in notebook.cells if cell.cell_type == "code")
    values = json.loads(answer.outputs[-1].text)
    return Executed(cells, dict(zip(asked, values, strict=True)), folder)
