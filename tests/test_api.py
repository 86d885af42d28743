"""The public API: a change of a name or signature is seen in `tests/api.txt`."""

from __future__ import annotations

import difflib
from importlib import import_module

import pytest
from support.api import FILE, api

import tfexplain


def test_the_public_api_is_what_is_written_down() -> None:
    written, now = FILE.read_text().splitlines(), api().splitlines()
    changes = [line for line in difflib.ndiff(written, now) if not line.startswith("  ")]
    assert not changes, "python tests/support/api.py writes it anew:\n" + "\n".join(changes)


@pytest.mark.parametrize("module", tfexplain.PUBLIC)
def test_a_public_module_holds_each_name_it_lists(module: str) -> None:
    home = import_module(module)
    assert [name for name in home.__all__ if not hasattr(home, name)] == []
    assert sorted(set(home.__all__)) == sorted(home.__all__)
