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

from tfexplain.attribution import Attribution, Attributions
from tfexplain.checks import check_verbose, check_whole
from tfexplain.data.batch_feed import BatchFeed
from tfexplain.data.batches import length
from tfexplain.errors import SettingError
from tfexplain.explainers.base import Context, Explainer, SampleRange
from tfexplain.explainers.concat import Explanation, beside, joined
from tfexplain.model.call_batch import as_batch
from tfexplain.model.outputs import ModelOutput, Score
from tfexplain.model.presets import named
from tfexplain.model.progress import part as progress_part
from tfexplain.model.progress import shown
from tfexplain.model.shared_pass import Request, shared_pass
from tfexplain.model.targets import Targets
from tfexplain.model.trace_model import trace_model
from tfexplain.model.traced_model import TracedModel


def explain(
    model: Any,
    inputs: Any,
    targets: Targets = None,
    *,
    explainers: Sequence[Explainer] | Explainer,
    batch_size: int | None = None,
    verbose: bool | int = 0,
) -> dict[str, Attribution | Attributions]:
    """Runs explainers on the same samples, which share forward and backward passes.

    Args:
        model: A built Keras model, or a function of a batch.
        inputs: Arrays or tensors [N, ...] in the structure the model takes; or a batched
            `tf.data.Dataset`, or a Keras `PyDataset` or `Sequence`, of x, (x, y) or (x, y,
            weights). These are read batch by batch, and only what was found is kept.
        targets: Class index or indices [N], one-hot rows [N, K], a function of the outputs that
            returns [N], a hidden `Unit`, `"mask:3"`, `"label:2"`, `"next token"`, or None (also
            `"predicted"`) for the predicted class; see docs/targets.md.
            `"label"` are the labels y that come with a dataset; without it they are not looked at.
        explainers: Methods with their settings.
        batch_size: How many samples are explained at once; default all, and of a dataset a batch.
            It bounds memory. Results are the same up to rounding. Methods that compare samples
            with each other (`Explainer.whole`) get all samples, whatever this is: of a dataset too.
        verbose: 0 (default): silent. 1: a bar on the standard error. 2: a line for each method and
            batch, for log files.

    Returns:
        What a call of each explainer returns, by its name: an `Attribution`, or for several layers
        or inputs an `Attributions`. A second one of a name is `"GradCAM-2"`.

    Raises:
        LayerError: a layer is missing or unfit.
        TargetError: a target the model does not have, or no label where labels are asked for.
        TfexplainError: no samples, or data that cannot be read.

    Example:
        >>> import keras, tensorflow as tf
        >>> from tfexplain import Saliency
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        >>> data = tf.data.Dataset.from_tensor_slices((tf.ones((10, 2)), tf.range(10) % 3)).batch(4)
        >>> explain(model, data, "label", explainers=[Saliency()])["Saliency"].targets[:5]
        array([0, 1, 2, 0, 1], dtype=int32)
    """
    named = named_explainers([explainers] if isinstance(explainers, Explainer) else explainers)
    settings: dict[str, Any] = {"batch_size": batch_size, "verbose": verbose}
    done = explanations(model, list(named.values()), inputs, targets, **settings)
    found = {
        name: Attributions(explanation.attributions)
        for name, explanation in zip(named, done, strict=True)
    }
    return {
        name: maps if named[name].several else maps.simplified() for name, maps in found.items()
    }


def explanations(
    model: Any,
    explainers: Sequence[Explainer],
    inputs: Any,
    targets: Targets = None,
    *,
    passes: TracedModel | None = None,
    batch_size: int | None = None,
    verbose: bool | int = 0,
) -> list[Explanation]:
    """Runs explainers as `explain` does; returns one `Explanation` for each, in order.

    Args:
        model: See `explain`, as for all that is not said here.
        explainers: Methods with their settings.
        inputs: Samples.
        targets: What is explained.
        passes: The model's compiled passes, where the caller keeps them.
        batch_size: How many samples are explained at once.
        verbose: What is shown on the way.
    """
    portions = in_portions(
        model, explainers, inputs, targets, passes=passes, batch_size=batch_size, verbose=verbose
    )
    return [joined(found) for found in zip(*portions, strict=True)]


def in_portions(
    model: Any,
    explainers: Sequence[Explainer],
    inputs: Any,
    targets: Targets = None,
    *,
    passes: TracedModel | None = None,
    batch_size: int | None = None,
    verbose: bool | int = 0,
) -> Iterator[list[Explanation]]:
    """Yields what `explanations` returns, batch by batch, for callers that do not keep it all.

    All arguments are those of `explanations`.
    """
    check_whole("batch_size", batch_size, optional=True)
    check_verbose(verbose)
    feed = BatchFeed(inputs, targets, joined=any(explainer.whole for explainer in explainers))
    parts = None if feed.batches is None else feed.batches * len(explainers)
    begun = False
    with shown(int(verbose), parts):
        for fed in feed:
            batch = as_batch(fed.inputs, model)
            opened = passes or trace_model(model, batch)
            if not begun:
                begun = True
                _say_what_is_left_out(explainers, opened)
            outputs = [opened.output(explainer.output) for explainer in explainers]
            # One object for each head: explainers of the same targets share a backward pass.
            by_output = {output: fed.targets(output, opened) for output in dict.fromkeys(outputs)}
            wanted = [(e, by_output[output]) for e, output in zip(explainers, outputs, strict=True)]
            span = SampleRange(fed.start) if feed.streamed else None
            yield explain_all(wanted, opened, batch, batch_size, span)


def _say_what_is_left_out(explainers: Sequence[Explainer], passes: TracedModel) -> None:
    for explainer in explainers:
        for name, why in explainer.omits(passes).items():
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
    passes: TracedModel,
    batch: Any,
    at_once: int | None = None,
    span: SampleRange | None = None,
) -> list[Explanation]:
    """Runs explainers, each with targets of its own, on one forward pass.

    Those of one output, score and targets (the same object) share their backward pass too.

    Args:
        wanted: (explainer, targets); see `explain`.
        passes: The model's compiled passes.
        batch: From `as_batch`.
        at_once: How many samples are explained at once; default all. Explainers that are `whole`
            get all of them, and so many in the shared pass.
        span: Of the batch among all samples; default it is all of them.

    Returns:
        One `Explanation` for each, in order.
    """
    parts = [explainer.divided() for explainer, _ in wanted]
    if any(own != [e] for own, (e, _) in zip(parts, wanted, strict=True)):
        each = [(e, targets) for own, (_, targets) in zip(parts, wanted, strict=True) for e in own]
        found_of_parts = iter(explain_all(each, passes, batch, at_once, span))
        return [beside(list(islice(found_of_parts, len(own)))) for own in parts]
    count = length(batch)
    at_once, span = at_once or count, span or SampleRange(0, count)
    groups, everything = _groups(wanted, passes, count), slice(0, count)
    if at_once >= count:
        runs = [(groups, everything)]
    else:
        some, whole = (_only(groups, whole=whole) for whole in (False, True))
        runs = [(some, slice(i, i + at_once)) for i in range(0, count, at_once) if some]
        runs += [(whole, everything)] if whole else []
    found: list[list[Explanation]] = [[] for _ in wanted]
    for members, rows in runs:
        all_of_it = rows == everything  # slicing would copy it
        part = batch if all_of_it else tf.nest.map_structure(operator.itemgetter(rows), batch)
        there = SampleRange(span.start + rows.start, span.total)
        share = length(part) / count
        run = _run([g.part(rows) for g in members], passes, part, at_once, there, share)
        for i, explanation in run:
            found[i].append(explanation)
    return [joined(portions) for portions in found]


@dataclass(frozen=True)
class _Group:
    """Explainers of the same explained number, by their index in the order, with the targets of
    all samples."""

    members: dict[int, Explainer]
    output: ModelOutput
    score: Score
    targets: Any

    def part(self, rows: slice) -> _Group:
        """Returns the group with the targets of these samples."""
        by_sample = isinstance(self.targets, np.ndarray)
        return replace(self, targets=self.targets[rows]) if by_sample else self

    def request(self, passes: TracedModel) -> Request:
        """Returns what the group asks of the shared pass."""
        readings = tuple(e.reading(passes, self.targets) for e in self.members.values())
        return Request(readings, self.targets, self.output, self.score)


def _groups(
    wanted: Sequence[tuple[Explainer, Targets]], passes: TracedModel, count: int
) -> list[_Group]:
    groups: dict[Any, _Group] = {}
    for i, (explainer, targets) in enumerate(wanted):
        wanted_targets, output = named(targets, passes.output(explainer.output))
        key = (output, explainer.score, id(targets))
        if key not in groups:
            asked = passes.targets(wanted_targets, output, count)
            groups[key] = _Group({}, output, explainer.score, asked)
        groups[key].members[i] = explainer
    return list(groups.values())


def _only(groups: Sequence[_Group], *, whole: bool) -> list[_Group]:
    """Keeps the explainers that need all samples at once, or those that do not."""
    some = [{i: e for i, e in g.members.items() if e.whole is whole} for g in groups]
    return [replace(g, members=m) for g, m in zip(groups, some, strict=True) if m]


def _run(
    groups: Sequence[_Group],
    passes: TracedModel,
    batch: Any,
    at_once: int,
    span: SampleRange,
    portion: float,
) -> Iterator[tuple[int, Explanation]]:
    """Yields (index in the order, explanation) of each explainer, on one forward pass.

    `portion` is the share that the batch is of what the bar counts as one.
    """
    requests = [group.request(passes) for group in groups]
    sharing = sum(len(group.members) for group in groups)
    start = time.perf_counter()
    results = shared_pass(passes, requests, batch, at_once)
    share = (time.perf_counter() - start) / sharing
    for group, result in zip(groups, results, strict=True):
        context = Context(passes, batch, group.targets, group.output, group.score, result, span)
        for (i, explainer), reduced in zip(group.members.items(), result.reduced, strict=True):
            start = time.perf_counter()
            with progress_part(explainer.name, portion):
                attributions = explainer.finish(context, reduced)
            yield i, Explanation(attributions, share + time.perf_counter() - start, result.outputs)
