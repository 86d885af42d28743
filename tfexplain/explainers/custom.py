"""Logs maps that a user's own function computes, on the same samples and epochs as all others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.errors import SettingError, TfexplainError
from tfexplain.explainers.base import Context, Explainer
from tfexplain.model.input_kinds import channel_axis
from tfexplain.model.preserved_state import state_put_back
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.traced_model import TracedModel

_TITLE = re.compile(r"[A-Za-z0-9_.=,()\[\]-]+")


@dataclass(frozen=True, eq=False)
class Custom(Explainer):
    """Computes maps or pictures by a user's function, such as a segmentation or reconstruction.

    The function is called with the model, the samples as the model takes them, and the explained
    classes int32 [N]; it returns an array [N, ...], which is shown over the model's first input, or
    a mapping from names of inputs to such arrays. [N, h, w] and the input's own shape [N, h, w, C]
    (summed over channels) are maps over pictures, [N, T] over words or along a curve, [N, f] beside
    features. The numbers are logged as they are, float32. An array uint8 [N, h, w] or [N, h, w, c]
    is a picture, grey, RGB or RGBA, and shown as it is: what a model reconstructs, or generates.

    Moving statistics and random seeds are restored after each call; weights must not be changed. No
    pass is shared, so the costs are those of the function.

    Attributes:
        title: The method's name on the page and in tags, such as `"Segmentation"`:
            letters, digits and `_.=,()[]-`.
        function: (model, inputs, targets) -> array [N, ...], or arrays by input.
        unit: Unit of the numbers, for legends.
        signed: Whether numbers below zero mean something; where not, colours begin at zero.

    Example:
        >>> import keras, numpy as np
        >>> coder = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Rescaling(0.5)])
        >>> def error(model, inputs, targets):
        ...     return np.abs(model(inputs, training=False) - inputs)
        >>> maps = Custom("Error", error, unit="grey", signed=False)(coder, np.ones((2, 4, 4, 1)))
        >>> maps.explainer, maps.unit, maps.maps[0, 0, 0]
        ('Error', 'grey', np.float32(0.5))
    """

    title: str
    function: Callable[[Any, Any, Any], Any]
    _: KW_ONLY
    unit: str = "value"
    signed: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.title, str) or not _TITLE.fullmatch(self.title):
            raise SettingError(
                f"title={self.title!r}: expected letters, digits and _.=,()[]-, of which names in "
                "the log are made, such as 'Reconstruction-error'."
            )
        if not callable(self.function):
            raise SettingError(
                f"function={self.function!r}: expected a function (model, inputs, targets) -> "
                "array [N, ...]."
            )

    @property
    def name(self) -> str:
        """The title."""
        return self.title

    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Plans to read nothing: the function makes its own passes."""
        return LayerReads()

    def attributions(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Calls the function and checks what it returns."""
        names = context.traced_model.input_names
        with state_put_back(context.traced_model.model):
            result = self.function(
                context.traced_model.model, context.inputs, context.result.targets
            )
        by_input = result if isinstance(result, Mapping) else {names[0]: result}
        inputs = dict(zip(names, tf.nest.flatten(context.inputs), strict=True))
        if unknown := [name for name in by_input if name not in inputs]:
            raise TfexplainError(
                f"{self.name}: expected maps of inputs {', '.join(names)}; got one of "
                f"{unknown[0]!r}. Return a mapping from names of inputs to arrays."
            )
        return {
            name: self._attribution(context, name, values, inputs[name])
            for name, values in by_input.items()
        }

    def _attribution(self, context: Context, name: str, result: Any, given: Any) -> Attribution:
        array, count = np.asarray(result), len(context.result.targets)
        values = _picture(array) if array.dtype == np.uint8 else array.astype(np.float32)
        if values.ndim < 1 or len(values) != count:
            raise TfexplainError(
                f"{self.name}: expected an array with one row for each of {count} samples; got "
                f"shape {list(values.shape)}."
            )
        whole = values.ndim > 2 and values.shape == tuple(given.shape)
        return Attribution(
            values=values,
            targets=context.result.targets,
            scores=context.result.scores,
            layer=name,
            explainer=self.name,
            unit=self.unit,
            signed=self.signed,
            channel_axis=channel_axis(context.traced_model, given) if whole else None,
        )


def _picture(values: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Returns uint8 [N, h, w, 1, 3 or 4] of pictures with or without an axis of colours."""
    pictures = values[..., None] if values.ndim == 3 else values
    if pictures.ndim != 4 or pictures.shape[-1] not in (1, 3, 4):
        raise TfexplainError(
            "function: expected pictures uint8 [N, h, w], or [N, h, w, c] of 1, 3 or 4 channels; "
            f"got shape {list(values.shape)}. Return numbers as float32 to show them as a map."
        )
    return pictures
