"""Says what maps depend on beside their rows, so that shards of another job are never taken."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from tfexplain import __version__
from tfexplain.explainers import Explainer
from tfexplain.model.targets import Targets
from tfexplain.shards.given import by_row
from tfexplain.shards.portable import is_path


def facts(
    model: Any, explainers: Mapping[str, Explainer], targets: Targets, batch_size: int | None
) -> dict[str, str]:
    """Returns what maps depend on beside their rows."""
    return {
        "model": model_hash(model),
        "targets": _said(targets) if by_row(targets) is None else "one a row",
        "tfexplain": __version__,
        "rows at once": str(batch_size or "default"),
        **{name: _said(explainer) for name, explainer in explainers.items()},
    }


def model_hash(model: Any) -> str:
    found = hashlib.sha256()
    if is_path(model):
        with open(model, "rb") as file:
            while data := file.read(1 << 20):
                found.update(data)
        return found.hexdigest()
    try:
        found.update(model.to_json().encode())
    except Exception:  # a subclassed model, or a function
        found.update(_said(model).encode())
    for weight in getattr(model, "weights", ()):
        array = np.asarray(weight)
        found.update(f"{array.dtype} {array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def _said(value: Any) -> str:
    """Returns a setting as text that is the same in another process, and another for another."""
    if is_dataclass(value) and not isinstance(value, type):
        own = ", ".join(f"{f.name}={_said(getattr(value, f.name))}" for f in fields(value))
        return f"{type(value).__name__}({own})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {_said(own)}" for key, own in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_said, value)) + "]"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        array = np.asarray(value)
        digest = hashlib.sha256(array.tobytes()).hexdigest()[:16]
        return f"{array.dtype}{list(array.shape)} {digest}"
    if isinstance(value, str | bytes | int | float | complex | None):
        return repr(value)
    # What has an address in its text: a function, or an object of another library.
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}.{named.__qualname__}"
