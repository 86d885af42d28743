"""Computes which features act together: the Shapley interaction index of each pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.checks import check_choice, check_whole
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Context
from tfexplain.explainers.baselines import Baseline, is_text, starts
from tfexplain.explainers.perturbation.coalitions import EXACT, pair_shares, plan
from tfexplain.explainers.perturbation.groups import Groups, Partition, partition
from tfexplain.explainers.perturbation.masked import MaskedInput
from tfexplain.model.batching import chunk_size
from tfexplain.model.call_batch import as_batch
from tfexplain.model.gradient_calls import BESIDE
from tfexplain.model.outputs import SCORES, Score, choose_output
from tfexplain.model.presets import named, resolved_targets
from tfexplain.model.shared_pass import LayerReads, Request, shared_pass
from tfexplain.model.targets import Targets
from tfexplain.model.trace_model import trace_model
from tfexplain.model.traced_model import TracedModel
from tfexplain.quality.intervals import Floats, percentile_interval, resampled

SHOWN = 5  # pairs that the text has


@dataclass(frozen=True)
class Pair:
    """Holds how strongly two features act together, over all rows.

    Attributes:
        features: Their numbers, the smaller first.
        names: Their names.
        strength: Mean of |interaction|.
        low: Lower bound of its 95% interval (bootstrap over the rows).
        high: Upper bound.
        mean: Mean interaction, with its sign: above 0 both together add more than each alone.
    """

    features: tuple[int, int]
    names: tuple[str, str]
    strength: float
    low: float
    high: float
    mean: float


@dataclass(frozen=True, eq=False, repr=False)
class Interactions:
    """Holds which features act together in each of N rows; `print` it for the strongest pairs.

    `main.sum(1) + pairs.sum((1, 2)) / 2` is the score less the baseline's; the Shapley value of a
    feature is its main effect and half of its pairs.

    Attributes:
        pairs: float64 [N, F, F], the interaction index of each pair, symmetric, zeros on the
            diagonal: what both add together beyond what each adds alone.
        values: float64 [N, F], Shapley values.
        names: Of the features.
        unit: Unit of all numbers, that of the explained score.
        passes: How many rows went through the model.
    """

    pairs: Floats
    values: Floats
    names: tuple[str, ...]
    unit: str
    passes: int

    @property
    def main(self) -> Floats:
        """float64 [N, F], main effects: Shapley values without the halves of the pairs."""
        effects: Floats = self.values - self.pairs.sum(axis=2) / 2
        return effects

    def strongest(self, count: int = SHOWN) -> list[Pair]:
        """Returns the pairs of the largest mean |interaction|, the strongest first."""
        first, second = np.triu_indices(len(self.names), 1)
        each = self.pairs[:, first, second]
        sizes = np.abs(each)
        strengths = sizes.mean(axis=0)
        low, high = percentile_interval(resampled(len(each)) @ sizes / len(each))
        return [
            Pair(
                features=(int(first[at]), int(second[at])),
                names=(self.names[first[at]], self.names[second[at]]),
                strength=float(strengths[at]),
                low=float(low[at]),
                high=float(high[at]),
                mean=float(each[:, at].mean()),
            )
            for at in np.argsort(-strengths, kind="stable")[:count]
        ]

    def __repr__(self) -> str:
        rows, unit = len(self.pairs), self.unit
        effects = float(np.abs(self.main).mean(axis=0).max(initial=0))
        lines = [f"Interactions of {len(self.names)} features over {rows:,} rows, {unit}s:"]
        lines += [
            f"  {pair.names[0]} x {pair.names[1]}: {pair.strength:.3g} "
            f"({pair.low:.3g} to {pair.high:.3g}), mean {pair.mean:+.3g}"
            for pair in self.strongest()
        ]
        return "\n".join([*lines, f"  The largest main effect is {effects:.3g}."])


def shapley_interactions(
    model: Any,
    inputs: Any,
    targets: Targets = None,
    *,
    baseline: Baseline = None,
    groups: Groups = None,
    feature_names: Sequence[str] = (),
    input: str | None = None,
    score: Score = "logit",
    output: str | int | None = None,
    batch_size: int | None = None,
) -> Interactions:
    """Computes the Shapley interaction index of each pair of up to 10 features, exactly.

    All 2^F coalitions are evaluated: the features of a coalition keep their values, the others have
    the baseline's. For pictures and texts, pass `groups=` of at most 10.

    Args:
        model: A built Keras model, or a function of a batch.
        inputs: Arrays or tensors [N, ...] in the structure the model takes.
        targets: What is explained, as `explain` takes it; default the predicted class.
        baseline: What absent features are replaced by: zeros (default), a row, or a list of rows,
            such as some of the training data, over which scores are averaged.
        groups: The features, as `KernelSHAP` takes them: default each column of a table.
        feature_names: Names of the features or groups, in order.
        input: Whose features, where a model has several inputs; default the first that can be
            hidden. The others stay what they are.
        score: `"logit"` or `"probability"`.
        output: Name or position of the model's output, as explainers take it.
        batch_size: How many rows go through the model at once.

    Raises:
        TfexplainError: more than 10 features, fewer than two, or inputs that cannot be hidden.

    References:
        Grabisch and Roubens 1999, equation 4, https://doi.org/10.1007/s001820050125; main effects:
        Lundberg et al. 2018, equation 7, https://arxiv.org/abs/1802.03888

    Example:
        >>> import numpy as np
        >>> product, x = lambda x: x[:, 0] * x[:, 1] + x[:, 2], np.array([[2.0, 3.0, 5.0]])
        >>> shapley_interactions(product, x, feature_names=["a", "b", "c"])
        Interactions of 3 features over 1 rows, outputs:
          a x b: 6 (6 to 6), mean +6
          a x c: 0 (0 to 0), mean +0
          b x c: 0 (0 to 0), mean +0
          The largest main effect is 5.
    """
    check_choice("score", score, SCORES)
    check_whole("batch_size", batch_size, optional=True)
    batch = as_batch(inputs, model)
    traced_model = trace_model(model, batch)
    size = chunk_size(traced_model, batch_size)
    asked, own = named(targets, choose_output(traced_model.model_outputs, output))
    flat = [np.asarray(x) for x in tf.nest.flatten(batch)]
    wanted = resolved_targets(traced_model, asked, own, len(flat[0]))
    position = _position(traced_model, flat, input)
    (result,) = shared_pass(
        traced_model, [Request((LayerReads(),), wanted, own, score)], batch, size
    )
    context = Context(traced_model, batch, wanted, own, score, result)
    replaced = starts(baseline, flat, traced_model.input_names, [position])[position]
    masked = MaskedInput(context, position, replaced, size)
    parts = partition(groups, masked)
    _check_count(parts, masked)
    design = plan(parts.most, 2**EXACT, np.random.default_rng(0))
    worths = masked.masked_scores(parts.kept(design.members[None]))
    return Interactions(
        pairs=np.einsum("ijm,nm->nij", pair_shares(design.members), worths),
        values=worths @ design.shares.T,
        names=_names(feature_names, parts.most, groups is None),
        unit=context.unit,
        passes=worths.size * masked.baselines,
    )


def _position(
    traced_model: TracedModel, flat: Sequence[npt.NDArray[Any]], input: str | None
) -> int:
    """Returns the position of the input whose features are hidden."""
    known = {
        name: i
        for i, name in enumerate(traced_model.input_names)
        if traced_model.gradient_calls[i] != BESIDE
        and (flat[i].dtype.kind in "fiub" or is_text(flat[i]))
    }
    if not known or (input is not None and input not in known):
        raise TfexplainError(
            f"input={input!r}: expected an input of numbers or texts; there are "
            f"{sorted(known) or 'none'}. Pass one of these."
        )
    return next(iter(known.values())) if input is None else known[input]


def _check_count(parts: Partition, masked: MaskedInput) -> None:
    counts = sorted(set(parts.counts.tolist()))
    if len(counts) == 1 and 2 <= counts[0] <= EXACT:
        return
    raise TfexplainError(
        f"inputs: expected 2 to {EXACT} features, as many in each row; got "
        f"{' to '.join(map(str, counts))} in an input of {' x '.join(map(str, masked.sides))}. "
        "Pass groups= of features that are taken together: lists of columns, tiles (3, 3)."
    )


def _names(names: Sequence[str], count: int, are_columns: bool) -> tuple[str, ...]:
    if len(names) not in (0, count):
        raise TfexplainError(
            f"feature_names: expected {count}, one for each feature or group; got {len(names)}. "
            "Leave them out for numbers."
        )
    kind = "column" if are_columns else "group"
    return tuple(map(str, names)) or tuple(f"{kind} {i}" for i in range(count))
