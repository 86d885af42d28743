"""Several explainers on the same samples: those that need the same forward pass share it."""

from __future__ import annotations

import operator
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.data.batch_feed import BatchFeed
from tfexplain.data.batches import length
from tfexplain.explainers.base import Context, Explainer, SampleRange
from tfexplain.explainers.concat import Explanation, joined
from tfexplain.model.call_batch import as_batch
from tfexplain.model.outputs import Head, Score
from tfexplain.model.presets import named
from tfexplain.model.progress import bar
from tfexplain.model.progress import part as progress_part
from tfexplain.model.shared_pass import Request, shared_pass
from tfexplain.model.targets import Targets
from tfexplain.model.trace_model import trace_model
from tfexplain.model.traced_model import TracedModel

__all__ = ["Explanation", "explain", "explain_all", "in_portions"]


def explain(
    model: Any,
    explainers: Sequence[Explainer],
    inputs: Any,
    targets: Targets = None,
    *,
    passes: TracedModel | None = None,
    batch_size: int | None = None,
    progress: bool = False,
) -> list[Explanation]:
    """Run explainers on the same samples, sharing forward and backward passes.

    Args:
        model: A built Keras model.
        explainers: Methods with their settings.
        inputs: Arrays or tensors [N, ...] in the structure the model takes; or a batched
            `tf.data.Dataset`, or a Keras `PyDataset` or `Sequence`, of x, (x, y) or (x, y,
            weights). These are read batch by batch, and only what was found is kept.
        targets: Class index or indices [N], one-hot rows [N, K], a function of the outputs that
            returns [N], a hidden `Unit`, `"mask:3"`, `"label:2"`, `"next token"`, or None (also
            `"predicted"`) for the predicted class; see docs/targets.md.
            `"label"` are the labels y that come with a dataset; without it they are not looked at.
        passes: The model's compiled passes, where the caller keeps them.
        batch_size: How many samples are explained at once; default all, and of a dataset a batch.
            It bounds memory. Results are the same up to rounding. Methods that compare samples
            with each other (`Explainer.whole`) get all samples, whatever this is: of a dataset too.
        progress: Whether to show a bar on the standard error.

    Returns:
        One `Explanation` for each explainer, in order.

    Raises:
        LayerError: a layer is missing or unfit.
        TargetError: a target the model does not have, or no label where labels are asked for.
        ValueError: no samples, or data that cannot be read.

    Example:
        >>> import keras, tensorflow as tf
        >>> from tfexplain import Saliency
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        >>> data = tf.data.Dataset.from_tensor_slices((tf.ones((10, 2)), tf.range(10) % 3)).batch(4)
        >>> explain(model, [Saliency()], data, "label")[0].attributions["input"].targets[:5]
        array([0, 1, 2, 0, 1], dtype=int32)
    """
    portions = in_portions(
        model, explainers, inputs, targets, passes=passes, batch_size=batch_size, progress=progress
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
    progress: bool = False,
) -> Iterator[list[Explanation]]:
    """What `explain` finds, batch by batch as it comes, for those who do not keep it all.

    All arguments are those of `explain`.
    """
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"batch_size={batch_size}: expected at least 1. Leave it out for all.")
    feed = BatchFeed(inputs, targets, joined=any(explainer.whole for explainer in explainers))
    parts = None if feed.batches is None else feed.batches * len(explainers)
    begun = False
    with bar(parts) if progress else nullcontext():
        for fed in feed:
            batch = as_batch(fed.inputs, model)
            opened = passes or trace_model(model, batch)
            if not begun:
                begun = True
                _say_what_is_left_out(explainers, opened)
            heads = [opened.head(explainer.head) for explainer in explainers]
            # One object for each head: explainers of the same targets share a backward pass.
            by_head = {head: fed.targets(head, opened) for head in dict.fromkeys(heads)}
            wanted = [(e, by_head[head]) for e, head in zip(explainers, heads, strict=True)]
            span = SampleRange(fed.start) if feed.streamed else None
            yield explain_all(wanted, opened, batch, batch_size, span)


def _say_what_is_left_out(explainers: Sequence[Explainer], passes: TracedModel) -> None:
    for explainer in explainers:
        for name, why in explainer.omits(passes).items():
            warnings.warn(
                f"{explainer.name}: input {name!r} is left out: {why}", UserWarning, stacklevel=4
            )


def explain_all(
    wanted: Sequence[tuple[Explainer, Targets]],
    passes: TracedModel,
    batch: Any,
    at_once: int | None = None,
    span: SampleRange | None = None,
) -> list[Explanation]:
    """Run explainers, each with targets of its own, on one forward pass.

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
    """Explainers of the same number, by their places in the order; targets of all samples."""

    members: dict[int, Explainer]
    head: Head
    score: Score
    targets: Any

    def part(self, rows: slice) -> _Group:
        """With the targets of these samples."""
        by_sample = isinstance(self.targets, np.ndarray)
        return replace(self, targets=self.targets[rows]) if by_sample else self

    def request(self, passes: TracedModel) -> Request:
        """What they want of the shared pass."""
        readings = tuple(e.reading(passes, self.targets) for e in self.members.values())
        return Request(readings, self.targets, self.head, self.score)


def _groups(
    wanted: Sequence[tuple[Explainer, Targets]], passes: TracedModel, count: int
) -> list[_Group]:
    groups: dict[Any, _Group] = {}
    for i, (explainer, targets) in enumerate(wanted):
        wanted_targets, head = named(targets, passes.head(explainer.head))
        key = (head, explainer.output, id(targets))
        if key not in groups:
            asked = passes.targets(wanted_targets, head, count)
            groups[key] = _Group({}, head, explainer.output, asked)
        groups[key].members[i] = explainer
    return list(groups.values())


def _only(groups: Sequence[_Group], *, whole: bool) -> list[_Group]:
    """Of explainers that need all samples at once, or that do not."""
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
    """(place in the order, what it found) of each explainer, on one forward pass.

    `portion` is the share that the batch is of what the bar counts as one.
    """
    requests = [group.request(passes) for group in groups]
    sharing = sum(len(group.members) for group in groups)
    start = time.perf_counter()
    results = shared_pass(passes, requests, batch, at_once)
    share = (time.perf_counter() - start) / sharing
    for group, result in zip(groups, results, strict=True):
        context = Context(passes, batch, group.targets, group.head, group.score, result, span)
        for (i, explainer), reduced in zip(group.members.items(), result.reduced, strict=True):
            start = time.perf_counter()
            with progress_part(explainer.name, portion):
                attributions = explainer.finish(context, reduced)
            yield i, Explanation(attributions, share + time.perf_counter() - start, result.outputs)
