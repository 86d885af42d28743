"""One small model of every kind, with the same computation written out as calls of its layers.

    specimen = sequential(keras)
    specimen.model                                 # conv `one`, conv `two`, mean, scores
    cut = specimen.cuts[1]                         # at the layer `two`
    hidden = cut.before(specimen.inputs)           # what `two` gives
    scores = cut.after(hidden, specimen.inputs)    # what the model makes of it

A `Cut` says what a layer gives (`before`) and what the rest makes of it (`after`), so that
activations, gradients and Grad-CAM can be had without any tap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Function = Callable[..., Any]
CLASSES = 3


@dataclass(frozen=True)
class Cut:
    """A layer: `before(inputs)` is its output, `after(output, inputs)` the scores [N, K].

    `positions` brings a numpy array of its output to [N, *sides, C].
    """

    path: str
    before: Function
    after: Function
    positions: Function = lambda values: values


@dataclass(frozen=True)
class Specimen:
    """A model with its cuts.

    Attributes:
        default: Path of the layer that Grad-CAM is expected to choose, one of `cuts`.
        inputs: The batch.
        refused: Paths that Grad-CAM refuses, with the words of the reason.
        gap: How far Integrated Gradients with 16 nodes may be from complete, as a share of the
            difference of scores.
        moving: Whether some input has gradients, itself or where it is embedded.
        embedded: Whether the first cut is where indices become vectors.
    """

    model: Any
    inputs: Any
    cuts: Sequence[Cut]
    default: str
    refused: dict[str, str] = field(default_factory=dict)
    gap: float = 1e-3
    moving: bool = True
    embedded: bool = False


def batch(*shape: int, count: int = 2) -> Any:
    return np.random.default_rng(0).normal(size=(count, *shape)).astype("float32")


def chain(*steps: tuple[str, Function]) -> list[Cut]:
    """The cuts behind all named steps of a chain of functions."""

    def run(some: Sequence[tuple[str, Function]]) -> Function:
        def through(values: Any, *_: Any) -> Any:
            for _, step in some:
                values = step(values)
            return values

        return through

    return [
        Cut(path, run(steps[: i + 1]), run(steps[i + 1 :]))
        for i, (path, _) in enumerate(steps)
        if path
    ]


class Parts:
    """Layers of which most kinds are made: two convolutions, mean, scores."""

    def __init__(self, library: Any, rank: int = 2, **options: Any) -> None:
        layers = library.layers
        conv = getattr(layers, f"Conv{rank}D")
        self.one = conv(4, 3, padding="same", activation="tanh", name="one", **options)
        self.two = conv(5, 3, activation="tanh", name="two", **options)
        self.mean = getattr(layers, f"GlobalAveragePooling{rank}D")(name="mean", **options)
        self.top = layers.Dense(CLASSES, name="top")

    @property
    def all(self) -> list[Any]:
        return [self.one, self.two, self.mean, self.top]

    def cuts(self, one: str = "one", two: str = "two") -> list[Cut]:
        return chain((one, self.one), (two, self.two), ("", self.mean), ("", self.top))


IMAGE = (9, 7, 2)


def sequential(library: Any) -> Specimen:
    parts = Parts(library)
    model = library.Sequential([library.layers.Input(IMAGE), *parts.all])
    return Specimen(model, batch(*IMAGE), parts.cuts(), "two")


def functional(library: Any) -> Specimen:
    """With an operation between the layers, which has a name in Keras 3 and in tf_keras."""
    parts = Parts(library)
    inputs = library.layers.Input(IMAGE)
    first = parts.one(inputs)
    total = first + first
    model = library.Model(inputs, parts.top(parts.mean(parts.two(total))))
    steps = [("one", parts.one), (_operation(model), lambda x: x + x), ("two", parts.two)]
    cuts = chain(*steps, ("", parts.mean), ("", parts.top))
    return Specimen(model, batch(*IMAGE), cuts, "two")


def _operation(model: Any) -> str:
    """The name the library gave to `x + y`."""
    from tfexplain.model.tap import layers_by_path

    return next(path for path in layers_by_path(model) if "add" in path)


def _through(layers: Sequence[Any]) -> Function:
    def call(values: Any) -> Any:
        for layer in layers:
            values = layer(values)
        return values

    return call


def subclassed(library: Any) -> Specimen:
    class Model(library.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.parts = Parts(library)
            self.one, self.two = self.parts.one, self.parts.two
            self.mean, self.top = self.parts.mean, self.parts.top

        def call(self, inputs: Any) -> Any:
            return self.top(self.mean(self.two(self.one(inputs))))

    model = Model()
    model(batch(*IMAGE))
    return Specimen(model, batch(*IMAGE), model.parts.cuts(), "two")


def lists(library: Any) -> Specimen:
    class Model(library.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.parts = Parts(library)
            self.blocks = [[self.parts.one], [self.parts.two, self.parts.mean, self.parts.top]]

        def call(self, inputs: Any) -> Any:
            return _through([layer for block in self.blocks for layer in block])(inputs)

    model = Model()
    model(batch(*IMAGE))
    return Specimen(model, batch(*IMAGE), model.parts.cuts(), "two")


def dicts(library: Any) -> Specimen:
    class Model(library.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.parts = Parts(library)
            self.blocks = {"stem": {"conv": self.parts.one}, "body": {"conv": self.parts.two}}
            self.rest = {"mean": self.parts.mean, "top": self.parts.top}

        def call(self, inputs: Any) -> Any:
            inner = self.blocks["body"]["conv"](self.blocks["stem"]["conv"](inputs))
            return self.rest["top"](self.rest["mean"](inner))

    model = Model()
    model(batch(*IMAGE))
    return Specimen(model, batch(*IMAGE), model.parts.cuts(), "two")


def nested(library: Any) -> Specimen:
    """Three deep: a Functional in a Sequential in a subclassed block in a Sequential."""
    parts = Parts(library)
    inputs = library.layers.Input(IMAGE)
    inner = library.Model(inputs, parts.two(parts.one(inputs)), name="inner")
    middle = library.Sequential([library.layers.Input(IMAGE), inner], name="middle")

    class Block(library.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="block")
            self.body = middle

        def call(self, values: Any) -> Any:
            return self.body(values)

    model = library.Sequential([library.layers.Input(IMAGE), Block(), parts.mean, parts.top])
    cuts = parts.cuts("block/middle/inner/one", "block/middle/inner/two")
    return Specimen(model, batch(*IMAGE), cuts, "block/middle/inner/two")


def residual(library: Any) -> Specimen:
    """A block whose last layer is a branch: what the block gives is a sum with no layer."""
    parts = Parts(library)
    branch = library.layers.Conv2D(4, 3, padding="same", activation="tanh", name="branch")

    class Block(library.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="block")
            self.branch = branch

        def call(self, values: Any) -> Any:
            return values + self.branch(values)

    block = Block()
    model = library.Sequential(
        [library.layers.Input(IMAGE), parts.one, block, parts.mean, parts.top]
    )
    cuts = chain(("one", parts.one), ("block", block), ("", parts.mean), ("", parts.top))
    inside = Cut(
        "block/branch",
        lambda x: branch(parts.one(x)),
        lambda a, x: parts.top(parts.mean(parts.one(x) + a)),
    )
    return Specimen(model, batch(*IMAGE), [*cuts, inside], "block")


def shared(library: Any) -> Specimen:
    """One convolution called twice."""
    layers = library.layers
    conv = layers.Conv2D(2, 3, padding="same", activation="tanh", name="conv")
    mean, top = layers.GlobalAveragePooling2D(), layers.Dense(CLASSES)
    inputs = layers.Input(IMAGE)
    model = library.Model(inputs, top(mean(conv(conv(inputs)))))
    cuts = chain(("conv@0", conv), ("conv@1", conv), ("", mean), ("", top))
    refused = {"conv": "more than one: conv@0, conv@1"}
    return Specimen(model, batch(*IMAGE), cuts, "conv@1", refused)


def train_step(library: Any) -> Specimen:
    class Model(library.Model):  # type: ignore[misc]
        def train_step(self, data: Any) -> Any:
            x, y = data
            with tf.GradientTape() as tape:
                loss = self.compute_loss(y=y, y_pred=self(x, training=True))
            slopes = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(slopes, self.trainable_variables, strict=True))
            return {"loss": loss}

    parts = Parts(library)
    inputs = library.layers.Input(IMAGE)
    return Specimen(Model(inputs, _through(parts.all)(inputs)), batch(*IMAGE), parts.cuts(), "two")


def tf_function(library: Any) -> Specimen:
    """A `call` that is a tf.function of its own."""

    class Model(library.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.parts = Parts(library)
            self.layers_in_order = self.parts.all

        @tf.function
        def call(self, inputs: Any) -> Any:
            return _through(self.layers_in_order)(inputs)

    model = Model()
    model(batch(*IMAGE))
    return Specimen(model, batch(*IMAGE), model.parts.cuts(), "two")


def tf_function_that_branches(library: Any) -> Specimen:
    """As before, with a branch that is nothing but Python outside of tf.function."""
    parts = Parts(library)

    class Block(library.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="block")
            self.conv = parts.one

        @tf.function
        def call(self, values: Any) -> Any:
            if tf.reduce_sum(values) > 1e9:
                values = -values
            return self.conv(values)

    block = Block()
    model = library.Sequential([library.layers.Input(IMAGE), block, *parts.all[1:]])
    cuts = chain(("block", block), ("two", parts.two), ("", parts.mean), ("", parts.top))
    reason = "inside a tf.function.*Pass the layer around it, 'block'"
    return Specimen(model, batch(*IMAGE), cuts, "two", {"block/one": reason})


def remat_scope(library: Any) -> Specimen:
    """Keras cannot call layers that take `training` in a graph there, as Dense does."""
    parts = Parts(library)
    with keras.RematScope(mode="full"):
        again = Parts(library)
    parts.one, parts.two = again.one, again.two
    model = library.Sequential([library.layers.Input(IMAGE), *parts.all])
    return Specimen(model, batch(*IMAGE), parts.cuts(), "two")


def remat_function(library: Any) -> Specimen:
    """A layer that recomputes another one: that one's output has no gradient."""
    parts = Parts(library)

    class Block(library.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="block")
            self.conv = parts.two
            self.again = keras.remat(self.conv)

        def call(self, values: Any) -> Any:
            return self.again(values)

    block = Block()
    model = library.Sequential(
        [library.layers.Input(IMAGE), parts.one, block, parts.mean, parts.top]
    )
    cuts = chain(("one", parts.one), ("block", block), ("", parts.mean), ("", parts.top))
    reason = r"run again for the gradient \(keras.remat\).*Pass the layer around"
    return Specimen(model, batch(*IMAGE), cuts, "block", {"block/two": reason})


def channels_first(library: Any) -> Specimen:
    parts = Parts(library, data_format="channels_first")
    model = library.Sequential([library.layers.Input((2, 9, 7)), *parts.all])
    cuts = [Cut(c.path, c.before, c.after, lambda a: np.moveaxis(a, 1, -1)) for c in parts.cuts()]
    return Specimen(model, batch(2, 9, 7), cuts, "two")


def several_inputs(library: Any) -> Specimen:
    parts, layers = Parts(library), library.layers
    picture, numbers = layers.Input(IMAGE, name="picture"), layers.Input((4,), name="numbers")
    side, total = layers.Dense(CLASSES, name="side"), layers.Add(name="total")
    model = library.Model(
        {"picture": picture, "numbers": numbers},
        total([_through(parts.all)(picture), side(numbers)]),
    )
    cuts = [
        Cut(
            cut.path,
            lambda x, cut=cut: cut.before(x["picture"]),
            lambda a, x, cut=cut: cut.after(a) + side(x["numbers"]),
        )
        for cut in parts.cuts()
    ]
    return Specimen(model, {"picture": batch(*IMAGE), "numbers": batch(4)}, cuts, "two")


def several_outputs(library: Any) -> Specimen:
    """The last convolution belongs to the second output, and has no gradient for the first."""
    parts, layers = Parts(library), library.layers
    inputs = layers.Input(IMAGE)
    inner = parts.two(parts.one(inputs))
    other = layers.Conv2D(2, 3, name="mask")(inner)
    model = library.Model(inputs, [parts.top(parts.mean(inner)), other])
    refused = {"mask": "does not depend on it"}
    return Specimen(model, batch(*IMAGE), parts.cuts(), "two", refused)


def line(library: Any) -> Specimen:
    parts = Parts(library, rank=1)
    model = library.Sequential([library.layers.Input((16, 2)), *parts.all])
    return Specimen(model, batch(16, 2), parts.cuts(), "two")


def volume(library: Any) -> Specimen:
    parts = Parts(library, rank=3)
    model = library.Sequential([library.layers.Input((4, 5, 6, 1)), *parts.all])
    return Specimen(model, batch(4, 5, 6, 1), parts.cuts(), "two")


def time_distributed(library: Any) -> Specimen:
    """Pictures one after the other: what Grad-CAM chooses is the layer around the convolution."""
    layers = library.layers
    conv = layers.Conv2D(3, 3, activation="tanh", name="conv")
    every = layers.TimeDistributed(conv, name="every")
    mean, top = layers.GlobalAveragePooling3D(), layers.Dense(CLASSES)
    model = library.Sequential([layers.Input((3, *IMAGE)), every, mean, top])
    return Specimen(
        model, batch(3, *IMAGE), chain(("every", every), ("", mean), ("", top)), "every"
    )


def bidirectional(library: Any) -> Specimen:
    layers = library.layers
    both = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both")
    mean, top = layers.GlobalAveragePooling1D(), layers.Dense(CLASSES)
    model = library.Sequential([layers.Input((6, 2)), both, mean, top])
    return Specimen(model, batch(6, 2), chain(("both", both), ("", mean), ("", top)), "both")


def recurrent(library: Any) -> Specimen:
    """The cell inside the loop cannot be reached; the layer around it can."""
    layers = library.layers
    loop = layers.RNN(layers.LSTMCell(3, name="cell"), return_sequences=True, name="loop")
    mean, top = layers.GlobalAveragePooling1D(), layers.Dense(CLASSES)
    model = library.Sequential([layers.Input((6, 2)), loop, mean, top])
    refused = {"loop/cell": "inside a loop.*Pass the layer around it, 'loop'"}
    return Specimen(
        model, batch(6, 2), chain(("loop", loop), ("", mean), ("", top)), "loop", refused
    )


def words(library: Any) -> Specimen:
    """Indices of words, which have a gradient where they become vectors."""
    layers = library.layers
    embed = layers.Embedding(20, 4, name="embed")
    conv = layers.Conv1D(3, 3, activation="tanh", name="conv")
    mean, top = layers.GlobalAveragePooling1D(), layers.Dense(CLASSES)
    model = library.Sequential([layers.Input((8,), dtype="int32"), embed, conv, mean, top])
    inputs = np.random.default_rng(0).integers(0, 20, (2, 8)).astype("int32")
    cuts = chain(("embed", embed), ("conv", conv), ("", mean), ("", top))
    return Specimen(model, inputs, cuts, "conv", embedded=True)


def looked_up(library: Any) -> Specimen:
    """Whole numbers that are only looked up: which of 20 there are."""
    layers = library.layers
    which = layers.CategoryEncoding(20, output_mode="multi_hot", name="which")
    line = layers.Reshape((20, 1), name="line")
    conv = layers.Conv1D(3, 3, activation="tanh", name="conv")
    mean, top = layers.GlobalAveragePooling1D(), layers.Dense(CLASSES)
    numbers = layers.Input((8,), dtype="int32")
    model = library.Sequential([numbers, which, line, conv, mean, top])
    inputs = np.random.default_rng(0).integers(0, 20, (2, 8)).astype("int32")
    cuts = chain(("", which), ("", line), ("conv", conv), ("", mean), ("", top))
    return Specimen(model, inputs, cuts, "conv", moving=False)


def counts(library: Any) -> Specimen:
    """Whole numbers that the model casts, as it does bytes of pictures."""
    layers = library.layers
    scale = layers.Rescaling(0.1, name="scale")
    line = layers.Reshape((8, 1), name="line")
    conv = layers.Conv1D(3, 3, activation="tanh", name="conv")
    mean, top = layers.GlobalAveragePooling1D(), layers.Dense(CLASSES)
    given = layers.Input((8,), dtype="int32")
    model = library.Sequential([given, scale, line, conv, mean, top])
    inputs = np.random.default_rng(0).integers(0, 20, (2, 8)).astype("int32")
    cuts = chain(("", scale), ("", line), ("conv", conv), ("", mean), ("", top))
    return Specimen(model, inputs, cuts, "conv")
