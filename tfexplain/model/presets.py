"""Numbers to explain that have a name: `targets="mask:3"`, `"label:2"`, `"next token"`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from tfexplain.model.outputs import Head, TargetError

NAMES = "'mask:3', 'label:2', 'next token'"
_PRESET = re.compile(r"(mask|label):\d{1,6}|next token")


def is_preset(targets: Any) -> bool:
    """Whether targets are one of the named numbers.

    >>> is_preset("mask:3"), is_preset("next token"), is_preset("label")
    (True, True, False)
    """
    return isinstance(targets, str) and bool(_PRESET.fullmatch(targets))


def named(targets: Any, head: Head) -> tuple[Any, Head]:
    """The class and the reading of an output that a preset stands for; all else as it is.

    Raises:
        TargetError: an output of another kind.
    """
    if not is_preset(targets):
        return targets, head
    kind, _, index = targets.partition(":")
    if kind == "label":
        if not head.classes:
            raise _unfit(targets, head, "classes and no positions, [N, K]", "mask")
        return int(index), head
    if not head.labels:
        raise _unfit(targets, head, "positions and classes, [N, T, K] or [N, h, w, K]", "label")
    if kind == "mask":
        return int(index), replace(head, tokens=False)
    return None, replace(head, tokens=True)


def _unfit(targets: str, head: Head, expected: str, other: str) -> TargetError:
    index = targets.partition(":")[2] or "0"
    return TargetError(
        f"targets={targets!r}: expected an output of {expected}; output {head.name!r} is none. "
        f"Pass targets='{other}:{index}', a function of the outputs, or another head=."
    )
