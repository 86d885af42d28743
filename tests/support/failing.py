"""An explainer that finds nothing, and does harm at chosen calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tfexplain.explainers import Explainer
from tfexplain.model.shared_pass import LayerReads


def out_of_luck() -> None:
    raise RuntimeError("out of luck")


@dataclass(frozen=True, eq=False)
class Failing(Explainer):
    """Does `harm` at the calls of which `when` is true; they count from 1, the dry run."""

    when: Callable[[int], bool]
    harm: Callable[[], None] = out_of_luck
    calls: list[int] = field(default_factory=list)

    def plan(self, traced_model: Any, targets: Any = None) -> LayerReads:
        return LayerReads()

    def attributions(self, context: Any, reduced: Any) -> Any:
        self.calls.append(1)
        if self.when(len(self.calls)):
            self.harm()
        return {}
