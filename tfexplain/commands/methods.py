"""Parses methods and their settings from the words of a command line."""

from __future__ import annotations

import ast
import collections.abc
import os
import sys
import types
from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, fields, replace
from importlib import import_module
from inspect import isabstract
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from tfexplain import explainers as public
from tfexplain.adapters import adapt
from tfexplain.errors import TfexplainError
from tfexplain.explainers import Explainer
from tfexplain.model.replaced import replaced

_NUMBERS = {float: (int, float), int: (int,), bool: (bool,), str: (str,)}


def explainers(
    names: Sequence[str] | None,
    layer: str | None,
    settings: Sequence[str] | None,
    option: str = "--method",
) -> list[Explainer] | None:
    """Returns explainers of these names with these settings; None where all is default.

    Args:
        names: Classes of `tfexplain.explainers`; or dotted names, see `imported`.
        layer: Path of the layer, for every method that is named and has one; where none is named,
            for `GradCAM`, beside `IntegratedGradients` at the input.
        settings: `name=value`, for every method that has it, or `Method.name=value`. Values are
            written as in Python; what is none is taken as text.
        option: How the user calls the names.

    Raises:
        TfexplainError: a method or setting that does not exist, or a value that does not fit.
    """
    if names is None and layer is None and not settings:
        return None
    placed = ["GradCAM"] if names is None else names
    names = ["GradCAM", "IntegratedGradients"] if names is None else names
    known = methods()
    classes = {name: known.get(name) or imported(name, known, option) for name in names}
    chosen: list[dict[str, Any]] = [{} for _ in names]
    for setting in settings or ():
        _set(setting, names, classes, chosen)
    if layer is not None:
        _place(layer, placed, classes, chosen[: len(placed)])
    return [_made(classes[name], values) for name, values in zip(names, chosen, strict=True)]


def methods() -> dict[str, type[Explainer]]:
    """Returns by name the methods that need no other objects, as a wrapper needs a method."""
    all_public = {name: getattr(public, name) for name in public.__all__}
    return {
        name: method
        for name, method in all_public.items()
        if isinstance(method, type) and issubclass(method, Explainer) and not isabstract(method)
        if all(f.default is not MISSING or f.default_factory is not MISSING for f in fields(method))
    }


def imported(name: str, known: Collection[str], option: str) -> Explainer | type[Explainer]:
    """Imports an explainer by its dotted name, from what is installed or from this directory.

    An explainer or a class of them, such as a `Custom` in a module of the user's own; or what
    `tfexplain.adapters.adapt` takes, such as `tf_keras_vis.gradcam.Gradcam`.

    Raises:
        TfexplainError: there is no such name, or it is none of these.
    """
    module, _, attribute = name.rpartition(".")
    if not module:
        raise TfexplainError(
            f"{option}={name!r}: expected one of {', '.join(sorted(known))}; or the dotted name of "
            "an explainer, such as 'mymodule.EXPLAINER' or 'shap.KernelExplainer'."
        )
    here = os.getcwd()
    try:
        # As `python -m` would; an installed command does not look here.
        with replaced(sys, "path", [here, *sys.path]):
            found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise TfexplainError(
            f"{option}={name!r}: expected a name that can be imported here; got {error}. Install "
            f"its library, or start in the folder of its module (now {here})."
        ) from error
    if isinstance(found, Explainer):
        return found
    if isinstance(found, type) and issubclass(found, Explainer) and not isabstract(found):
        return found
    return adapt(found)


def _made(method: Explainer | type[Explainer], values: dict[str, Any]) -> Explainer:
    return method(**values) if isinstance(method, type) else replace(method, **values)


def _hints(method: Explainer | type[Explainer]) -> dict[str, Any]:
    return get_type_hints(method if isinstance(method, type) else type(method))


def _set(
    setting: str,
    names: Sequence[str],
    classes: Mapping[str, Explainer | type[Explainer]],
    chosen: list[dict[str, Any]],
) -> None:
    place, equals, text = setting.partition("=")
    method, _, field = place.rpartition(".")
    takers = [i for i, name in enumerate(names) if method in ("", name)]
    takers = [i for i in takers if field in {f.name for f in fields(classes[names[i]])}]
    if not equals or not takers:
        can = "; ".join(
            f"{name}: {', '.join(f.name for f in fields(classes[name]))}" for name in names
        )
        raise TfexplainError(f"--set {setting}: expected NAME=VALUE with a setting of {can}.")
    for i in takers:
        hint = _hints(classes[names[i]])[field]
        value = _value(text, hint)
        if not _fits(value, hint):
            raise TfexplainError(
                f"--set {setting}: expected {_text(hint)}; got {value!r}. Write it as in Python."
            )
        chosen[i][field] = value


def _place(
    layer: str,
    names: Sequence[str],
    classes: Mapping[str, Explainer | type[Explainer]],
    chosen: list[dict[str, Any]],
) -> None:
    placed = False
    for name, values in zip(names, chosen, strict=True):
        if "layer" in {field.name for field in fields(classes[name])}:
            values["layer"], placed = layer, True
    if not placed:
        raise TfexplainError(
            f"--layer={layer!r}: {', '.join(names)} is not bound to a layer. Leave it."
        )


def _value(text: str, hint: Any) -> Any:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return value if _fits(value, hint) or not _fits(text, hint) else text


def _fits(value: Any, hint: Any) -> bool:
    """Returns whether a plain value can be of a type; for arrays, what arrays are made of."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any or hint is None or hint is type(None):
        return hint is Any or value is None
    if origin in (Union, types.UnionType):
        return any(_fits(value, argument) for argument in _plain(arguments))
    if origin is Literal:
        return value in arguments
    if origin in (collections.abc.Sequence, list, tuple):
        return isinstance(value, (list, tuple)) and all(_fits(v, arguments[0]) for v in value)
    if origin in (collections.abc.Mapping, dict):
        return isinstance(value, dict) and all(_fits(v, arguments[1]) for v in value.values())
    if hint in _NUMBERS:
        exact = hint is bool or not isinstance(value, bool)
        return exact and isinstance(value, _NUMBERS[hint])
    return False


def _plain(arguments: Sequence[Any]) -> list[Any]:
    """Returns the members of a union that can be written down; arrays are written as lists."""
    own = [argument for argument in arguments if "numpy" not in str(argument)]
    if len(own) == len(arguments):
        return own
    return [argument for argument in own if argument not in (str, bytes, complex)] + [list[Any]]


def _text(hint: Any) -> str:
    several = get_origin(hint) in (Union, types.UnionType)
    shown = _plain(get_args(hint)) if several else [hint]
    plain = [kind for kind in shown if kind in _NUMBERS or get_origin(kind) is Literal]
    words = [
        kind.__name__ if isinstance(kind, type) else " or ".join(map(repr, get_args(kind)))
        for kind in plain
    ]
    return " or ".join(words or [str(hint)]) + (" or None" if type(None) in shown else "")
