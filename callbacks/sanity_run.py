"""Re-draws weights once in a `fit`, after training, and logs how alike the maps stay."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.errors import SettingError, TfexplainError
from tfexplain.quality.drift import Places
from tfexplain.quality.similarity import spearman
from tfexplain.runlog.judged_maps import Place, differing, evidence, explained_again
from tfexplain.runlog.plan import ExplainPlan, Found
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter
from tfexplain.trust.explained import passed
from tfexplain.trust.redrawing import Redrawing, weights_by_layer
from tfexplain.wire import schema

# Of networks with more layers, several are re-drawn at a step.
MOST_STEPS = 12
_Floats = npt.NDArray[np.float64]


class SanityRun:
    """Holds the model randomisation test of one `fit`: the cascade of Adebayo et al. 2018, section
    3.1 (https://arxiv.org/abs/1810.03292).

    Weights are re-drawn from the output on, those above staying so, and the samples explained after
    each step for the targets that they had. Before training only whether that is possible is
    looked at: for maps of a model that is not trained the test says nothing.

    Args:
        explaining: What is explained.
        first: The model's explanations before training.

    Attributes:
        text: What was decided, for people.

    Raises:
        SettingError: no layers with weights, or no maps of evidence.
    """

    def __init__(self, explaining: ExplainPlan, first: Found) -> None:
        self._explaining = explaining
        try:
            layers = weights_by_layer(explaining.traced_model)[::-1]
        except TfexplainError as error:
            raise SettingError(f"sanity='random': {error}") from error
        self._explainers = {
            name: explaining.explainers[name] for (name, _), _ in evidence(explaining, first)
        }
        if not self._explainers:
            raise SettingError(
                "sanity='random': expected an explainer with maps of evidence; got "
                f"{', '.join(explaining.explainers)}. Add one, such as IntegratedGradients()."
            )
        ends = np.linspace(0, len(layers), min(MOST_STEPS, len(layers)) + 1).round().astype(int)
        self._counts = ends[1:]
        self._steps = [layers[a:b] for a, b in pairwise(ends)]
        self.text = (
            f"after training the weights of {len(layers)} layers are re-drawn from the top, in "
            f"{len(self._steps)} steps, and put back"
        )

    def write(self, now: Moment, writer: RunWriter) -> None:
        """Explains the samples with the weights as they are, and after each step."""
        explaining = self._explaining
        found = explained_again(explaining, self._explainers)
        maps = explaining.shown(found)
        here = differing(explaining, found)
        alike: dict[Place, list[tuple[_Floats, _Floats]]] = {place: [] for place in maps}
        passes = _passes(found)
        with Redrawing(explaining.settings.seed) as redrawing:
            for step in self._steps:
                for _, weights in step:
                    redrawing.redraw(weights)
                drawn = explained_again(explaining, self._explainers, found)
                passes += _passes(drawn)
                again = explaining.shown(drawn)
                for place, own in alike.items():
                    own.append(_compared(maps, again, place, here.get(place)))
        for (name, layer), own in alike.items():
            record = schema.Sanity(
                np.stack([values for values, _ in own], axis=1),
                np.stack([chance for _, chance in own], axis=1),
                self._counts.astype(np.int32),
                [step[-1][0] for step in self._steps],
                passes,
                now.kind,
                now.weights,
            )
            writer.add(
                schema.Tag("sanity", name, layer), now.step, record, schema.Content("sanity")
            )


def _compared(maps: Places, again: Places, place: Place, here: Any) -> tuple[_Floats, _Floats]:
    """Returns how alike maps are to those with other weights, and to another sample's of these."""
    own = maps[place].maps.astype(np.float64)
    if here is not None:
        own = np.where(here, own, np.nan)
    other = again[place].maps
    chance = spearman(own, np.roll(other, 1, axis=0)) if len(own) > 1 else np.full(len(own), np.nan)
    return spearman(own, other), chance


def _passes(found: Found) -> int:
    return sum(passed(next(iter(one.attributions.values()))) for one in found.values())
