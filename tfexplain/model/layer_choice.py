"""Chooses layer calls: by name, all that are worth a map, or the last that an output reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import tensorflow as tf

from tfexplain.model import tap
from tfexplain.model.dependence import entries, graph_dependencies, leading
from tfexplain.model.layer_calls import LayerCall, LayerError, find, usable, worth_a_map
from tfexplain.model.nan_probe import reads_positions
from tfexplain.model.outputs import ModelOutput
from tfexplain.model.stages import stages
from tfexplain.model.targets import ScoreFunction, explained, logits, rule
from tfexplain.model.traced_model import TracedModel
from tfexplain.model.unit import UnitScore
from tfexplain.types import Tensor

# Calls that are tried in one pass, where the model takes any number of rows.
_TRIED = 16


class Traceable(TracedModel, Protocol):
    """A traced model that can be traced again."""

    def tracing(self) -> AbstractContextManager[None]:
        """While open, the model may be traced."""


def spatial_call(
    calls: Sequence[LayerCall],
    missed: Mapping[str, str],
    name: str,
    argument: str,
    grid: Sequence[int] | None,
) -> LayerCall:
    """Finds the call of a name; see `TracedModel.spatial_call`."""
    call = find(calls, name, argument, missed).put(grid)
    if call.grid is None:
        shape = ", ".join(map(str, ("N", *call.shape)))
        raise LayerError(
            f"{argument}={call.path!r}: expected an output of shape [N, t, C], [N, d, h, w, C] "
            f"or [N, h, w, C]; got [{shape}]. {usable(calls)}"
        )
    return call


def spatial_calls(
    calls: Sequence[LayerCall], argument: str, grid: Sequence[int] | None
) -> list[LayerCall]:
    """Lists the calls worth choosing from; see `TracedModel.spatial_calls`."""
    candidates = worth_a_map([call for call in _put(calls, grid) if call.leads])
    if not candidates:
        raise LayerError(f"{argument}=None{_asked(grid)}: {_none(calls)}")
    return candidates


def stage_calls(
    traced_model: Traceable,
    output: ModelOutput,
    targets: Any,
    grid: Sequence[int] | None,
    known: MutableMapping[Hashable, set[int]],
) -> list[LayerCall]:
    """Chooses the last call of each stage; see `TracedModel.stage_calls`, and `last_spatial_call`
    for the arguments."""
    last = last_spatial_call(traced_model, output, targets, grid, known, asked="stages")
    candidates = _candidates(traced_model, output, rule(targets), grid, known)
    return stages([call for call in candidates if call.position <= last.position])


def last_spatial_call(
    traced_model: Traceable,
    output: ModelOutput,
    targets: Any,
    grid: Sequence[int] | None,
    known: MutableMapping[Hashable, set[int]],
    asked: str | None = None,
) -> LayerCall:
    """Chooses the last call that what is explained reads; see `TracedModel.last_spatial_call`.

    Args:
        traced_model: The model.
        output: The output that is explained.
        targets: As `resolved_targets` gives them.
        grid: In which rows tokens lie.
        known: What was traced back before, by what was explained; added to.
        asked: What the caller passed as `layer=`.
    """
    own = rule(targets)
    candidates = _candidates(traced_model, output, own, grid, known)
    remaining = candidates
    size = max(1, traced_model.rows - 1) if traced_model.rows else _TRIED
    while remaining:
        tail = remaining[-size:]
        if not any(call.grid and call.grid.extras for call in tail):
            return tail[-1]
        with traced_model.tracing():
            are_read = reads_positions(
                traced_model.model,
                traced_model.layers,
                tail,
                traced_model.specs,
                explained_number(traced_model, output, own),
            )
        if alive := [call for call, is_read in zip(tail, are_read, strict=True) if is_read]:
            return alive[-1]
        remaining = remaining[:-size]
    if candidates:
        return candidates[-1]
    raise LayerError(f"layer={asked!r}{_asked(grid)}: {_none(traced_model.layer_calls)}")


def _candidates(
    traced_model: Traceable,
    output: ModelOutput,
    own: ScoreFunction | UnitScore | None,
    grid: Sequence[int] | None,
    known: MutableMapping[Hashable, set[int]],
) -> list[LayerCall]:
    """The calls worth a map that what is explained depends on by more than being them."""
    read = _read_by(traced_model, output, own, known)
    own_grid = _put(traced_model.layer_calls, grid)
    return worth_a_map([call for call in own_grid if call.position in read])


def explained_number(
    traced_model: TracedModel, output: ModelOutput, own: ScoreFunction | UnitScore | None
) -> Callable[[Any], Tensor]:
    """Returns what is explained of a batch; all of an output where it is one of its classes."""
    if own is not None:
        return lambda batch: traced_model.scores(batch, own, output, "logit")[0]
    return lambda batch: logits(
        tf.nest.flatten(traced_model.model(batch, training=False))[output.position]
    )


def _read_by(
    traced_model: Traceable,
    output: ModelOutput,
    own: ScoreFunction | UnitScore | None,
    known: MutableMapping[Hashable, set[int]],
) -> set[int]:
    """Positions of the calls that what is explained depends on by more than being them."""
    if own is None:
        calls = traced_model.layer_calls
        flowing = {call.position for call in calls if output.position in call.outputs}
        led = {call.position for call in calls if output.position in call.leads}
        return flowing & led if flowing else led
    if (output, own) not in known:
        known[output, own] = _traced_back(traced_model, output, own)
    return known[output, own]


def _traced_back(
    traced_model: Traceable, output: ModelOutput, own: ScoreFunction | UnitScore
) -> set[int]:
    """Positions of the calls that lead to a number of the user's, found in a pass of its own."""
    tensors: list[Tensor] = []
    numbers: list[tuple[int, Tensor]] = []
    unit = {own.call.path} if isinstance(own, UnitScore) else set()

    def run(batch: Any) -> Any:
        with tap.tap(traced_model.layers, lambda _, tensor: tensors.append(tensor)):
            outputs, activations = traced_model.forward(batch, unit)
        made = len(tf.compat.v1.get_default_graph().get_operations())
        numbers.append((made, explained(outputs, output, own, "logit", activations)[0]))
        return outputs

    with traced_model.tracing():
        traced = tf.function(run, autograph=False).get_concrete_function(traced_model.specs)
    ((made, number),) = numbers
    ends = entries(traced.graph, made, number)
    flows = graph_dependencies(traced.graph, tensors, gradient=True)
    led = frozenset().union(*leading(traced.graph, tensors, ends))
    return {i for i in led if any(i in flows(end) for end in ends)}


def _put(calls: Sequence[LayerCall], grid: Sequence[int] | None) -> list[LayerCall]:
    """All calls; those of enough tokens only where a grid is asked for, which they get."""
    if grid is None:
        return list(calls)
    return [call.put(grid) for call in calls if (call.tokens or 0) >= math.prod(grid)]


def _none(calls: Sequence[LayerCall]) -> str:
    """Why there is no layer to choose by default."""
    only = worth_a_map(calls)
    if not only:
        return usable(calls)
    names = ", ".join(call.path for call in only)
    return (
        "what is explained depends on no layer with positions, but for its own output and what "
        f"only passes that on. Layers with a spatial output: {names}. Pass one of these, or "
        "explain the input (IntegratedGradients, Occlusion)."
    )


def _asked(grid: Sequence[int] | None) -> str:
    return "" if grid is None else f" for token_grid={tuple(grid)}"
