"""Defines a finding: what is said of a run, with its number and where to look."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, get_args

Kind: TypeAlias = Literal[
    "nonfinite",
    "same",
    "place",
    "leaves",
    "gathers",
    "strategy",
    "exploding",
    "vanishing",
    "focus",
    "sensitive",
    "layer",
    "dead",
    "saturated",
    "updates",
    "slow",
]
# What is told first: what makes all maps of a run worthless, then what makes the run so.
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Finding:
    """Says one thing about one run.

    Attributes:
        kind: `nonfinite`: a layer gives NaN or infinity. `same`: predictions are all the same.
            `place`: predictions follow one place. `leaves`: evidence is out of its region.
            `gathers`: evidence of most classes lies where labels can be read alone. `strategy`:
            rows of a class are explained by one small place. `exploding`, `vanishing`: gradients or
            activations grow or shrink from layer to layer. `focus`: maps moved though predictions
            stayed. `sensitive`: which layer's compression costs most. `layer`: what pruning took.
            `dead`: units that are never active. `saturated`: activations without a slope.
            `updates`: weights that move too far or not at all. `slow`: what explaining took.
        run: Name of the run.
        text: One sentence, with the number.
        value: The number.
        chance: What it would be by chance, where that is known.
        step: The epoch in which it was measured; of `leaves` and `gathers` the first one.
        explainer, layer: The maps, or the kernel or layer, that it is about; else "".
        samples: The samples that it is about.
        box: (first position, size) along each axis of the input, where it is about a place.
        metric: The number of the kernel or layer that it is about, as `tfexplain.wire.metrics`
            names it; else "".
    """

    kind: Kind
    run: str
    text: str
    value: float
    step: float
    chance: float | None = None
    explainer: str = ""
    layer: str = ""
    samples: tuple[int, ...] = ()
    box: tuple[tuple[int, int], ...] = ()
    metric: str = ""

    def __str__(self) -> str:
        return self.text

    def as_json(self) -> dict[str, Any]:
        """Returns the finding as the page gets it."""
        return asdict(self)


def percent(share: float) -> str:
    """Returns a share in whole percents, half of one rounded up as the page does.

    >>> percent(0.445), f"{0.445:.0%}"
    ('45%', '44%')
    """
    return f"{math.floor(100 * share + 0.5)}%"
