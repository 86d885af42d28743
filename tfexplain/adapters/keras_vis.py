"""Adapts tf-keras-vis: class activation maps and gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import keras
import tensorflow as tf

from tfexplain.adapters.adapter import Adapter
from tfexplain.errors import SettingError, TfexplainError
from tfexplain.explainers.base import Context
from tfexplain.model.keras_private import graph_outputs
from tfexplain.model.layer_calls import LayerError
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.targets import explained
from tfexplain.model.traced_model import TracedModel
from tfexplain.model.unit import UnitScore
from tfexplain.types import Array, Tensor

_CAMS = ("Gradcam", "GradcamPlusPlus", "Scorecam", "Layercam")
METHODS = (*_CAMS, "Saliency")


@dataclass(frozen=True, kw_only=True, eq=False)
class KerasVis(Adapter):
    """Explains by a class of tf-keras-vis, with no copy and no change of the model.

    It gets a model of the same layers, and the logits that Keras keeps beside the probabilities, in
    place of a clone with another activation.

    Attributes:
        layer: Path of the layer of a class activation map; default the one that ours take.
    """

    library: ClassVar[str] = "tf-keras-vis"
    needs_floats: ClassVar[bool] = True

    layer: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.method_name not in METHODS:
            raise SettingError(
                f"method={self.method!r}: expected one of {', '.join(METHODS)}. For inputs that "
                "excite a channel use tfexplain.ActivationMaximization."
            )
        if not isinstance(self.method, type):
            raise SettingError(
                f"method: expected the class {self.method_name}; got an object, which is bound to "
                f"one model. Pass adapt({self.method_name}), and its arguments by name."
            )
        if self.layer is not None and not self._cam:
            raise SettingError(f"layer={self.layer!r}: {self.method_name} reads none. Leave it.")

    @property
    def _cam(self) -> bool:
        return self.method_name in _CAMS

    @property
    def rescaled(self) -> bool:
        """Whether each map is rescaled to 0..1, which is the library's default."""
        return bool(self.options.get("normalize_cam" if self._cam else "normalize_map", True))

    @property
    def signed(self) -> bool:
        """Whether numbers below zero mean something: not once these are cut or rescaled."""
        modifier = "activation_modifier" if self._cam else "gradient_modifier"
        return not self.rescaled and modifier in self.options

    def settings(self) -> dict[str, str]:
        """Returns the settings as text, and what the library rescales."""
        rescaled = "each map to 0..1, by tf-keras-vis" if self.rescaled else "nothing"
        return {**super().settings(), "rescaled": rescaled}

    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Checks what the library can do with the model.

        Raises:
            TfexplainError: a model, layer or target that it cannot take.
        """
        super().plan(traced_model, targets)
        model = traced_model.model
        if not isinstance(model, keras.Model) or not getattr(model, "outputs", None):
            raise TfexplainError(
                f"{self.name}: expected a functional or Sequential model of Keras 3; got "
                f"{type(model).__name__}. tf-keras-vis reads the graph that these keep. Use "
                "GradCAM, LayerCAM or Saliency of tfexplain, which need none."
            )
        if isinstance(targets, UnitScore) or (callable(targets) and len(model.outputs) > 1):
            raise TfexplainError(
                f"targets={targets}: {self.name} explains classes, values and functions of a "
                "single output. Use a method of tfexplain for others."
            )
        columns = traced_model.model_outputs[0].classes
        if self.method_name == "Scorecam" and columns == 1:
            raise TfexplainError(
                f"{self.name}: expected at least two classes; got an output of one column, of "
                "which tf-keras-vis' softmax makes 1. Use ScoreCAM of tfexplain."
            )
        if self._cam and self.layer is not None:
            self._own_layer(traced_model.spatial_call(self.layer).path)
        return LayerReads()

    def place(self, context: Context) -> str:
        """Returns the layer where maps are left in its size, else the input."""
        return super().place(context) if self._enlarged else self._path(context)

    def unit(self, context: Context) -> str:
        """Returns the unit, which rescaling takes away."""
        if self.rescaled:
            return "of its own range"
        if self.method_name == "Scorecam":
            return "activation"
        return context.unit if self._cam else f"{context.unit} per unit of input"

    def maps(self, context: Context, inputs: Array) -> Any:
        """Calls the library on a model of the same layers."""
        model = context.traced_model.model
        # What the library sets on its model, such as a compiled `predict`, is not the user's then.
        view = keras.Model(model.inputs, model.outputs[context.output.position], name="adapted")
        view.predict = _silent(view.predict)
        options: dict[str, Any] = {**self._where(context), **self.options}
        score = _score(context, plain=self.method_name == "Scorecam")
        return self.method(view)(score, inputs, **options)

    @property
    def _enlarged(self) -> bool:
        return not self._cam or bool(self.options.get("expand_cam", True))

    def _where(self, context: Context) -> Mapping[str, Any]:
        if not self._cam:
            return {}
        traced_model, path = context.traced_model, self._path(context)
        outputs = graph_outputs(traced_model.model, traced_model.layers[path])
        if len(outputs) != 1:
            self._own_layer(f"{path}@{len(outputs)}")
        return {"penultimate_layer": _Layer(*outputs), "seek_penultimate_conv_layer": False}

    def _path(self, context: Context) -> str:
        if self.layer is not None:
            path = context.traced_model.spatial_call(self.layer).path
        else:
            path = context.traced_model.last_spatial_call(context.output, context.targets).path
        return self._own_layer(path)

    def _own_layer(self, path: str) -> str:
        if "/" in path or "@" in path:
            raise LayerError(
                f"layer={path!r}: expected a layer of the model itself that is called once; "
                "tf-keras-vis reads none of a model inside it. Pass another, or use GradCAM, "
                "LayerCAM or ScoreCAM of tfexplain."
            )
        return path


def _score(context: Context, *, plain: bool) -> Any:
    """Returns the explained number as tf-keras-vis asks for it: of the output, [N]."""
    output, classes = replace(context.output, position=0), tf.constant(context.result.targets)
    targets = context.targets if callable(context.targets) else classes

    def score(values: Tensor) -> Tensor:
        if plain:
            # Scorecam's own softmax of the probabilities keeps these beside it, as logits.
            values = tf.identity(values)
        return explained(values, output, targets, context.score, {})[0]

    return score


class _Layer(keras.layers.Layer):  # type: ignore[misc]
    """Stands for a layer whose output in this graph is known; the library reads nothing else."""

    def __init__(self, output: Any) -> None:
        super().__init__(name="read")
        self._read = output

    @property
    def output(self) -> Any:
        """The layer's output in the model's graph."""
        return self._read


def _silent(predict: Any) -> Any:
    def silent(*arguments: Any, **options: Any) -> Any:
        return predict(*arguments, **options, verbose=0)

    return silent
