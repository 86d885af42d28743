"""Layer calls: where activations of a forward pass can be read, and how a name finds them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from tfexplain.errors import TfexplainError
from tfexplain.model import grids
from tfexplain.model.grids import Grid
from tfexplain.model.words_read import WordsRead

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


class LayerError(TfexplainError):
    """A layer that is missing, ambiguous, never called, or unfit for what was asked."""


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
        words: Which words of the embedded input its positions read; None where they lie on no line,
            or no words are embedded before.
        products: The most products, with weights or others, that follow one another up to here.
        dominates: Whether all gradients from some input to some output pass through it.
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
    words: WordsRead | None = None
    products: int = 0
    dominates: bool = False

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
        """This call with its tokens in rows of `sides`, where the caller says how they lie.

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


def called_owner(path: str, called: Container[str]) -> str:
    """Returns the layer that is called where one is run: itself, or the next one around it, as for
    the cell of a recurrent layer; itself where none is.

    >>> called_owner("lstm/lstm_cell", {"lstm"}), called_owner("unused", {"lstm"})
    ('lstm', 'unused')
    """
    outer = path
    while outer not in called and "/" in outer:
        outer = outer.rpartition("/")[0]
    return outer if outer in called else path


def worth_a_map(calls: Sequence[LayerCall]) -> list[LayerCall]:
    """Returns the calls worth choosing from by default, in call order.

    With positions, on as many axes as any; computed by or after the first layer that learns (no
    resizing, augmentation, normalization or reshaping of the input); no containers (their output is
    that of a layer inside), nothing inside layers that rearrange positions, and nothing that is an
    identity at inference.
    """
    own = [
        call
        for call in calls
        if call.spatial
        and not call.container
        and not call.within
        and call.layer_type not in _IDENTITIES
    ]
    kept = [call for call in own if call.after_weights] or [call for call in own if call.computed]
    most = max((axes(call) for call in kept), default=0)
    return [call for call in kept if axes(call) == most]


def axes(call: LayerCall) -> int:
    """On how many axes the positions of a call lie; 0 where it has none."""
    return len(call.grid.sides) if call.grid else 0


def find(
    calls: Sequence[LayerCall],
    name: str,
    argument: str = "layer",
    missed: Mapping[str, str] | None = None,
) -> LayerCall:
    """The call that `name` means: a path, or the end of one where that is unambiguous.

    Args:
        calls: All of the model.
        name: What the caller passed.
        argument: As what.
        missed: Why other layers have no call, by path.

    Raises:
        LayerError: there is none, or more than one; the message says why, and what could be meant.
    """
    ends = matching(calls, name)
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise LayerError(f"{argument}={name!r}: more than one: {_names(ends)}. Pass one of these.")
    for path, why in (missed or {}).items():
        if path == name or path.endswith("/" + name):
            around = [s.path for s in calls if path.startswith(s.path + "/")]
            remedy = f"Pass the layer around it, {around[-1]!r}." if around else usable(calls)
            raise LayerError(f"{argument}={name!r}: {why}. {remedy}")
    raise LayerError(f"{argument}={name!r}: no such layer. {usable(calls)}")


class _Placed(Protocol):
    @property
    def path(self) -> str: ...


PlacedT = TypeVar("PlacedT", bound=_Placed)


def matching(calls: Sequence[PlacedT], name: str) -> list[PlacedT]:
    """The one of this path, or those whose path ends so."""
    exact = [call for call in calls if call.path == name]
    return exact[:1] or [
        s for s in calls if s.path.endswith("/" + name) or s.path.startswith(name + "@")
    ]


def usable(calls: Sequence[LayerCall]) -> str:
    """The end of a message about a layer: what can be passed instead."""
    spatial = worth_a_map(calls)
    if spatial:
        return f"Layers with a spatial output: {_names(spatial)}. Pass one of these."
    if others := [call for call in calls if call.spatial]:
        return (
            "No layer of this model computes features that have positions; these only prepare the "
            f"input: {_names(others)}. Explain the input itself (IntegratedGradients, Occlusion), "
            "or pass one of these."
        )
    if calls:
        return f"No layer of this model has a spatial output; its layers: {_names(calls)}."
    return (
        "No layer of this model is called as a Keras layer, so none can be named. "
        "Build it from layers to see inside."
    )


def _names(calls: Sequence[LayerCall], most: int = 40) -> str:
    more = f", ... ({len(calls) - most} more)" if len(calls) > most else ""
    return ", ".join(call.path for call in calls[:most]) + more


def _shape(shape: Sequence[int | None]) -> str:
    return ", ".join("?" if side is None else str(side) for side in ("N", *shape))
