"""Averages the maps of any explainer over noisy copies of a sample."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from tfexplain.checks import check_choice
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Explainer
from tfexplain.explainers.gradient.noise import NoisyExplainer
from tfexplain.explainers.gradient.running_moments import Statistic
from tfexplain.model.traced_model import TracedModel


@dataclass(frozen=True, eq=False)
class Smooth(NoisyExplainer):
    """Averages another explainer's maps over noisy copies of each sample.

    Each copy is explained for the target of the clean sample: its label, or the class that the
    model predicts without noise. `values` are shaped as the explainer's, float32, in its unit (the
    variance in its square), and the method's name is `Smooth(IntegratedGradients)`. The explainer's
    settings choose output and score. Noise and chunks are those of all such methods
    (`NoisyExplainer`).

    Attributes:
        explainer: Any explainer of inputs or layers.
        statistic: `"mean"` (default), `"square"` (the mean square) or `"variance"` over the copies.

    References:
        Smilkov et al. 2017, section 3, https://arxiv.org/abs/1706.03825; squares: Hooker et al.
        2019, https://arxiv.org/abs/1806.10758

    Example:
        >>> import keras, numpy as np
        >>> from tfexplain import IntegratedGradients
        >>> double = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling(2.0)])
        >>> found = Smooth(IntegratedGradients(), copies=4)(double, np.array([[1.0, 1.0]]), 1)
        >>> found.explainer, found.values.round(4).tolist()
        ('Smooth(IntegratedGradients)', [[0.0, 2.0]])
    """

    explainer: Explainer
    _: KW_ONLY
    statistic: Statistic = "mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.explainer, Explainer):
            raise TfexplainError(
                f"explainer={self.explainer!r}: expected an explainer such as Saliency()."
            )
        check_choice("statistic", self.statistic, ("mean", "square", "variance"))
        for setting, default in (("score", "logit"), ("output", None)):
            own, inner = getattr(self, setting), getattr(self.explainer, setting)
            if own not in (default, inner):
                raise TfexplainError(
                    f"{setting}={own!r}: expected it to be the explainer's; got {inner!r} there. "
                    f"Pass it to {self.explainer.name}."
                )
            object.__setattr__(self, setting, inner)

    @property
    def name(self) -> str:
        """`Smooth(IntegratedGradients)`; a statistic other than the mean is named behind a
        comma."""
        kind = "" if self.statistic == "mean" else f",{self.statistic}"
        return f"Smooth({self.explainer.name}{kind})"

    @property
    def inner(self) -> Explainer:
        """The explainer of the noisy copies."""
        return self.explainer

    @property
    def _statistic(self) -> Statistic:
        return self.statistic

    def settings(self) -> dict[str, str]:
        """Returns the settings as text, with the explainer's own in one line."""
        inner = [f"{k}={v}" for k, v in self.explainer.settings().items() if v != "default"]
        own = super().settings()
        del own["score"], own["output"]  # which are the explainer's
        return own | {"explainer": f"{self.explainer.name}({', '.join(inner)})"}

    def with_half_batch(self, traced_model: TracedModel) -> Smooth | None:
        """Returns a copy with half the `batch_size`, here and in the explainer where it has one."""
        inner, half = (
            self.explainer.with_half_batch(traced_model),
            super().with_half_batch(traced_model),
        )
        if inner is None and half is None:
            return None
        size = vars(half)["batch_size"] if half else self.batch_size
        return replace(self, explainer=inner or self.explainer, batch_size=size)
