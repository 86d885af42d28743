"""Opens what a command names: model, rows and methods, and the job that they make."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain import __version__
from tfexplain.commands.command import Command
from tfexplain.commands.methods import explainers
from tfexplain.errors import TfexplainError
from tfexplain.explainers import Explainer
from tfexplain.model.loading import open_model
from tfexplain.rows.opening import open_rows
from tfexplain.rows.pictures import Screen, input_shape, scales, screen_of
from tfexplain.rows.source import Read, Source, first_readable
from tfexplain.rows.unlabelled import fitting
from tfexplain.runlog.plan import ExplainPlan
from tfexplain.runlog.settings import ExplainSettings, named_classes
from tfexplain.shards.job import FOLDER, Job
from tfexplain.shards.maps import check_by_row
from tfexplain.shards.work import Work

_LOAD_YOURSELF = "Or load it in Python, with what it needs, and call tfexplain.explain(model, ...)."
# Of the maps of a shard, which are in memory together.
_BYTES = 16 << 20
_MOST_ROWS = 4096
# Rows that others are compared with, where a method does that.
_BACKGROUND = 64
# Methods are chosen and layers found on so many rows.
_PLANNED = 2


class Opened:
    """Holds the model and rows of a command, and what is computed of them.

    Args:
        command: The command.
        folder: Its --out, where the listing of the rows is kept.

    Attributes:
        model: The loaded model.
        source: The rows.
        plan: The methods on the first rows.

    Raises:
        TfexplainError, OSError: what cannot be read or explained.
    """

    def __init__(self, command: Command, folder: str) -> None:
        self.command = command
        methods = explainers(command.method, command.layer, command.set)
        self._methods = None if methods is None else tuple(methods)
        self.model: Any = open_model(command.model, "model", _LOAD_YOURSELF)
        if not hasattr(self.model, "layers"):
            raise TfexplainError(
                f"model={command.model!r}: expected a Keras model; a .tflite file has no "
                "gradients. Pass the model it was converted from."
            )
        self._screen: Screen | None = None
        self.source: Source = open_rows(
            command.data,
            screen=self._opened_screen,
            label=command.label,
            listing=os.path.join(folder, FOLDER),
            shape=self._shape,
        )
        if not command.label:
            self.source = fitting(self.source, self.model)
        if command.target == "label" and not self.source.labelled:
            raise TfexplainError(
                "--target=label: expected data with labels; there are none. Name the column of a "
                "table with --label, or leave --target out."
            )
        self._first = first_readable(self.source, _PLANNED)
        if self._methods is not None:
            self._methods = tuple(self._with_background(method) for method in self._methods)
        self.plan = self.planned(self._first)
        check_by_row(self.plan.explainers)

    def planned(self, read: Read) -> ExplainPlan:
        """Plans the methods on some rows; what cannot work is an error here."""
        names = self.command.class_names or self.source.classes or None
        settings = ExplainSettings(
            validation_data=(read.inputs,) if read.labels is None else (read.inputs, read.labels),
            explainers=self._methods,
            samples=len(read.rows),
            class_names=named_classes(names),
            targets=self.target,
            color_range=self._screen.scale if self._screen else None,
            write_images=False,
            seed=0,
            verbose=0,
            feature_names=tuple(self.source.features),
        )
        settings.check()
        return ExplainPlan(settings, self.model)

    def _with_background(self, method: Explainer) -> Explainer:
        """Gives a method that counts from other rows some of all the data, the same to all shards.

        Its own default is the batch, of which a shard has a part.
        """
        if not method.needs_all_samples or vars(method).get("background", method) is not None:
            return method
        rows = spread(len(self.source), _BACKGROUND).tolist()
        return replace(method, background=self.source.read(rows).inputs)  # type: ignore[call-arg]

    @property
    def target(self) -> str | int:
        """What is explained, as `tfexplain.explain` takes it."""
        text = self.command.target
        return int(text) if text.lstrip("-").isdigit() else text

    @cached_property
    def job(self) -> Job:
        """What shards depend on, and how the rows are cut."""
        facts = {
            "model": _hash_of(self.command.model),
            "target": self.command.target,
            "tfexplain": __version__,
            **{f"data: {name}": value for name, value in self.source.facts.items()},
            **{name: str(e.settings()) for name, e in self.plan.explainers.items()},
        }
        chunk = self.command.batch_size
        row = sum(np.asarray(x[:1]).nbytes for x in tf.nest.flatten(self._first.inputs))
        chunks = _BYTES // max(1, chunk * row * len(self.plan.explainers))
        size = chunk * min(max(chunks, 1), -(-_MOST_ROWS // chunk))
        return Job(facts, len(self.source), chunk, size)

    @cached_property
    def work(self) -> Work:
        """Makes shards."""
        plan = self.plan
        return Work(
            *(plan.traced_model, plan.explainers, self.target, self.source, self.job, plan.output)
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, where they are known."""
        return self.plan.settings.class_names

    @property
    def pixels(self) -> str | None:
        """Says which numbers black and white pixels are, where rows are pictures."""
        if self._screen is None:
            return None
        black, white = self._screen.scale
        why = "the model scales them" if scales(self.model) else "the model does not scale them"
        asked = self.command.scale is not None
        told = "as asked" if asked else f"{why}; --scale BLACK WHITE changes it"
        return f"black is {black:g}, white is {white:g} ({told})"

    @property
    def _shape(self) -> tuple[int | None, ...] | None:
        several = len(getattr(self.model, "inputs", None) or []) > 1
        return None if several else input_shape(self.model)

    def _opened_screen(self) -> Screen:
        self._screen = screen_of(self.model, self.command.scale, self.command.size)
        return self._screen


def spread(count: int, most: int) -> npt.NDArray[np.int64]:
    """Returns at most so many places, evenly spaced."""
    return np.round(np.linspace(0, count - 1, min(count, most))).astype(np.int64)


def _hash_of(path: str) -> str:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(1 << 20):
            found.update(data)
    return found.hexdigest()
