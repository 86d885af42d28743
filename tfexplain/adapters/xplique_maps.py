"""Adapts Xplique: its attribution methods, by an operator that computes our explained number."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from tfexplain.adapters.adapter import Adapter
from tfexplain.adapters.scores import Scores
from tfexplain.errors import SettingError, TfexplainError
from tfexplain.explainers.base import Context
from tfexplain.model.layer_calls import LayerError
from tfexplain.model.replaced import replaced
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.targets import explained
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Array, Tensor

# They rebuild the model with other activations, and would not see what the operator computes.
_REBUILD = ("DeconvNet", "FEM", "GuidedBackprop")
_TABLE = "_cache_models"  # of `BlackBoxExplainer` in Xplique 2.0; without it nothing is kept
_UNSIGNED = ("GradCAM", "GradCAMPP", "Rise", "Saliency", "SquareGrad", "VarGrad")


@dataclass(frozen=True, kw_only=True, eq=False)
class XpliqueMaps(Adapter):
    """Explains by a class of Xplique, which is given the number that ours explain.

    Attributes:
        layer: Path of the layer of `GradCAM` and `GradCAMPP`; default the one that ours take.
    """

    library: ClassVar[str] = "xplique"
    needs_floats: ClassVar[bool] = True

    layer: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.method, type) or self.method_name in _REBUILD:
            raise SettingError(
                f"method={self.method!r}: expected a class of xplique.attributions that does not "
                f"rebuild the model, as {', '.join(_REBUILD)} do."
            )
        if self.layer is not None and not self._cam:
            raise SettingError(f"layer={self.layer!r}: {self.method_name} reads none. Leave it.")

    @property
    def _cam(self) -> bool:
        return "conv_layer" in inspect.signature(self.method.__init__).parameters

    @property
    def signed(self) -> bool:
        """Whether numbers below zero mean something."""
        return self.method_name not in _UNSIGNED

    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Checks the layer, and that classes are explained; see `Adapter.plan`."""
        planned = super().plan(traced_model, targets)
        model = traced_model.model
        graph = isinstance(model, keras.Model) and getattr(model, "outputs", None)
        if self._cam and not graph:
            raise TfexplainError(
                f"{self.name}: expected a functional or Sequential model of Keras 3; got "
                f"{type(model).__name__}. Use GradCAM of tfexplain, which takes any."
            )
        if self._cam and not isinstance(targets, np.ndarray | None):
            raise TfexplainError(
                f"targets={targets}: {self.name} explains classes only. Use GradCAM of tfexplain."
            )
        if self.layer is not None:
            self._own_layer(traced_model.spatial_call(self.layer).path)
        return planned

    def unit(self, context: Context) -> str:
        """Returns the unit: gradients are per unit of input, all others in the score's."""
        slopes = ("Saliency", "SmoothGrad")
        return f"{context.unit} per unit of input" if self.method_name in slopes else context.unit

    def maps(self, context: Context, inputs: Array) -> Any:
        """Calls the library with an operator; class activation maps with a model of our scores."""
        classes, alone = np.asarray(context.result.targets), _operator(Scores(context))
        with _models_of_its_own(self.method):
            if not self._cam:
                explainer = self.method(_named, operator=alone, **self.options)
                # In place of one-hot rows the operator gets the class itself.
                return np.asarray(explainer(inputs, classes[:, None].astype(np.float32)))
            path = self._path(context)
            layer = context.traced_model.layers[path]
            options = {"conv_layer": layer.name, **self.options}
            chosen, columns = np.unique(classes, return_inverse=True)
            view = _ScoresOfClasses(context, chosen)
            # The library leaves what it puts on the layer, as attributes of the instance.
            with replaced(layer, "call", layer.call):
                # Class activation maps ask no operator, so that one is never called here.
                explainer = self.method(view, operator=alone, **options)
                return np.asarray(explainer(inputs, np.eye(len(chosen), dtype=np.float32)[columns]))

    def _path(self, context: Context) -> str:
        if self.layer is not None:
            return self.layer
        return self._own_layer(
            context.traced_model.last_spatial_call(context.output, context.targets).path
        )

    def _own_layer(self, path: str) -> str:
        if "/" in path or "@" in path:
            raise LayerError(
                f"layer={path!r}: expected a layer of the model itself that is called once; "
                "Xplique reads none of a model inside it. Pass another, or GradCAM of tfexplain."
            )
        return path


def _named(rows: Any) -> Any:
    """Stands for the model: the operator computes the number by itself."""
    return rows


def _operator(scores: Scores) -> Any:
    def operator(model: Any, inputs: Tensor, targets: Tensor) -> Tensor:
        return scores.differentiable(inputs, tf.cast(targets[:, 0], tf.int32))

    return operator


class _ScoresOfClasses:
    """Stands for a model with a column of scores for each class that is explained."""

    def __init__(self, context: Context, chosen: Array) -> None:
        self._output, self._score, self._chosen = context.output, context.score, chosen
        self._model = context.traced_model.model
        self.layers, self.get_layer = self._model.layers, self._model.get_layer

    def __call__(self, inputs: Tensor) -> Tensor:
        """Computes scores [n, classes] in one forward pass."""
        outputs, count = self._model(inputs, training=False), tf.shape(inputs)[0]
        return tf.stack(
            [
                explained(outputs, self._output, tf.fill([count], int(c)), self._score, {})[0]
                for c in self._chosen
            ],
            axis=1,
        )


@contextmanager
def _models_of_its_own(method: Any) -> Iterator[None]:
    """Gives Xplique an empty table of models, which it keeps by `id` and never forgets.

    A model of another epoch would be explained where an `id` is used again.
    """
    owner = next((kind for kind in method.__mro__ if _TABLE in vars(kind)), None)
    if owner is None:
        yield
        return
    kept = getattr(owner, _TABLE)
    setattr(owner, _TABLE, {})
    try:
        yield
    finally:
        setattr(owner, _TABLE, kept)
