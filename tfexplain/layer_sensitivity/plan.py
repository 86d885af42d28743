"""Defines `Plan`: kernels compressed one after the other, what saves most for the least cost first.

Single effects are added up, which is a guess: at some points all settings are measured together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from tfexplain.checks import check_choice, is_whole
from tfexplain.errors import SettingError
from tfexplain.layer_sensitivity.effect import MEASURED, SMALLER, Effect
from tfexplain.layer_sensitivity.settings import setting
from tfexplain.quality.similarity import MEASURES

Size: TypeAlias = Literal["keras", "tflite", "multiply-adds", "nonzero"]
SIZES: tuple[Size, ...] = get_args(Size)
UNITS = {"keras": "bits", "tflite": "bits", "multiply-adds": "multiply-adds", "nonzero": "bits"}
SIMULATED: tuple[Size, ...] = ("nonzero",)


@dataclass(frozen=True, eq=False)
class Choice:
    """Holds one kernel with one setting, for a plan: its sizes, and its effect alone."""

    layer: str
    setting: str
    sizes: Mapping[Size, float]
    effect: Effect | None


@dataclass(frozen=True, eq=False)
class Point:
    """Holds one configuration of a plan.

    Attributes:
        settings: Name of the setting by kernel; others stay as they are.
        size: Of all kernels.
        added: By measure, what single effects add up to.
        joint: What all settings do together; None where that was not measured.
    """

    settings: Mapping[str, str]
    size: float
    added: Mapping[str, float]
    joint: Effect | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """Holds the greedy frontier of size against a measure.

    Attributes:
        size: What is saved: `keras`: bits as the modes of `model.quantize` store them, and fewer
            filters where `shrink` takes them out; `tflite`: bits with kernels in int8 of a .tflite
            file; `multiply-adds` of one row, by fewer filters; `nonzero`: bits if any
            number of bits could be stored and zeros took none, which is simulated.
        measure: By what costs are told.
        points: From the model as it is to the smallest; each has one more step than the one before.
    """

    size: Size
    measure: str
    points: Sequence[Point]

    @property
    def simulated(self) -> bool:
        """Whether no runtime stores what is counted."""
        return self.size in SIMULATED

    def at(self, share: float) -> int:
        """Returns the first point whose size is at most this share of the model's.

        Raises:
            SettingError: none is so small.
        """
        whole = self.points[0].size
        for number, point in enumerate(self.points):
            if point.size <= share * whole:
                return number
        least = self.points[-1].size / whole
        raise SettingError(
            f"share={share!r}: expected at least {least:.3f}, the smallest of this plan."
        )

    def to_json(self, point: int) -> str:
        """Returns a point as JSON: settings by kernel, what `prune` takes of it in one step
        (`"pruning"`), and the sparsity of single weights that `MagnitudePruning` reads."""
        chosen = self._point(point)
        kinds = {name: setting(own) for name, own in chosen.settings.items()}
        shares = {n: s.sparsity for n, s in kinds.items() if s.kind == "magnitude"}
        data: dict[str, Any] = {
            "size": self.size,
            "simulated": self.simulated,
            "share": chosen.size / self.points[0].size,
            "settings": dict(chosen.settings),
        }
        if shares:
            data["sparsity"] = shares
        if pruning := self.pruning(point):
            data["pruning"] = pruning
        return json.dumps(data, indent=1)

    def pruning(self, point: int) -> list[dict[str, Any]]:
        """Returns what is pruned at a point: arguments of `prune` or `MagnitudePruning`, for each
        structure.

        >>> filters = Choice("conv", "filters-25%", {"keras": 3.0}, Effect({"kl": 0.1}, {}, {}))
        >>> plan([filters], {"conv": 4.0}, Effect({}, {}, {}), "keras", "kl").pruning(1)
        [{'sparsity': {'conv': 0.25}, 'structure': 'filters'}]
        """
        kinds = {name: setting(own) for name, own in self._point(point).settings.items()}
        found: list[dict[str, Any]] = []
        for kind, structure in (("magnitude", "unstructured"), ("filters", "filters")):
            shares = {name: own.sparsity for name, own in kinds.items() if own.kind == kind}
            if shares:
                found.append({"sparsity": shares, "structure": structure})
        patterns: dict[tuple[int, int], list[str]] = {}
        for name, own in kinds.items():
            if own.kind == "n:m":
                patterns.setdefault((own.n, own.m), []).append(name)
        for pattern, names in patterns.items():
            found.append({"structure": "n:m", "pattern": pattern, "layers": names})
        return found

    def code(self, point: int) -> str:
        """Returns Python that applies a point to `model`.

        Raises:
            SettingError: what it takes is simulated, or of another runtime.
        """
        chosen = self._point(point)
        kinds = {name: setting(own) for name, own in chosen.settings.items()}
        by_bits: dict[int, list[str]] = {}
        for name, own in kinds.items():
            if own.kind == "tensor" or (own.kind == "channel" and own.bits not in (4, 8)):
                raise SettingError(
                    f"point={point}: {own.name} of {name!r} is simulated: no runtime stores it, so "
                    "there is no code. Plan with size='keras', or export it as JSON."
                )
            if own.kind == "channel":
                by_bits.setdefault(own.bits, []).append(name)
        if by_bits and self.size != "keras":
            raise SettingError(
                f"point={point}: bits of a {self.size!r} plan are not those of Keras' modes. Plan "
                "with size='keras', or export it as JSON."
            )
        lines = [_call(arguments) for arguments in self.pruning(point)]
        used = ["prune"] if lines else []
        if lines:
            lines.insert(0, "# While it trains: MagnitudePruning(...) with the same arguments.")
        if any(own.kind == "filters" for own in kinds.values()):
            used.append("shrink")
            lines += [
                "shrunk = shrink(model)  # zero filters are stored until they are taken out",
                "print(shrunk)  # which could not be, and why",
                "model = shrunk.model",
            ]
        for bits, names in sorted(by_bits.items()):
            blocks = ", block_size=None" if bits == 4 else ""
            ends = [f"^{name.rpartition('/')[2]}$" for name in names]
            lines += [
                f"config = keras.quantizers.Int{bits}QuantizationConfig("
                f"activation_quantizer=None{blocks})",
                f"model.quantize(config=config, filters={json.dumps(ends)})",
            ]
        head = ["import keras"] if by_bits else []
        head += [f"from tfexplain import {', '.join(used)}"] if used else []
        return "\n".join([*head, "", *lines]) if lines else "# nothing is changed"

    def _point(self, number: int) -> Point:
        if not is_whole(number) or not 0 <= number < len(self.points):
            raise SettingError(
                f"point={number!r}: expected 0 to {len(self.points) - 1}, one of this plan."
            )
        return self.points[number]


def _call(arguments: Mapping[str, Any]) -> str:
    """Returns the line that prunes with these arguments."""
    values = [
        _text(value) if name == "sparsity" else f"{name}={_text(value)}"
        for name, value in arguments.items()
        if value != "unstructured"
    ]
    return f"prune(model, {', '.join(values)})"


def _text(value: object) -> str:
    return repr(value) if isinstance(value, tuple) else json.dumps(value)


def plan(
    choices: Sequence[Choice], dense: Mapping[str, float], base: Effect, size: Size, measure: str
) -> Plan:
    """Makes a plan, greedily: the step that costs least for what it saves is the next one.

    Args:
        choices: What was measured, one kernel with one setting each.
        dense: Size of each kernel as it is.
        base: The model as it is.
        size: What is saved.
        measure: One of `MEASURED`.

    Raises:
        SettingError: nothing saves any of that, or nothing was measured.
    """
    check_choice("size", size, SIZES)
    check_choice("measure", measure, MEASURED)
    able = [
        c for c in choices if c.effect is not None and np.isfinite(_loss(c.effect, base, measure))
    ]
    now: dict[str, Choice] = {}
    points = [_pointed(now, dense, base, size)]
    while True:
        best: tuple[float, float, Choice] | None = None
        for choice in able:
            before = now.get(choice.layer)
            held = dense[choice.layer] if before is None else before.sizes[size]
            saved = held - choice.sizes[size]
            if saved <= 0:
                continue
            cost = _loss(choice.effect, base, measure)
            cost -= 0.0 if before is None else _loss(before.effect, base, measure)
            key = max(cost, 0.0) / saved, -saved, choice
            best = key if best is None or key[:2] < best[:2] else best
        if best is None:
            break
        now = {**now, best[2].layer: best[2]}
        points.append(_pointed(now, dense, base, size))
    if len(points) == 1:
        raise SettingError(
            f"size={size!r}: no setting that was measured saves any. Measure others, or pass "
            f"another of {', '.join(map(repr, SIZES))}."
        )
    return Plan(size, measure, points)


def _loss(effect: Effect | None, base: Effect, measure: str) -> float:
    """Returns how much worse a measure is than that of the model as it is."""
    if effect is None:
        return np.nan
    worse = effect.value(measure) - unchanged(base, measure)
    return max(0.0, worse if measure in SMALLER else -worse)


def unchanged(base: Effect, measure: str) -> float:
    """Returns what a measure is where nothing changes."""
    if measure in SMALLER:
        return 0.0
    return 1.0 if measure in (*MEASURES, "agreement") else base.value(measure)


def _pointed(
    now: Mapping[str, Choice], dense: Mapping[str, float], base: Effect, size: Size
) -> Point:
    total = sum(now[n].sizes[size] if n in now else own for n, own in dense.items())
    added = {}
    for measure in MEASURED:
        start = unchanged(base, measure)
        steps = [c.effect.value(measure) - start for c in now.values() if c.effect is not None]
        known = [step for step in steps if np.isfinite(step)]
        if measure in MEASURES or np.isfinite(base.value(measure)):
            added[measure] = start + sum(known) if len(known) == len(steps) else np.nan
    return Point({n: now[n].setting for n in dense if n in now}, total, added)


def spread(points: int, count: int) -> list[int]:
    """Returns which of so many points are measured, evenly and with the last, never the first.

    >>> spread(11, 3)
    [3, 7, 10]
    """
    if points < 2 or not count:
        return []
    return sorted({round(i * (points - 1) / count) for i in range(1, count + 1)} - {0})
