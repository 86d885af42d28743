"""The golden records are what is written now, and mean what `expected.json` says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from support.golden_records import FOLDER, RECORDS, expected, files, kind_of, listing, write

from tfexplain.wire.container import unpack
from tfexplain.wire.records.kinds import Kind

AGAIN = "the format changed: write the golden records again, see tests/support/golden_records.py"


def committed() -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in FOLDER.glob("*.safetensors")}


def test_every_kind_is_there() -> None:
    assert {kind_of(name) for name in RECORDS} == set(get_args(Kind)) - {"inputs"}
    assert sorted(committed()) == sorted(files())


@pytest.mark.parametrize("name", files())
def test_a_record_is_written_as_it_was(name: str) -> None:
    # The order of a header's words is not fixed, so that bytes may differ.
    kind, before, now = kind_of(name), committed()[name], files()[name]
    assert unpack(now, kind) == unpack(before, kind), AGAIN


def test_records_mean_what_they_did() -> None:
    # Of the committed files, so that what older versions of this code wrote is read as well.
    assert (FOLDER / "expected.json").read_text("utf-8") == expected(committed()), AGAIN


def test_a_run_is_listed_as_it_was() -> None:
    before = json.loads((FOLDER / "listing.json").read_text("utf-8"))
    assert _as_json(listing()) == before, AGAIN


def _as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def test_only_what_changed_is_written_again(tmp_path: Path) -> None:
    """A header whose keys stand in another order says the same, and is left as it is."""
    assert len(write(tmp_path)) == len(files()) + 2
    paths = sorted(tmp_path.glob("*.safetensors"))
    reordered, changed, removed = paths[:3]
    data = reordered.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.dumps(dict(reversed(json.loads(data[8 : 8 + size]).items()))).encode()
    other = len(header).to_bytes(8, "little") + header + data[8 + size :]
    assert other != data
    reordered.write_bytes(other)
    changed.write_bytes(changed.read_bytes()[:-1] + b"!")
    removed.unlink()
    (tmp_path / "of_before.safetensors").touch()
    altered = {"of_before.safetensors", changed.name, removed.name}
    assert set(write(tmp_path)) == altered
    assert reordered.read_bytes() == other
    assert write(tmp_path) == []
