"""Measures whether maps change with a shift of the input that the model undoes."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from tfexplain.checks import check_number
from tfexplain.errors import TfexplainError
from tfexplain.model.trace_model import trace_model
from tfexplain.model.traced_model import TracedModel
from tfexplain.trust.explained import Explained, passed
from tfexplain.trust.metric import Better, Measured, Metric, over
from tfexplain.types import Model


@dataclass(frozen=True, kw_only=True, eq=False)
class InputInvariance(Metric):
    """Measures the change of the map when inputs are shifted by what the model takes off again.

    The model gives the same outputs; `values` are the change of its map, `|map' - map| / |map|`: 0
    for a method that is invariant, such as gradients. Methods that multiply with the input are not,
    unless their baseline is shifted too. A first layer takes the constant off again.

    Attributes:
        shift: The constant, as a share of the input's range over the samples.

    References:
        Kindermans et al. 2019, section 2, https://arxiv.org/abs/1711.00867
    """

    unit: ClassVar[str] = "of the map"
    better: ClassVar[Better] = "lower"
    needs_explainer: ClassVar[bool] = True

    shift: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("shift", self.shift)

    def measured(self, given: Explained) -> Measured:
        """Explains shifted samples with a model that takes the shift off."""
        values = given.input
        flat = tf.nest.flatten(given.context.inputs)
        if values.dtype.kind != "f" or len(flat) > 1:
            raise TfexplainError(
                "inputs: expected one input of floating-point numbers, to shift it; got "
                f"{[x.dtype.name for x in flat]}."
            )
        shift = self.shift * float(np.ptp(values))
        shifted = (values + shift).astype(values.dtype)
        # Held until its maps are there: the opened model does not hold it.
        model = _unshifting(given.context.traced_model, shift, values.shape[1:])
        again = given.again(shifted, traced=trace_model(model, tf.constant(shifted)))
        own, other = (a.values.reshape(len(values), -1) for a in (given.attribution, again))
        size = np.linalg.norm(own.astype(np.float64), axis=1)
        change = np.linalg.norm(other.astype(np.float64) - own, axis=1)
        passes = passed(again)
        return self.found(over(change, size), passes=passes)


def _unshifting(traced_model: TracedModel, shift: float, shape: tuple[int, ...]) -> Model:
    """Returns a model that subtracts a constant, and then is the model that was opened."""
    model: Any = traced_model.model
    roots = [base.__module__.partition(".")[0] for base in type(model).__mro__]
    own = next((root for root in roots if root in ("keras", "tf_keras")), None)
    if own is None:
        raise TfexplainError(
            f"model={type(model).__name__}: expected a Keras model, before which a layer can stand."
        )
    library = import_module(own)
    layers = [library.layers.Rescaling(1.0, offset=-shift), model]
    return library.Sequential([library.Input(shape), *layers])
