"""docs/pruning.md: its example runs, and its table names every argument."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import numpy as np
import pytest
from support.models import digits, small_cnn

from tfexplain import MagnitudePruning
from tfexplain.compression import read

PAGE = (Path(__file__).parents[2] / "docs" / "pruning.md").read_text("utf-8")


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' saving
def test_the_example_prunes_nine_of_ten_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, *_ = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    x, y = digits(96)
    model = small_cnn()
    exec(code, {"model": model, "x": x, "y": y})
    for layer in read(model):
        assert np.mean(layer.effective() == 0) == pytest.approx(0.9, abs=1 / layer.size)


def test_the_table_has_every_argument() -> None:
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == set(inspect.signature(MagnitudePruning).parameters) - {"verbose"}
