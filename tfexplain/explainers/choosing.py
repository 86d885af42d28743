"""Which explainers a model gets where nobody names any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tfexplain.explainers.base import Explainer
from tfexplain.explainers.feature_maps import FeatureMaps
from tfexplain.explainers.grad_cam import GradCAM
from tfexplain.explainers.integrated_gradients import IntegratedGradients
from tfexplain.layout import layout
from tfexplain.passes import Passes
from tfexplain.tap import spatial_sites

_KINDS = {
    "image": "images",
    "grey": "images",
    "volume": "volumes",
    "sequence": "sequences",
    "features": "rows of features",
}


@dataclass(frozen=True)
class Facts:
    """What is known of a model and its inputs.

    Attributes:
        positions: Whether some layer has positions that a map can lie over.
        gradients: Whether the score has a gradient with respect to some input.
        inputs: What the inputs are, in words.
    """

    positions: bool
    gradients: bool
    inputs: str


# In the order they are shown; a method is chosen where its condition holds.
_CHOICES: tuple[tuple[Callable[[], Explainer], Callable[[Facts], bool]], ...] = (
    (FeatureMaps, lambda known: known.positions),
    (GradCAM, lambda known: known.positions),
    # Without anything else to show, its error says what is missing.
    (IntegratedGradients, lambda known: known.gradients or not known.positions),
)


def fitting(passes: Passes) -> tuple[Explainer, ...]:
    """The explainers that fit a model and its inputs, with their default settings, at least one."""
    known = facts(passes)
    return tuple(make() for make, fits in _CHOICES if fits(known))


def facts(passes: Passes) -> Facts:
    """What the choice depends on."""
    kinds = list(dict.fromkeys(_KINDS[layout(rank, passes.sites)] for rank in passes.ranks))
    positions = any(site.spatial for site in spatial_sites(passes.sites))
    return Facts(positions, passes.moving, " and ".join(kinds))
