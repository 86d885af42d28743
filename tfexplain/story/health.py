"""Finds layers that cannot learn: gradients that vanish or explode, and what becomes of units.

Sources: Glorot and Bengio 2010 (saturation, gradients by layer), Pascanu, Mikolov and Bengio 2013
(vanishing and exploding), Micikevicius et al. 2018 (float16), Lu et al. 2020 (dying ReLU),
Karpathy's notes to CS231n (updates of about 1e-3 of the weights a step). They give no thresholds
for a word; ours are far outside of what healthy trainings show, and docs/health.md says how they
were tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from tfexplain.story.finding import Finding, percent
from tfexplain.story.log_records import RunRecords
from tfexplain.wire import schema
from tfexplain.wire.clock import epoch_text

# A layer's gradient norm over that of the last layer.
VANISHING, EXPLODING = 1e-4, 1e4
# Standard deviation of a layer's activations over that of the first layer.
GROWN = 1e4
# Share of the gradients of a layer that are not zero, lost in float16.
UNDERFLOW = 0.5
# Share of a hidden layer's activations.
SATURATED = 0.75
# Change of a layer's weights from one measurement to the next, as a share of them: weights that
# move as fast as ever stay below 1 from the second on. And in a step, on average: that is float32's
# rounding, nearly.
LARGE_UPDATE, SMALL_UPDATE = 1.0, 1e-6
_BOUNDED = ("softmax", "sigmoid", "hard_sigmoid", "tanh")


@dataclass(frozen=True)
class _Layer:
    """One row of a record: texts and numbers."""

    said: Mapping[str, str]
    numbers: Mapping[str, float]

    @property
    def path(self) -> str:
        return self.said["path"]

    def get(self, name: str) -> float:
        return self.numbers.get(name, float("nan"))


def nonfinite(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields the first layer that gives NaN or infinity."""
    for step, record in _series(records):
        broken = [layer for layer in _layers(record) if _is_broken(layer, record)]
        if broken:
            text = (
                f"{run}: {broken[0].path} gives NaN or infinity since epoch {epoch_text(step)}, "
                f"{_others(len(broken) - 1)}."
            )
            path, metric = broken[0].path, _broken_metric(broken[0])
            yield Finding("nonfinite", run, text, len(broken), step, layer=path, metric=metric)
            return


def _others(count: int) -> str:
    return "no layer behind it" if not count else f"and {count} more behind it"


def vanishing(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields the layer with the smallest gradient of those at the input, where all of them are tiny
    beside the last's.

    A gradient that vanishes does so for all layers before it. Where one alone is tiny, such as that
    of the keys of an attention that looks everywhere alike, the others' pass it by.
    """
    for step, layers, last in _gradients(records):
        if first := _at_input(layers, VANISHING * last.get("gradient_norm")):
            least = min(first, key=lambda layer: layer.get("gradient_norm"))
            ratio = least.get("gradient_norm") / last.get("gradient_norm")
            text = (
                f"{run}: gradients vanish: that of {least.path} is {_power(ratio)} of that of "
                f"{last.path}."
            )
            path, metric = least.path, "gradient_norm"
            yield Finding("vanishing", run, text, ratio, step, layer=path, metric=metric)
        else:
            yield from _underflowing(run, step, layers, records)


def _underflowing(
    run: str, step: float, layers: Sequence[_Layer], records: RunRecords
) -> Iterator[Finding]:
    """Yields the layer of which float16 loses most gradients, where it loses most of them."""
    halves = [layer for layer in layers if "computes in float16" in layer.said.get("note", "")]
    known = [layer for layer in halves if not np.isnan(layer.get("gradient_underflow"))]
    most = max(known, key=lambda layer: layer.get("gradient_underflow"), default=None)
    if most is None or most.get("gradient_underflow") < UNDERFLOW:
        return
    share, scale = most.get("gradient_underflow"), _series(records)[-1][1].totals.get("loss_scale")
    text = (
        f"{run}: gradients underflow in float16: {percent(share)} of those of {most.path} are "
        f"lost, {'without loss scaling' if scale is None else f'with a loss scale of {scale:g}'}."
    )
    metric = "gradient_underflow"
    yield Finding("vanishing", run, text, share, step, layer=most.path, metric=metric)


def _at_input(layers: Sequence[_Layer], most: float) -> list[_Layer]:
    return list(takewhile(lambda layer: layer.get("gradient_norm") < most, layers))


def exploding(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields the layer with the largest gradient, or the largest activations, where these are far
    beyond those at the other end of the network."""
    for step, layers, last in _gradients(records):
        most = max(layers, key=lambda layer: layer.get("gradient_norm"))
        ratio = most.get("gradient_norm") / last.get("gradient_norm")
        if ratio > EXPLODING:
            text = (
                f"{run}: gradients explode: that of {most.path} is {_power(ratio)} times that of "
                f"{last.path}."
            )
            path, metric = most.path, "gradient_norm"
            yield Finding("exploding", run, text, ratio, step, layer=path, metric=metric)
            return
        spread = [x for x in layers if x.get("activation_std") > 0 and _is_open(x)]
        if len(spread) > 1:
            largest = max(spread, key=lambda layer: layer.get("activation_std"))
            grown = largest.get("activation_std") / spread[0].get("activation_std")
            if grown > GROWN:
                text = (
                    f"{run}: activations explode: those of {largest.path} spread {_power(grown)} "
                    f"times as far as those of {spread[0].path}."
                )
                path, metric = largest.path, "activation_std"
                yield Finding("exploding", run, text, grown, step, layer=path, metric=metric)


def dead_units(run: str, records: RunRecords) -> Iterator[tuple[float, float, str, float]]:
    """Yields (step, share, layer, since when) of the layer with most dead units, where health knows
    any layer's."""
    series = _series(records)
    if not series:
        return
    step, record = series[-1]
    known = [layer for layer in _layers(record) if not np.isnan(layer.get("dead_share"))]
    if not known:
        return
    most = max(known, key=lambda layer: layer.get("dead_share"))
    since = step
    # Of this layer alone: a model has hundreds.
    for _, units in records.series(schema.Units, most.path):
        dead = np.sort(units[-1][1].dead_since)
        dead = dead[~np.isnan(dead)]
        since = float(dead[dead.size // 2]) if dead.size else step
    yield step, most.get("dead_share"), most.path, since


def saturated(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields the hidden layer with most saturated activations, where these are most of them."""
    for step, layers, last in _gradients(records):
        hidden = [x for x in layers if x is not last and x.said["activation"] != "softmax"]
        known = [x for x in hidden if not np.isnan(x.get("saturated"))]
        if known:
            most = max(known, key=lambda layer: layer.get("saturated"))
            share = most.get("saturated")
            if share >= SATURATED:
                text = (
                    f"{run}: {percent(share)} of the activations of {most.path} are saturated, "
                    f"where {most.said['activation']} has hardly a slope."
                )
                path, metric = most.path, "saturated"
                yield Finding("saturated", run, text, share, step, layer=path, metric=metric)


def updates(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields the layer whose weights move most in a step, or never move, where that is far from
    what makes a network learn."""
    series = _series(records)
    if len(series) < 2 or any(True for _ in vanishing(run, records)):
        return
    step, record = series[-1]
    large = [x for x in _learning(_layers(record)) if x.get("update_ratio") > LARGE_UPDATE]
    if large:
        most = max(large, key=lambda layer: layer.get("update_ratio"))
        share = most.get("update_ratio")
        text = (
            f"{run}: updates are large: the weights of {most.path} changed by {percent(share)} of "
            f"them from epoch {epoch_text(series[-2][0])} to {epoch_text(step)}."
        )
        path, metric = most.path, "update_ratio"
        yield Finding("updates", run, text, share, step, layer=path, metric=metric)
    elif least := _least_moved(series):
        name, ratio = least
        text = (
            f"{run}: updates are small: no epoch changed the weights of {name} by more than "
            f"{_power(ratio)} of them a step (about 1e-03 is usual)."
        )
        yield Finding("updates", run, text, ratio, step, layer=name, metric="update_ratio")


def _least_moved(series: Sequence[tuple[float, schema.Health]]) -> tuple[str, float] | None:
    """(name, largest change in a step) of the layer that moved least in all epochs, where that is
    next to nothing."""
    by_layer: dict[str, list[float]] = {}
    for _, record in series:
        for layer in _learning(_layers(record)) if record.steps else ():
            by_layer.setdefault(layer.path, []).append(layer.get("update_ratio") / record.steps)
    largest = {path: max(ratios) for path, ratios in by_layer.items() if not any(np.isnan(ratios))}
    name = min(largest, key=lambda path: largest[path], default="")
    return (name, largest[name]) if name and largest[name] < SMALL_UPDATE else None


def _series(records: RunRecords) -> list[tuple[float, schema.Health]]:
    for _, series in records.series(schema.Health):
        return series
    return []


def _layers(record: schema.Health) -> list[_Layer]:
    return [
        _Layer(row, dict(zip(record.metrics, values, strict=True)))
        for row, values in zip(record.rows, record.values.tolist(), strict=True)
    ]


def _learning(layers: Sequence[_Layer]) -> list[_Layer]:
    """The layers with kernels that are trained; a normalization only scales."""
    return [
        layer
        for layer in layers
        if layer.said["state"] == "trainable" and "Normalization" not in layer.said["type"]
    ]


def _gradients(records: RunRecords) -> Iterator[tuple[float, list[_Layer], _Layer]]:
    """Yields (step, layers in order, the last one) of the last record, where all is finite."""
    series = _series(records)
    if not series:
        return
    step, record = series[-1]
    layers = [x for x in _learning(_layers(record)) if not np.isnan(x.get("gradient_norm"))]
    finite = all(np.isfinite(layer.get("gradient_norm")) for layer in layers)
    if len(layers) > 1 and finite and layers[-1].get("gradient_norm") > 0:
        yield step, layers, layers[-1]


def _is_broken(layer: _Layer, record: schema.Health) -> bool:
    # With a scaled loss, gradients that are infinite once only make a step be skipped.
    scaled = "loss_scale" in record.totals
    return layer.get("activation_nonfinite") > 0 or (
        not scaled and layer.get("gradient_nonfinite") > 0
    )


def _broken_metric(layer: _Layer) -> str:
    inside = layer.get("activation_nonfinite") > 0
    return "activation_nonfinite" if inside else "gradient_nonfinite"


def _is_open(layer: _Layer) -> bool:
    return layer.said["activation"] not in _BOUNDED


def _power(ratio: float) -> str:
    return f"{ratio:.0e}" if ratio else "0"
