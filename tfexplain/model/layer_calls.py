"""Sites: the places of one forward pass where activations can be read, and how each lies."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import keras

from tfexplain.errors import TfexplainError
from tfexplain.model import grids
from tfexplain.model.dependence import Tokens, contracted, graph_dependencies, indices, leading
from tfexplain.model.grids import Grid
from tfexplain.model.keras_private import own_trainable
from tfexplain.model.tfmot_names import unwrapped

# A map of them is the map of the layer before, under a stranger's name: identities at inference,
# and a rim added or cut off.
_IDENTITIES = frozenset(
    {
        "ActivityRegularization",
        "AlphaDropout",
        "Cropping1D",
        "Cropping2D",
        "Cropping3D",
        "Dropout",
        "GaussianDropout",
        "GaussianNoise",
        "Identity",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
        "ZeroPadding1D",
        "ZeroPadding2D",
        "ZeroPadding3D",
    }
)
# Layers that rearrange positions or the batch for the layers inside them.
_REARRANGING = frozenset(
    {"Bidirectional", "GroupedQueryAttention", "MultiHeadAttention", "RNN", "TimeDistributed"}
)
ATTENTION = frozenset({"GroupedQueryAttention", "MultiHeadAttention"})
# Layers that work along the last axis, whatever the data format of the others.
_LAST_AXIS = frozenset({"Dense", "EinsumDense", "Embedding", "RNN"}) | ATTENTION


class LayerError(TfexplainError):
    """A layer that is missing, ambiguous, never called, or unfit for what was asked."""


@dataclass(frozen=True)
class TracedCall:
    """One call of a layer as the tap saw it: its address, the layer, the tensor it returned."""

    name: str
    path: str
    layer: Any
    tensor: Any
    recorded: bool


@dataclass(frozen=True)
class LayerCall:
    """A place where activations can be read: one call of one layer in a forward pass.

    Attributes:
        path: `backbone/conv5`, with `@1` behind it for the second call of a shared layer.
        shape: Of the output, without the batch axis.
        position: Counts calls in order.
        layer_type: Name of the layer's class.
        channels_first: Whether channels stand before positions.
        after_weights: Whether a layer that learns features was passed by then; a normalization does
            not.
        container: Whether the output is that of a layer inside, or of one that tfmot wraps.
        within: Path of the layer around it that rearranges positions or the batch, or nothing.
        inputs: Positions of the model's inputs that the output depends on: first those that make
            its values, of several that are embedded the one with most entries (words before
            segments), and last those that only decide, such as masks.
        outputs: Positions of the model's outputs that depend on it and pass a gradient back.
        leads: Positions of those to which it leads by more than what passes it on: by weights, or
            by what brings positions together. It does not lead to an output that it is.
        computed: Whether inputs were multiplied with something by then, be it no layer's weights.
        recorded: Whether gradients are recorded here; not inside of `keras.remat`.
        grid: How its positions lie; None where it has none.
        embeds: Position of the input whose indices it makes vectors of, as an Embedding does: the
            first floating-point numbers [N, T, C] that come of whole numbers [N, T].
        splits: Where that input is made into these indices inside the model, as texts are: path of
            the layer that gives them, or nothing where that is no layer; None where it is them.
        dtype: Of the output.
    """

    path: str
    shape: tuple[int | None, ...]
    position: int
    layer_type: str
    channels_first: bool
    after_weights: bool
    container: bool
    within: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    recorded: bool
    grid: Grid | None
    embeds: int | None = None
    splits: str | None = None
    dtype: str = "float32"
    leads: tuple[int, ...] = ()
    computed: bool = False

    @property
    def spatial(self) -> bool:
        """Whether the output has more than one position, with channels."""
        return self.grid is not None and self.grid.several

    @property
    def channels(self) -> int:
        """How many channels an output with positions has."""
        return int(self.shape[0 if self.channels_first else -1] or 0)

    @property
    def tokens(self) -> int | None:
        """T of an output [N, T, C]; None for other shapes."""
        return self.shape[int(self.channels_first)] if len(self.shape) == 2 else None

    def put(self, sides: Sequence[int] | None) -> LayerCall:
        """This site with its tokens in rows of `sides`, where the caller says how they lie.

        Raises:
            LayerError: the output is not [N, T, C], or has fewer tokens.
        """
        if sides is None:
            return self
        grid = None if self.tokens is None else grids.asked(self.tokens, sides)
        if grid is None:
            raise LayerError(
                f"token_grid={tuple(sides)}: expected the sides of a grid of tokens of layer "
                f"{self.path!r}; its output is [{_shape(self.shape)}]. Pass a layer whose output "
                "is [N, T, C], with as many tokens as the grid has positions, and others in front "
                "of them only; or leave token_grid= out."
            )
        return replace(self, grid=replace(grid, channels_first=self.channels_first))


def sites(
    calls: Sequence[TracedCall],
    paths: Sequence[str],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    weighing: Sequence[tuple[str, Sequence[Any]]] = (),
) -> tuple[LayerCall, ...]:
    """The sites of one traced forward pass.

    Args:
        calls: As the tap saw them, in order.
        paths: Of all layers, called or not.
        inputs: The model's, as tensors of the graph.
        outputs: The model's.
        weighing: Of each attention the path of its layer, and its softmax, weights and values.
    """
    graph = inputs[0].graph
    depends = graph_dependencies(graph, [*inputs, *(call.tensor for call in calls)])
    flows = graph_dependencies(graph, [*inputs, *(call.tensor for call in calls)], gradient=True)
    reached = [flows(output) for output in outputs]
    led = leading(graph, [call.tensor for call in calls], outputs)
    computes = contracted(graph, inputs)
    fixed = [
        not x.dtype.is_floating or not any(i in some for some in reached)
        for i, x in enumerate(inputs)
    ]
    types = {call.path: _types(call.layer) for call in calls}
    attends = [
        (path, frozenset().union(*(depends(tensor) for tensor in tensors)))
        for path, tensors in weighing
    ]
    weights = {tensor.name for _, tensors in weighing for tensor in tensors[:-1]}
    tokens = Tokens(graph, depends)
    tables: dict[tuple[int, int], int] = {}
    found: list[LayerCall] = []
    for position, call in enumerate(calls):
        before, here = depends(call.tensor), len(inputs) + position
        earlier = [
            found[i - len(inputs)] for i in sorted(before) if 0 <= i - len(inputs) < position
        ]
        # What stands before or in the product, and what still has its heads apart.
        apart = call.tensor.shape.rank != 3
        makers = [path for path, made_of in attends if apart or here in made_of]
        within, attending = _within(call.path, types, makers)
        site = LayerCall(
            path=call.name,
            shape=tuple(call.tensor.shape[1:]) if call.tensor.shape.rank else (),
            position=position,
            layer_type=type(call.layer).__name__,
            channels_first=_channels_first(call, earlier),
            after_weights=_learns(call.layer) or any(site.after_weights for site in earlier),
            container=_container(call, calls[:position], paths),
            within=within,
            inputs=tuple(sorted(i for i in before if i < len(inputs))),
            outputs=tuple(i for i, some in enumerate(reached) if call.recorded and here in some),
            recorded=call.recorded,
            grid=None,
            dtype=call.tensor.dtype.name,
            leads=tuple(i for i, some in enumerate(led) if position in some),
            computed=computes(call.tensor),
        )
        floats = call.tensor.dtype.is_floating and not any(
            calls[cause.position].tensor.dtype.is_floating for cause in earlier
        )
        embeds, splits = None, None
        if floats:
            embeds, splits = _embedded(site, call.tensor, earlier, inputs, fixed)
        if embeds is not None:
            tables[embeds, here] = _entries(call, site)
        order = _by_what_they_make(site.inputs, flows(call.tensor) | {here}, tables)
        grid = _grid(site, earlier, inputs, tokens)
        if call.tensor.name in weights or (attending and site.tokens is None):
            grid = None  # heads, and a softmax over keys, lie nowhere
        found.append(replace(site, inputs=order, grid=grid, embeds=embeds, splits=splits))
    return tuple(found)


def _embedded(
    site: LayerCall,
    tensor: Any,
    earlier: Sequence[LayerCall],
    inputs: Sequence[Any],
    fixed: Sequence[bool],
) -> tuple[int | None, str | None]:
    """(`embeds`, `splits`) of first floats: they have no gradient, and a vector for each index."""
    if len(site.inputs) != 1 or not fixed[site.inputs[0]]:
        return None, None
    (own,) = site.inputs
    shape = tuple(inputs[own].shape[1:])
    if shape and site.shape[:-1] == shape:
        return own, None
    if len(site.shape) != 2 or indices(tensor) is None:
        return None, None
    whole = ("int32", "int64")
    given = [s.path for s in earlier if s.shape == site.shape[:-1] and s.dtype in whole]
    # Of texts that are filled up to the longest, each batch has another length.
    return (own, given[-1] if given else "") if given or site.shape[0] else (None, None)


def _entries(call: TracedCall, site: LayerCall) -> int:
    """How many different numbers a layer makes vectors of."""
    tables = [w.shape[0] for w in getattr(call.layer, "weights", ()) if len(w.shape) == 2]
    return max(map(int, tables), default=int(site.shape[-1] or 0))


def _by_what_they_make(
    inputs: Sequence[int], flowing: Collection[int], tables: Mapping[tuple[int, int], int]
) -> tuple[int, ...]:
    """The inputs of a site, those first that make its values.

    Args:
        inputs: In their own order.
        flowing: Inputs and calls from which a gradient flows to it, counted together.
        tables: How many entries each embedded input's table has, by input and call.
    """

    def rank(i: int) -> tuple[bool, int]:
        entries = [size for (j, call), size in tables.items() if j == i and call in flowing]
        return not entries and i not in flowing, -max(entries, default=0)

    return tuple(sorted(inputs, key=rank))


def _types(layer: Any) -> frozenset[str]:
    """The names of a layer's class and those it derives from."""
    return frozenset(base.__name__ for base in type(layer).__mro__)


def _learns(layer: Any) -> bool:
    """Whether the layer has weights of its own to train, frozen or not (Keras 3, then tf_keras),
    and not only to scale with."""
    if "Normalization" in type(layer).__name__:
        return False
    return bool(own_trainable(layer))


def _channels_first(call: TracedCall, earlier: Sequence[LayerCall]) -> bool:
    """Activations and merges have no format of their own: they keep that of what they read."""
    known = getattr(call.layer, "data_format", None)
    if known:
        return bool(known == "channels_first")
    if _types(call.layer) & _LAST_AXIS:
        return False
    axis = getattr(call.layer, "axis", None)
    if "Normalization" in type(call.layer).__name__ and isinstance(axis, int):
        return axis == 1 and call.tensor.shape.rank > 2
    if earlier:
        return earlier[-1].channels_first
    return bool(keras.config.image_data_format() == "channels_first")


def _container(call: TracedCall, before: Sequence[TracedCall], paths: Sequence[str]) -> bool:
    """Whether the output is known by the name of a layer inside."""
    inside = {path for path in paths if path.startswith(call.path + "/")}
    passed_on = any(c.tensor is call.tensor for c in before if c.path in inside)
    name = call.path.rpartition("/")[2]
    return passed_on or any(_wrapped(name, path[len(call.path) + 1 :]) for path in inside)


def _wrapped(name: str, inner: str) -> bool:
    """Whether one of tfmot's wrappers has this name around a layer of that one."""
    return unwrapped(f"{name}/{inner}") == inner


def _within(
    path: str, types: Mapping[str, frozenset[str]], attends: Sequence[str]
) -> tuple[str, bool]:
    """The layer around that rearranges, and whether it does so to attend.

    Args:
        path: Of a layer.
        types: The classes of the layers that are called.
        attends: The layers of whose attention this one is a part, if it stands in them.
    """
    outer = path
    while "/" in outer:
        outer = outer.rpartition("/")[0]
        kinds = types.get(outer, frozenset())
        if outer in attends or kinds & _REARRANGING:
            return outer, outer in attends or bool(kinds & ATTENTION)
    return "", False


def _grid(
    site: LayerCall,
    earlier: Sequence[LayerCall],
    inputs: Sequence[Any],
    tokens: Tokens,
) -> Grid | None:
    """How the positions of an output lie.

    Tokens are those of the last plane or volume they depend on, or else of an image that nothing
    with weights has seen before; [N, T, C] of other lengths is a sequence.
    """
    grid = grids.as_it_stands(site.shape, site.channels_first)
    length = site.tokens
    if grid is None or length is None:
        return grid
    planes = [s for s in earlier if s.grid and len(s.grid.sides) > 1 and s.grid.several]
    for plane in reversed(planes):
        assert plane.grid is not None
        if plane.grid.tokens and plane.tokens == length:
            return replace(plane.grid, channels_first=site.channels_first)
        if not plane.grid.tokens and None not in plane.grid.sides:
            offsets = tokens.offsets(len(inputs) + plane.position, grids.count(plane.grid.sides))
            if found := grids.of_tokens(length, plane.grid.sides, offsets):
                return replace(found, channels_first=site.channels_first)
    if not any(plane.after_weights for plane in planes):
        for i in site.inputs:
            if found := _of_image(length, inputs[i].shape):
                return replace(found, channels_first=site.channels_first)
    return grid


def _of_image(length: int, shape: Any) -> Grid | None:
    if shape.rank != 4 or None in shape[1:]:
        return None
    first = keras.config.image_data_format() == "channels_first"
    height, width = shape[2:] if first else shape[1:3]
    return grids.by_aspect(length, height, width)


def spatial_calls(found: Sequence[LayerCall]) -> list[LayerCall]:
    """The sites worth choosing from by default, in call order.

    With positions, on as many axes as any; computed by or after the first layer that learns (no
    resizing, augmentation, normalization or reshaping of the input); no containers (their output is
    that of a layer inside), nothing inside layers that rearrange positions, and nothing that is an
    identity at inference.
    """
    own = [
        site
        for site in found
        if site.spatial
        and not site.container
        and not site.within
        and site.layer_type not in _IDENTITIES
    ]
    kept = [site for site in own if site.after_weights] or [site for site in own if site.computed]
    most = max((axes(site) for site in kept), default=0)
    return [site for site in kept if axes(site) == most]


def axes(site: LayerCall) -> int:
    """On how many axes the positions of a site lie; 0 where it has none."""
    return len(site.grid.sides) if site.grid else 0


def find(
    found: Sequence[LayerCall],
    name: str,
    argument: str = "layer",
    missed: Mapping[str, str] | None = None,
) -> LayerCall:
    """The site that `name` means: a path, or the end of one where that is unambiguous.

    Args:
        found: All sites.
        name: What the caller passed.
        argument: As what.
        missed: Why other layers have no site, by path.

    Raises:
        LayerError: there is none, or more than one; the message says why, and what could be meant.
    """
    ends = matching(found, name)
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise LayerError(f"{argument}={name!r}: more than one: {_names(ends)}. Pass one of these.")
    for path, why in (missed or {}).items():
        if path == name or path.endswith("/" + name):
            around = [s.path for s in found if path.startswith(s.path + "/")]
            remedy = f"Pass the layer around it, {around[-1]!r}." if around else usable(found)
            raise LayerError(f"{argument}={name!r}: {why}. {remedy}")
    raise LayerError(f"{argument}={name!r}: no such layer. {usable(found)}")


class _Placed(Protocol):
    @property
    def path(self) -> str: ...


PlacedT = TypeVar("PlacedT", bound=_Placed)


def matching(found: Sequence[PlacedT], name: str) -> list[PlacedT]:
    """The one of this path, or those whose path ends so."""
    exact = [site for site in found if site.path == name]
    return exact[:1] or [
        s for s in found if s.path.endswith("/" + name) or s.path.startswith(name + "@")
    ]


def usable(found: Sequence[LayerCall]) -> str:
    """The end of a message about a layer: what can be passed instead."""
    spatial = spatial_calls(found)
    if spatial:
        return f"Layers with a spatial output: {_names(spatial)}. Pass one of these."
    if others := [site for site in found if site.spatial]:
        return (
            "No layer of this model computes features that have positions; these only prepare the "
            f"input: {_names(others)}. Explain the input itself (IntegratedGradients, Occlusion), "
            "or pass one of these."
        )
    if found:
        return f"No layer of this model has a spatial output; its layers: {_names(found)}."
    return (
        "No layer of this model is called as a Keras layer, so none can be named. "
        "Build it from layers to see inside."
    )


def _names(found: Sequence[LayerCall], most: int = 40) -> str:
    more = f", ... ({len(found) - most} more)" if len(found) > most else ""
    return ", ".join(site.path for site in found[:most]) + more


def _shape(shape: Sequence[int | None]) -> str:
    return ", ".join("?" if side is None else str(side) for side in ("N", *shape))
