"""Values of positions among the words that they read, against sums by hand.

The page divides them by the same rule, and its tests read the same cases.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tfexplain.spreading import over_words

CASES = json.loads((Path(__file__).parents[1] / "golden/spreading.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_values_are_divided_among_the_words_that_are_read(case: dict[str, Any]) -> None:
    values = np.array(case["values"])
    spread = over_words(values, case["words"], case["step"], case["offsets"])
    np.testing.assert_allclose(spread, case["expected"], rtol=1e-6)
    assert spread.sum() == pytest.approx(values.sum())
