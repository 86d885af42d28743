"""Reads facts that logs before version 1.2 hold in words only.

The page reads them alike, in `format/older.ts`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


def layers_in_settings(settings: Mapping[str, str]) -> dict[str, list[str]]:
    """Returns the layers of each explainer.

    >>> layers_in_settings({"GradCAM": "at conv1, conv2; relu True", "target": "label"})
    {'GradCAM': ['conv1', 'conv2']}
    """
    found = {name: re.match(r"at ([^;]+)", text) for name, text in settings.items()}
    return {name: match[1].split(", ") for name, match in found.items() if match}


def step_in_reference(reference: str) -> int | None:
    """Returns the epoch that drift is measured from, None where it is a run or a model.

    >>> step_in_reference("epoch 2, the best so far by val_loss"), step_in_reference("dense")
    (2, None)
    """
    match = re.match(r"epoch ([0-9]{1,9})\b", reference, re.ASCII)
    return int(match[1]) if match else None
