"""Finds the part of a model that is meant, where a model of several has no `call` of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfexplain.errors import SettingError
from tfexplain.model.losses import lend_loss


def part_of(model: Any, path: str | None) -> Any:
    """Returns the model itself, or the part that attributes or layers lead to: `gan/critic`.

    Raises:
        SettingError: there is none, or it is no model.
    """
    part = model
    for step in path.split("/") if path is not None else ():
        part = _below(part, step)
    if path is not None and not _is_model(part):
        known = ", ".join(map(repr, parts(model))) or "none"
        raise SettingError(
            f"part={path!r}: expected the path of a model in {model.name!r}; those are {known}. "
            "Pass one of these, or leave it out."
        )
    return part


def parts(model: Any) -> list[str]:
    """Returns the attributes of a model that are models."""
    own = {name: value for name, value in vars(model).items() if not name.startswith("_")}
    return [name for name, value in own.items() if _is_model(value) and value is not model]


def taught(model: Any) -> bool:
    """Returns whether a model trains a student by a teacher."""
    return {"student", "teacher"} <= set(parts(model))


def lend_losses(model: Any) -> None:
    """Has student and teacher, which need not be compiled, read by the loss of their training."""
    if taught(model):
        lend_loss(model.student, model, model.teacher)
        lend_loss(model.teacher, model, model.student)


def hint(model: Any) -> str:
    """Returns what to pass where a model cannot be called and parts of it can, else ""."""
    known = [f"part={name!r}" for name in parts(model)]
    return f"Or pass the part of the model that is meant: {', '.join(known)}." if known else ""


def _below(owner: Any, step: str) -> Any:
    if isinstance(owner, Mapping):
        return owner.get(step)
    if isinstance(owner, (list, tuple)):
        return owner[int(step)] if step.isdigit() and int(step) < len(owner) else None
    layers = {layer.name: layer for layer in getattr(owner, "layers", ())}
    return getattr(owner, step, None) or layers.get(step)


def _is_model(value: Any) -> bool:
    return callable(value) and hasattr(value, "layers") and hasattr(value, "built")
