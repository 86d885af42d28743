"""A model opened for passes: a check of what is there, and functions compiled once.

A `Passes` belongs to one model and one structure of inputs. It keeps one compiled function per
request, so that epochs never retrace: weights are variables. It does not keep the model alive.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import keras
import tensorflow as tf

from tfexplain import layout, tap
from tfexplain.compiling import compiled
from tfexplain.tap import Layer, LayerError, Model, Site, Tensor
from tfexplain.targets import Head, choose_head, heads
from tfexplain.untouched import untouched


class Passes:
    """The compiled passes through one model.

    Args:
        model: A built model of Keras 3 or tf_keras.
        inputs: A batch, only for its structure, shapes and dtypes.

    Raises:
        ValueError: the model cannot take the inputs; the cause is kept.
    """

    def __init__(self, model: Model, inputs: Any) -> None:
        _check_backend()
        self._model = weakref.ref(model)
        self.layers: Mapping[str, Layer] = weakref.WeakValueDictionary(tap.layers_by_path(model))
        self.compiled: dict[Hashable, Any] = {}
        self.seen = fingerprint(model)
        calls: list[tuple[str, Tensor]] = []
        found: list[tuple[Head, ...]] = []
        placeholders: list[Tensor] = []

        def forward(batch: Any) -> Any:
            calls.clear()
            placeholders[:] = tf.nest.flatten(batch)
            with tap.tap(self.layers, lambda path, tensor: calls.append((path, tensor))):
                outputs = model(batch, training=False)
            found[:] = [heads(model, outputs)]
            return outputs

        with untouched(model):
            _trace(forward, inputs)
        self.sites: tuple[Site, ...] = tap.sites(self.layers, calls, placeholders)
        self.heads: tuple[Head, ...] = found[0]
        self.input_names: list[str] = _input_names(model, inputs)

    @property
    def model(self) -> Model:
        """The model; an error once it is gone."""
        model = self._model()
        if model is None:
            raise RuntimeError("The model these passes belong to no longer exists.")
        return model

    def site(self, name: str | None, *, argument: str = "layer") -> Site:
        """The site of a name; for None the last one with a spatial output."""
        if name is not None:
            return tap.find(self.sites, name, argument)
        spatial = tap.spatial_sites(self.sites)
        if not spatial:
            raise LayerError(f"{argument}=None: {tap.usable(self.sites)}")
        return spatial[-1]

    def head(self, head: str | int | None) -> Head:
        """The output of a name or position; for None the first."""
        return choose_head(self.heads, head)

    def layout(self, inputs: Any) -> layout.Layout:
        """What an input array [N, ...] is to this model."""
        return layout.layout(inputs.ndim, self.sites)

    def channel_axis(self, inputs: Any) -> int | None:
        """The axis that a map of this input is summed over."""
        first = next((s.channels_first for s in self.sites if len(s.shape) == 3), False)
        return layout.channel_axis(self.layout(inputs), first)

    def run(
        self,
        key: Hashable,
        make: Callable[[], Callable[..., Any]],
        *arguments: Any,
        often: bool = False,
    ) -> Any:
        """Run the function of a key, compiled once for these shapes.

        `make` gives the Python function; equal keys must give equal functions. `often` says that
        it will run many times, so that a better compilation pays.
        """
        shapes = tuple((tuple(x.shape), x.dtype) for x in tf.nest.flatten(arguments))
        if (key, shapes) not in self.compiled:
            self.compiled[key, shapes] = compiled(make(), arguments, often=often)
        return self.compiled[key, shapes](*arguments)

    @property
    def traces(self) -> int:
        """How many functions were compiled so far; steady from the second epoch on."""
        return len(self.compiled)


_known: weakref.WeakKeyDictionary[Model, dict[Hashable, Passes]] = weakref.WeakKeyDictionary()


def passes_of(model: Model, inputs: Any) -> Passes:
    """The passes of a model for such inputs, kept as long as the model lives and is unchanged.

    The cache holds no reference to the model, and a model whose variables or activations were
    replaced (quantized, rebuilt) is opened anew.
    """
    kept = _known.setdefault(model, {})
    key = str(
        tf.nest.map_structure(lambda x: (tuple(x.shape[1:]), tf.as_dtype(x.dtype).name), inputs)
    )
    found = kept.get(key)
    if found is None or not _same(found.seen, fingerprint(model)):
        found = kept[key] = Passes(model, inputs)
    return found


def fingerprint(model: Model) -> list[Any]:
    """The objects whose replacement makes a compiled function explain a model that is gone."""
    layers = tap.layers_by_path(model).values()
    return [*model.variables, *(getattr(layer, "activation", None) for layer in layers)]


def _same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _trace(forward: Callable[[Any], Any], inputs: Any) -> None:
    """Run `forward` on symbolic inputs: shapes and names without computing anything."""
    specs = tf.nest.map_structure(
        lambda x: tf.TensorSpec((None, *x.shape[1:]), tf.as_dtype(x.dtype)), inputs
    )
    try:
        tf.function(forward, autograph=False).get_concrete_function(specs)
    except LayerError:
        raise
    except Exception as error:
        shapes = tf.nest.map_structure(lambda s: f"{s.dtype.name} {s.shape}", specs)
        raise ValueError(
            f"inputs: the model could not be called on them; got {shapes}. "
            f"Pass inputs shaped as in training. The model said: {error}"
        ) from error


def _input_names(model: Model, inputs: Any) -> list[str]:
    if isinstance(inputs, dict):
        return [str(key) for key in sorted(inputs)]
    flat = tf.nest.flatten(inputs)
    if len(flat) == 1:
        return ["input"]
    names = [str(name) for name in getattr(model, "input_names", None) or []]
    if len(names) != len(flat):
        names = [str(t.name) for t in tf.nest.flatten(getattr(model, "inputs", None) or [])]
    return names if len(names) == len(flat) else [f"input{i}" for i in range(len(flat))]


def _check_backend() -> None:
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            f"keras.backend={keras.backend.backend()!r}: gradients are taken with tf.GradientTape. "
            "Set the environment variable KERAS_BACKEND=tensorflow before importing keras."
        )
