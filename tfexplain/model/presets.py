"""Resolves what callers pass as targets, by name too: `"mask:3"`, `"label:2"`, `"next token"`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from tfexplain.model.layer_calls import find
from tfexplain.model.outputs import ModelOutput, TargetError
from tfexplain.model.targets import Targets, as_targets
from tfexplain.model.traced_model import TracedModel
from tfexplain.model.unit import Unit, UnitScore

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


def resolved_targets(
    traced_model: TracedModel, targets: Targets | UnitScore, output: ModelOutput, count: int
) -> Any:
    """Returns what a caller passed, as `TracedModel.scores` takes it: class indices int32 [count],
    a function of the outputs, or a hidden unit that was found.

    Raises:
        TargetError: a class that the output does not have.
        LayerError: a layer, channel or position that the model does not have.
    """
    if isinstance(targets, UnitScore):
        return targets
    if isinstance(targets, Unit):
        calls, missed = traced_model.layer_calls, traced_model.missed
        return targets.at(find(calls, targets.layer, "targets", missed))
    return as_targets(targets, output, count)


def _unfit(targets: str, output: ModelOutput, expected: str, other: str) -> TargetError:
    index = targets.partition(":")[2] or "0"
    return TargetError(
        f"targets={targets!r}: expected an output of {expected}; output {output.name!r} is none. "
        f"Pass targets='{other}:{index}', a function of the outputs, or another output=."
    )
