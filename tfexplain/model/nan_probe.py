"""Whether a model's output reads the positions of a layer, or only other tokens beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from tfexplain.model import tap
from tfexplain.model.attention_calls import AttentionCall
from tfexplain.model.attention_tap import Weights, weights_tap
from tfexplain.model.batching import chunks
from tfexplain.model.layer_calls import LayerCall
from tfexplain.model.outputs import ModelOutput
from tfexplain.model.preserved_state import restoring
from tfexplain.types import Layer, Model, Tensor


def reads_positions(
    model: Model,
    layers: Mapping[str, Layer],
    calls: Sequence[LayerCall],
    specs: Any,
    number: Callable[[Any], Tensor],
) -> list[bool]:
    """For each call whether what is explained depends on the positions of its grid.

    One forward pass finds out, whatever the weights are (a zero hides nothing, for NaN times zero
    is NaN): sample k has NaN at the positions of call k, and its output is NaN or not. Where that
    tells nothing, because the output is not finite anyway, all calls count as read.

    Args:
        model: Of one forward pass.
        layers: Its layers by path.
        calls: Each with a grid.
        specs: Shapes and types of the model's inputs.
        number: What is explained, of a batch.
    """
    rows = {call.path: i + 1 for i, call in enumerate(calls)}
    grids = {call.path: call.grid for call in calls}

    def poison(name: str, tensor: Tensor, which: Any) -> Tensor:
        grid = grids[name]
        assert grid is not None
        marked = np.zeros((len(calls) + 1, *tensor.shape[1:]), bool)
        row = marked[rows[name]]
        if grid.tokens:
            axis = int(grid.channels_first)
            last = row.shape[axis] - grid.behind
            np.moveaxis(row, axis, 0)[grid.before : last] = True
        else:
            row[...] = True
        return tf.where(marked[which], tf.cast(np.nan, tensor.dtype), tensor)

    tapped = {path: layers[path] for path in {call.path.partition("@")[0] for call in calls}}
    finite = _finite(
        model,
        number,
        lambda which: tap.tap(tapped, tap.at(rows, partial(poison, which=which))),
        specs,
        len(calls) + 1,
    )
    return [not (finite[0] and row) for row in finite[1:]]


def continues_text(
    model: Model,
    layers: Mapping[str, Layer],
    calls: Sequence[LayerCall],
    specs: Any,
    model_outputs: Sequence[ModelOutput],
) -> list[bool]:
    """For each output whether it says behind each token what comes next: it has a number for every
    token that is embedded, and what it says behind the first does not change with the last.

    Args:
        model: Of one forward pass of two rows.
        layers: Its layers by path.
        calls: Its calls.
        specs: Shapes and types of the model's inputs.
        model_outputs: The outputs.
    """
    embedding = {s.embeds: layers.get(s.path) for s in calls if s.embeds is not None}
    sizes = {_vocabulary(layer) for layer in embedding.values()} - {0}
    flat = tf.nest.flatten(specs)
    if not {output.labels for output in model_outputs} & sizes or any(
        s.dtype == tf.string for s in flat
    ):
        return [False] * len(model_outputs)
    rows = [np.ones((s.shape[0] or 2, *(side or 4 for side in s.shape[1:]))) for s in flat]
    for position in embedding:
        rows[position][1:, -1] = 2
    given = [tf.cast(row, spec.dtype) for row, spec in zip(rows, flat, strict=True)]
    batch = tf.nest.pack_sequence_as(specs, given)

    def run(batch: Any) -> Any:
        return tf.nest.flatten(model(batch, training=False))

    try:
        traced = tf.function(run, autograph=False).get_concrete_function(batch)
        outputs = restoring(traced, model)(batch)
    except Exception:  # such rows need not be any that the model takes
        return [False] * len(model_outputs)
    return [
        _continues(out, output.labels in sizes)
        for out, output in zip(outputs, model_outputs, strict=True)
    ]


def _continues(output: Tensor, every: bool) -> bool:
    if not every or output.shape.rank != 3 or min(output.shape[:2]) < 2:
        return False
    first, second, *_ = output.numpy().astype(np.float32)
    same = np.isclose(first, second, atol=1e-6).all(axis=-1)
    return bool(same[0] and not same[-1])


def _vocabulary(layer: Layer | None) -> int:
    """How many tokens an embedding has; 0 where that is not known."""
    sizes = (getattr(layer, name, 0) for name in ("input_dim", "vocabulary_size"))
    return next((size for size in sizes if isinstance(size, int) and size), 0)


def tokens_read_by_output(
    model: Model,
    layers: Mapping[str, Layer],
    call: AttentionCall,
    extras: Sequence[int],
    specs: Any,
    number: Callable[[Any], Tensor],
) -> Literal["first", "last", "positions", "all"]:
    """Which of the tokens that an attention layer gives out are read by what is explained.

    Found as in `reads_positions`: `"first"` or `"last"` where that token alone is read (a class
    token, the last word of a decoder), `"positions"` where the tokens `extras` are not read, else
    `"all"`, also where nothing can be told.
    """
    if call.queries is None:
        return "all"
    numbers = np.arange(call.queries)
    patterns = [numbers < 0, numbers > 0, numbers < call.queries - 1, np.isin(numbers, extras)]
    marked = np.stack(patterns)[:, None, :, None]

    def poison(_: str, weights: Weights, which: Any) -> Tensor:
        values = weights.values
        flat = tf.broadcast_to(marked[which], [len(which), 1, call.queries, call.keys or 1])
        heads = [1] * (values.shape.rank - 2 * call.axes - 1)
        at = tf.reshape(flat, [len(which), *heads, *values.shape[-2 * call.axes :]])
        return tf.where(at, tf.cast(np.nan, values.dtype), values)

    clean, first, last, no_extras = _finite(
        model,
        number,
        lambda which: weights_tap(
            {call.layer: layers[call.layer]}, tap.at({call.path}, partial(poison, which=which))
        ),
        specs,
        len(patterns),
        whole=1,  # zeros may be padding, which nothing attends to
    )
    if not clean or call.queries < 2:
        return "all"
    if first or last:
        return "first" if first else "last"
    return "positions" if no_extras and len(extras) else "all"


def _finite(
    model: Model,
    number: Callable[[Any], Tensor],
    tapping: Callable[[Any], AbstractContextManager[None]],
    specs: Any,
    count: int,
    whole: int = 0,
) -> list[bool]:
    """Whether what is explained is finite for each of `count` equal samples under a tap, which is
    told the numbers of those that it gets at once: as many as the specs say, else all."""
    size = tf.nest.flatten(specs)[0].shape[0] or count
    half = tf.nest.map_structure(lambda spec: _half(spec, size, whole), specs)
    finite: list[bool] = []
    for which in chunks(count, size):
        try:
            values = _values(model, number, tapping(which), half)
        except tf.errors.InvalidArgumentError:  # tf.debugging.enable_check_numerics
            return [False] * count
        finite += np.isfinite(values).reshape(size, -1).all(axis=1).tolist()
    return finite[:count]


def _values(
    model: Model,
    number: Callable[[Any], Tensor],
    tapping: AbstractContextManager[None],
    batch: Any,
) -> Any:
    """float32 [n, ...]: what is explained, under a tap."""

    def run(batch: Any) -> Tensor:
        with tapping:
            return number(batch)

    traced = tf.function(run, autograph=False).get_concrete_function(batch)
    return restoring(traced, model)(batch).numpy().astype(np.float32)


def _half(spec: Any, count: int, whole: int) -> Tensor:
    """Inputs of one half: no layer divides by their length and finds zero. Whole numbers are
    `whole`, by default zero, which any embedding holds; texts are one word."""
    if spec.dtype == tf.string:
        return tf.fill((count, *spec.shape[1:]), "a")
    value = 0.5 if spec.dtype.is_floating else whole
    return tf.cast(tf.fill((count, *spec.shape[1:]), value), spec.dtype)
