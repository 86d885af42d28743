"""Reads how sparse each layer is to be: a number, a mapping, or the file of a plan."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from tfexplain.errors import SettingError
from tfexplain.pruning.masks import check_sparsity

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


def _mapping_in(path: Path, argument: str) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise SettingError(f"{argument}: expected a JSON file; got {error}.") from error
    if isinstance(found, Mapping) and "settings" in found and "sparsity" not in found:
        raise SettingError(
            f"{argument}: expected a plan that prunes single weights; this one does not. Apply it "
            "with the code that it gives."
        )
    plan = found.get("sparsity", found) if isinstance(found, Mapping) else found
    if not isinstance(plan, Mapping):
        raise SettingError(
            f"{argument}: expected a mapping of layers' paths to their sparsity, by itself or as "
            '"sparsity" of a plan. Pass a plan that tfexplain sensitivity wrote.'
        )
    return plan
