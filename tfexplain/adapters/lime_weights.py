"""Adapts LIME: local linear models of tables and of pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from tfexplain.adapters.adapter import Adapter
from tfexplain.adapters.scores import Scores
from tfexplain.errors import SettingError, TfexplainError
from tfexplain.explainers.base import Context
from tfexplain.model.replaced import replaced
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Array

METHODS = ("LimeTabularExplainer", "LimeImageExplainer")
_ONE = 1  # the column of the explained number; what is left to 1 stands in column 0


@dataclass(frozen=True, kw_only=True, eq=False)
class LimeWeights(Adapter):
    """Explains by an object of LIME, each sample for its own class and with the same draws.

    A copy of the object draws, so that the user's is left as it is.
    """

    library: ClassVar[str] = "lime"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.method_name not in METHODS:
            raise SettingError(
                f"method={self.method!r}: expected an object of {' or '.join(METHODS)}. For words "
                "use LIME of tfexplain."
            )
        if isinstance(self.method, type):
            raise SettingError(
                f"method: expected an object such as {self.method_name}(...); got the class. LIME "
                "keeps its data and settings in it, and no model."
            )

    @property
    def _pictures(self) -> bool:
        return self.method_name == "LimeImageExplainer"

    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Checks the shape of the samples; see `Adapter.plan`."""
        planned = super().plan(traced_model, targets)
        (spec,) = tf.nest.flatten(traced_model.specs)
        shape = list(spec.shape[1:])
        fits = len(shape) == 3 and shape[-1] in (1, 3) if self._pictures else len(shape) == 1
        if not fits:
            wanted = "pictures [h, w, 1] or [h, w, 3]" if self._pictures else "rows of features"
            raise TfexplainError(
                f"{self.name}: expected {wanted}; got samples shaped {shape}. Use LIME of "
                "tfexplain."
            )
        return planned

    def maps(self, context: Context, inputs: Array) -> Any:
        """Fits LIME's local model around each sample."""
        scores, own = Scores(context), deepcopy(self.method)
        explain = self._picture if self._pictures else self._row
        found = []
        for sample, chosen in zip(inputs, context.result.targets, strict=True):
            own.random_state.seed(self.seed)  # which all parts of the object share
            found.append(explain(own, sample, scores.of_class(int(chosen))))
        return np.stack(found)

    def _row(self, own: Any, row: Array, score: Callable[[Any], Array]) -> Array:
        def predict(rows: Any) -> Array:
            return score(rows) if own.mode == "regression" else _columns(score(rows))

        options: dict[str, Any] = {"num_features": row.size, **self.options}
        found = own.explain_instance(row.astype(np.float64), predict, labels=(_ONE,), **options)
        weights = np.zeros(row.size, np.float32)
        for feature, weight in found.local_exp[_ONE]:
            weights[feature] = weight
        return weights

    def _picture(self, own: Any, picture: Array, score: Callable[[Any], Array]) -> Array:
        channels = picture.shape[-1]
        options: dict[str, Any] = {"top_labels": None, "random_seed": self.seed, **self.options}
        with _without_bars():
            found = own.explain_instance(
                # LIME makes three equal channels of a picture without any.
                picture[..., 0].astype(np.float64) if channels == 1 else picture.astype(np.float64),
                lambda pictures: _columns(score(np.asarray(pictures)[..., :channels])),
                labels=(_ONE,),
                **options,
            )
        weights = np.zeros(picture.shape[:2], np.float32)
        for segment, weight in found.local_exp[_ONE]:
            weights[found.segments == segment] = weight
        return weights


def _columns(scores: Array) -> Array:
    """Returns [n, 2]: LIME asks for columns that add up to 1, and fits each by itself."""
    return np.stack([1 - scores, scores], axis=1)


@contextmanager
def _without_bars() -> Iterator[None]:
    """While open, LIME draws no progress bar; it has no setting for it."""
    with replaced(import_module("lime.lime_image"), "tqdm", lambda rows: rows):
        yield
