"""Attention sites: the calls of attention layers in one forward pass, and what each attends to."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from tfexplain.attention_tap import MASK, WEIGHTS, Weights, attention_layers, axes, weights_tap
from tfexplain.dependence import causes
from tfexplain.sites import LayerError, matching
from tfexplain.tap import Layer, Model, Tensor, address, recorded, replaced


@dataclass(frozen=True)
class AttentionSite:
    """One call of one attention layer in a forward pass.

    Attributes:
        path: `encoder/attend`, with `@1` behind it for the second call of a shared layer.
        attention_heads: How many there are.
        queries: How many tokens attend; None where that is known only when it runs.
        keys: How many are attended to.
        own: Whether queries and keys are the same tokens (self-attention).
        masked: Whether some tokens may not be attended to.
        recorded: Whether gradients are recorded here; not inside of `keras.remat`.
        outputs: Positions of the model's outputs that depend on it, with a gradient.
        after: Paths of the attention sites that it depends on.
    """

    path: str
    attention_heads: int
    queries: int | None
    keys: int | None
    own: bool
    masked: bool
    recorded: bool
    outputs: tuple[int, ...]
    after: frozenset[str]

    @property
    def weights(self) -> str:
        """Name of the weights, for a pass that reads them."""
        return self.path + WEIGHTS

    @property
    def mask(self) -> str:
        """Name of the mask, likewise."""
        return self.path + MASK


@dataclass(frozen=True)
class Attending:
    """All attention sites of a model, in call order, why other attention layers have none, and
    what was found out about single ones (`known`)."""

    sites: tuple[AttentionSite, ...]
    missed: Mapping[str, str]
    known: dict[Any, Any] = field(default_factory=dict)

    @property
    def by_name(self) -> dict[str, AttentionSite]:
        """The sites by the names of their weights and masks."""
        named = {site.weights: site for site in self.sites}
        return named | {site.mask: site for site in self.sites}

    def find(self, names: Sequence[str] | None) -> list[AttentionSite]:
        """The sites that `layers=` names, or all, at least one.

        Raises:
            LayerError: there is none, or more than one of a name; the message says what there is.
        """
        if names is not None:
            return [self._one(name) for name in names]
        if not self.sites:
            raise LayerError(f"layers=None: {self._there()}")
        return list(self.sites)

    def _one(self, name: str) -> AttentionSite:
        found = matching(self.sites, name)
        if len(found) == 1:
            return found[0]
        if found:
            paths = ", ".join(site.path for site in found)
            raise LayerError(f"layers={name!r}: more than one: {paths}. Pass one of these.")
        why = [w for path, w in self.missed.items() if path == name or path.endswith("/" + name)]
        raise LayerError(f"layers={name!r}: {(*why, 'no such layer')[0]}. {self._there()}")

    def _there(self) -> str:
        if self.sites:
            paths = ", ".join(site.path for site in self.sites)
            return f"Attention layers of this model: {paths}. Pass one of these."
        if self.missed:
            path, why = next(iter(self.missed.items()))
            return f"no attention weights can be read: {path!r}: {why}."
        return (
            "this model calls no MultiHeadAttention or GroupQueryAttention layer. Build it with "
            "one of these, or leave explainers of attention out."
        )


def attending(model: Model, layers: Mapping[str, Layer], specs: Any) -> Attending:
    """Find the attention sites in one traced pass; nothing is computed.

    Args:
        model: Of the pass.
        layers: Its layers by path.
        specs: Shapes and types of its inputs.
    """
    own: dict[str, bool] = {}
    calls: list[tuple[str, Weights, bool, bool]] = []
    missed: dict[str, str] = {}
    ends: list[Tensor] = []
    tapped = attention_layers(layers)

    def seen(path: str, weights: Weights) -> None:
        if weights.values.shape.rank == 2 + 2 * axes(tapped[path]):
            calls.append((path, weights, own[path], recorded()))
        else:
            missed[path] = "it attends within parts of each sample (attention_axes), not over all"

    def forward(batch: Any) -> Any:
        tape = tf.GradientTape(watch_accessed_variables=False)
        through = weights_tap(tapped, seen, missed.__setitem__, through=True)
        with tape, through, _told_whether_own(tapped, own):
            outputs = model(batch, training=False)
        ends[:] = tf.nest.flatten(outputs)
        return outputs

    if not tapped:
        return Attending((), {})
    tf.function(forward, autograph=False).get_concrete_function(specs)
    sites = _sites(calls, ends) if calls else ()
    return Attending(sites, missed)


def _sites(
    calls: Sequence[tuple[str, Weights, bool, bool]], ends: Sequence[Tensor]
) -> tuple[AttentionSite, ...]:
    names = address([path for path, *_ in calls])
    tensors = [weights.values for _, weights, *_ in calls]
    depends = causes(ends[0].graph, tensors)
    flows = causes(ends[0].graph, tensors, gradient=True)
    reached = [flows(end) for end in ends]
    return tuple(
        AttentionSite(
            path=names[i],
            attention_heads=int(weights.values.shape[1]),
            queries=_tokens(weights.values, first=True),
            keys=_tokens(weights.values, first=False),
            own=own,
            masked=weights.mask is not None,
            recorded=is_recorded,
            outputs=tuple(k for k, some in enumerate(reached) if is_recorded and i in some),
            after=frozenset(names[j] for j in depends(weights.values) if j != i),
        )
        for i, (_, weights, own, is_recorded) in enumerate(calls)
    )


def _tokens(values: Tensor, *, first: bool) -> int | None:
    half = (values.shape.rank - 2) // 2
    sides = values.shape[2 : 2 + half] if first else values.shape[2 + half :]
    return sides.num_elements()  # type: ignore[no-any-return]


@contextmanager
def _told_whether_own(layers: Mapping[str, Layer], own: dict[str, bool]) -> Iterator[None]:
    """While open, `own[path]` says of the call under way whether its queries are its keys."""

    def wrapped(path: str, call: Any) -> Any:
        parameters = inspect.signature(call)

        def told(*arguments: Any, **named: Any) -> Any:
            given = parameters.bind(*arguments, **named).arguments
            key = given.get("key")
            key = given.get("value") if key is None else key
            own[path] = _origin(given.get("query")) == _origin(key)
            return call(*arguments, **named)

        return told

    with ExitStack() as stack:
        for path, layer in layers.items():
            stack.enter_context(replaced(layer, "call", wrapped(path, layer.call)))
        yield


def _origin(tensor: Tensor) -> Any:
    """The name of the tensor that one is a copy of: Keras casts each argument by itself."""
    while getattr(tensor, "op", None) is not None and tensor.op.type in ("Identity", "Cast"):
        tensor = tensor.op.inputs[0]
    return getattr(tensor, "name", None)
