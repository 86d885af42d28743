"""The public API as text: each public name with its signature, to compare with `tests/api.txt`.

Example: python tests/support/api.py   # writes tests/api.txt anew
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import tfexplain

FILE = Path(__file__).parents[1] / "api.txt"


def api() -> str:
    """A line for each public name, and one for each public method that a class defines."""
    lines: list[str] = []
    for module in tfexplain.PUBLIC:
        lines.append(f"[{module}]")
        home = import_module(module)
        for name in sorted(home.__all__):
            lines += _lines(name, getattr(home, name))
        lines.append("")
    return "\n".join(lines)


def _lines(name: str, value: Any) -> list[str]:
    if not callable(value) or not hasattr(value, "__name__"):
        return [f"{name}: {type(value).__name__}"]
    if not inspect.isclass(value):
        return [f"{name}{_signature(value)}"]
    own = [
        f"    {name}.{method}{_signature(member)}"
        for method in vars(value)
        if method == "__call__" or not method.startswith("_")
        if inspect.isroutine(member := getattr(value, method))
    ]
    return [f"{name}{_signature(value)}", *own]


def _signature(value: Any) -> str:
    try:
        # Where a default lies in memory differs from run to run.
        return re.sub(r" at 0x[0-9a-f]+", "", str(inspect.signature(value)))
    except (TypeError, ValueError):  # classes of C, and errors
        return "(...)"


if __name__ == "__main__":
    FILE.write_text(api())
