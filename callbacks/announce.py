"""Prints once, at the start of training, every choice that was made for the user."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping


def tell(what: str, choices: Mapping[str, str], directory: str) -> None:
    """Prints the choices, one a line, and how to see the log of the run in `directory`."""
    width = max(map(len, choices))
    print(f"tfexplain: {what} to {directory}")
    for name, value in choices.items():
        print(f"  {name:<{width}}  {value}")
    logs = os.path.dirname(os.path.dirname(directory)) or "."
    print(f"  see it with: tensorboard --logdir {shlex.quote(logs)}   (the EXPLAIN tab)")
