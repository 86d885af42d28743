"""Small vision transformers, with the same computation written out as calls of their layers."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from support.zoo import CLASSES, Cut, Function, Specimen, batch

WIDTH = 8
PICTURE = (16, 24, 3)
GRID = (4, 6)


def _tokens(before: int = 0, behind: int = 0) -> Function:
    """The positions among the tokens of a numpy array [N, T, C]."""

    def positions(values: Any) -> Any:
        kept = values[:, before : values.shape[1] - behind]
        return kept.reshape(len(values), *GRID, values.shape[-1])

    return positions


class _Extra:
    """A layer class that puts learned tokens in front of or behind others."""

    @staticmethod
    def of(library: Any) -> Any:
        class Extra(library.layers.Layer):  # type: ignore[misc]
            def __init__(self, count: int, behind: bool = False, **options: Any) -> None:
                super().__init__(**options)
                self.count, self.behind = count, behind
                self.extra = self.add_weight(
                    shape=(1, count, WIDTH), initializer="glorot_uniform", name="extra"
                )

            def call(self, values: Any) -> Any:
                learned = tf.convert_to_tensor(self.extra)
                shape = (tf.shape(values)[0], self.count, values.shape[-1])
                extra = tf.broadcast_to(learned, shape)
                return tf.concat([values, extra] if self.behind else [extra, values], 1)

        return Extra


class _Block:
    """Attention and a dense layer, each added to what it reads; `path` stands before the names."""

    def __init__(self, library: Any, index: int) -> None:
        layers, self.index = library.layers, index
        self.norm1 = layers.LayerNormalization(epsilon=1.0, name=f"norm1_{index}")
        self.attend = layers.MultiHeadAttention(2, 4, name=f"attend_{index}")
        self.add1 = layers.Add(name=f"add1_{index}")
        self.norm2 = layers.LayerNormalization(epsilon=1.0, name=f"norm2_{index}")
        self.dense = layers.Dense(WIDTH, activation="tanh", name=f"dense_{index}")
        self.add2 = layers.Add(name=f"add2_{index}")

    def __call__(self, values: Any) -> Any:
        return self.behind(self.norm1(values), values)

    def behind(self, normed: Any, values: Any) -> Any:
        """From the output of the first normalization on."""
        inner = self.add1([values, self.attend(normed, normed)])
        return self.add2([inner, self.dense(self.norm2(inner))])


def _vit(library: Any, extra: int, *, behind: bool = False, mean: bool = False) -> Specimen:
    layers = library.layers
    patch = layers.Conv2D(WIDTH, 4, strides=4, name="patch")
    flat = layers.Reshape((GRID[0] * GRID[1], WIDTH), name="flat")
    join = _Extra.of(library)(extra, behind, name="join") if extra else (lambda values: values)
    blocks = [_Block(library, i) for i in range(2)]
    norm = layers.LayerNormalization(epsilon=1.0, name="norm")
    top = layers.Dense(CLASSES, name="top")
    read = layers.GlobalAveragePooling1D(name="mean")
    first = (lambda values: read(values)) if mean else (lambda values: values[:, 0])

    def stem(x: Any) -> Any:
        return join(flat(patch(x)))

    def end(values: Any) -> Any:
        return top(first(norm(values)))

    inputs = layers.Input(PICTURE)
    model = library.Model(inputs, end(blocks[1](blocks[0](stem(inputs)))))
    place = _tokens(0, extra) if behind else _tokens(extra)
    cuts = [
        Cut("patch", patch, lambda a, _: end(blocks[1](blocks[0](join(flat(a)))))),
        Cut(
            "flat",
            lambda x: flat(patch(x)),
            lambda a, _: end(blocks[1](blocks[0](join(a)))),
            _tokens(),
        ),
        Cut(
            "add2_0",
            lambda x: blocks[0](stem(x)),
            lambda a, _: end(blocks[1](a)),
            place,
        ),
        Cut(
            "norm1_1",
            lambda x: blocks[1].norm1(blocks[0](stem(x))),
            lambda a, x: end(blocks[1].behind(a, blocks[0](stem(x)))),
            place,
        ),
        Cut(
            "norm",
            lambda x: norm(blocks[1](blocks[0](stem(x)))),
            lambda a, _: top(first(a)),
            place,
        ),
    ]
    # Behind the last attention nothing reads the patches but a mean of all tokens.
    default = "norm" if mean else "norm1_1"
    return Specimen(model, batch(*PICTURE), cuts, default, gap=5e-2)


def class_token(library: Any) -> Specimen:
    return _vit(library, 1)


def no_class_token(library: Any) -> Specimen:
    return _vit(library, 0, mean=True)


def registers(library: Any) -> Specimen:
    """A class token and four registers in front of the patches."""
    return _vit(library, 5)


def registers_behind(library: Any) -> Specimen:
    return _vit(library, 2, behind=True, mean=True)
