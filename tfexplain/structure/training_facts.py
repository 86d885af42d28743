"""Tells what a model is trained with: optimizer, learning rate, loss, metrics, inputs, versions."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf

from tfexplain.model.keras_model import KerasModel
from tfexplain.types import Model

# What Keras needs to make an object again, and says nothing of its settings.
_OF_KERAS = ("module", "registered_name", "is_legacy_optimizer", "name")


def training_facts(traced_model: KerasModel) -> dict[str, str]:
    """Returns them as texts by name, in the order in which they are shown.

    Settings of the optimizer are named `optimizer.learning_rate`, inputs `inputs.image`.
    """
    model = traced_model.model
    facts: dict[str, str] = {}
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        facts["optimizer"] = type(optimizer).__name__
        facts |= _flat("optimizer", optimizer.get_config())
    facts |= {"loss": _named(getattr(model, "loss", None)), "metrics": _metrics(model)}
    for name, spec in zip(
        traced_model.input_names, tf.nest.flatten(traced_model.specs), strict=True
    ):
        sides = ", ".join("any" if side is None else str(side) for side in spec.shape)
        facts[f"inputs.{name}"] = f"{spec.dtype.name} [{sides}]"
    return {name: text for name, text in facts.items() if text} | _versions(model)


def learning_rate(model: Model) -> float | None:
    """Returns the learning rate that training has arrived at; None where there is none."""
    optimizer: Any = getattr(model, "optimizer", None)
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    try:
        rate = optimizer.learning_rate
        if callable(rate):  # tf_keras hands out the schedule
            rate = rate(optimizer.iterations)
        return float(rate.numpy() if hasattr(rate, "numpy") else rate)
    except Exception:  # an optimizer of another kind, or none
        return None


def _flat(name: str, value: Any) -> dict[str, str]:
    """Returns the settings below a name; those that say nothing are left out."""
    if isinstance(value, Mapping):
        below: dict[str, str] = {}
        for part, own in value.items():
            below |= {} if part in _OF_KERAS else _flat(f"{name}.{part}", own)
        return below
    if value is None or value == "":
        return {}
    return {name: f"{value:.6g}" if isinstance(value, float) else str(value)}


def _metrics(model: Model) -> str:
    """Returns the metrics that a model was compiled with."""
    try:
        with warnings.catch_warnings():
            # Keras warns of what is not safe to load again, such as a lambda. Nothing is loaded.
            warnings.simplefilter("ignore")
            compiled = model.get_compile_config() or {}
    except Exception:  # what cannot be serialized has no names here
        return ""
    return ", ".join(name for name in map(_named, _leaves(compiled.get("metrics"))) if name)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, Mapping) and "class_name" not in value:
        for part in value.values():
            yield from _leaves(part)
    elif value is not None:
        yield value


def _named(value: Any) -> str:
    """Returns the name of a loss or metric, of several those of each output."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, Mapping):
        if "class_name" in value:
            config = value.get("config")
            named = config.get("name") if isinstance(config, Mapping) else config
            return str(named or value["class_name"])
        return ", ".join(f"{output}: {_named(part)}" for output, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_named, value))
    name = getattr(value, "name", None) or getattr(value, "__name__", None)
    return str(name or type(value).__name__)


def _versions(model: Model) -> dict[str, str]:
    import keras

    from tfexplain import __version__

    versions = {"tfexplain": __version__, "tensorflow": tf.__version__}
    if any(kind.__module__.startswith("tf_keras") for kind in type(model).__mro__):
        import tf_keras

        return versions | {"tf_keras": tf_keras.__version__}
    return versions | {"keras": keras.__version__}
