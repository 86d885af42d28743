"""What the user passed to `Explain`, checked as far as can be without a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tfexplain.explainers import Explainer
from tfexplain.targets import Targets


@dataclass(frozen=True)
class Settings:
    """The arguments of `Explain`; see there."""

    val: Any
    explainers: tuple[Explainer, ...] | None
    samples: int
    class_names: tuple[str, ...]
    targets: Targets | str
    color_range: tuple[float, float] | None
    images: bool
    seed: int
    verbose: bool

    def check(self) -> None:
        """Raises ValueError for settings that are wrong whatever the model."""
        check_positive("samples", self.samples)
        if isinstance(self.targets, str) and self.targets not in ("label", "predicted"):
            raise ValueError(
                f"targets={self.targets!r}: expected 'label', 'predicted', a class index, a "
                "function of the outputs, or a Unit."
            )
        for explainer in self.explainers or ():
            if not isinstance(explainer, Explainer):
                raise TypeError(
                    f"explainers: expected explainers such as GradCAM(); got {explainer!r}."
                )


def check_positive(argument: str, value: object) -> None:
    """Raises ValueError unless `value` is a whole number of at least 1."""
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{argument}={value!r}: expected a whole number of at least 1.")
