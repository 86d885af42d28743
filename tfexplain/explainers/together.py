"""Several explainers on one batch: those that need the same forward pass share it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.explainers.base import Context, Explainer
from tfexplain.passes import Passes, passes_of
from tfexplain.shared_pass import PassResult, Request, shared_pass
from tfexplain.targets import Targets


@dataclass(frozen=True)
class Explanation:
    """What one explainer found, by layer or input, and the seconds of its own work.

    The shared pass is divided evenly among the explainers that rode on it. `outputs` are the
    model's on the batch, in its own structure.
    """

    attributions: dict[str, Attribution]
    seconds: float
    outputs: Any


def explain(
    model: Any,
    explainers: Sequence[Explainer],
    inputs: Any,
    targets: Targets = None,
    *,
    passes: Passes | None = None,
    batch_size: int | None = None,
) -> list[Explanation]:
    """Run explainers on one batch, sharing forward and backward passes.

    Args:
        model: A built Keras model.
        explainers: Methods with their settings.
        inputs: The batch, arrays or tensors [N, ...] in the structure the model takes.
        targets: Class index or indices [N], one-hot rows [N, K], a function of the outputs that
            returns [N], a hidden `Unit`, or None for the predicted class.
        passes: The model's compiled passes, where the caller keeps them.
        batch_size: How many samples go through the shared pass at once; default all. Results are
            the same.

    Returns:
        One `Explanation` for each explainer, in order.

    Raises:
        LayerError: a layer is missing or unfit.
        TargetError: a target the model does not have.
    """
    batch = as_batch(inputs)
    passes = passes or passes_of(model, batch)
    wanted = [(explainer, targets) for explainer in explainers]
    return explain_each(wanted, passes, batch, batch_size)


def explain_each(
    wanted: Sequence[tuple[Explainer, Targets]],
    passes: Passes,
    batch: Any,
    at_once: int | None = None,
) -> list[Explanation]:
    """Run explainers, each with targets of its own, on one forward pass.

    Those of one output, score and targets (the same object) share their backward pass too.

    Args:
        wanted: (explainer, targets); see `explain`.
        passes: The model's compiled passes.
        batch: From `as_batch`.
        at_once: How many samples go through the shared pass at once; default all.

    Returns:
        One `Explanation` for each, in order.
    """
    groups: dict[Any, list[int]] = {}
    for i, (explainer, targets) in enumerate(wanted):
        key = (passes.head(explainer.head), explainer.output, id(targets))
        groups.setdefault(key, []).append(i)
    requests = [
        _request([wanted[i][0] for i in members], passes, batch, wanted[members[0]][1])
        for members in groups.values()
    ]
    start = time.perf_counter()
    results = shared_pass(passes, requests, batch, at_once)
    share = (time.perf_counter() - start) / len(wanted)
    found: dict[int, Explanation] = {}
    for members, request, result in zip(groups.values(), requests, results, strict=True):
        context = Context(passes, batch, request.targets, request.head, request.score, result)
        finished = _finish([wanted[i][0] for i in members], context, result, share)
        found.update(zip(members, finished, strict=True))
    return [found[i] for i in range(len(wanted))]


def as_batch(inputs: Any) -> Any:
    """Inputs as tensors in their own structure, float64 as float32 (which models compute in).

    Images of whole numbers become float32 too: Keras would cast them, and gradients need it.
    Whole numbers of fewer axes stay what they are, for they may be indices.

    Raises:
        ValueError: no samples, or inputs of different lengths.
    """
    batch = tf.nest.map_structure(_as_tensor, inputs)
    lengths = {x.shape[0] if x.shape.rank else -1 for x in tf.nest.flatten(batch)}
    if len(lengths) != 1 or min(lengths) < 1:
        shapes = [x.shape for x in tf.nest.flatten(batch)]
        raise ValueError(
            f"inputs: expected at least one sample, and as many in each input; got shapes {shapes}."
        )
    return batch


def _as_tensor(values: Any) -> Any:
    tensor = tf.convert_to_tensor(values)
    image = tensor.shape.rank >= 4 and tensor.dtype.is_integer
    return tf.cast(tensor, tf.float32) if image or tensor.dtype == tf.float64 else tensor


def _request(
    explainers: Sequence[Explainer], passes: Passes, batch: Any, targets: Targets
) -> Request:
    """What explainers of one head, score and targets want of the shared pass."""
    head, count = passes.head(explainers[0].head), tf.nest.flatten(batch)[0].shape[0]
    readings = tuple(explainer.reading(passes) for explainer in explainers)
    return Request(readings, passes.targets(targets, head, count), head, explainers[0].output)


def _finish(
    explainers: Sequence[Explainer], context: Context, result: PassResult, share: float
) -> Iterator[Explanation]:
    for explainer, reduced in zip(explainers, result.reduced, strict=True):
        start = time.perf_counter()
        attributions = explainer.finish(context, reduced)
        yield Explanation(attributions, share + time.perf_counter() - start, result.outputs)
