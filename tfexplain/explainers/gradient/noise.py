"""Base class of explainers that average over noisy copies of the samples."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.checks import check_number, check_whole
from tfexplain.explainers.base import Context, Explainer, floating_inputs
from tfexplain.explainers.gradient.running_moments import RunningMoments, Statistic
from tfexplain.explainers.run import explain_all
from tfexplain.model.batching import chunk_size, even_size
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.targets import rule
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Tensor

_UNITS = {"mean": "{}", "square": "square of {}", "variance": "variance of {}"}


@dataclass(frozen=True, kw_only=True, eq=False)
class NoisyExplainer(Explainer):
    """Computes maps over noisy copies of each sample; scores and targets are the clean sample's.

    The noise is Gaussian and independent from value to value. All samples get the same draws, each
    stretched to its own range, so that a sample's map depends neither on what else is in the
    batch nor on `batch_size`, but for rounding. `passes` int32 [N] are those of all copies.

    Attributes:
        copies: How many noisy copies of each sample are explained.
        noise: Standard deviation, as a share of the range (greatest less least value) of each
            sample of each input. Inputs of whole numbers get none.
        seed: Seed of the noise; the same seed gives the same maps to the bit on one machine.
        batch_size: How many noisy samples go through the model at once; default by the size of the
            layers' outputs and the device. The explainer's own `batch_size` counts apart.
    """

    copies: int = 20
    noise: float = 0.1
    seed: int = 0
    batch_size: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("copies", self.copies)
        check_number("noise", self.noise, least=0)

    @property
    @abstractmethod
    def inner(self) -> Explainer:
        """The explainer of the noisy copies."""

    @property
    @abstractmethod
    def _statistic(self) -> Statistic: ...

    def omits(self, traced_model: TracedModel) -> dict[str, str]:
        """Returns, by name, why inputs have no map of the explainer of the noisy copies."""
        return self.inner.omits(traced_model)

    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Plans to read nothing: the clean samples are not explained."""
        self.inner.plan(traced_model, targets)  # for its errors, before anything is computed
        return LayerReads()

    def attributions(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Explains the noisy copies, chunk by chunk."""
        count, totals = len(context.result.scores), dict[str, _Total]()
        most = chunk_size(context.traced_model, self.batch_size)
        copies = even_size(self.copies, max(1, most // count))  # in a batch of noisy samples
        wanted = [(self.inner, _targets(context, copies))]
        size = min(most, copies * count)
        batches = noisy_batches(context, self.noise, self.seed, copies)
        # The last batch is as large as the others; what it has too much is not counted.
        for begin, batch in zip(range(0, self.copies, copies), batches, strict=False):
            (explanation,) = explain_all(wanted, context.traced_model, batch, size)
            kept = min(copies, self.copies - begin)
            for name, attribution in explanation.attributions.items():
                totals.setdefault(name, _Total(attribution, count)).add(attribution, kept)
        return {name: self._result(context, total) for name, total in totals.items()}

    def _result(self, context: Context, total: _Total) -> Attribution:
        return replace(
            total.first,
            values=total.moments.of(self._statistic).astype(np.float32),
            targets=context.result.targets,
            scores=context.result.scores,
            explainer=self.name,
            unit=_UNITS[self._statistic].format(total.first.unit),
            signed=total.signed and self._statistic == "mean",
            completeness_gap=None,  # between other scores than the one that is told
            error=None,
            passes=total.passes,
            dead=total.dead,
        )


class _Total:
    """Accumulates the attributions of all chunks at one layer or input."""

    def __init__(self, first: Attribution, count: int) -> None:
        self.first, self.moments = first, RunningMoments()
        self.passes = np.zeros(count, np.int32)
        self.dead, self.signed = first.dead, False

    def add(self, attribution: Attribution, kept: int) -> None:
        """Adds the first `kept` copies of all samples."""
        count = len(self.passes)
        self.moments.add(
            attribution.values[: kept * count].reshape(kept, count, *attribution.values.shape[1:])
        )
        passes = (
            np.ones(len(attribution.values), np.int32)
            if attribution.passes is None
            else attribution.passes
        )
        self.passes += passes[: kept * count].reshape(kept, count).sum(axis=0, dtype=np.int32)
        self.signed |= attribution.signed
        if attribution.dead is not None and self.dead is not None:
            self.dead = self.dead & attribution.dead


def noisy_batches(context: Context, noise: float, seed: int, copies: int) -> Iterator[Any]:
    """Yields batches [copies * N, ...] of noisy samples without end, copy by copy.

    Raises:
        TfexplainError: no input holds floating-point numbers.
    """
    inputs, flat = context.inputs, tf.nest.flatten(context.inputs)
    moving = floating_inputs(context.traced_model, inputs)
    draws = {i: np.random.default_rng([seed, i]) for i in moving}
    spreads = {i: noise * _range(flat[i]) for i in draws}
    while True:
        noisy = [tf.tile(x, [copies, *[1] * (x.shape.rank - 1)]) for x in flat]
        for i, rng in draws.items():
            x = flat[i]
            drawn = rng.standard_normal((copies, 1, *x.shape[1:]), np.float32)
            moved = x + spreads[i] * tf.cast(drawn, x.dtype)
            noisy[i] = tf.reshape(moved, noisy[i].shape)
        yield tf.nest.pack_sequence_as(inputs, noisy)


def _range(values: Tensor) -> Tensor:
    """Computes the greatest less the least value of each sample, [N, 1, ...]."""
    axes = list(range(1, values.shape.rank))
    greatest = tf.reduce_max(values, axes, keepdims=True)
    return greatest - tf.reduce_min(values, axes, keepdims=True)


def _targets(context: Context, copies: int) -> Any:
    """Returns the targets of the clean samples, repeated for each copy."""
    if (own := rule(context.targets)) is not None:
        return own
    return np.tile(context.result.targets, copies) if context.output.targets else None
