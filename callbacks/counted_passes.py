"""Takes fewer nodes, then fewer epochs, for defaults that would be expensive for a training.

Decided by counting before training, never by a clock, so that two runs of the same model and data
are explained alike on any machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tfexplain.callbacks.fit_frame import Rows
from tfexplain.callbacks.schedule import Schedule
from tfexplain.callbacks.step_clock import StepClock
from tfexplain.explainers import Explainer, IntegratedGradients
from tfexplain.explainers.concat import Explanation
from tfexplain.explainers.path.adaptive_quadrature import affordable
from tfexplain.explainers.path.integrated_gradients import MOST, TOLERANCE
from tfexplain.explainers.perturbation.perturbation import PerturbationExplainer

# Of each this many rows that an epoch trains on, one pass may go to expensive defaults: 10%.
TRAINED_PER_PASS = 10
# Nodes that Integrated Gradients keep: the first 9, and two rounds of bisection. On the digits the
# true error is below 2% by then (`benchmarks/README.md`).
LEAST_NODES = 17


@dataclass(frozen=True)
class Fewer:
    """Holds what expensive defaults take of a training.

    Attributes:
        nodes: By name, how many at most an explainer takes that takes fewer now.
        every: Epochs from one run of the expensive ones to the next.
        expensive: Names of explainers with passes of their own.
        text: What was decided, for people; "" where nothing was reduced.
    """

    nodes: Mapping[str, int] = field(default_factory=dict)
    every: int = 1
    expensive: frozenset[str] = frozenset()
    text: str = ""

    def skipped(self, epoch: int) -> frozenset[str]:
        """Returns the explainers that are not due at an epoch, as `fit` counts it."""
        return self.expensive if epoch % self.every else frozenset()


def nodes_and_every(trained: int, samples: int, most: int, others: float = 0.0) -> tuple[int, int]:
    """Returns how many nodes each sample may take, and from how many epochs one is explained.

    Args:
        trained: Rows that an epoch trains on; each counts as one pass, forward and backward.
        samples: Explained rows.
        most: Nodes by default; 0 where no method takes any.
        others: Passes a sample of other methods, which are not reduced.

    >>> nodes_and_every(60_000, 8, 64), nodes_and_every(1437, 8, 64), nodes_and_every(160, 8, 64)
    ((64, 1), (17, 1), (17, 9))
    """
    paid = math.floor(trained / (TRAINED_PER_PASS * samples) - others)
    nodes = min(most, max(LEAST_NODES, paid))
    return nodes, max(1, math.ceil(TRAINED_PER_PASS * samples * (nodes + others) / trained))


def fewer(
    explainers: Mapping[str, Explainer],
    first: Mapping[str, Explanation],
    rows: Rows | None,
    when: Schedule,
) -> Fewer:
    """Returns what the default explainers take of a training.

    Args:
        explainers: Explainers that nobody named, by name.
        first: Their explanations before training, which tell how many passes they take.
        rows: Rows that an epoch trains on; None where that is not known: nothing is reduced.
        when: The user's choice of epochs, which is not changed; a budget rules alone.
    """
    if rows is None or when.budget is not None:
        return Fewer()
    own = {name: _passes(e, first[name]) for name, e in explainers.items() if name in first}
    own = {name: passes for name, passes in own.items() if passes}
    paths = [name for name in own if isinstance(explainers[name], IntegratedGradients)]
    most = int(sum(own[name] for name in paths))
    if not own:
        return Fewer()
    samples = len(next(iter(next(iter(first.values())).attributions.values())).scores)
    others = sum(own.values()) - most
    nodes, every = nodes_and_every(rows.trained, samples, most, others)
    every = 1 if when.chosen else every
    reduced = {name: nodes for name in paths if nodes < most}
    text = _text(reduced, most, every, own, rows)
    return Fewer(reduced, every, frozenset(own) if every > 1 else frozenset(), text)


def rows_between(rows: Rows | None, clock: StepClock | None) -> Rows | None:
    """Returns what is trained on from one explanation to the next: an epoch, or a part of it."""
    if rows is None or clock is None:
        return rows
    steps = max(1, rows.steps // clock.per_epoch)
    return replace(rows, steps=steps, per="from one explanation to the next")


def other_class_text(names: Sequence[str], other: str, samples: int, rows: Rows | None) -> str:
    """Returns what explaining a second class of wrong samples takes, for people.

    Args:
        names: The explainers that do so.
        other: Which class that is.
        samples: Explained rows; the second pass is of all of them, as the first.
        rows: Rows that an epoch trains on, where that is known.
    """
    share = f", {100 * samples / rows.trained:.2g}% of training's" if rows else ""
    passes = f"{samples} more passes in an epoch that has any{share}"
    return f"{', '.join(names)} of the {other} class as well: {passes}"


def with_nodes(explainer: Explainer, nodes: int) -> Explainer:
    """Returns Integrated Gradients of the default tolerance in at most so many nodes."""
    changed: dict[str, Any] = {"steps": nodes, "tolerance": TOLERANCE}
    return replace(explainer, **changed)


def _passes(explainer: Explainer, explanation: Explanation) -> float:
    """Returns the passes a sample beyond the shared one; a forward pass alone counts half."""
    attributions = explanation.attributions.values()
    if isinstance(explainer, IntegratedGradients):
        # Not those it took: they depend on the weights, which two runs draw differently.
        values = sum(a.values[0].size for a in attributions)
        return affordable(4 * values, MOST)
    taken = [int(np.max(a.passes)) for a in attributions if a.passes is not None]
    return sum(taken) / (2 if isinstance(explainer, PerturbationExplainer) else 1)


def _text(
    reduced: Mapping[str, int],
    most: int,
    every: int,
    own: Mapping[str, float],
    rows: Rows,
) -> str:
    said = [f"{name} takes at most {n} nodes in place of {most}" for name, n in reduced.items()]
    if every > 1:
        said.append(f"{', '.join(own)} every {every} epochs, the first and the last")
    if not said:
        return ""
    share = f"{100 / TRAINED_PER_PASS:g}% of the passes of training"
    return f"{'; '.join(said)}, to stay at {share}: {rows.trained:,} rows {rows.per} ({rows.text})"
