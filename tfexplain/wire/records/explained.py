"""Defines the records of `Explain`: samples, metrics, predictions, status and channels."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.clock import event_step, step_of
from tfexplain.wire.container import Container, pack, read_json, unpack
from tfexplain.wire.records.halves import LARGEST, check_scale, from_half, to_half, to_halves
from tfexplain.wire.records.kinds import (
    ACTIVATIONS,
    LABEL_KINDS,
    Activation,
    Kind,
    LabelKind,
    little_endian,
)
from tfexplain.wire.records.moments import Moment, pack_moment, read_moment
from tfexplain.wire.records.older import layers_in_settings


@dataclass(frozen=True)
class Samples:
    """Holds the validation batch: which rows, their labels, and the settings of the run.

    `labels` are class indices or values as `label_kind` says, NaN where a sample has none. `hashes`
    say what the rows hold: rows of two runs with one hash are the same sample, wherever they stand.
    `label_sets` are all labels of each sample, where samples may have several; `labels` then are
    those that are explained. These two are None in older logs. `layers` are the names that the
    layers of each explainer have in tags, in the order of the model.
    """

    kind: ClassVar[Kind] = "samples"
    labels: Array
    rows: Array
    label_kind: LabelKind
    class_names: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    hashes: Array | None = None
    label_sets: Array | None = None
    layers: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {
            "labels": little_endian(self.labels, "f8"),
            "rows": little_endian(self.rows, "i8"),
        }
        if self.hashes is not None:
            arrays["hashes"] = little_endian(self.hashes, "u8")
        if self.label_sets is not None:
            arrays["label_sets"] = little_endian(self.label_sets, "u1")
        header = {
            "label_kind": self.label_kind,
            "class_names": json.dumps(list(self.class_names)),
            "settings": json.dumps(dict(self.settings)),
            "layers": json.dumps({name: list(layers) for name, layers in self.layers.items()}),
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Samples:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        labels, rows = raw.array("labels", "F64", 1), raw.array("rows", "I64", 1)
        raw.check(len(labels) == len(rows), "labels and rows of one length")
        label_kind = raw.text("label_kind")
        raw.check(label_kind in LABEL_KINDS, "label_kind class, value or none")
        settings = read_json(raw.text("settings"), dict, "settings")
        raw.check(all(isinstance(v, str) for v in settings.values()), "settings as text")
        hashes = raw.array("hashes", "U64", 1) if "hashes" in raw.arrays else None
        sets = raw.array("label_sets", "U8", 2) if "label_sets" in raw.arrays else None
        several = [one for one in (hashes, sets) if one is not None]
        raw.check(all(len(one) == len(labels) for one in several), "one entry a sample")
        names = raw.strings("class_names")
        layers = _layers(raw) if "layers" in raw.header else layers_in_settings(settings)
        return cls(labels, rows, label_kind, names, settings, hashes, sets, layers)  # type: ignore[arg-type]


def _layers(raw: Container) -> dict[str, list[str]]:
    layers: dict[str, list[str]] = read_json(raw.text("layers"), dict, "layers")
    lists = all(isinstance(names, list) for names in layers.values())
    texts = lists and all(isinstance(name, str) for names in layers.values() for name in names)
    raw.check(texts, "layers as lists of names")
    return layers


@dataclass(frozen=True)
class Metrics:
    """Holds the epoch's logs as `fit` reports them (`loss`, `accuracy`, `val_loss`, ...)."""

    kind: ClassVar[Kind] = "metrics"
    values: Mapping[str, float]

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {"values": little_endian(np.array(list(self.values.values())), "f8")}
        return pack(self.kind, arrays, {"names": json.dumps(list(self.values))})

    @classmethod
    def decode(cls, data: bytes) -> Metrics:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        values, names = raw.array("values", "F64", 1), raw.strings("names")
        raw.check(len(values) == len(names) == len(set(names)), "one value for each name")
        return cls(dict(zip(names, values.tolist(), strict=True)))


@dataclass(frozen=True)
class Predictions:
    """Holds the model's outputs on the validation batch at this epoch.

    `outputs` are probabilities where `activation` is softmax or sigmoid, raw outputs where it
    is none; `predicted` is the class index, -1 for regression and NaN; of labels that do not
    exclude each other (sigmoid of several columns) the likeliest: all above 0.5 are predicted.
    `explained` is how many steps were explained so far in this `fit`, this one included, so that a
    reader can tell how many TensorBoard kept.
    `moment` is `end` for what was explained after training, and `weights` the step at whose end
    the model had the weights it was explained with; None where that is not known.
    """

    kind: ClassVar[Kind] = "predictions"
    outputs: Array
    predicted: Array
    explained: int
    activation: Activation
    moment: Moment = "epoch"
    weights: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {
            "outputs": little_endian(self.outputs, "f4"),
            "predicted": little_endian(self.predicted, "i4"),
        }
        header = {
            "activation": self.activation,
            "explained": repr(int(self.explained)),
            **pack_moment(self.moment, self.weights),
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Predictions:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        outputs, predicted = raw.array("outputs", "F32", 2), raw.array("predicted", "I32", 1)
        raw.check(len(outputs) == len(predicted), "one prediction for each row of outputs")
        activation = raw.text("activation")
        raw.check(activation in ACTIVATIONS, "a known activation")
        # Up to version 1.1 the steps themselves, which grew with the square of epochs.
        older = "explained" in raw.arrays
        explained = len(raw.array("explained", "I32", 1)) if older else raw.integer("explained")
        raw.check(explained >= 0, "a count of explained steps")
        return cls(outputs, predicted, explained, activation, *read_moment(raw))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Problem:
    """Describes one kind of failure during training: what, how often, when last.

    Where `left_out`, nothing failed: `kind` is not done in this training, for the reason that
    `message` gives.
    """

    kind: str
    count: int
    message: str
    step: float
    left_out: bool = False


@dataclass(frozen=True)
class Cost:
    """Holds the seconds of a callback so far, over all fits of its process.

    `training` is by the clock from the first epoch's begin, explaining included; `explaining` the
    part of it that the callback took, writing included; `setup` was before, on no account.
    `explained` of `epochs` epochs were explained, or where `every_steps` is above 0 of so many
    times, every so many training steps; `budget` is the share asked for, if any.
    """

    training: float
    explaining: float
    setup: float
    epochs: int
    explained: int
    budget: float | None = None
    every_steps: int = 0


@dataclass(frozen=True)
class Status:
    """Holds the state of the callback itself: seconds per explainer, problems and cost so far.

    `cost` is None in logs of older versions and where nothing was trained.
    """

    kind: ClassVar[Kind] = "status"
    seconds: Mapping[str, float]
    problems: Sequence[Problem] = ()
    cost: Cost | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {"seconds": little_endian(np.array(list(self.seconds.values())), "f8")}
        header = {
            "explainers": json.dumps(list(self.seconds)),
            "problems": json.dumps(
                [{**asdict(p), "step": event_step(p.step)} for p in self.problems]
            ),
        }
        if self.cost is not None:
            header["cost"] = json.dumps(asdict(self.cost))
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Status:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        seconds, names = raw.array("seconds", "F64", 1), raw.strings("explainers")
        raw.check(len(seconds) == len(names) == len(set(names)), "seconds for each explainer")
        problems = read_json(raw.text("problems"), list, "problems")
        return cls(
            dict(zip(names, seconds.tolist(), strict=True)),
            [_problem(p, raw) for p in problems],
            _cost(raw) if "cost" in raw.header else None,
        )


def _problem(value: object, raw: Container) -> Problem:
    types = {"kind": str, "count": int, "message": str, "step": int, "left_out": bool}
    # Older logs do not tell what was left out.
    problem = {"left_out": False, **value} if isinstance(value, dict) else {}
    ok = {key: type(one) for key, one in problem.items()} == types
    raw.check(ok, "problems with kind, count, message and step")
    return Problem(**{**problem, "step": step_of(problem["step"])})


def _cost(raw: Container) -> Cost:
    # Older logs have no steps.
    found = {"every_steps": 0, **read_json(raw.text("cost"), dict, "cost")}
    raw.check(found.keys() == {f.name for f in fields(Cost)}, "cost with all its numbers")
    budget, numbers = found["budget"], [v for k, v in found.items() if k != "budget"]
    sound = all(type(v) in (int, float) and 0 <= v <= LARGEST for v in numbers)
    counts = all(type(found[key]) is int for key in ("epochs", "explained", "every_steps"))
    raw.check(sound and counts, "numbers >= 0 as cost")
    raw.check(budget is None or (type(budget) in (int, float) and 0 < budget <= 1), "budget 0..1")
    return Cost(**found)


@dataclass(frozen=True)
class Channels:
    """Holds feature maps of one sample, each channel with a scale of its own.

    float32 [c, h, w], one row of a sequence, or [c, d, h, w] of a volume.

    `channels` are the channels' numbers in the layer; `dead` marks those never above zero on
    the whole validation batch. `shares` float32 [C] are the shares of all channels of the layer in
    the explained evidence, magnitudes adding up to 1, negative for evidence against the target;
    None where they are not known, and in older logs.
    """

    kind: ClassVar[Kind] = "channels"
    values: Array
    channels: Array
    dead: Array
    shares: Array | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        halves, scales = to_halves(self.values)
        arrays = {
            "values": halves,
            "scales": little_endian(scales, "f4"),
            "channels": little_endian(self.channels, "i4"),
            "dead": little_endian(self.dead, "u1"),
        }
        if self.shares is None:
            return pack(self.kind, arrays, {})
        arrays["shares"], scale = to_half(self.shares)
        return pack(self.kind, arrays, {"shares_scale": repr(float(scale))})

    @classmethod
    def decode(cls, data: bytes) -> Channels:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        packed, scales, channels, dead, shares = cls.check(data)
        each = scales.reshape(-1, *[1] * (packed.ndim - 1))
        return cls(from_half(packed, each), channels, dead.astype(bool), shares)

    @classmethod
    def check(cls, data: bytes) -> tuple[Array, Array, Array, Array, Array | None]:
        """Returns the arrays, values as halves to be scaled; raises as `decode` does."""
        raw = unpack(data, cls.kind)
        packed, scales = raw.array("values", "F16", 3, 4), raw.array("scales", "F32", 1)
        channels, dead = raw.array("channels", "I32", 1), raw.array("dead", "U8", 1)
        raw.check(
            len(packed) == len(scales) == len(channels) == len(dead), "one length for all arrays"
        )
        raw.check(bool(np.all(np.isfinite(scales) & (scales >= 0))), "finite scales >= 0")
        return packed, scales, channels, dead, cls._shares(raw, channels)

    @staticmethod
    def _shares(raw: Container, channels: Array) -> Array | None:
        if "shares" not in raw.arrays:
            return None
        halves = raw.array("shares", "F16", 1)
        within = np.all((channels >= 0) & (channels < len(halves)))
        raw.check(bool(within), "a share for each channel")
        return from_half(halves, np.float32(check_scale(raw, "shares_scale")))
