"""Keeps what was measured in a file of JSON lines, so that it is not measured again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from tfexplain.errors import TfexplainError
from tfexplain.layer_sensitivity.effect import Effect

_FORMAT = "tfexplain sensitivity 1"
Key = tuple[str, str]  # layer, setting


class Kept:
    """Reads and adds to a file of measurements; its first line says of what they are.

    A line that was cut off in the middle counts as not there.

    Args:
        path: The file; None keeps nothing.
        facts: What measurements depend on, from `Subject.facts`.

    Raises:
        TfexplainError: the file holds something else, or measurements of another model, other rows
            or other explainers.
        OSError: it cannot be read or written.
    """

    def __init__(self, path: str | None, facts: Mapping[str, str]) -> None:
        self._path = path
        self.effects: dict[Key, Effect] = {}
        if path is None:
            return
        header = {"format": _FORMAT, **facts}
        lines = Path(path).read_bytes().split(b"\n") if os.path.exists(path) else []
        if lines and lines[0]:
            self._check(lines[0], header)
            for line in lines[1:-1]:
                self._read(line)
            if lines[-1]:  # its writer was killed; the next line must begin on its own
                self._add(b"\n")
            return
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        self._add(json.dumps(header).encode() + b"\n")

    def add(self, layer: str, setting: str, effect: Effect) -> None:
        """Adds one measurement, at once to the file."""
        self.effects[layer, setting] = effect
        if self._path is not None:
            line = {"layer": layer, "setting": setting, **effect.to_json()}
            self._add(json.dumps(line).encode() + b"\n")

    def _check(self, line: bytes, header: Mapping[str, str]) -> None:
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict) or found.get("format") != _FORMAT:
            raise TfexplainError(
                f"resume={self._path!r}: expected a file of `tfexplain sensitivity`; it holds "
                "something else. Pass another path."
            )
        if other := [name for name, value in header.items() if found.get(name) != value]:
            raise TfexplainError(
                f"resume={self._path!r}: expected measurements of this model, on these rows, with "
                f"these explainers; got others: {', '.join(other)}. Pass another path, or delete "
                "it."
            )

    def _read(self, line: bytes) -> None:
        try:
            data = json.loads(line)
            key = str(data["layer"]), str(data["setting"])
            self.effects[key] = Effect.from_json(data)
        except (ValueError, KeyError, TypeError, AttributeError):
            return  # cut off, or by another hand: measured again

    def _add(self, data: bytes) -> None:
        with open(str(self._path), "ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
