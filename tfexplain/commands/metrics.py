"""Parses metrics of explanations from the words of a command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, fields

from tfexplain import trust
from tfexplain.errors import TfexplainError
from tfexplain.trust import Metric


def metrics(names: Sequence[str] | None) -> list[Metric]:
    """Returns metrics of these names, several of which may stand in one text.

    Raises:
        TfexplainError: there is no such metric.

    >>> [metric.name for metric in metrics(["Deletion,Gini", "ROAD"])]
    ['Deletion', 'Gini', 'ROAD']
    """
    known = {name: getattr(trust, name) for name in trust.__all__}
    usable = {
        name: made
        for name, made in known.items()
        if isinstance(made, type) and issubclass(made, Metric) and made is not Metric
        # Those of regions need a region, which no word of a command line is.
        if "regions" not in {one.name for one in fields(made) if one.default is not MISSING}
    }
    wanted = [name.strip() for text in names or () for name in text.split(",")]
    for name in wanted:
        if name not in usable:
            raise TfexplainError(
                f"--quality={name!r}: expected some of {', '.join(sorted(usable))}."
            )
    return [usable[name]() for name in wanted]
