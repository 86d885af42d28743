"""A model opened for passes: a check of what is there, and functions compiled once.

A `TracedModel` belongs to one model and one structure of inputs. It keeps one compiled function per
request, so that epochs never retrace: weights are variables. It does not keep the model alive.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from tfexplain.errors import TfexplainError
from tfexplain.model import input_kinds, memory, progress, tap, tracing
from tfexplain.model.attention_calls import Attended, Attending, AttentionCall, attending
from tfexplain.model.attention_tap import WEIGHTS, Weights, is_weights, weights_tap
from tfexplain.model.casts import cast_calls, cast_tap, is_cast
from tfexplain.model.compiling import compiled
from tfexplain.model.dependence import channels, entries, graph_dependencies, indices, leading
from tfexplain.model.fixed_rows import chunks, cut, fixed_rows, take
from tfexplain.model.keras_private import keras_mask, set_keras_mask
from tfexplain.model.layer_calls import LayerCall, LayerError, axes, find, spatial_calls, usable
from tfexplain.model.nan_probe import continues_text, reads_positions, tokens_read_by_output
from tfexplain.model.output_positions import PADDING_MASKS
from tfexplain.model.outputs import ModelOutput, Score, choose_output, model_outputs
from tfexplain.model.preserved_state import traceable
from tfexplain.model.targets import ScoreFunction, Targets, as_targets, explained, logits, rule
from tfexplain.model.unit import Unit, UnitScore
from tfexplain.types import Layer, Model, Tensor

# Why whole numbers of the shape of words, beside these, have no map: they are a mask or numbers.
BESIDE = "it says something of the tokens beside it, such as which of them count."


class TracedModel:
    """The compiled passes through one model.

    Args:
        model: A built model of Keras 3 or tf_keras.
        inputs: A batch, only for its structure, shapes and dtypes.

    Raises:
        TfexplainError: the model cannot take the inputs; the cause is kept.
    """

    def __init__(self, model: Model, inputs: Any) -> None:
        tracing.check_backend()
        tracing.check_axis(model, inputs, "inputs")
        self._model = weakref.ref(model)
        self.layers: Mapping[str, Layer] = weakref.WeakValueDictionary(tap.layers_by_path(model))
        self.compiled: dict[Hashable, Any] = {}
        self.rows = fixed_rows(model, self.layers)
        self.memory = memory.available()  # as it was, so that chunks keep their size
        self.seen = fingerprint(model)
        calls: list[tuple[str, Tensor, bool]] = []
        missed: dict[str, str] = {}
        found: list[tuple[ModelOutput, ...]] = []
        ends: list[list[Tensor]] = []
        casts: list[tuple[str, Tensor, int]] = []
        self.input_names: list[str] = tracing.input_names(model, inputs)
        attended: list[Attended] = []

        def seen(path: str, tensor: Tensor) -> None:
            calls.append((path, tensor, tap.recorded()))

        def attends(name: str, weights: Weights) -> None:
            attended.append(Attended(name, weights, tap.recorded()))

        def forward(batch: Any) -> Any:
            calls.clear()
            missed.clear()
            casts.clear()
            attended.clear()
            given = tf.nest.flatten(batch)
            casting = cast_tap(self.input_names, given, lambda *cast: casts.append(cast))
            told = weights_tap(self.layers, attends, innermost=True)
            tape = tf.GradientTape(watch_accessed_variables=False)
            with tape, told, tap.tap(self.layers, seen, missed.__setitem__), casting:
                outputs = model(batch, training=False)
            found[:] = [model_outputs(model, outputs)]
            ends[:] = [given, tf.nest.flatten(outputs)]
            return outputs

        with traceable(model):
            tracing.trace(forward, inputs, self.rows)
            why = tracing.unseen(self.layers, calls, missed)
            self._inlines = any(
                reason in (tap.FUNCTION, tracing.UNCALLED) for reason in why.values()
            )
            if self._inlines:
                # A tf.function that was traced before does not even call its layers again.
                try:
                    with tap.inlined():
                        tracing.trace(forward, inputs, self.rows)
                    self._inlines = len(tracing.unseen(self.layers, calls, missed)) < len(why)
                except ValueError:  # it needs what only tf.function makes of it
                    self._inlines = False
                    why = {path: why[path].replace(tracing.UNCALLED, tap.FUNCTION) for path in why}
                    tracing.trace(forward, inputs, self.rows)
        self.sites: tuple[LayerCall, ...] = tracing.called_sites(
            self.layers, calls, attended, *ends
        )
        self.attention: Attending = attending(attended, self.layers, why, *ends)
        self.casts: tuple[LayerCall, ...] = cast_calls(casts, *ends)
        self._channels = [channels(x) if x.shape.rank else None for x in ends[0]]
        self.flows: list[frozenset[int]] = tracing.reached(*ends, gradient=True)
        self.read: list[frozenset[int]] = tracing.reached(*ends)
        self._reach: dict[Any, set[int]] = {}
        self.missed = why
        self.specs = tracing.specs(inputs, self.rows)
        self.model_outputs: tuple[ModelOutput, ...] = found[0]
        if any(output.labels for output in self.model_outputs):
            self.model_outputs = self._with_tokens()

    def _with_tokens(self) -> tuple[ModelOutput, ...]:
        with self._tracing():
            known = continues_text(
                self.model, self.layers, self.sites, self.specs, self.model_outputs
            )
        return tuple(replace(h, tokens=t) for h, t in zip(self.model_outputs, known, strict=True))

    @property
    def model(self) -> Model:
        """The model; an error once it is gone."""
        model = self._model()
        if model is None:
            raise TfexplainError("The model these passes belong to no longer exists.")
        return model

    def site(
        self, name: str, *, argument: str = "layer", grid: Sequence[int] | None = None
    ) -> LayerCall:
        """The site of a name, its tokens in rows of `grid` where that is given.

        Raises:
            LayerError: there is none, or its output has no positions.
        """
        site = find(self.sites, name, argument, self.missed).put(grid)
        if site.grid is None:
            shape = ", ".join(map(str, ("N", *site.shape)))
            raise LayerError(
                f"{argument}={site.path!r}: expected an output of shape [N, t, C], [N, d, h, w, C] "
                f"or [N, h, w, C]; got [{shape}]. {usable(self.sites)}"
            )
        return site

    def candidates(
        self, *, argument: str = "layer", grid: Sequence[int] | None = None
    ) -> list[LayerCall]:
        """The sites worth choosing from by default, at least one, in call order.

        Raises:
            LayerError: there is none.
        """
        found = spatial_calls([site for site in self._put(grid) if site.leads])
        if not found:
            raise LayerError(f"{argument}=None{_asked(grid)}: {self._none()}")
        return found

    def last(
        self, output: ModelOutput, targets: Any = None, *, grid: Sequence[int] | None = None
    ) -> LayerCall:
        """The last candidate that the explained number reads, with a gradient at its positions.

        It is no output, nor what only passes one on, and it belongs to what is explained. Where
        that reads the class token alone, nothing behind the last attention has a gradient.

        Args:
            output: The output that is explained.
            targets: As `targets` gives them; default classes of that output.
            grid: In which rows tokens lie.

        Raises:
            LayerError: there is none.
        """
        own = rule(targets)
        reached = self._reached(output, own)
        found = kept = spatial_calls([s for s in self._put(grid) if s.position in reached])
        batch = max(1, (self.rows or 17) - 1)
        while found:
            tail = found[-batch:]
            if not any(site.grid and site.grid.extras for site in tail):
                return tail[-1]
            with self._tracing():
                read = reads_positions(
                    self.model, self.layers, tail, self.specs, self._number(output, own)
                )
            if alive := [site for site, is_read in zip(tail, read, strict=True) if is_read]:
                return alive[-1]
            found = found[:-batch]
        if kept:
            return kept[-1]
        raise LayerError(f"layer=None{_asked(grid)}: {self._none()}")

    def _put(self, grid: Sequence[int] | None) -> list[LayerCall]:
        """All sites; those of enough tokens only where a grid is asked for, which they get."""
        if grid is None:
            return list(self.sites)
        return [s.put(grid) for s in self.sites if (s.tokens or 0) >= math.prod(grid)]

    def _none(self) -> str:
        """Why there is no layer to choose by default."""
        only = spatial_calls(self.sites)
        if not only:
            return usable(self.sites)
        names = ", ".join(site.path for site in only)
        return (
            "what is explained depends on no layer with positions, but for its own output and what "
            f"only passes that on. Layers with a spatial output: {names}. Pass one of these, or "
            "explain the input (IntegratedGradients, Occlusion)."
        )

    def _reached(self, output: ModelOutput, own: ScoreFunction | UnitScore | None) -> set[int]:
        """Positions of the sites that what is explained depends on by more than being them."""
        if own is None:
            at = output.position
            flowing = {site.position for site in self.sites if at in site.outputs}
            led = {site.position for site in self.sites if at in site.leads}
            return flowing & led if flowing else led
        if (output, own) not in self._reach:
            self._reach[output, own] = self._traced_back(output, own)
        return self._reach[output, own]

    def _traced_back(self, output: ModelOutput, own: ScoreFunction | UnitScore) -> set[int]:
        calls: list[tuple[Tensor, bool]] = []
        numbers: list[tuple[int, Tensor]] = []
        unit = {own.site.path} if isinstance(own, UnitScore) else set()

        def run(batch: Any) -> Any:
            with tap.tap(self.layers, lambda _, x: calls.append((x, tap.recorded()))):
                outputs, activations = self.forward(batch, unit)
            made = len(tf.compat.v1.get_default_graph().get_operations())
            numbers.append((made, explained(outputs, output, own, "logit", activations)[0]))
            return outputs

        with self._tracing():
            graph = tf.function(run, autograph=False).get_concrete_function(self.specs).graph
        ((made, number),) = numbers
        ends, tensors = entries(graph, made, number), [tensor for tensor, _ in calls]
        flows = graph_dependencies(graph, tensors, gradient=True)
        led = frozenset().union(*leading(graph, tensors, ends))
        return {i for i in led if any(i in flows(end) for end in ends)}

    def _number(
        self, output: ModelOutput, own: ScoreFunction | UnitScore | None
    ) -> Callable[..., Tensor]:
        """What is explained, of a batch; all of an output where it is one of its classes."""
        if own is not None:
            return lambda batch: self.scores(batch, own, output, "logit")[0]
        return lambda batch: logits(
            tf.nest.flatten(self.model(batch, training=False))[output.position]
        )

    def layer(self, name: str, *, argument: str = "layer") -> LayerCall:
        """The site of a name, whether or not its output has positions.

        Raises:
            LayerError: there is none.
        """
        return find(self.sites, name, argument, self.missed)

    def targets(self, targets: Targets | UnitScore, output: ModelOutput, count: int) -> Any:
        """What a caller passed, as `scores` takes it: class indices int32 [count], a function of
        the outputs, or a hidden unit that was found.

        Raises:
            TargetError: a class that the head does not have.
            LayerError: a layer, channel or position that the model does not have.
        """
        if isinstance(targets, UnitScore):
            return targets
        if isinstance(targets, Unit):
            return targets.at(self.layer(targets.layer, argument="targets"))
        return as_targets(targets, output, count)

    def forward(
        self,
        inputs: Any,
        names: Collection[str] = (),
        seen: Callable[[str, Tensor], Tensor | None] | None = None,
    ) -> tuple[Any, dict[str, Tensor]]:
        """(outputs, activations at the named sites), inside a traced pass.

        `seen(name, activation)` is called for each; what it returns takes the activation's place,
        in its type and with the mask that Keras keeps on it. Names of attention weights are read
        as well.
        """
        activations: dict[str, Tensor] = {}

        def kept(name: str, tensor: Tensor) -> Tensor:
            replaced = seen(name, tensor) if seen else None
            if replaced is not None:
                tensor = _in_place_of(tensor, replaced)
            activations[name] = tensor
            return tensor

        weights = {name for name in names if is_weights(name)}
        casts = {name for name in names if is_cast(name)}
        paths = {name.partition("@")[0] for name in names if name not in weights | casts}
        layers = {path: self.layers[path] for path in paths}
        read = tap.at(
            {name.removesuffix(WEIGHTS) for name in weights},
            lambda name, found: kept(name + WEIGHTS, found.values),
        )
        attention: AbstractContextManager[None] = nullcontext()
        if weights:
            attention = weights_tap(self.attention.layers(weights, self.layers), read)
        with tap.tap(layers, tap.at(names, kept)), attention, self._casting(casts, inputs, kept):
            outputs = self.model(inputs, training=False)
        return outputs, activations

    def _casting(
        self, names: Collection[str], inputs: Any, seen: Callable[[str, Tensor], Tensor]
    ) -> AbstractContextManager[None]:
        """Casts of inputs, seen as outputs of layers are."""
        if not names:
            return nullcontext()

        def named(name: str, result: Tensor, _: int) -> Tensor | None:
            return seen(name, result) if name in names else None

        return cast_tap(self.input_names, tf.nest.flatten(inputs), named)

    def scores(
        self,
        inputs: Any,
        targets: Tensor | ScoreFunction | UnitScore,
        output: ModelOutput,
        score: Score,
        replaced: Mapping[str, Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """(scores float32 [N], targets int32 [N]) of one forward pass, inside a traced one.

        Args:
            inputs: In the structure the model takes.
            targets: As `targets` gives them; class indices as a tensor.
            output: The output that is explained.
            score: Logit or probability.
            replaced: Outputs of layers by the path of their site, which take the place of those
                that the layers compute.
        """
        given = replaced or {}
        own = rule(targets)
        unit = {own.site.path} if isinstance(own, UnitScore) else set()
        outputs, activations = self.forward(
            inputs, {*given, *unit}, lambda name, _: given.get(name)
        )
        padding = self.padding(inputs)
        return explained(outputs, output, targets, score, activations, padding)

    def padding(self, inputs: Any) -> Tensor | None:
        """[N, T], 0 where a token is padding: an input of that name, or ids of which an embedding
        says that 0 is. None where nothing says so. A mask that Keras keeps on the output is better;
        sums and slices lose it.
        """
        flat = tf.nest.flatten(inputs)
        named = dict(zip(self.input_names, flat, strict=True))
        for name in PADDING_MASKS:
            if name in named:
                return named[name]
        ids = (s for s in self.sites if s.embeds is not None and s.splits is None)
        masking = (s for s in ids if getattr(self.layers.get(s.path), "mask_zero", False))
        return next((flat[s.embeds] for s in masking if s.embeds is not None), None)

    def readers(
        self, site: AttentionCall, extras: Sequence[int], output: ModelOutput
    ) -> Literal["first", "last", "positions", "all"]:
        """Which tokens that `site` gives out are read by `output`; see `tokens_read_by_output`."""
        key = (site.path, output.position, tuple(extras))
        known = self.attention.known
        if key not in known:
            with self._tracing():
                known[key] = tokens_read_by_output(
                    self.model, self.layers, site, extras, self.specs, self._number(output, None)
                )
        return known[key]  # type: ignore[no-any-return]

    def indices(self, site: LayerCall, inputs: Any) -> Any:
        """int [N, T]: what `site` makes vectors of, which are the ids of tokens."""
        assert site.embeds is not None
        if site.splits is None:
            return tf.nest.flatten(inputs)[site.embeds].numpy()

        def make() -> Callable[[Any], Any]:
            def run(rows: Any) -> Any:
                return indices(self.forward(rows, {site.path})[1][site.path])

            return run

        return np.concatenate(self.by_rows(("indices", site.path), make, inputs))

    def words(self, position: int) -> LayerCall | None:
        """What embeds the words that an input is split into inside the model; None where it is not,
        or no layer gives their indices."""
        own = (s for s in self.sites if s.embeds == position and s.splits)
        return next(own, None)

    def filling(self, position: int, inputs: Any) -> Any:
        """bool [N, T]: which tokens of an input only fill up, by a mask beside them (an input such
        as `padding_mask`, of zeros and ones); None without one."""
        flat = [x.numpy() for x in tf.nest.flatten(inputs)]
        for i, name in enumerate(self.input_names):
            masks = (
                name in PADDING_MASKS and i != position and flat[i].shape == flat[position].shape
            )
            if masks and self.gradient_at(i) == BESIDE and np.isin(flat[i], (0, 1)).all():
                return flat[i] == 0
        return None

    def vocabulary(self, site: LayerCall) -> list[str] | None:
        """The words of the ids that `site` embeds, of the layer inside that makes these of texts;
        None where no layer has them."""
        if site.embeds is None:
            return None
        before = [s for s in self.sites if site.embeds in s.inputs and s.position < site.position]
        paths = [s.path.partition("@")[0] for s in before]
        known = [path for path in self.layers if hasattr(self.layers[path], "get_vocabulary")]
        own = [path for path in reversed(paths) if path in known]
        if not own:  # one that returns ragged tensors is no site
            own = [p for p in known if not any(p.startswith(f"{other}/") for other in known)]
            own = own if len(own) == 1 else []
        return [str(word) for word in self.layers[own[0]].get_vocabulary()] if own else None

    @property
    def moving(self) -> bool:
        """Whether some input has gradients; see `gradient_at`."""
        return any(not isinstance(self.gradient_at(i), str) for i in range(len(self.input_names)))

    def gradient_at(self, position: int) -> tuple[LayerCall, ...] | str:
        """Where gradients with respect to an input are taken: nothing for the input itself, else
        the layers that embed its indices or texts, or the casts to floating-point numbers.

        Where there is no such place, why. What no output reads has a gradient of zeros.
        """
        spec = tf.nest.flatten(self.specs)[position]
        flows = any(position in some for some in self.flows)
        if spec.dtype.is_floating and (flows or not any(position in some for some in self.read)):
            return ()
        embedding = [site for site in self.sites if site.embeds == position]
        if embedding:
            # All that have as many tokens as the first.
            return tuple(s for s in embedding if s.shape[:-1] == embedding[0].shape[:-1])
        embedded = {site.embeds for site in self.sites} - {None}
        # Columns of a table are one wide, and stand beside nothing.
        alike = any(tf.nest.flatten(self.specs)[i].shape == spec.shape for i in embedded)
        if alike and spec.shape.rank > 1 and spec.shape[-1] != 1:
            return BESIDE
        casts = tuple(site for site in self.casts if site.inputs == (position,) and site.outputs)
        return casts or (
            f"its values ({spec.dtype.name}) reach the outputs only through operations that have "
            "no gradient, such as a lookup, a comparison or rounding. Methods that hide parts, "
            "such as Occlusion, FeatureAblation or KernelSHAP, explain it."
        )

    def output(self, output: str | int | None) -> ModelOutput:
        """The output of a name or position; for None the first."""
        return choose_output(self.model_outputs, output)

    def layout(self, inputs: Any) -> input_kinds.Layout:
        """What an input array [N, ...] is to this model."""
        return input_kinds.layout(inputs.ndim, self.sites)

    def channel_axis(self, inputs: Any) -> int | None:
        """The axis that a map of this input is summed over: where the model has its channels."""
        specs = tf.nest.flatten(self.specs)
        for spec, axis in zip(specs, self._channels, strict=True):
            own = tf.TensorShape(inputs.shape[1:]).is_compatible_with(spec.shape[1:])
            if own and axis and self.layout(inputs) not in ("grey", "features"):
                return -1 if axis == inputs.ndim - 1 else axis
        rank = inputs.ndim - 2
        first = next((s.channels_first for s in self.sites if axes(s) == rank), False)
        return input_kinds.channel_axis(self.layout(inputs), first)

    def run(
        self,
        key: Hashable,
        make: Callable[[], Callable[..., Any]],
        *arguments: Any,
        specs: tuple[Any, ...] | None = None,
        often: bool = False,
    ) -> Any:
        """Run the function of a key, compiled once for these shapes, and leave the model as it was.

        `make` gives the Python function; equal keys must give equal functions. `specs` are those
        of the arguments where some length varies from call to call. `often` says that it will run
        many times with these very shapes, so that a better compilation pays.
        """
        given = specs or arguments
        shapes = tuple((tuple(x.shape), x.dtype) for x in tf.nest.flatten(given))
        if (key, shapes) not in self.compiled:
            with self._tracing():
                self.compiled[key, shapes] = compiled(make(), given, self.model, often=often)
        found = self.compiled[key, shapes](*arguments)
        progress.ran()
        return found

    def by_rows(
        self,
        key: Hashable,
        make: Callable[[], Callable[..., Any]],
        *batch: Any,
        at_once: int | None = None,
        any_length: bool = False,
    ) -> list[Any]:
        """What a function finds, as numpy, for so many rows of all arguments at once.

        Where the model takes a fixed number of rows it gets them, filled up; what is found has a
        row for each that was given.

        Args:
            key, make: See `run`.
            batch: Tensors [N, ...] in any structure; such as have no rows belong to all.
            at_once: Default all.
            any_length: Whether to compile once for whatever length.
        """
        count = tf.nest.flatten(batch)[0].shape[0]
        size = self.rows or at_once or count
        parts = []
        for rows in chunks(count, size):
            kept = min(size, count - rows[0])
            some = batch  # slicing all of it would copy it
            if count != size:
                some = take(batch, rows if self.rows else rows[:kept])
            specs = tracing.any_length(some) if any_length and not self.rows else None
            found = tf.nest.map_structure(
                lambda tensor: tensor.numpy(), self.run(key, make, *some, specs=specs)
            )
            parts.append(cut(found, size, kept) if self.rows and kept < size else found)
        return parts

    @property
    def traces(self) -> int:
        """How many functions were compiled so far; steady from the second epoch on."""
        return len(self.compiled)

    @contextmanager
    def _tracing(self) -> Iterator[None]:
        with traceable(self.model), tap.inlined() if self._inlines else nullcontext():
            yield


def _asked(grid: Sequence[int] | None) -> str:
    return "" if grid is None else f" for token_grid={tuple(grid)}"


def _in_place_of(tensor: Tensor, other: Tensor) -> Tensor:
    # Not `other` itself, which may stand in for several.
    found = tf.identity(tf.cast(other, tensor.dtype))
    mask = keras_mask(tensor)
    if mask is not None:
        set_keras_mask(found, mask)
    return found


def fingerprint(model: Model) -> list[Any]:
    """The objects whose replacement makes a compiled function explain a model that is gone."""
    layers = tap.layers_by_path(model).values()
    return [*model.variables, *(getattr(layer, "activation", None) for layer in layers)]
