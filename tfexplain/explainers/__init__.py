"""The methods, one a file, and `explain`, which runs several on shared passes."""

from tfexplain import needs_tensorflow  # noqa: F401
from tfexplain.explainers.activation_maximization import ActivationMaximization
from tfexplain.explainers.attention import Attention
from tfexplain.explainers.attention_rollout import AttentionRollout
from tfexplain.explainers.base import Explainer
from tfexplain.explainers.expected_gradients import ExpectedGradients
from tfexplain.explainers.feature_ablation import FeatureAblation
from tfexplain.explainers.feature_maps import FeatureMaps
from tfexplain.explainers.grad_cam import GradCAM
from tfexplain.explainers.grad_cam_plus_plus import GradCAMPlusPlus
from tfexplain.explainers.gradient_attention import GradientAttention
from tfexplain.explainers.hires_cam import HiResCAM
from tfexplain.explainers.input_x_gradient import InputXGradient
from tfexplain.explainers.integrated_gradients import IntegratedGradients
from tfexplain.explainers.kernel_shap import KernelSHAP
from tfexplain.explainers.layer_cam import LayerCAM
from tfexplain.explainers.lime import LIME
from tfexplain.explainers.maxima import Maxima
from tfexplain.explainers.occlusion import Occlusion
from tfexplain.explainers.permutation_importance import PermutationImportance
from tfexplain.explainers.rise import RISE
from tfexplain.explainers.saliency import Saliency
from tfexplain.explainers.score_cam import ScoreCAM
from tfexplain.explainers.smooth import Smooth
from tfexplain.explainers.smooth_grad import SmoothGrad
from tfexplain.explainers.together import Explanation, explain
from tfexplain.explainers.var_grad import VarGrad

__all__ = [
    "LIME",
    "RISE",
    "ActivationMaximization",
    "Attention",
    "AttentionRollout",
    "ExpectedGradients",
    "Explainer",
    "Explanation",
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
    "Maxima",
    "Occlusion",
    "PermutationImportance",
    "Saliency",
    "ScoreCAM",
    "Smooth",
    "SmoothGrad",
    "VarGrad",
    "explain",
]
