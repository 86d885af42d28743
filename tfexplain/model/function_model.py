"""Models without gradients as traced models: any function of numpy arrays, and .tflite files."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
import tensorflow as tf

from tfexplain.errors import TfexplainError, plain
from tfexplain.model import progress
from tfexplain.model.attention_calls import Attending, AttentionCall
from tfexplain.model.gradient_calls import GradientCalls, gradient_calls
from tfexplain.model.keras_private import is_layer
from tfexplain.model.layer_calls import LayerCall, LayerError
from tfexplain.model.outputs import ModelOutput, Score, model_outputs
from tfexplain.model.stages import STAGES
from tfexplain.model.targets import ScoreFunction, explained
from tfexplain.model.tflite_model import TfliteModel
from tfexplain.model.tokens import padding_mask
from tfexplain.model.traced_model import Seen, TokensRead
from tfexplain.model.unit import UnitScore
from tfexplain.types import Layer, Tensor

WITHOUT_GRADIENT = (
    "FeatureAblation, KernelSHAP, LIME, Occlusion, PermutationImportance and RISE work with it."
)


class FunctionModel:
    """A function from a batch to outputs as a `TracedModel`, which documents what is public here.

    It runs eagerly, and nothing is kept between passes; nothing is known of what the function
    changes. It has no layers, so every [N, a, b] counts as a grey image.

    Args:
        model: From inputs as numpy arrays [n, ...], in the structure the batch has, to [n, K] or
            [n] (or several such in a list or dict), for any n.
        inputs: A batch; the first sample is tried.

    Raises:
        TfexplainError: the function fails, or returns something else.
    """

    def __init__(self, model: Callable[[Any], Any], inputs: Any) -> None:
        self._function = model
        flat = tf.nest.flatten(inputs)
        several = [f"input{i}" for i in range(len(flat))] if len(flat) > 1 else ["input"]
        named = isinstance(inputs, dict)
        self.input_names: list[str] = [str(k) for k in sorted(inputs)] if named else several
        self.specs: Any = tf.nest.map_structure(
            lambda x: tf.TensorSpec((None, *x.shape[1:]), x.dtype), inputs
        )
        self.rows: int | None = None
        self.memory: int | None = None  # nothing is known of what the function takes
        self.layers: Mapping[str, Layer] = {}
        self.layer_calls: tuple[LayerCall, ...] = ()
        self.casts: tuple[LayerCall, ...] = ()
        self.attention = Attending((), {})
        self.missed: Mapping[str, str] = {}
        self.gradient_calls: tuple[GradientCalls, ...] = gradient_calls(self.specs)
        self.channel_axes: Sequence[int | None] = [None] * len(flat)
        self.model_outputs: tuple[ModelOutput, ...] = model_outputs(model, self._probe(inputs))

    @property
    def model(self) -> Callable[..., Any]:
        """(inputs, training) -> outputs, tensors; a gradient of them is refused."""
        return self._call

    def forward(
        self, inputs: Any, names: Collection[str] = (), seen: Seen | None = None
    ) -> tuple[Any, dict[str, Tensor]]:
        """Runs the function; there are no activations."""
        return self._call(inputs), {}

    def scores(
        self,
        inputs: Any,
        targets: Tensor | ScoreFunction | UnitScore,
        output: ModelOutput,
        score: Score,
        replaced: Mapping[str, Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Runs the function for the explained number; see `TracedModel`."""
        padding = padding_mask(self, inputs)
        return explained(self._call(inputs), output, targets, score, {}, padding)

    def run(
        self,
        key: Hashable,
        make: Callable[[], Callable[..., Any]],
        *arguments: Any,
        specs: tuple[Any, ...] | None = None,
        often: bool = False,
    ) -> Any:
        """Runs the function of a key as it is."""
        results = make()(*arguments)
        progress.ran()
        return results

    def spatial_call(
        self, name: str, *, argument: str = "layer", grid: Sequence[int] | None = None
    ) -> NoReturn:
        """Raises LayerError: there is none."""
        raise LayerError(f"layer={name!r}: {_refusal('layers')}")

    def spatial_calls(
        self, *, argument: str = "layer", grid: Sequence[int] | None = None
    ) -> NoReturn:
        """Raises LayerError: there are none."""
        raise LayerError(f"layer=None: {_refusal('layers')}")

    def last_spatial_call(
        self, output: ModelOutput, targets: Any = None, *, grid: Sequence[int] | None = None
    ) -> NoReturn:
        """Raises LayerError: there is none."""
        self.spatial_calls()

    def stage_calls(
        self, output: ModelOutput, targets: Any = None, *, grid: Sequence[int] | None = None
    ) -> NoReturn:
        """Raises LayerError: there are none."""
        self.spatial_call(STAGES)

    def tokens_read(
        self, call: AttentionCall, extras: Sequence[int], output: ModelOutput
    ) -> TokensRead:
        """Says that nothing is known."""
        return "all"

    def _call(self, inputs: Any, training: bool = False) -> Any:
        arrays = tf.nest.map_structure(lambda x: x.numpy(), inputs)
        results, flat = self._function(arrays), tf.nest.flatten(inputs)
        tensors = [_as_tensor(array, len(flat[0])) for array in tf.nest.flatten(results)]

        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def outputs(*_: Any) -> Any:
            return tensors, _no_gradient

        return tf.nest.pack_sequence_as(results, outputs(*flat))

    def _probe(self, inputs: Any) -> Any:
        first = tf.nest.map_structure(lambda x: tf.convert_to_tensor(x[:1]), inputs)
        try:
            return self._call(first)
        except Exception as error:
            shapes = tf.nest.map_structure(lambda x: f"{x.dtype.name} {x.shape}", first)
            raise TfexplainError(
                f"inputs: the function could not be called on one sample, {shapes}. Pass a "
                f"function of a batch of numpy arrays. It said: {plain(error)}"
            ) from error


def without_gradient(model: Any) -> Callable[[Any], Any] | None:
    """A model that only gives outputs, as a function of numpy arrays; None for Keras models.

    Args:
        model: A function, a `TfliteModel`, or the path of a .tflite file, which is opened.
    """
    if isinstance(model, (str, os.PathLike)):
        if os.fspath(model).endswith(".tflite"):
            return TfliteModel(model).predict
        raise TfexplainError(
            f"model={os.fspath(model)!r}: expected a model, a function, or the path of a .tflite "
            "file. Open others with keras.models.load_model."
        )
    if isinstance(model, TfliteModel):
        return model.predict
    if is_layer(model):
        return None
    if callable(model):
        return model  # type: ignore[no-any-return]
    raise TfexplainError(
        f"model={type(model).__name__}: expected a Keras model, a function of numpy arrays, or a "
        ".tflite file. Pass a method of it that computes outputs, such as predict_proba."
    )


def _as_tensor(output: Any, count: int) -> Any:
    """float32 [n, ...]; tensors of other libraries are taken as arrays."""
    array = np.asarray(output)
    if array.dtype.kind not in "fiub" or array.ndim < 1 or len(array) != count:
        raise TfexplainError(
            f"model: expected one row of numbers for each of {count} samples, [n, K] or [n]; got "
            f"{array.dtype.name} of shape {array.shape}."
        )
    return tf.constant(array.astype(np.float32))


def _no_gradient(*_: Any) -> NoReturn:
    raise TfexplainError(f"model: {_refusal('gradient')}")


def _refusal(missing: str) -> str:
    return (
        f"a function or a .tflite file has no {missing} that could be read. {WITHOUT_GRADIENT} "
        "Pass the Keras model for the others."
    )
