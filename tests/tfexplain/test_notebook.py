"""What a notebook shows: one picture for each cell that ends in maps or in their figure."""

from __future__ import annotations

import base64
import io
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

MAPS = """
import numpy as np
from tfexplain import Attribution, Attributions
values = np.random.default_rng(0).normal(size=(3, 8, 8)).astype("float32")
maps = Attribution(values, np.arange(3), np.ones(3), "conv", "GradCAM", "logit", True)
"""


def outputs(*cells: str) -> list[Any]:
    """The outputs of each cell of a notebook that was run."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in (MAPS, *cells)]
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return [cell.outputs for cell in notebook.cells[1:]]


def pictures(found: Any) -> list[str]:
    return [out.data["image/png"] for out in found if "image/png" in out.get("data", {})]


@pytest.mark.process
@pytest.mark.parametrize("first", ["", "%matplotlib inline\nimport matplotlib.pyplot as plt"])
def test_maps_and_their_figure_are_shown_once(first: str) -> None:
    _, maps, mapping, figure, plotted = outputs(
        first,
        "maps",
        "Attributions({'a': maps, 'b': maps})",
        "maps.plot(np.zeros((3, 16, 16)), class_names=['a', 'b', 'c'])",
        "figure = maps.plot()",
    )
    for shown in (maps, mapping, figure):
        (png,) = pictures(shown)
        image = np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB"))
        assert len(np.unique(image.reshape(-1, 3), axis=0)) > 20
    assert maps[0].data["text/plain"].startswith("Attribution(GradCAM at 'conv'")
    assert not pictures(plotted)
