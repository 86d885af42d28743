"""Derives paths of layers from the names of tensors in a .tflite file, as far as they tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

# What an operator adds behind the path of its layer; the converter numbers names that it repeats.
_OPERATION = re.compile(
    r"(MatMul|BatchMatMul\w*|convolution|Conv[123]D\w*|conv[123]d_transpose|conv_transpose"
    r"|separable_conv2d|depthwise\w*|DepthwiseConv\w*|Einsum|einsum|Tensordot|GatherV2|ResourceGather"
    r"|embedding_lookup|ReadVariableOp|BiasAdd|while)(_?\d+)?"
)


def tidy(names: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """Returns (path of the layer, name of the weight) for each kernel, all of them different.

    `sequential/conv1/Conv2D;sequential/conv1/BiasAdd` becomes `conv1`. Kernels of one layer are
    told apart by their operations; where that does not help they keep the name that they have in
    the file, numbered if need be.

    Args:
        names: For each kernel, names of tensors that may tell its layer, the kernel's own first.

    >>> tidy([["sequential_1/conv_1/convolution1"], ["sequential_1/head_1/MatMul"]])
    [('conv', 'kernel'), ('head', 'kernel')]
    """
    split = [_split(candidates) for candidates in names]
    paths = _without_root(_without_trace([path for path, _ in split]))
    tails = [tail for _, tail in split]
    alone, apart = Counter(paths), Counter(zip(paths, tails, strict=True))
    result: list[tuple[str, str]] = []
    for path, tail, (own, *_) in zip(paths, tails, names, strict=True):
        known = path and apart[path, tail] == 1
        pair = (path, "kernel" if alone[path] == 1 else tail) if known else (own, "kernel")
        result.append(_other_than(result, *pair))
    return result


def _split(names: Sequence[str]) -> tuple[list[str], str]:
    """Returns (root and layers, operation) of the first name that ends in an operation of a
    kernel."""
    for name in (part for joined in names for part in joined.split(";")):
        scopes, tail = name.split("/"), ""
        # The root and one layer stay, whatever the layer is called.
        while len(scopes) > 1 + bool(tail) and _OPERATION.fullmatch(scopes[-1]):
            last = scopes.pop()
            tail = tail or last
        if tail:
            return [scope for scope in scopes if scope != "while"], tail
    return [], ""


def _without_trace(paths: list[list[str]]) -> list[list[str]]:
    """Removes the `_1` that conversion adds to every layer's name, as Keras 3 is traced twice."""
    if not all(scope.endswith("_1") for path in paths for scope in path):
        return paths
    return [[scope.removesuffix("_1") for scope in path] for path in paths]


def _without_root(paths: list[list[str]]) -> list[str]:
    """Removes the model's name, which comes first in each."""
    roots = {path[0] for path in paths if path}
    shared = len(roots) == 1 and all(len(path) > 1 for path in paths if path)
    return ["/".join(path[1:] if shared else path) for path in paths]


def _other_than(taken: Sequence[tuple[str, str]], path: str, weight: str) -> tuple[str, str]:
    unique, number = path or "tensor", 1
    while (unique, weight) in taken:
        unique, number = f"{path or 'tensor'}#{number}", number + 1
    return unique, weight
