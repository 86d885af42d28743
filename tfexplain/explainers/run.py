"""Runs several explainers on the same samples; those that need the same forward pass share it."""

from __future__ import annotations

import operator
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.checks import check_verbose, check_whole
from tfexplain.data.batch_feed import BatchFeed
from tfexplain.data.batches import length
from tfexplain.errors import SettingError
from tfexplain.explainers.base import Context, Explainer, SampleRange
from tfexplain.explainers.concat import Explanation, beside, joined
from tfexplain.explainers.features.channel_shares import ChannelChoice
from tfexplain.explainers.features.feature_maps import FeatureMaps
from tfexplain.explainers.other_class import TrueClasses, other_requests
from tfexplain.explainers.words import with_words_read
from tfexplain.model.batching import row_slices
from tfexplain.model.call_batch import as_batch
from tfexplain.model.outputs import ModelOutput, Score, choose_output
from tfexplain.model.presets import named, resolved_targets
from tfexplain.model.progress import explaining, shown
from tfexplain.model.shared_pass import PassResult, Request, shared_pass
from tfexplain.model.targets import Targets
from tfexplain.model.trace_model import trace_model
from tfexplain.model.traced_model import TracedModel


def explanations(
    model: Any,
    explainers: Sequence[Explainer],
    inputs: Any,
    targets: Targets = None,
    *,
    traced_model: TracedModel | None = None,
    batch_size: int | None = None,
    verbose: bool | int = 0,
) -> list[Explanation]:
    """Runs explainers as `explain` does; returns one `Explanation` for each, in order.

    Args:
        model: See `explain`, as for all that is not said here.
        explainers: Methods with their settings.
        inputs: Samples.
        targets: Targets as in `explain`.
        traced_model: The model's compiled passes, where the caller keeps them.
        batch_size: How many samples are explained at once.
        verbose: Progress as in `explain`.
    """
    by_batch = explain_batches(
        model,
        explainers,
        inputs,
        targets,
        traced_model=traced_model,
        batch_size=batch_size,
        verbose=verbose,
    )
    return [joined(of_explainer) for of_explainer in zip(*by_batch, strict=True)]


def explain_batches(
    model: Any,
    explainers: Sequence[Explainer],
    inputs: Any,
    targets: Targets = None,
    *,
    traced_model: TracedModel | None = None,
    batch_size: int | None = None,
    verbose: bool | int = 0,
    start: int = 0,
    choice: ChannelChoice | None = None,
) -> Iterator[list[Explanation]]:
    """Yields what `explanations` returns, batch by batch, for callers that do not keep it all.

    All arguments are those of `explanations`, but for two.

    Args:
        start: Number of a dataset's first sample, where it is a part of one.
        choice: Whose channels of feature maps are shown; default those of the first batch.
    """
    check_whole("batch_size", batch_size, optional=True)
    check_verbose(verbose)
    feed = BatchFeed(
        inputs, targets, joined=any(explainer.needs_all_samples for explainer in explainers)
    )
    total = None if feed.batches is None else feed.batches * len(explainers)
    begun = False
    choice = choice or channel_choice(explainers)
    with shown(int(verbose), total):
        for fed in feed:
            batch = as_batch(fed.inputs, model)
            opened = traced_model or trace_model(model, batch)
            if not begun:
                begun = True
                _say_what_is_left_out(explainers, opened)
            outputs = [
                choose_output(opened.model_outputs, explainer.output) for explainer in explainers
            ]
            # One object for each output: explainers of the same targets share a backward pass.
            by_output = {output: fed.targets(output, opened) for output in dict.fromkeys(outputs)}
            wanted = [(e, by_output[output]) for e, output in zip(explainers, outputs, strict=True)]
            sample_range = SampleRange(start + fed.start) if feed.streamed else None
            explained = explain_all(wanted, opened, batch, batch_size, sample_range)
            yield [choice.of(i, explanation) for i, explanation in enumerate(explained)]


def channel_choice(explainers: Sequence[Explainer]) -> ChannelChoice:
    """Returns what chooses the channels of feature maps on the first batch it is given."""
    return ChannelChoice(
        {i: e.max_channels for i, e in enumerate(explainers) if isinstance(e, FeatureMaps)}
    )


def _say_what_is_left_out(explainers: Sequence[Explainer], traced_model: TracedModel) -> None:
    for explainer in explainers:
        for name, why in explainer.omits(traced_model).items():
            warnings.warn(
                f"{explainer.name}: input {name!r} is left out: {why}", UserWarning, stacklevel=4
            )


def named_explainers(explainers: Sequence[Explainer]) -> dict[str, Explainer]:
    """Returns explainers by name: `GradCAM`, and `GradCAM-2` for a second one with other settings.

    Raises:
        SettingError: one is no explainer.
    """
    named: dict[str, Explainer] = {}
    for explainer in explainers:
        if not isinstance(explainer, Explainer):
            raise SettingError(
                f"explainers: expected explainers such as GradCAM(); got {explainer!r}."
            )
        name, count = explainer.name, 1
        while name in named:
            count += 1
            name = f"{explainer.name}-{count}"
        named[name] = explainer
    return named


def explain_all(
    wanted: Sequence[tuple[Explainer, Targets]],
    traced_model: TracedModel,
    batch: Any,
    batch_size: int | None = None,
    sample_range: SampleRange | None = None,
    true: TrueClasses | None = None,
) -> list[Explanation]:
    """Runs explainers, each with targets of its own, on one forward pass.

    Explainers of one output, score and targets (the same object) share their backward pass too.

    Args:
        wanted: (explainer, targets); see `explain`.
        traced_model: The model's compiled passes.
        batch: From `as_batch`.
        batch_size: How many samples are explained at once; default all. Explainers that compare
            samples get all of them, and so many in the shared pass.
        sample_range: Position of the batch among all samples; default it is all of them.
        true: Labels of the samples; of those that are predicted wrongly the second class is
            explained too, by explainers that the shared pass computes (`Explanation.others`).

    Returns:
        One `Explanation` for each, in order.
    """
    divided = [explainer.divided() for explainer, _ in wanted]
    if any(own != [e] for own, (e, _) in zip(divided, wanted, strict=True)):
        with_targets = zip(divided, wanted, strict=True)
        each = [(e, targets) for own, (_, targets) in with_targets for e in own]
        explained = iter(explain_all(each, traced_model, batch, batch_size, sample_range, true))
        return [beside(list(islice(explained, len(own)))) for own in divided]
    count = length(batch)
    batch_size, sample_range = batch_size or count, sample_range or SampleRange(0, count)
    by_batch: list[list[Explanation]] = [[] for _ in wanted]
    for groups, rows in _runs(_groups(wanted, traced_model, count), count, batch_size):
        all_of_it = rows == slice(0, count)  # slicing would copy it
        some = batch if all_of_it else tf.nest.map_structure(operator.itemgetter(rows), batch)
        own_range = SampleRange(sample_range.start + rows.start, sample_range.total)
        own = ([group.of(rows) for group in groups], traced_model, some, batch_size, own_range)
        for i, explanation in _run(*own, length(some) / count, true and true.of(rows)):
            by_batch[i].append(explanation)
    return [joined(explanations) for explanations in by_batch]


@dataclass(frozen=True)
class _Group:
    """Explainers of the same explained number, by their index in the order, with the targets of
    all samples."""

    members: dict[int, Explainer]
    output: ModelOutput
    score: Score
    targets: Any

    def of(self, rows: slice) -> _Group:
        """Returns the group with the targets of these samples."""
        by_sample = isinstance(self.targets, np.ndarray)
        return replace(self, targets=self.targets[rows]) if by_sample else self

    def request(self, traced_model: TracedModel) -> Request:
        """Returns what the group asks of the shared pass."""
        readings = tuple(e.plan(traced_model, self.targets) for e in self.members.values())
        return Request(readings, self.targets, self.output, self.score)


def _groups(
    wanted: Sequence[tuple[Explainer, Targets]], traced_model: TracedModel, count: int
) -> list[_Group]:
    groups: dict[Any, _Group] = {}
    for i, (explainer, targets) in enumerate(wanted):
        wanted_targets, output = named(
            targets, choose_output(traced_model.model_outputs, explainer.output)
        )
        key = (output, explainer.score, id(targets))
        if key not in groups:
            asked = resolved_targets(traced_model, wanted_targets, output, count)
            groups[key] = _Group({}, output, explainer.score, asked)
        groups[key].members[i] = explainer
    return list(groups.values())


def _only(groups: Sequence[_Group], *, whole: bool) -> list[_Group]:
    """Keeps the explainers that need all samples at once, or those that do not."""
    some = [{i: e for i, e in g.members.items() if e.needs_all_samples is whole} for g in groups]
    return [replace(g, members=m) for g, m in zip(groups, some, strict=True) if m]


def _runs(
    groups: list[_Group], count: int, batch_size: int
) -> Iterator[tuple[list[_Group], slice]]:
    """Which groups run on which samples: explainers that compare samples run on all of them."""
    if batch_size >= count:
        yield groups, slice(0, count)
        return
    if by_sample := _only(groups, whole=False):
        for rows in row_slices(count, batch_size):
            yield by_sample, rows
    if whole := _only(groups, whole=True):
        yield whole, slice(0, count)


def _run(
    groups: Sequence[_Group],
    traced_model: TracedModel,
    batch: Any,
    chunk_size: int,
    sample_range: SampleRange,
    fraction: float,
    true: TrueClasses | None,
) -> Iterator[tuple[int, Explanation]]:
    """Yields (index in the order, explanation) of each explainer, on one forward pass.

    `fraction` is the batch's share of one unit of the progress bar. Where samples are wrong, a
    second pass with the same function explains their other class.
    """
    requests = [group.request(traced_model) for group in groups]
    results, seconds = _timed_pass(traced_model, requests, batch, chunk_size)
    shared_seconds = seconds / sum(len(group.members) for group in groups)
    able = [e for group in groups for e in group.members.values() if e.in_shared_pass]
    again = other_requests(requests, results, true) if true and able else None
    others: list[PassResult] = []
    if again:
        others, seconds = _timed_pass(traced_model, again, batch, chunk_size)
        seconds /= len(able)
    for number, (group, result) in enumerate(zip(groups, results, strict=True)):
        own = (traced_model, batch, group.targets, group.output, group.score)
        for place, (i, explainer) in enumerate(group.members.items()):
            start = time.perf_counter()
            with explaining(explainer.name, fraction):
                context = Context(*own, result, sample_range)
                attributions = _maps(explainer, context, place)
            of_others = None
            if again and again[number] is not requests[number] and explainer.in_shared_pass:
                context = replace(context, result=others[number])
                of_others = _maps(explainer, context, place)
                start -= seconds
            taken = shared_seconds + time.perf_counter() - start
            yield i, Explanation(attributions, taken, result.outputs, of_others)


def _timed_pass(
    traced_model: TracedModel, requests: Sequence[Request], batch: Any, chunk_size: int
) -> tuple[list[PassResult], float]:
    start = time.perf_counter()
    results = shared_pass(traced_model, requests, batch, chunk_size)
    return results, time.perf_counter() - start


def _maps(explainer: Explainer, context: Context, place: int) -> dict[str, Attribution]:
    """Returns the attributions of the explainer whose reading is the `place`-th of its group."""
    attributions = explainer.attributions(context, context.result.reduced[place])
    return with_words_read(attributions, context.traced_model)
