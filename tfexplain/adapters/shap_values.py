"""Adapts SHAP: explainers by gradients, by kernel regression, and by a tree of features."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from tfexplain.adapters.adapter import Adapter
from tfexplain.adapters.scores import Scores
from tfexplain.errors import SettingError, TfexplainError
from tfexplain.explainers.base import Context
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Array, Tensor

METHODS = ("GradientExplainer", "KernelExplainer", "PartitionExplainer")


@dataclass(frozen=True, kw_only=True, eq=False)
class ShapValues(Adapter):
    """Explains by a class of SHAP, each sample for its own class and with the same draws.

    Attributes:
        background: Samples [M, ...] that features are hidden with; default the batch itself.
        masker: What `PartitionExplainer` hides features with, in place of the background.
    """

    library: ClassVar[str] = "shap"

    background: Any = None
    masker: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.method_name not in METHODS or not isinstance(self.method, type):
            raise SettingError(
                f"method={self.method!r}: expected one of the classes {', '.join(METHODS)}; an "
                "object of theirs is bound to one model."
            )
        if self.masker is not None and self.method_name != "PartitionExplainer":
            raise SettingError(
                f"masker={self.masker!r}: {self.method_name} takes none. Pass background= samples."
            )

    @property
    def needs_all_samples(self) -> bool:
        """Whether the batch itself is the background."""
        return self.background is None and self.masker is None

    def settings(self) -> dict[str, str]:
        """Returns the settings as text; the background by its length."""
        settings = super().settings()
        if self.background is not None:
            settings["background"] = f"{len(self.background)} samples"
        if self.masker is not None:
            settings["masker"] = type(self.masker).__name__
        return settings

    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Checks the background; see `Adapter.plan`."""
        planned = super().plan(traced_model, targets)
        (spec,) = tf.nest.flatten(traced_model.specs)
        if self.method_name == "GradientExplainer" and not spec.dtype.is_floating:
            raise TfexplainError(
                f"{self.name}: expected an input of floating-point numbers; got {spec.dtype.name}. "
                "Use KernelExplainer, or ExpectedGradients of tfexplain."
            )
        if self.background is not None:
            shape = np.shape(self.background)
            if len(shape) < 2 or not spec.shape[1:].is_compatible_with(shape[1:]) or not shape[0]:
                raise TfexplainError(
                    f"background: expected samples shaped {list(spec.shape[1:])}; got shape "
                    f"{list(shape)}. Pass rows of the training data."
                )
        return planned

    def maps(self, context: Context, inputs: Array) -> Any:
        """Explains sample by sample, seeded alike, so that no map depends on other samples."""
        background = inputs if self.background is None else np.asarray(self.background)
        run = {
            "GradientExplainer": self._gradients,
            "KernelExplainer": self._kernel,
            "PartitionExplainer": self._partition,
        }[self.method_name]
        found = np.zeros(inputs.shape, np.float32)
        classes = np.asarray(context.result.targets)
        scores = Scores(context)
        for chosen in np.unique(classes):
            explain = run(scores, int(chosen), background.astype(inputs.dtype))
            for i in np.flatnonzero(classes == chosen):
                np.random.seed(self.seed)
                found[i] = np.asarray(explain(inputs[i : i + 1])).reshape(inputs.shape[1:])
        return found

    def _gradients(self, scores: Scores, chosen: int, background: Array) -> Any:
        def score(rows: Tensor) -> Tensor:
            return scores.differentiable(rows, tf.fill([tf.shape(rows)[0]], chosen))[:, None]

        # Of the library that SHAP asks for, which tfmot's import turns into tf_keras.
        library = tf.keras
        rows = library.Input(scores.shape, dtype=background.dtype.name, name="samples")
        scored = library.layers.Lambda(score, output_shape=(1,), name="score")(rows)
        view = library.Model([rows], scored, name="adapted")
        made, called = self._divided()
        explainer = self.method(view, background, **made)
        called = {"rseed": self.seed, **called}
        return lambda sample: explainer.shap_values(sample, **called)

    def _kernel(self, scores: Scores, chosen: int, background: Array) -> Any:
        made, called = self._divided()
        flat = background.reshape(len(background), -1)
        explainer = self.method(scores.of_class(chosen), flat, **made)
        called = {"silent": True, **called}
        return lambda sample: explainer.shap_values(sample.reshape(1, -1), **called)

    def _partition(self, scores: Scores, chosen: int, background: Array) -> Any:
        maskers = import_module("shap.maskers")
        masker = self.masker
        if masker is None:
            rows = background.reshape(len(background), -1)
            masker = maskers.Partition(rows, max_samples=len(rows))
        shape = (1, *scores.shape) if isinstance(masker, maskers.Image) else (1, -1)
        made, called = self._divided()
        explainer = self.method(scores.of_class(chosen), masker, **made)
        called = {"silent": True, **called}
        return lambda sample: explainer(sample.reshape(shape), **called).values

    def _divided(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Returns the options of the class and those of its call."""
        of_class = {
            name
            for name, parameter in inspect.signature(self.method.__init__).parameters.items()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        }
        made = {name: value for name, value in self.options.items() if name in of_class}
        return made, {name: v for name, v in self.options.items() if name not in of_class}
