"""Runs all findings over the runs of a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from tfexplain.story.finding import KINDS, Finding, Kind
from tfexplain.story.focus import focus
from tfexplain.story.gathers import gathers
from tfexplain.story.health import exploding, nonfinite, saturated, updates, vanishing
from tfexplain.story.kernels import dead, layer
from tfexplain.story.leaves import leaves
from tfexplain.story.log_records import RunRecords
from tfexplain.story.place import place
from tfexplain.story.predictions import same
from tfexplain.story.sensitive import sensitive
from tfexplain.story.slow import slow
from tfexplain.story.strategy import strategy

Finds: TypeAlias = Callable[[str, RunRecords], Iterator[Finding]]

# What is told while a model trains, too, as soon as it is found.
ALARMS: Mapping[Kind, Finds] = {"leaves": leaves, "gathers": gathers}
_BY_KIND: Mapping[Kind, Finds] = {
    **ALARMS,
    "nonfinite": nonfinite,
    "same": same,
    "place": place,
    "strategy": strategy,
    "exploding": exploding,
    "vanishing": vanishing,
    "focus": focus,
    "sensitive": sensitive,
    "layer": layer,
    "dead": dead,
    "saturated": saturated,
    "updates": updates,
    "slow": slow,
}


def story(runs: Mapping[str, RunRecords]) -> list[Finding]:
    """Returns what there is to say of the runs, the most important first."""
    found = [
        finding
        for run, records in runs.items()
        for kind in KINDS
        for finding in _BY_KIND[kind](run, records)
    ]
    return in_order(found)


def in_order(found: Iterable[Finding]) -> list[Finding]:
    """Sorts findings: by kind, then the largest number first."""
    return sorted(found, key=lambda finding: (KINDS.index(finding.kind), -finding.value))
