"""Opens the models to compare: from paths or objects to built models with a name and a role."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from tfexplain.errors import TfexplainError
from tfexplain.model.loading import open_model
from tfexplain.types import Model

# A built model, or the path of a file that holds one.
Source: TypeAlias = Model | str | os.PathLike[str]
Sources: TypeAlias = Mapping[str, Source] | Sequence[Source]

_LOAD_YOURSELF = (
    "Or load it yourself, with what it needs, and pass the model: "
    "tfexplain.compare({'name': model, ...}, data)."
)


@dataclass(frozen=True, eq=False)
class Contender:
    """Holds one of the models that are compared.

    `model` is a Keras model or a `TfliteModel`; `path` is the file it came from, or empty. A
    `control` differs from the reference by chance only. `reference` is the name of the model that
    it is measured against, empty for the first.
    """

    name: str
    model: Model
    path: str = ""
    role: Literal["model", "control"] = "model"
    reference: str = ""

    @property
    def explainable(self) -> bool:
        """Whether gradients can be taken; a .tflite file gives predictions and weights only."""
        return hasattr(self.model, "layers")


def contenders(
    models: Sources, control: Sources | None = None, reference: Mapping[str, str] | None = None
) -> list[Contender]:
    """Opens all models; the first one is the reference of those that `reference` does not name.

    Raises:
        TfexplainError, OSError: fewer than two, a name twice, a file that is missing or unreadable,
            weights that are not built, a reference without gradients, or that cannot be one.
    """
    named = _named(models, "models", [])
    controls = _named(control or {}, "control", list(named))
    if len(named) + len(controls) < 2:
        raise TfexplainError(
            f"models: expected at least two, the reference first; got {len(named)}. Pass another "
            "model, or another training of the same one as control."
        )
    twice = named.keys() & controls.keys()
    if twice:
        raise TfexplainError(
            f"control={sorted(twice)[0]!r}: expected a name that no model has. Rename it."
        )
    opened = [opened_model(name, source, "model") for name, source in named.items()]
    opened += [opened_model(name, source, "control") for name, source in controls.items()]
    if not opened[0].explainable:
        raise TfexplainError(
            f"models: expected a Keras model as the reference; {opened[0].name!r} is a .tflite "
            "file, which has no gradients. Put the model it was converted from first."
        )
    given = dict(reference or {})
    _check_references(given, opened)
    first, *others = opened
    return [first, *(replace(o, reference=given.get(o.name, first.name)) for o in others)]


def _check_references(given: Mapping[str, str], opened: Sequence[Contender]) -> None:
    first, models = opened[0].name, {one.name: one for one in opened}
    for name, other in given.items():
        if name not in models or name == first or models[name].role == "control":
            own = ", ".join(o.name for o in opened[1:] if o.role == "model") or "none"
            raise TfexplainError(
                f"reference={name!r}: expected a model behind the first that is no control; those "
                f"are: {own}. Controls are measured against the first."
            )
        if other not in models or not models[other].explainable or given.get(other, first) != first:
            able = ", ".join(o.name for o in opened if o.explainable and o.name not in given)
            raise TfexplainError(
                f"reference={{{name!r}: {other!r}}}: expected a Keras model that is measured "
                f"against the first; those are: {able}. Pass one of these, or give it as control."
            )


def _named(sources: Sources, argument: str, taken: Iterable[str]) -> dict[str, Source]:
    """Returns names as given, else from the files' stems or the models' names, made unique."""
    if isinstance(sources, (str, os.PathLike)) or hasattr(sources, "layers"):
        raise TfexplainError(f"{argument}: expected several models or paths; got one. Pass a list.")
    if isinstance(sources, Mapping):
        by_name = {str(name): source for name, source in sources.items()}
    else:
        by_name, used = {}, set(taken)
        for source in sources:
            is_path = isinstance(source, (str, os.PathLike))
            stem = Path(source).stem if is_path else str(getattr(source, "name", "model"))
            name, count = stem, 1
            while name in used:
                count += 1
                name = f"{stem}-{count}"
            used.add(name)
            by_name[name] = source
    for name in by_name:
        if not name.strip(". ") or not name.isprintable() or set(name) & set("/\\"):
            raise TfexplainError(
                f"{argument}={name!r}: expected a name that can be a directory's. Rename it."
            )
    return by_name


def opened_model(name: str, source: Source, role: Literal["model", "control"]) -> Contender:
    """Opens one model.

    Raises:
        TfexplainError, OSError: a file that is missing or unreadable, weights that are not built.
    """
    path = ""
    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        source = open_model(path, "models", _LOAD_YOURSELF)
    elif not hasattr(source, "layers"):
        kind = type(source).__name__
        raise TfexplainError(
            f"models: {name!r}: expected a Keras model or a path; got {kind}. Pass the path of a "
            ".tflite file."
        )
    if not getattr(source, "built", True):
        raise TfexplainError(
            f"models: {name!r}: its weights are not built. Call it on a batch, or give it an Input,"
            " first."
        )
    return Contender(name, source, path, role)
