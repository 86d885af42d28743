"""Reads which regions are asked for, as far as can be without data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tfexplain.errors import SettingError
from tfexplain.trust.regions import NAMES, Avoid, Regions

RegionChoice: TypeAlias = Regions | Avoid | Mapping[str, "Regions | Avoid"]
# What a region is called that has no name of its own.
ONLY = "region"
_LONGEST = 64


@dataclass(frozen=True, eq=False)
class NamedRegion:
    """Holds a region as it was given.

    Attributes:
        name: Its name in the log.
        region: As `region_masks` takes it.
        avoid: Whether evidence should not lie there.
    """

    name: str
    region: Regions
    avoid: bool


def named_regions(choice: RegionChoice) -> list[NamedRegion]:
    """Returns the regions by name; one alone is called as its set, or `region`.

    Raises:
        SettingError: a name that cannot stand in a log, an unknown set, or no region.

    >>> [(one.name, one.avoid) for one in named_regions(Avoid("border"))]
    [('border', True)]
    """
    if choice is None:
        return []
    if not isinstance(choice, Mapping):
        bare = choice.region if isinstance(choice, Avoid) else choice
        choice = {bare if isinstance(bare, str) else ONLY: choice}
    if not choice:
        raise SettingError("regions={}: expected a region by each name; got none. Pass None.")
    return [_checked(name, region) for name, region in choice.items()]


def _checked(name: object, given: Regions | Avoid) -> NamedRegion:
    avoid = isinstance(given, Avoid)
    region = given.region if isinstance(given, Avoid) else given
    if isinstance(region, str) and region not in NAMES:
        raise SettingError(
            f"regions={region!r}: expected one of {', '.join(map(repr, NAMES))}, masks, Boxes or a "
            "function of (x, y)."
        )
    known = isinstance(name, str) and name.isprintable() and 0 < len(name) <= _LONGEST
    if not known or "/" in str(name):
        raise SettingError(
            f"regions: expected names of 1 to {_LONGEST} printable characters without a slash; got "
            f"{name!r}. Rename it."
        )
    if region is None or isinstance(region, Avoid | Mapping):
        raise SettingError(
            f"regions[{name!r}]={region!r:.60}: expected masks, Boxes, a function of (x, y), or "
            f"one of {', '.join(map(repr, NAMES))}."
        )
    return NamedRegion(str(name), region, avoid)
