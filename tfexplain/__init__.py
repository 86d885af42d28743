"""Explains Keras models while they train, and shows the explanations in TensorBoard.

Importing this package imports neither TensorFlow nor Keras: the TensorBoard plugin lives in it,
and viewers may have neither. Public names load on first use.

The public names are those in `__all__` of the modules in `PUBLIC`: a release keeps them, or
announces their end in the changelog. All other modules may change at any time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

PUBLIC = (
    "tfexplain",
    "tfexplain.adapters",
    "tfexplain.callbacks",
    "tfexplain.compression",
    "tfexplain.evaluation",
    "tfexplain.exchange",
    "tfexplain.explainers",
    "tfexplain.layer_sensitivity",
    "tfexplain.pruning",
    "tfexplain.quality",
    "tfexplain.reading",
    "tfexplain.schema",
    "tfexplain.targets",
    "tfexplain.training",
    "tfexplain.trust",
    "tfexplain.usage",
)

_HOMES = {
    "ActivationMaximization": "tfexplain.explainers",
    "Attention": "tfexplain.explainers",
    "AttentionRollout": "tfexplain.explainers",
    "Attribution": "tfexplain.attribution",
    "Attributions": "tfexplain.attribution",
    "Compression": "tfexplain.callbacks",
    "Custom": "tfexplain.explainers",
    "Exchange": "tfexplain.exchange",
    "ExchangeMap": "tfexplain.exchange",
    "ExpectedGradients": "tfexplain.explainers",
    "Explain": "tfexplain.callbacks",
    "Explainer": "tfexplain.explainers",
    "FeatureAblation": "tfexplain.explainers",
    "FeatureMaps": "tfexplain.explainers",
    "Finding": "tfexplain.story",
    "GradCAM": "tfexplain.explainers",
    "GradCAMPlusPlus": "tfexplain.explainers",
    "GradientAttention": "tfexplain.explainers",
    "Health": "tfexplain.callbacks",
    "HiResCAM": "tfexplain.explainers",
    "InputXGradient": "tfexplain.explainers",
    "IntegratedGradients": "tfexplain.explainers",
    "KernelSHAP": "tfexplain.explainers",
    "LIME": "tfexplain.explainers",
    "LayerCAM": "tfexplain.explainers",
    "MagnitudePruning": "tfexplain.callbacks",
    "Occlusion": "tfexplain.explainers",
    "PermutationImportance": "tfexplain.explainers",
    "Predictions": "tfexplain.callbacks",
    "RISE": "tfexplain.explainers",
    "Saliency": "tfexplain.explainers",
    "ScoreCAM": "tfexplain.explainers",
    "SpRAy": "tfexplain.usage",
    "Shards": "tfexplain.shards.reading",
    "Smooth": "tfexplain.explainers",
    "SmoothGrad": "tfexplain.explainers",
    "TfexplainError": "tfexplain.errors",
    "Unit": "tfexplain.model.unit",
    "VarGrad": "tfexplain.explainers",
    "clusters": "tfexplain.usage",
    "compare": "tfexplain.comparing",
    "explain": "tfexplain.explainers",
    "findings": "tfexplain.runlog.log_findings",
    "partial_dependence": "tfexplain.usage",
    "prune": "tfexplain.pruning",
    "quantized_weights": "tfexplain.compression",
    "importance": "tfexplain.usage",
    "read": "tfexplain.reading",
    "read_shards": "tfexplain.shards.reading",
    "robustness": "tfexplain.usage",
    "sensitivity": "tfexplain.layer_sensitivity",
    "shapley_interactions": "tfexplain.usage",
    "shrink": "tfexplain.compression",
    "simple_models": "tfexplain.usage",
    "summary": "tfexplain.structure.model_summary",
}

__all__ = [
    "LIME",
    "RISE",
    "ActivationMaximization",
    "Attention",
    "AttentionRollout",
    "Attribution",
    "Attributions",
    "Compression",
    "Custom",
    "Exchange",
    "ExchangeMap",
    "ExpectedGradients",
    "Explain",
    "Explainer",
    "FeatureAblation",
    "FeatureMaps",
    "Finding",
    "GradCAM",
    "GradCAMPlusPlus",
    "GradientAttention",
    "Health",
    "HiResCAM",
    "InputXGradient",
    "IntegratedGradients",
    "KernelSHAP",
    "LayerCAM",
    "MagnitudePruning",
    "Occlusion",
    "PermutationImportance",
    "Predictions",
    "Saliency",
    "ScoreCAM",
    "Shards",
    "Smooth",
    "SmoothGrad",
    "SpRAy",
    "TfexplainError",
    "Unit",
    "VarGrad",
    "__version__",
    "clusters",
    "compare",
    "explain",
    "findings",
    "importance",
    "partial_dependence",
    "prune",
    "quantized_weights",
    "read",
    "read_shards",
    "robustness",
    "sensitivity",
    "shapley_interactions",
    "shrink",
    "simple_models",
    "summary",
]

if TYPE_CHECKING:
    from tfexplain.attribution import Attribution, Attributions
    from tfexplain.callbacks import Compression, Explain, Health, MagnitudePruning, Predictions
    from tfexplain.comparing import compare
    from tfexplain.compression import quantized_weights, shrink
    from tfexplain.errors import TfexplainError
    from tfexplain.exchange import Exchange, ExchangeMap
    from tfexplain.explainers import (
        LIME,
        RISE,
        ActivationMaximization,
        Attention,
        AttentionRollout,
        Custom,
        ExpectedGradients,
        Explainer,
        FeatureAblation,
        FeatureMaps,
        GradCAM,
        GradCAMPlusPlus,
        GradientAttention,
        HiResCAM,
        InputXGradient,
        IntegratedGradients,
        KernelSHAP,
        LayerCAM,
        Occlusion,
        PermutationImportance,
        Saliency,
        ScoreCAM,
        Smooth,
        SmoothGrad,
        VarGrad,
        explain,
    )
    from tfexplain.layer_sensitivity import sensitivity
    from tfexplain.model.unit import Unit
    from tfexplain.pruning import prune
    from tfexplain.reading import read
    from tfexplain.runlog.log_findings import findings
    from tfexplain.shards.reading import Shards, read_shards
    from tfexplain.story import Finding
    from tfexplain.structure.model_summary import summary
    from tfexplain.usage import (
        SpRAy,
        clusters,
        importance,
        partial_dependence,
        robustness,
        shapley_interactions,
        simple_models,
    )


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tfexplain' has no attribute {name!r}")
    import_module("tfexplain.needs_tensorflow")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
