"""docs/trust.md: its example runs, and its table says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from support.models import digits, small_cnn

from tfexplain import Occlusion, trust

PAGE = (Path(__file__).parents[2] / "docs" / "trust.md").read_text("utf-8")
ROWS = {
    name: [cell.strip() for cell in line.strip("| \n").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| `")
    for name in re.findall(r"`(\w+)`", line.split("|")[1])
}
METRICS = {
    name: value
    for name, value in vars(trust).items()
    if isinstance(value, type) and issubclass(value, trust.Metric) and value is not trust.Metric
}


def test_the_example_prints_a_line_for_each_metric(capsys: pytest.CaptureFixture[str]) -> None:
    code, *_ = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    x, y = digits(3)
    exec(code, {"model": small_cnn(), "x": x, "y": y})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 6
    shown = re.search(r"^# (GradCAM Deletion.*)$", code, re.MULTILINE)
    assert shown
    # The same line, with these numbers in place of those.
    pattern = re.sub(r"\d\\.\d+", r"[-\\d.e]+", re.escape(shown[1])).replace("8", "3")
    assert re.fullmatch(pattern, printed[0])


def test_each_metric_has_a_row_that_says_its_direction() -> None:
    assert ROWS.keys() == METRICS.keys()
    for name, metric in METRICS.items():
        names = re.findall(r"`(\w+)`", ROWS[name][0])
        words = ROWS[name][2].split(", ")
        assert words[names.index(name) % len(words)] == metric.better, name


@pytest.mark.parametrize("name", ["Deletion", "Insertion", "FaithfulnessCorrelation", "Infidelity"])
def test_each_takes_as_many_passes_as_its_row_says(name: str) -> None:
    x = np.random.default_rng(0).random((2, 4, 4, 1)).astype("f4")
    found = METRICS[name]()(lambda x: x.sum(axis=(1, 2, 3)), x, None, Occlusion())
    assert found.passes == 2 * int(ROWS[name][4])
    assert trust.ROAD().removed.__len__() * 2 == int(ROWS["ROAD"][4])
