"""Replaces an attribute of an object for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_ABSENT = object()


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """While open, an attribute of an object is `value`; then it is what and where it was."""
    before = vars(owner).get(name, _ABSENT)
    # `object.__setattr__`, because that of a Keras layer would track the attribute.
    object.__setattr__(owner, name, value)
    try:
        yield
    finally:
        object.__delattr__(owner, name)
        if before is not _ABSENT:
            object.__setattr__(owner, name, before)
