"""docs/reading_logs.md runs as printed, on the log of a short demo."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reading_logs.md"


@pytest.mark.slow
def test_the_page_runs_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    monkeypatch.chdir(tmp_path)
    import demo

    demo.main(["--log-dir", "logs", "--epochs", "4", "--no-serve"])
    test = doctest.DocTestParser().get_doctest(PAGE.read_text(), {}, PAGE.name, str(PAGE), 0)
    printed: list[str] = []
    done = doctest.DocTestRunner(verbose=False).run(test, out=printed.append)
    assert not done.failed, "".join(printed)
    assert done.attempted > 15
