"""Measures in one `fit` whether its maps can be believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tfexplain.attribution import Attribution
from tfexplain.callbacks.few_epochs import FewEpochs
from tfexplain.callbacks.gathering import Gathering
from tfexplain.callbacks.guard import Guard
from tfexplain.callbacks.map_numbers import map_numbers
from tfexplain.callbacks.start_maps import NAME, StartMaps
from tfexplain.errors import SettingError, TfexplainError
from tfexplain.runlog.exchange_plan import EPOCHS, exchange_epochs
from tfexplain.runlog.judged_maps import Place, evidence, judged
from tfexplain.runlog.method_noise import (
    ERROR,
    SEED,
    estimated_error,
    randomised,
    seed_similarity,
    with_zeros,
)
from tfexplain.runlog.plan import ExplainPlan, Found
from tfexplain.runlog.trust_records import trust_record
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter
from tfexplain.trust import Measured, Metric
from tfexplain.wire import schema


class TrustRun:
    """Holds what is measured of each map: how like it is to the start's, the noise of the method
    itself, and what was asked for.

    Randomised methods explain again with another seed in the first epoch and the last.

    Args:
        start: Maps that training begins with; kept over several fits.
        explaining: What is explained.
        first: The model's explanations before training.
        metrics: What is measured beside, in a few epochs.
        guard: Keeps failures of single metrics away from the rest.
        epochs: How many epochs there are; None where that is not known.
        every: Whether metrics are measured in every explained epoch.
        places: Where labels can be read alone, by the name of the input.

    Attributes:
        text: What was decided, for people; "" where no metric was asked for.
        numbers: Names of what `write` returns.
    """

    def __init__(
        self,
        start: StartMaps,
        explaining: ExplainPlan,
        first: Found,
        metrics: Sequence[Metric],
        guard: Guard,
        epochs: int | None,
        *,
        every: bool,
        places: Mapping[str, schema.Places],
    ) -> None:
        self._start, self._explaining, self._guard = start, explaining, guard
        self._start.begin(explaining, first)
        self._places, self._gathering = places, Gathering(places, start)
        self._metrics = self._fitting(metrics, first)
        few = exchange_epochs(epochs, EPOCHS) if epochs else [0]
        self._epochs = FewEpochs(None if every else few)
        shown = list(explaining.shown(first))
        self._randomised = randomised(explaining)
        self._seeds = FewEpochs(exchange_epochs(epochs, 2) if epochs else [0])
        erring = [place for place, own in evidence(explaining, first) if own.error is not None]
        drawn = [place for place in shown if place[0] in self._randomised]
        own = {NAME: shown, SEED: drawn, ERROR: erring}
        self._names = {
            name: map_numbers(of, name.replace(" ", "_")) for name, of in own.items()
        } | {
            metric.name: map_numbers([place for place in shown if place[0] in fit], metric.name)
            for metric, fit in self._metrics.items()
        }
        for name in dict.fromkeys(name for own in shown for name in self._gathering.names(own)):
            at = [own for own in shown if name in self._gathering.names(own)]
            self._names[name] = map_numbers(at, name.replace(" ", "_"))
        self.numbers = [number for own in self._names.values() for number in own.values()]
        self.text = ", ".join(metric.name for metric in metrics)
        if self.text:
            self.text = f"{self.text}; {self._epochs.text}"

    def _fitting(self, metrics: Sequence[Metric], first: Found) -> dict[Metric, frozenset[str]]:
        """Measures once before training, so that what cannot work shows now and is compiled by now.

        Returns which explainers each metric fits; the others are told to the guard.

        Raises:
            TfexplainError: a metric that fits none of them.
        """
        fit: dict[Metric, frozenset[str]] = {}
        for metric in metrics:
            refused: dict[str, str] = {}
            fitting = set()
            for (name, _), attribution in evidence(self._explaining, first):
                if attribution.kind != "map":
                    continue
                try:
                    metric.measured(judged(self._explaining, name, attribution, metric))
                    fitting.add(name)
                except TfexplainError as error:
                    refused[name] = str(error)
            if not fitting:
                why = next(iter(refused.values()), "no explainer has maps to measure.")
                raise SettingError(f"quality: {metric.name} fits none of the explainers; {why}")
            for name, told in refused.items():
                self._guard.leave_out(f"{metric.name} of {name}", told)
            fit[metric] = frozenset(fitting)
        return fit

    def announce(self, writer: RunWriter, resumes: bool) -> None:
        """Writes the maps at the start, or reads them from the log that goes on."""
        if resumes:
            self._start.resume(self._explaining, str(writer.directory))
        self._start.write(writer)
        for name, record in self._places.items():
            tag = schema.Tag("places", layer=name)
            writer.add_constant(tag, record, schema.Content("places"))

    def write(self, explanations: Found, now: Moment, writer: RunWriter) -> dict[str, float]:
        """Measures the maps of an epoch, and writes the records; returns means by their name."""
        due = bool(self._metrics) and self._epochs.due(now)
        found: dict[str, float] = {}
        shown = self._explaining.shown(explanations)
        of_seeds = self._of_seeds(explanations, now)
        for place, attribution in evidence(self._explaining, explanations):
            measured = [self._start.measured(place, shown[place])]
            measured += [of_seeds.get(place), estimated_error(attribution)]
            measured += self._gathering.measured(place, shown[place])
            if due and attribution.kind == "map":
                measured += self._measured(place[0], attribution, now.step)
            known = with_zeros([one for one in measured if one is not None], attribution)
            if not known:
                continue
            record = trust_record(known, now)
            tag = schema.Tag("trust", *place)
            writer.add(tag, now.step, record, schema.Content("trust"))
            for one in known:
                number = self._names.get(one.metric, {}).get(place)
                if number and np.isfinite(one.values).any():
                    found[number] = float(np.nanmean(one.values))
        if due:
            self._epochs.done(now)
        return found

    def _of_seeds(self, explanations: Found, now: Moment) -> dict[Place, Measured]:
        """Explains again with another seed, where that is due."""
        found: dict[Place, Measured] = {}
        if not self._randomised or not self._seeds.due(now):
            return found
        for name, explainer in self._randomised.items():
            if name in explanations:
                with self._guard.watch(f"another seed of {name}", now.step):
                    found |= seed_similarity(self._explaining, explanations, name, explainer)
        self._seeds.done(now)
        return found

    def _measured(self, name: str, attribution: Attribution, step: float) -> Iterator[Measured]:
        for metric, fit in self._metrics.items():
            if name not in fit:
                continue
            with self._guard.watch(f"{metric.name} of {name}", step):
                yield metric.measured(judged(self._explaining, name, attribution, metric))
