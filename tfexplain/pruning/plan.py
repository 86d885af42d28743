"""Reads how sparse each layer is to be: a number, a mapping, or the file of a plan."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from tfexplain.errors import SettingError
from tfexplain.pruning.masks import check_sparsity

_OF_A_PART = {"sparsity", "structure", "pattern", "layers"}
Sparsity: TypeAlias = "float | Mapping[str, float] | str | os.PathLike[str]"


def read_sparsity(sparsity: Sparsity) -> float | dict[str, float]:
    """Returns one sparsity, or that of each layer by its path.

    Args:
        sparsity: A number; a mapping of layers' paths to numbers; or the path of a JSON file that
            holds such a mapping, by itself or as `"sparsity"` of a plan.

    Raises:
        SettingError: a number outside of [0, 1), or a file that holds no plan.
        OSError: the file cannot be read.

    >>> read_sparsity({"conv": 0.5, "head": 0})
    {'conv': 0.5, 'head': 0.0}
    >>> read_sparsity(1.5)
    Traceback (most recent call last):
    tfexplain.errors.SettingError: sparsity=1.5: expected a share from 0 to below 1. Half is 0.5.
    """
    argument = "sparsity"
    if isinstance(sparsity, (str, os.PathLike)):
        argument = f"sparsity={os.fspath(sparsity)!r}"
        sparsity = _mapping_in(Path(sparsity), argument)
    if not isinstance(sparsity, Mapping):
        check_sparsity(sparsity, argument)
        return float(sparsity)
    if not sparsity:
        raise SettingError(f"{argument}: expected the sparsity of at least one layer; got none.")
    for layer, share in sparsity.items():
        check_sparsity(share, f"{argument}: {layer!r}")
    return {str(layer): float(share) for layer, share in sparsity.items()}


def read_parts(sparsity: object) -> list[dict[str, Any]]:
    """Returns what a plan's file prunes, as arguments of `prune` for each structure; none for what
    is no such file.

    Raises:
        SettingError: a file of something else.
        OSError: it cannot be read.
    """
    if not isinstance(sparsity, (str, os.PathLike)):
        return []
    argument = f"sparsity={os.fspath(sparsity)!r}"
    found = _json_in(Path(sparsity), argument)
    return _parts(found, argument) if isinstance(found, Mapping) else []


def _parts(found: Mapping[str, Any], argument: str) -> list[dict[str, Any]]:
    parts = found.get("pruning", [])
    if not isinstance(parts, list) or not all(
        isinstance(part, dict) and part.keys() <= _OF_A_PART for part in parts
    ):
        raise SettingError(
            f'{argument}: expected a list of arguments of prune as "pruning" of the plan. Pass a '
            "plan that tfexplain sensitivity wrote."
        )
    return [{**part, **_pattern_of(part)} for part in parts]


def _pattern_of(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"pattern": tuple(part["pattern"])} if "pattern" in part else {}


def _json_in(path: Path, argument: str) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise SettingError(f"{argument}: expected a JSON file; got {error}.") from error


def _mapping_in(path: Path, argument: str) -> Mapping[str, Any]:
    found = _json_in(path, argument)
    if isinstance(found, Mapping) and "settings" in found:
        parts = _parts(found, argument)
        if "sparsity" not in found or any(p.get("structure") != "unstructured" for p in parts):
            raise SettingError(
                f"{argument}: expected a plan that prunes single weights; this one does not, or "
                "not only. tfexplain.prune(model, file) applies it after training; while a model "
                'trains, give each part of its "pruning" to a MagnitudePruning(**part) of its own.'
            )
    plan = found.get("sparsity", found) if isinstance(found, Mapping) else found
    if not isinstance(plan, Mapping):
        raise SettingError(
            f"{argument}: expected a mapping of layers' paths to their sparsity, by itself or as "
            '"sparsity" of a plan. Pass a plan that tfexplain sensitivity wrote.'
        )
    return plan
