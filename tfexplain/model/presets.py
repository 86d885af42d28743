"""Numbers to explain that have a name: `targets="mask:3"`, `"label:2"`, `"next token"`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from tfexplain.model.outputs import ModelOutput, TargetError

NAMES = "'mask:3', 'label:2', 'next token'"
_PRESET = re.compile(r"(mask|label):\d{1,6}|next token")


def is_preset(targets: Any) -> bool:
    """Whether targets are one of the named numbers.

    >>> is_preset("mask:3"), is_preset("next token"), is_preset("label")
    (True, True, False)
    """
    return isinstance(targets, str) and bool(_PRESET.fullmatch(targets))


def named(targets: Any, output: ModelOutput) -> tuple[Any, ModelOutput]:
    """The class and the reading of an output that a preset stands for; all else as it is.

    Raises:
        TargetError: an output of another kind.
    """
    if not is_preset(targets):
        return targets, output
    kind, _, index = targets.partition(":")
    if kind == "label":
        if not output.classes:
            raise _unfit(targets, output, "classes and no positions, [N, K]", "mask")
        return int(index), output
    if not output.labels:
        raise _unfit(targets, output, "positions and classes, [N, T, K] or [N, h, w, K]", "label")
    if kind == "mask":
        return int(index), replace(output, tokens=False)
    return None, replace(output, tokens=True)


def _unfit(targets: str, output: ModelOutput, expected: str, other: str) -> TargetError:
    index = targets.partition(":")[2] or "0"
    return TargetError(
        f"targets={targets!r}: expected an output of {expected}; output {output.name!r} is none. "
        f"Pass targets='{other}:{index}', a function of the outputs, or another output=."
    )
