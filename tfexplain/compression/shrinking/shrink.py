"""Defines `shrink`, which takes channels that change nothing out of a model."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import nullcontext
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.compression.shrinking.channels import Ids
from tfexplain.compression.shrinking.flow import Cut, Flow, follow
from tfexplain.compression.shrinking.multiplying import VARIES
from tfexplain.compression.shrinking.shrunk import Kept, Removed, Shrunk
from tfexplain.errors import TfexplainError
from tfexplain.model.replaced import replaced
from tfexplain.types import Layer, Model

Blocked = Mapping[int, str]


def shrink(model: Model) -> Shrunk:
    """Takes out filters that are zero, and all that follows from them; outputs stay equal.

    A channel goes where it is the same for any input and nothing is lost without it: its filter
    is zero, or the scale of a batch normalization behind it, in all branches of a sum; what its
    constant adds is put into the bias of the next layer, where that is exact. Where it is not,
    channels stay, and the reason is told: a constant that is not zero, before a convolution that
    pads with zeros; another branch; a layer that needs all its channels. Outputs at inference
    are equal up to rounding (1e-5 of their magnitude).

    Args:
        model: A functional or Sequential model of Keras 3 or tf_keras, built, channels last;
            pruned by filters, say. It is not changed.

    Returns:
        A new model, with tables of what was taken out and what was not. It is compiled as the given
        one is, with a new optimizer of the same settings; not where the loss, a metric or the
        optimizer is of your own and not registered with Keras.

    Raises:
        TfexplainError: a subclassed model, or one that is not built.

    Examples:
        >>> import keras
        >>> layers = keras.layers.Dense(4, activation="relu"), keras.layers.Dense(2)
        >>> model = keras.Sequential([keras.Input((3,)), *layers])
        >>> layers[0].set_weights([np.eye(3, 4), np.array([0, 0, 0, 0.5])])
        >>> small = shrink(model)
        >>> small.model.layers[0].units, small.difference(np.ones((2, 3))) < 1e-5
        (3, True)
    """
    flow = follow(model) if getattr(model, "built", True) else None
    if flow is None:
        raise TfexplainError(
            f"model={getattr(model, 'name', model)!r}: expected a built functional or Sequential "
            "model, whose graph is known; got another. Give it an Input, or shrink the functional "
            "models inside it."
        )
    gone, blocked = _gone(flow)
    nested = {id(inner): shrink(inner) for inner in flow.nested}
    clones: dict[int, Any] = {}

    def clone(layer: Any) -> Any:
        if id(layer) not in clones:
            inner = nested.get(id(layer))
            clones[id(layer)] = inner.model if inner else _clone(layer, flow, gone)
        return clones[id(layer)]

    # Keras compiles clones of its own accord, and fails where it cannot.
    plain = replaced(model, "compiled", False) if vars(model).get("compiled") else nullcontext()
    with plain:
        small = _library(model).models.clone_model(model, clone_function=clone)
    removed, kept = [], _kept(flow, gone, blocked)
    for layer in model.layers:
        if id(layer) in nested:
            inner = nested[id(layer)]
            removed += [_inside(layer, one) for one in inner.removed]
            kept += [_inside(layer, one) for one in inner.kept]
            continue
        twin = clones.get(id(layer))
        if twin is None or not layer.weights:
            continue
        twin.set_weights(_weights(layer, flow, gone))
        removed += _removed(layer, twin, flow.cuts.get(id(layer)), flow, gone)
    _compile_like(small, model)
    return Shrunk(small, model, removed, kept)


def _compile_like(small: Model, model: Model) -> None:
    """Compiles a model as another is, with a new optimizer, where all that it takes can be made
    anew; not with a loss of its own that is not registered, say."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no file is made of a lambda here
        try:
            config = model.get_compile_config()
            if config:
                small.compile_from_config(config)
        except (TypeError, ValueError, NotImplementedError, AttributeError, ImportError):
            return


def filters_that_go(model: Model) -> dict[str, npt.NDArray[np.bool_]]:
    """Finds the zero filters that `shrink` would take out, without making another model.

    Returns:
        bool [filters] by the path of the layer; without a graph of Keras nothing goes.
    """
    flow = follow(model)
    if flow is None:
        return {}
    gone, _ = _gone(flow)
    found = {layer.name: zero & ~_stays(flow, ids, gone) for layer, zero, ids in flow.zeros}
    for inner in flow.nested:
        found |= {f"{inner.name}/{path}": own for path, own in filters_that_go(inner).items()}
    return found


def _gone(flow: Flow) -> tuple[set[int], dict[int, str]]:
    """Returns the channels that can go, and why others cannot, by what stands for them."""
    blocked: dict[int, str] = {}
    everything = np.concatenate([np.zeros(0, np.int64), *(ids for _, _, ids in flow.zeros)])
    roots = set(map(int, flow.ties.roots(everything)))
    for root in roots:
        stays = flow.ties.reason(root)
        if stays is not None:
            blocked[root] = stays
    for done in flow.reads.values():
        for root, need in zip(flow.ties.roots(done.read.ids), done.needs, strict=True):
            # Of several reasons one that says where it comes from.
            if need and blocked.get(int(root), VARIES).endswith(VARIES):
                blocked[int(root)] = f"{done.layer.name} reads it: {need}"
    gone = roots - set(blocked)
    for cut in flow.cuts.values():
        for ids in (cut.read, cut.given):
            own = flow.ties.roots(ids)
            if len(own) and gone.issuperset(map(int, own)):
                gone.discard(int(own[0]))
                blocked[int(own[0])] = f"{cut.layer.name} must keep one"
    return gone, blocked


def _stays(flow: Flow, ids: Ids, gone: set[int]) -> npt.NDArray[np.bool_]:
    return np.array([int(root) not in gone for root in flow.ties.roots(ids)], bool)


def _clone(layer: Any, flow: Flow, gone: set[int]) -> Any:
    config, cut = layer.get_config(), flow.cuts.get(id(layer))
    if cut is not None:
        count = int(_stays(flow, cut.given, gone).sum())
        for name in ("filters", "units"):
            if name in config:
                config[name] = count
        if "target_shape" in config:
            config["target_shape"] = (*config["target_shape"][:-1], count)
        if id(layer) in flow.reads and _folded(layer, flow, gone).any():
            config["use_bias"] = True
    return type(layer).from_config(config)


def _folded(layer: Layer, flow: Flow, gone: set[int]) -> Any:
    """Returns what the inputs that go add to each output that stays, float64."""
    cut, done = flow.cuts[id(layer)], flow.reads[id(layer)]
    lost = done.adds[~_stays(flow, cut.read, gone)].sum(0)
    return lost[_stays(flow, cut.given, gone)]


def _weights(layer: Layer, flow: Flow, gone: set[int]) -> list[Any]:
    """Returns the weights of a layer's clone."""
    weights, cut = layer.get_weights(), flow.cuts.get(id(layer))
    if cut is None:
        return list(weights)
    read, given = _stays(flow, cut.read, gone), _stays(flow, cut.given, gone)
    if id(layer) in flow.reads:
        kernel, *bias = weights
        swapped = flow.reads[id(layer)].layout.swapped
        outputs, inputs = (-2, -1) if swapped else (-1, -2)
        kernel = kernel.compress(read, inputs).compress(given, outputs)
        folded = _folded(layer, flow, gone)
        start = bias[0][given] if bias else np.zeros(len(folded), kernel.dtype)
        has_bias = bool(bias) or folded.any()
        return [kernel, *([(start + folded).astype(kernel.dtype)] if has_bias else [])]
    if type(layer).__name__.startswith("DepthwiseConv"):
        return [weights[0].compress(read, -2), *(bias[given] for bias in weights[1:])]
    return [w if w.shape[-1] == 1 < len(given) else w.compress(given, -1) for w in weights]


def _removed(
    layer: Layer, twin: Layer, cut: Cut | None, flow: Flow, gone: set[int]
) -> list[Removed]:
    if cut is None:
        return []
    read, given = _stays(flow, cut.read, gone), _stays(flow, cut.given, gone)
    if read.all() and given.all():
        return []
    return [
        Removed(
            layer.name,
            type(layer).__name__,
            int((~given).sum()),
            len(given),
            int((~read).sum()),
            len(read),
            layer.count_params() - twin.count_params(),
            layer.count_params(),
        )
    ]


def _kept(flow: Flow, gone: set[int], blocked: Blocked) -> list[Kept]:
    """Lists zero filters that stay, those of one reason together."""
    kept = []
    for layer, zero, ids in flow.zeros:
        by_reason: dict[str, list[int]] = {}
        roots = flow.ties.roots(ids)
        for number in np.flatnonzero(zero & _stays(flow, ids, gone)):
            by_reason.setdefault(blocked.get(int(roots[number]), ""), []).append(int(number))
        kept += [Kept(layer.name, tuple(numbers), why) for why, numbers in by_reason.items()]
    return kept


def _inside(model: Model, one: Any) -> Any:
    return type(one)(**{**vars(one), "layer": f"{model.name}/{one.layer}"})


def _library(model: Model) -> Any:
    """Returns `keras` or `tf_keras`, whichever the model is of."""
    names = [cls.__module__.split(".")[0] for cls in type(model).__mro__]
    return import_module(next(name for name in names if name in ("keras", "tf_keras")))
