"""Settings of clusters of maps in a training's log."""

from __future__ import annotations

from dataclasses import dataclass

from tfexplain.checks import check_whole
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Explainer
from tfexplain.usage.cluster_maps import LEAST_ASKED, ROWS


@dataclass(frozen=True, kw_only=True)
class SpRAy:
    """Tells `Explain(clusters=...)` which rows are explained once, and when: spectral relevance
    analysis.

    Attributes:
        rows: How many validation rows, at most, at least 500; see `tfexplain.clusters`.
        at: The epoch at whose end they are explained; default after training.
        explainer: A method that gives values at the inputs; default as `tfexplain.clusters`.

    References:
        Lapuschkin et al. 2019, https://arxiv.org/abs/1902.10178

    >>> SpRAy(at=9)
    SpRAy(rows=1000, at=9, explainer=None)
    """

    rows: int = ROWS
    at: int | None = None
    explainer: Explainer | None = None

    def __post_init__(self) -> None:
        check_whole("rows", self.rows, LEAST_ASKED)
        check_whole("at", self.at, 0, optional=True)
        if self.explainer is not None and not isinstance(self.explainer, Explainer):
            raise TfexplainError(
                f"explainer={self.explainer!r}: expected a method such as IntegratedGradients()."
            )
