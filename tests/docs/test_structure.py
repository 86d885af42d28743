"""The example of `docs/structure.md` runs as it stands there."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "structure.md"


def test_its_example_runs() -> None:
    test = doctest.DocTestParser().get_doctest(PAGE.read_text(), {}, PAGE.name, str(PAGE), 0)
    printed: list[str] = []
    done = doctest.DocTestRunner(verbose=False).run(test, out=printed.append)
    assert done.failed == 0, "".join(printed)
    assert done.attempted > 0
