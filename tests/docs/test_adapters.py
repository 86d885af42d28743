"""docs/adapters.md runs as printed."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "adapters.md"


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # SHAP's own import
def test_the_page_runs() -> None:
    test = doctest.DocTestParser().get_doctest(PAGE.read_text(), {}, PAGE.name, str(PAGE), 0)
    printed: list[str] = []
    done = doctest.DocTestRunner(verbose=False).run(test, out=printed.append)
    assert not done.failed, "".join(printed)
    assert done.attempted > 12
