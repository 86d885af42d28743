"""Controls for findings, once and small: what is counted is what the logs say."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.examples import run_benchmark

from tfexplain import findings

pytestmark = pytest.mark.process


def table(*arguments: str) -> dict[str, list[str]]:
    """The cells that the script prints for each task, by the first one."""
    said = run_benchmark("controls.py", "--seeds", "1", *arguments)
    rows = [line.strip("|").split("|") for line in said.splitlines() if line[:1] == "|"]
    cells: dict[str, list[str]] = {}
    for title, *own in rows:  # of findings, and then of alarms
        cells.setdefault(title.strip(), []).extend(cell.strip() for cell in own)
    return cells


def test_a_text_with_a_marker_word_is_told_and_its_clean_twin_is_not(tmp_path: Path) -> None:
    told = table("--only", "text", "--logs", str(tmp_path))
    assert told["text, clean"][:3] == ["1", "0", ""]
    assert told["text, with a shortcut"][:3] == ["1", "1", "1"]
    assert findings(tmp_path / "text" / "clean-0") == []
    assert told["text, with a shortcut"][6:9] == ["1", "1", "1"]
    assert told["text, clean"][6:9] == ["1", "0", ""]
    found = findings(tmp_path / "text" / "shortcut-0")
    assert {f.kind for f in found} == {"place", "gathers", "leaves"}
    assert {f.box for f in found if f.kind != "leaves"} == {((0, 1),)}
    # What is there is not trained again, what was stopped is.
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.tfexplain")}
    (tmp_path / "text" / "clean-0").rename(tmp_path / "text" / "clean-0.unfinished")
    assert table("--only", "text", "--logs", str(tmp_path)) == told
    for path, changed in kept.items():
        assert path.exists() == (path.parents[1].name == "shortcut-0")
        assert not path.exists() or path.stat().st_mtime_ns == changed
    assert not list(tmp_path.glob("*/*.unfinished"))
