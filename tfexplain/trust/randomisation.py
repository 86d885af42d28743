"""Measures whether maps depend on what the model learnt, and on the class that is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from tfexplain.checks import check_choice
from tfexplain.errors import TfexplainError
from tfexplain.explainers.baselines import Baseline
from tfexplain.model.targets import PREDICTED
from tfexplain.quality.similarity import spearman
from tfexplain.trust.explained import Explained, Floats, passed
from tfexplain.trust.metric import Better, Measured, Metric
from tfexplain.trust.redrawing import Redrawing, weights_by_layer

Order = Literal["top-down", "bottom-up", "independent"]
ORDERS: tuple[Order, ...] = ("top-down", "bottom-up", "independent")


@dataclass(frozen=True, kw_only=True, eq=False)
class Similarity(Metric):
    """Base class: how alike a sample's map is to one that should be another.

    Alike is Spearman's rank correlation over the positions where the input differs from its
    baseline: elsewhere methods that multiply with the input are zero whatever the model, and would
    agree with anything. Signs count. `chance` is 0, what maps that have nothing to do with each
    other have on average. NaN for a map that is the same everywhere, such as one of zeros.

    Attributes:
        baseline: What the input is compared with; default zeros.
    """

    unit: ClassVar[str] = "rank correlation"
    better: ClassVar[Better] = "lower"
    needs_explainer: ClassVar[bool] = True

    baseline: Baseline = None

    def alike(self, given: Explained, maps: Any) -> Floats:
        """Returns how alike other maps are to those that are judged, float64 [N]."""
        # Positions without a number are not compared.
        own = np.where(self._positions(given), given.attribution.maps.astype(np.float64), np.nan)
        return spearman(own, maps)

    def _positions(self, given: Explained) -> Any:
        differs = given.differs(self.baseline)
        at_input = given.attribution.maps.shape == differs.shape
        return differs if at_input else np.ones(given.attribution.maps.shape, bool)


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelRandomisation(Similarity):
    """Measures how alike maps stay when the model's weights are re-drawn, layer by layer.

    A map that stays the same does not show what the model learnt. `values` are with all layers
    re-drawn (with `"independent"` the mean over the layers); `curves["map"]` after each layer, and
    `shares` the share of layers that are. Weights are re-drawn by a permutation of their own
    values, so that each layer keeps its scale, with one variable's values in memory beside the
    model; they are put back to the bit, also after an error or Ctrl-C. In between the model is not
    itself: use it in no other thread.

    Attributes:
        order: `"top-down"` (default): from the output on, those above staying re-drawn;
            `"bottom-up"`: from the input on; `"independent"`: one layer at a time.

    References:
        Adebayo et al. 2018, section 3, https://arxiv.org/abs/1810.03292
    """

    order: Order = "top-down"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("order", self.order, ORDERS)

    def measured(self, given: Explained) -> Measured:
        """Explains the samples after each layer."""
        layers = [weights for _, weights in weights_by_layer(given.context.traced_model)]
        if self.order == "top-down":
            layers = layers[::-1]
        steps: list[Floats] = []
        passes = 0
        with Redrawing(self.seed) as redrawing:
            for weights in layers:
                if self.order == "independent":
                    redrawing.put_back()
                redrawing.redraw(weights)
                again = given.again()
                steps.append(self.alike(given, again.maps))
                passes += passed(again)
        curve = np.stack(steps, axis=1)
        independent = self.order == "independent"
        return self.found(
            curve.mean(axis=1) if independent else curve[:, -1],
            chance=np.zeros(len(curve)),
            curves={"map": curve},
            shares=np.arange(1, len(layers) + 1) / len(layers),
            passes=passes,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class RandomLogit(Similarity):
    """Measures how alike the map of the class is to that of another class, drawn at random.

    A map that is the same for each class does not show why the model decided for one.

    References:
        Sixt et al. 2020, section 4.3, https://arxiv.org/abs/1912.09818
    """

    def measured(self, given: Explained) -> Measured:
        """Explains the samples for another class."""
        context = given.context
        targets, classes = np.asarray(context.result.targets), context.output.targets
        if classes < 2 or (targets == PREDICTED).any():
            raise TfexplainError(
                f"output={context.output.name!r}: expected at least two classes, to explain "
                "another one. Use ModelRandomisation for values and functions of the outputs."
            )
        rng = np.random.default_rng(self.seed)
        other = (targets + rng.integers(1, classes, len(targets))) % classes
        again = given.again(targets=other.astype(np.int32))
        passes = passed(again)
        alike = self.alike(given, again.maps)
        return self.found(alike, chance=np.zeros(len(targets)), passes=passes)
