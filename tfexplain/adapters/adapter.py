"""Base class of adapters: a method of another library, run on the model as it is."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Context, Explainer
from tfexplain.model.input_kinds import channel_axis
from tfexplain.model.keras_private import another_seed, is_layer
from tfexplain.model.preserved_state import state_put_back, traceable
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Adapter(Explainer):
    """Explains by a method of another library, which is made anew for each call.

    So it never explains a copy of the model with the weights of another epoch. Moving statistics
    and all random generators are put back afterwards.

    Attributes:
        method: Class of the other library, or an object that knows no model.
        options: Arguments of the method by name, as its library has them.
        seed: Seed of what the method draws, the same for each sample.
    """

    library: ClassVar[str]
    needs_floats: ClassVar[bool] = False

    method: Any
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    @property
    def method_name(self) -> str:
        """Name of the method's class in its library."""
        own = self.method if isinstance(self.method, type) else type(self.method)
        return own.__name__

    @property
    def name(self) -> str:
        """The method's name with its library, apart from ours of a like name."""
        return f"{self.method_name}({self.library})"

    def settings(self) -> dict[str, str]:
        """Returns the settings as text, with the version of the library."""
        own = super().settings()
        told = {name: text for name, text in own.items() if name != "method" and text}
        return {**told, "library": f"{self.library} {version(self.library)}"}

    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Plans to read nothing, for the library makes its own passes; checks the inputs.

        Raises:
            TfexplainError: several inputs, or one that the library cannot take.
        """
        names, specs = traced_model.input_names, tf.nest.flatten(traced_model.specs)
        if len(names) != 1:
            raise TfexplainError(
                f"{self.name}: expected a model of one input; got {', '.join(names)}. The adapter "
                "hands one array to the library. Use a method of tfexplain, which take several."
            )
        dtype = specs[0].dtype
        if not (dtype.is_floating or (dtype.is_integer and not self.needs_floats)):
            raise TfexplainError(
                f"{self.name}: expected an input of floating-point numbers; got "
                f"{dtype.name}. Use a method of tfexplain for words and indices."
            )
        return LayerReads()

    def attributions(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Runs the method and checks what it returns."""
        (given,) = tf.nest.flatten(context.inputs)
        with _unchanged(context.traced_model.model, self.seed):
            values = np.asarray(self.maps(context, np.asarray(given)), np.float32)
        if len(values) != len(given):
            raise TfexplainError(
                f"{self.name}: expected a row for each of {len(given)} samples; got shape "
                f"{list(values.shape)}. Check options={dict(self.options)}."
            )
        if values.ndim == given.shape.rank > 2 and values.shape[-1] == 1 < given.shape[-1]:
            values = values[..., 0]
        whole = values.ndim > 2 and values.shape == tuple(given.shape)
        place = self.place(context)
        return {
            place: Attribution(
                values=values,
                targets=context.result.targets,
                scores=context.result.scores,
                layer=place,
                explainer=self.name,
                unit=self.unit(context),
                signed=self.signed,
                channel_axis=channel_axis(context.traced_model, given) if whole else None,
            )
        }

    @property
    def signed(self) -> bool:
        """Whether numbers below zero mean something."""
        return True

    def place(self, context: Context) -> str:
        """Returns where the maps lie: by default at the model's input."""
        return context.traced_model.input_names[0]

    def unit(self, context: Context) -> str:
        """Returns the unit of the numbers, for legends; says so where they are rescaled."""
        return context.unit

    @abstractmethod
    def maps(self, context: Context, inputs: Array) -> Any:
        """Computes the maps of a batch by the other library: an array [N, ...]."""


@contextmanager
def _unchanged(model: Any, seed: int) -> Iterator[None]:
    """Seeds the generators that libraries draw from, and restores them and the model's state.

    NumPy's and Python's global generators also shuffle data in training.
    """
    numpy_state, python_state = np.random.get_state(), random.getstate()
    try:
        keras_model = traceable(model) if is_layer(model) else nullcontext()
        with state_put_back(model), keras_model, another_seed():
            np.random.seed(seed)
            random.seed(seed)
            yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)
