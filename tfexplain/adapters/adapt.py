"""`adapt`: makes an explainer of an object of another library."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from tfexplain.adapters.adapter import Adapter
from tfexplain.adapters.keras_vis import KerasVis
from tfexplain.adapters.lime_weights import LimeWeights
from tfexplain.adapters.shap_values import ShapValues
from tfexplain.adapters.xplique_maps import XpliqueMaps
from tfexplain.errors import SettingError

_LIBRARIES: dict[str, type[Adapter]] = {
    "tf_keras_vis": KerasVis,
    "shap": ShapValues,
    "lime": LimeWeights,
    "xplique": XpliqueMaps,
}


def adapt(method: Any, **settings: Any) -> Adapter:
    """Makes an explainer of a method of tf-keras-vis, SHAP, LIME or Xplique.

    Args:
        method: Of tf-keras-vis `Gradcam`, `GradcamPlusPlus`, `Scorecam`, `Layercam` or `Saliency`;
            of SHAP `GradientExplainer`, `KernelExplainer` or `PartitionExplainer`; of Xplique any
            method that does not rebuild the model: classes, which are given the model of the
            epoch. Of LIME an object such as `LimeTabularExplainer(rows)`, which knows no model.
        **settings: `score` and `output` as for all explainers; `seed`; `layer` (class activation
            maps); `background` and `masker` (SHAP). All others are arguments of the library, such
            as `normalize_cam=False` or `nsamples=500`.

    Raises:
        SettingError: a method or setting that no adapter takes.

    Example:
        >>> import keras, numpy as np, shap
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling(3.0)])
        >>> method = adapt(shap.KernelExplainer, background=np.zeros((1, 2)))
        >>> method(model, np.array([[1.0, 2.0]]), targets=1).values.round(3).tolist()
        [[0.0, 6.0]]
    """
    kind = type(method) if not isinstance(method, type) else method
    roots = [base.__module__.split(".")[0] for base in kind.__mro__]
    adapter = next((_LIBRARIES[root] for root in roots if root in _LIBRARIES), None)
    if adapter is None:
        raise SettingError(
            f"method={method!r}: expected a class or object of {', '.join(_LIBRARIES)}. Wrap "
            "others in tfexplain.Custom, by a function of the model and the samples."
        )
    options = dict(settings.pop("options", {}))
    own = {field.name for field in fields(adapter)} - {"method", "options"}
    given = {name: value for name, value in settings.items() if name in own}
    options |= {name: value for name, value in settings.items() if name not in own}
    return adapter(method=method, options=options, **given)
