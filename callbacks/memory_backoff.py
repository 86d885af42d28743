"""Limits how much of the batch each explainer is given at once: all, until memory runs out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial

import tensorflow as tf

from tfexplain.callbacks.counted_passes import with_nodes
from tfexplain.callbacks.guard import Guard
from tfexplain.explainers import Explainer
from tfexplain.explainers.concat import Explanation
from tfexplain.model.traced_model import TracedModel
from tfexplain.runlog.plan import ExplainPlan

_NO_MEMORY = (MemoryError, tf.errors.ResourceExhaustedError)

# What to do about an explainer that was chosen, and fails.
NAME_THEM = "Pass explainers= those that are wanted; what is named is an error before training."

# Takes what is done and the step.
_Watch = Callable[[str, float], AbstractContextManager[None]]


@dataclass(frozen=True)
class FittingBatch:
    """Holds an explainer, and how many samples it explains at once."""

    explainer: Explainer
    batch_size: int

    def half(self, traced_model: TracedModel) -> FittingBatch | None:
        """Returns what takes about half the memory; None where nothing does."""
        smaller = self.explainer.with_half_batch(traced_model)
        if self.batch_size == 1 and smaller is None:
            return None
        return FittingBatch(smaller or self.explainer, max(1, self.batch_size // 2))


class MemoryBackoff:
    """Runs all explainers, and remembers what fitted into memory.

    Args:
        explaining: The planned explainers.
        guard: Told of failures, and once of each explainer that gets less than all at once.
    """

    def __init__(self, explaining: ExplainPlan, guard: Guard) -> None:
        self._explaining, self._guard = explaining, guard
        self._count = len(explaining.batch.rows)
        self._fitting_batches = {
            n: FittingBatch(e, self._count) for n, e in explaining.explainers.items()
        }
        self._together = list(self._fitting_batches)

    def begin(self) -> dict[str, Explanation]:
        """Explains before training.

        Explainers that nobody named are left out where they fail, unless all do; of those that
        were named only memory may fail, and not for all.

        Raises:
            Exception: whatever cannot work.
        """
        failed: dict[str, Exception] = {}
        named = self._explaining.settings.explainers is not None
        explanations = self._run(
            0, partial(self._spared, None if named else failed), list(self._fitting_batches)
        )
        if not explanations and failed:
            raise next(iter(failed.values()))
        if not explanations:
            raise MemoryError(
                "validation_data: expected samples small enough to explain one at a time; memory "
                "ran out. Pass smaller inputs, or train without explaining."
            )
        for name, error in failed.items():
            with self._guard.planning(name, NAME_THEM):
                raise error
        self._keep([name for name in self._fitting_batches if name not in failed])
        return explanations

    def limit(self, nodes: Mapping[str, int]) -> None:
        """Limits the nodes of explainers, by their names."""
        planned = dict(self._explaining.explainers)
        for name, most in nodes.items():
            planned[name] = with_nodes(planned[name], most)
            fitting = self._fitting_batches[name]
            limited = with_nodes(fitting.explainer, most)
            self._fitting_batches[name] = replace(fitting, explainer=limited)
        self._explaining.explainers = planned

    def run(self, step: float, names: Collection[str]) -> dict[str, Explanation]:
        """Explains with the weights as they are now; explainers that failed are missing.

        Args:
            step: The epoch's.
            names: The explainers that are due.
        """
        return self._run(step, self._guard.watch, names)

    def _run(self, step: float, watch: _Watch, names: Collection[str]) -> dict[str, Explanation]:
        """Runs explainers on shared passes; if that fails, each runs alone.

        So no failure stops the other explainers. One whose memory ran out tries again with half,
        and half of that.
        """
        explanations: dict[str, Explanation] = {}
        due = [name for name in self._fitting_batches if name in names]
        together = [name for name in due if name in self._together]
        alone = [name for name in due if name not in together]
        short = False
        try:
            if together:
                explanations |= self._try(*together)
        except Exception as error:
            alone, short = due, isinstance(error, _NO_MEMORY)
        for name in alone:
            with watch(name, step):
                explanations[name] = self._alone(name, step)
        if short:
            self._separate()
        return {name: explanations[name] for name in due if name in explanations}

    def _try(self, *names: str) -> dict[str, Explanation]:
        explainers = {name: self._fitting_batches[name].explainer for name in names}
        return self._explaining.run(explainers, self._fitting_batches[names[0]].batch_size)

    def _alone(self, name: str, step: float) -> Explanation:
        before = self._fitting_batches[name]
        while (explanation := self._fitting(name)) is None:
            half = self._fitting_batches[name].half(self._explaining.traced_model)
            if half is None:
                raise MemoryError("memory ran out even for one sample at a time. Leave it out.")
            self._fitting_batches[name] = half
        if self._fitting_batches[name] != before:
            batch_size = self._fitting_batches[name].batch_size
            message = f"explained {batch_size} of {self._count} samples at a time from now on."
            self._guard.report(f"{name}: memory ran out", message, step)
        return explanation

    def _fitting(self, name: str) -> Explanation | None:
        # Halves are tried when this is over, for an error's traceback holds on to tensors.
        try:
            return self._try(name)[name]
        except _NO_MEMORY:
            return None

    def _separate(self) -> None:
        """Runs explainers that need less than all at once alone from now on.

        If all fitted alone, all do.
        """
        whole = [n for n in self._together if self._fitting_batches[n].batch_size == self._count]
        self._together = [] if whole == self._together else whole

    def _keep(self, names: Sequence[str]) -> None:
        """Keeps these explainers only."""
        self._explaining.explainers = {n: self._explaining.explainers[n] for n in names}
        self._fitting_batches = {name: self._fitting_batches[name] for name in names}
        self._together = [name for name in self._together if name in names]

    @contextmanager
    def _spared(
        self, failed: dict[str, Exception] | None, name: str, step: float
    ) -> Iterator[None]:
        try:
            yield
        except MemoryError:
            with self._guard.watch(name, step):
                raise
        except Exception as error:
            if failed is None:
                raise
            failed[name] = error
