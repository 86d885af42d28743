"""The page that helps to choose a method says of each what is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.gallery import methods as exported

from tfexplain import explainers
from tfexplain.commands.methods import methods
from tfexplain.model.layer_calls import LayerError

DOCS = (Path(__file__).parents[3] / "docs" / "choosing.md").read_text("utf-8")
COLUMNS = ["method", "answers", "inputs", "gradients", "passes a sample", "known failures"]


def rows() -> dict[str, list[str]]:
    """The cells of each method's row, by its name."""
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in DOCS.splitlines()]
    found = [cells for cells in table if len(cells) == len(COLUMNS)]
    assert found[0] == COLUMNS
    return {cells[0].strip("`"): cells for cells in found[2:]}


@pytest.mark.parametrize("name", sorted(exported()))
def test_every_method_has_a_row_without_gaps(name: str) -> None:
    assert all(rows()[name])


def test_every_source_is_cited_and_every_citation_has_a_source() -> None:
    text, sources = DOCS.split("## Sources")
    cited = {int(n) for group in re.findall(r"\[([\d, ]+)\]", text) for n in group.split(",")}
    listed = re.findall(r"^(\d+)\. .+ (?:19|20)\d\d, .+, https://\S+$", sources, re.MULTILINE)
    assert cited == {int(number) for number in listed}
    assert len(listed) == len(sources.strip().splitlines())


# Read layers, which a function does not have.
LAYERS = {"Attention", "AttentionRollout", "FeatureMaps", "ScoreCAM"}


@pytest.mark.parametrize("name", sorted(methods()))
def test_what_needs_no_gradient_runs_on_any_function(name: str) -> None:
    def function(x: Any) -> Any:
        return x.reshape(len(x), -1).sum(axis=1)

    inputs = np.random.default_rng(0).random((3, 4))
    refused = rows()[name][3] != "no" or name in LAYERS
    if not refused:
        assert np.isfinite(methods()[name]()(function, inputs).values).all()
        return
    with pytest.raises((ValueError, LayerError)):
        methods()[name]()(function, inputs)


def test_what_is_left_out_is_said() -> None:
    assert "guided Grad-CAM" in DOCS
    assert not any("Guided" in name for name in explainers.__all__)
