"""Defines `Command`, what `tfexplain explain` was asked for, which is kept beside the shards."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from tfexplain.errors import TfexplainError
from tfexplain.rows.functions import is_function
from tfexplain.shards.job import FOLDER
from tfexplain.shards.whole_file import write_whole

_FILE = "command.json"
# What pictures, tables and the log are made by; the rest is what shards depend on.
SHOWING = ("quality", "log_samples", "overlays", "class_names")


@dataclass(frozen=True)
class Command:
    """Holds the options of `tfexplain explain` that whoever joins or merges has to know.

    Paths are absolute, for workers may run elsewhere.
    """

    model: str
    data: str
    method: Sequence[str] | None
    set: Sequence[str] | None
    layer: str | None
    target: str
    label: str | None
    scale: Sequence[float] | None
    size: Sequence[int] | None
    batch_size: int
    quality: Sequence[str] | None
    log_samples: int
    overlays: int
    class_names: Sequence[str] | None

    @classmethod
    def of(cls, options: argparse.Namespace) -> Command:
        """Takes the options as they were parsed."""
        own = {field.name: getattr(options, field.name) for field in fields(cls)}
        return cls(**{**own, "model": _path(own["model"]), "data": _path(own["data"])})

    @classmethod
    def read(cls, folder: str) -> Command:
        """Reads the command whose shards lie in a folder.

        Raises:
            TfexplainError: there are none.
        """
        path = os.path.join(folder, FOLDER, _FILE)
        try:
            with open(path, encoding="utf-8") as file:
                return cls(**json.load(file))
        except (FileNotFoundError, NotADirectoryError):
            raise TfexplainError(
                f"{folder!r}: expected the --out of tfexplain explain; there is no {path}. Run "
                "tfexplain explain MODEL DATA --out first."
            ) from None

    def write(self, folder: str) -> None:
        """Writes it beside the shards, where no other of the job has."""
        path = os.path.join(folder, FOLDER, _FILE)
        if not os.path.exists(path):
            write_whole(path, json.dumps(asdict(self), indent=1).encode())

    def shown(self, options: argparse.Namespace) -> Command:
        """Returns it with what options say of showing, where they say anything."""
        asked: dict[str, Any] = {name: getattr(options, name) for name in SHOWING}
        own = asdict(self) | {name: value for name, value in asked.items() if value is not None}
        return Command(**own)


def _path(text: str) -> str:
    return text if is_function(text) else os.path.abspath(text)
