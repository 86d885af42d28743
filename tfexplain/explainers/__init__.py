"""Explainers by family, and `explain`, which runs several of them on shared passes."""

from tfexplain import needs_tensorflow  # noqa: F401
from tfexplain.explainers.attention.gradient import GradientAttention
from tfexplain.explainers.attention.rollout import AttentionRollout
from tfexplain.explainers.attention.weights import Attention
from tfexplain.explainers.base import Context, Explainer
from tfexplain.explainers.cam.grad_cam import GradCAM
from tfexplain.explainers.cam.grad_cam_plus_plus import GradCAMPlusPlus
from tfexplain.explainers.cam.hires_cam import HiResCAM
from tfexplain.explainers.cam.layer_cam import LayerCAM
from tfexplain.explainers.cam.score_cam import ScoreCAM
from tfexplain.explainers.custom import Custom
from tfexplain.explainers.explain_rows import explain
from tfexplain.explainers.explanations import Explanations
from tfexplain.explainers.features.activation_maximization import ActivationMaximization
from tfexplain.explainers.features.feature_maps import FeatureMaps
from tfexplain.explainers.features.optimized_inputs import OptimizedInputs
from tfexplain.explainers.gradient.input_x_gradient import InputXGradient
from tfexplain.explainers.gradient.saliency import Saliency
from tfexplain.explainers.gradient.smooth import Smooth
from tfexplain.explainers.gradient.smooth_grad import SmoothGrad
from tfexplain.explainers.gradient.var_grad import VarGrad
from tfexplain.explainers.path.expected_gradients import ExpectedGradients
from tfexplain.explainers.path.integrated_gradients import IntegratedGradients
from tfexplain.explainers.perturbation.feature_ablation import FeatureAblation
from tfexplain.explainers.perturbation.kernel_shap import KernelSHAP
from tfexplain.explainers.perturbation.lime import LIME
from tfexplain.explainers.perturbation.occlusion import Occlusion
from tfexplain.explainers.perturbation.permutation_importance import PermutationImportance
from tfexplain.explainers.perturbation.rise import RISE
from tfexplain.model.shared_pass import LayerReads

__all__ = [
    "LIME",
    "RISE",
    "ActivationMaximization",
    "Attention",
    "AttentionRollout",
    "Context",
    "Custom",
    "ExpectedGradients",
    "Explainer",
    "Explanations",
    "FeatureAblation",
    "FeatureMaps",
    "GradCAM",
    "GradCAMPlusPlus",
    "GradientAttention",
    "HiResCAM",
    "InputXGradient",
    "IntegratedGradients",
    "KernelSHAP",
    "LayerCAM",
    "LayerReads",
    "Occlusion",
    "OptimizedInputs",
    "PermutationImportance",
    "Saliency",
    "ScoreCAM",
    "Smooth",
    "SmoothGrad",
    "VarGrad",
    "explain",
]
