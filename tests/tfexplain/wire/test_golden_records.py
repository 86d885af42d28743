"""The golden records are what is written now, and mean what `expected.json` says."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from support.golden_records import FOLDER, RECORDS, expected, files, kind_of, listing

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
