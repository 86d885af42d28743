"""Attention calls: where one forward pass adds up by attention, and what attends to what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tfexplain.model.attention_products import compared
from tfexplain.model.attention_tap import WEIGHTS, Weights
from tfexplain.model.dependence import graph_dependencies
from tfexplain.model.layer_calls import LayerError, matching
from tfexplain.model.tap import address
from tfexplain.types import Layer, Tensor

_PARTS = "it attends within parts of each sample (along one of several axes), not over all"
_NONE = "it attends by a method of its own, which makes no weights"


@dataclass(frozen=True)
class AttentionCall:
    """One call of one attention layer in a forward pass.

    Attributes:
        path: `encoder/attend`, with `@1` behind it for the second call of a shared layer.
        layer: Path of the layer whose call it is.
        attention_heads: How many there are.
        queries: How many tokens attend; None where that is known only when it runs.
        keys: How many are attended to.
        own: Whether queries and keys are the same tokens (self-attention).
        axes: Over how many axes the queries lie, and the keys.
        recorded: Whether gradients are recorded here; not inside of `keras.remat`.
        outputs: Positions of the model's outputs that depend on it, with a gradient.
        after: Paths of the attention calls that it depends on.
    """

    path: str
    layer: str
    attention_heads: int
    queries: int | None
    keys: int | None
    own: bool
    axes: int
    recorded: bool
    outputs: tuple[int, ...]
    after: frozenset[str]

    @property
    def weights(self) -> str:
        """Name of the weights, for a pass that reads them."""
        return self.path + WEIGHTS


@dataclass(frozen=True)
class Attending:
    """All attention calls of a model, in call order, why other attention layers have none, and
    what was found out about single ones (`known`)."""

    calls: tuple[AttentionCall, ...]
    missed: Mapping[str, str]
    known: dict[Any, Any] = field(default_factory=dict)

    @property
    def by_name(self) -> dict[str, AttentionCall]:
        """The calls by the names of their weights."""
        return {call.weights: call for call in self.calls}

    def layers(self, names: Collection[str], layers: Mapping[str, Layer]) -> dict[str, Layer]:
        """The layers that make the weights of these names, by path."""
        calls = (self.by_name[name] for name in names)
        return {call.layer: layers[call.layer] for call in calls}

    def find(self, names: Sequence[str] | None) -> list[AttentionCall]:
        """The calls that `layer=` names, or all, at least one.

        Raises:
            LayerError: there is none, or more than one of a name; the message says what there is.
        """
        if names is not None:
            return [self._one(name) for name in names]
        if not self.calls:
            raise LayerError(f"layer=None: {self._there()}")
        return list(self.calls)

    def _one(self, name: str) -> AttentionCall:
        matches = matching(self.calls, name)
        if len(matches) == 1:
            return matches[0]
        if matches:
            paths = ", ".join(call.path for call in matches)
            raise LayerError(f"layer={name!r}: more than one: {paths}. Pass one of these.")
        why = [w for path, w in self.missed.items() if path == name or path.endswith("/" + name)]
        raise LayerError(f"layer={name!r}: {(*why, 'no such layer')[0]}. {self._there()}")

    def _there(self) -> str:
        if self.calls:
            paths = ", ".join(call.path for call in self.calls)
            return f"Attention layers of this model: {paths}. Pass one of these."
        if self.missed:
            path, why = next(iter(self.missed.items()))
            return f"no attention weights can be read: {path!r}: {why}."
        return (
            "no layer of this model adds up values by attention weights (a softmax over keys, as "
            "MultiHeadAttention does). Build it with such layers, or leave explainers of attention "
            "out."
        )


@dataclass(frozen=True, eq=False)
class Attended:
    """An attention as the traced pass made it: by which name, in which layer, what it weighs by,
    and whether gradients are recorded there."""

    name: str
    weights: Weights
    recorded: bool

    @property
    def layer(self) -> str:
        """Path of the layer."""
        return self.name.rpartition("#")[0] or self.name


def attending(
    attended: Sequence[Attended],
    layers: Mapping[str, Layer],
    missed: Mapping[str, str],
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
) -> Attending:
    """The attention calls of one traced pass.

    Args:
        attended: In the order of the pass.
        layers: Of the model, by path.
        missed: Why layers were not seen in the pass.
        inputs: The model's, as tensors of the graph.
        outputs: The model's.
    """
    depends = graph_dependencies(inputs[0].graph, inputs)
    # What weighs constants is a table that is looked up softly: it has no keys.
    attended = [attention for attention in attended if depends(attention.weights.weighed)]
    whole = [attention for attention in attended if not attention.weights.parts]
    reasons = {attention.layer: _PARTS for attention in attended if attention.weights.parts}
    seen = {attention.layer for attention in attended}
    for path, layer in layers.items():
        named = any("Attention" in base.__name__ for base in type(layer).__mro__)
        if named and not any(
            attention == path or attention.startswith(path + "/") for attention in seen
        ):
            reasons[path] = missed.get(path, _NONE)
    return Attending(_calls(whole, outputs), reasons)


def _calls(attended: Sequence[Attended], ends: Sequence[Tensor]) -> tuple[AttentionCall, ...]:
    names = address([attention.name for attention in attended])
    graph, tensors = ends[0].graph, [attention.weights.values for attention in attended]
    depends, flows = (
        graph_dependencies(graph, tensors),
        graph_dependencies(graph, tensors, gradient=True),
    )
    reached = [flows(end) for end in ends]
    arguments = [argument for attention in attended for argument in attention.weights.arguments]
    origins = [_origin(argument) for argument in arguments]
    argued = graph_dependencies(graph, arguments)
    calls = []
    for i, attention in enumerate(attended):
        weights = attention.weights
        own = {_origin(argument) for argument in weights.arguments}
        made_of = [
            {origins[k] for k in argued(tensor)} & own for tensor in compared(weights.softmax)
        ]
        half = weights.values.shape[-2 * weights.axes :]
        calls.append(
            AttentionCall(
                path=names[i],
                layer=attention.layer,
                attention_heads=_count(weights.values.shape[1 : -2 * weights.axes]),
                queries=half[: weights.axes].num_elements(),
                keys=half[weights.axes :].num_elements(),
                own=len(made_of) == 2 and bool(made_of[0]) and made_of[0] == made_of[1],
                axes=weights.axes,
                recorded=attention.recorded,
                outputs=tuple(
                    k for k, some in enumerate(reached) if attention.recorded and i in some
                ),
                after=frozenset(names[j] for j in depends(weights.values) if j != i),
            )
        )
    return tuple(calls)


def _count(heads: Any) -> int:
    return int(heads.num_elements() or 0)


def _origin(tensor: Tensor) -> Any:
    """The name of the tensor that one is a copy of: Keras casts each argument by itself."""
    while tensor.op.type in ("Identity", "Cast"):
        tensor = tensor.op.inputs[0]
    return tensor.name
