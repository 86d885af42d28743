"""Holds what the user passed to `Explain`, checked as far as can be without a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tfexplain.checks import check_choice, check_verbose, check_whole
from tfexplain.data import validation
from tfexplain.errors import TfexplainError
from tfexplain.exchange import Exchange
from tfexplain.explainers import Explainer
from tfexplain.model.presets import NAMES, is_preset
from tfexplain.model.targets import Targets
from tfexplain.runlog.naming import Naming
from tfexplain.runlog.region_choice import RegionChoice, named_regions
from tfexplain.trust import Metric, ModelRandomisation
from tfexplain.usage import SpRAy

# In the order of the classes, or by index, or their indices by name.
ClassNames: TypeAlias = Iterable[Any] | Mapping[int, Any] | Mapping[str, int]


@dataclass(frozen=True)
class ExplainSettings(Naming):
    """Holds the arguments of `Explain`; see there."""

    validation_data: Any
    explainers: tuple[Explainer, ...] | None
    samples: int
    class_names: tuple[str, ...]
    targets: Targets | str
    color_range: tuple[float, float] | None
    write_images: bool
    seed: int
    verbose: bool | int
    exchange: Exchange | None = None
    importance: int | None = None
    quality: tuple[Metric, ...] = ()
    sanity: str | None = None
    clusters: SpRAy | None = None
    regions: RegionChoice = None

    def check(self) -> None:
        """Raises ValueError for settings that are wrong whatever the model."""
        validation.check(self.validation_data)
        check_whole("samples", self.samples)
        check_whole("importance", self.importance, 2, optional=True)
        if not isinstance(self.clusters, SpRAy | None):
            raise TfexplainError(
                f"clusters={self.clusters!r}: expected a number of rows, at least 500, or SpRAy()."
            )
        check_whole("seed", self.seed, 0)
        check_verbose(self.verbose)
        known = self.targets in ("label", "predicted") if isinstance(self.targets, str) else True
        if not known and not is_preset(self.targets):
            raise TfexplainError(
                f"targets={self.targets!r}: expected 'label', 'predicted', a class index, a "
                f"function of the outputs, a Unit, or a number by its name, such as {NAMES}."
            )
        check_metrics(self.quality)
        self._check_quality()
        check_choice("sanity", self.sanity, (None, "random"))
        named_regions(self.regions)
        self._check_classes()
        self.check_names()
        for explainer in self.explainers or ():
            if not isinstance(explainer, Explainer):
                raise TfexplainError(
                    f"explainers: expected explainers such as GradCAM(); got {explainer!r}."
                )

    @property
    def asked(self) -> bool:
        """Whether what is explained was asked for by name, so that it cannot be left out."""
        return self.explainers is not None or self.exchange is not None or self.asks

    @property
    def asks(self) -> bool:
        """Whether `targets` name a number, other than the label's or the predicted class."""
        return not isinstance(self.targets, str) or self.targets not in ("label", "predicted")

    def _check_quality(self) -> None:
        if any(isinstance(metric, ModelRandomisation) for metric in self.quality):
            raise TfexplainError(
                "quality: ModelRandomisation re-draws weights, and these are in training. Call it "
                "after training; how like maps are to those at the start is always logged."
            )

    def _check_classes(self) -> None:
        names = self.class_names
        if unnamed := [i for i, name in enumerate(names) if not name]:
            raise TfexplainError(
                f"class_names: expected a name for each class; class {unnamed[0]} has none. Pass "
                "a list of names, or names by class index."
            )


def check_metrics(quality: Sequence[Metric]) -> None:
    """Raises TfexplainError for what is no metric, and for two of one name."""
    for metric in quality:
        if not isinstance(metric, Metric):
            raise TfexplainError(
                f"quality: expected metrics such as tfexplain.trust.Deletion(); got {metric!r}."
            )
    names = [metric.name for metric in quality]
    for name in names:
        if names.count(name) > 1:
            raise TfexplainError(
                f"quality: expected each metric once, for numbers go by its name; got {name} "
                f"{names.count(name)} times. Measure the others after training."
            )


def named_classes(names: Any) -> tuple[str, ...]:
    """Returns the names of classes in the order of their indices, "" where one has none.

    Takes a list, an array, a range, names by index, or indices by name, as Keras' image loaders
    have them.

    >>> named_classes(range(3)), named_classes({"dog": 1, "cat": 0}), named_classes({1: "dog"})
    (('0', '1', '2'), ('cat', 'dog'), ('', 'dog'))
    """
    if names is None:
        return ()
    if isinstance(names, Mapping):
        turned = all(isinstance(key, str) for key in names)
        pairs = [(value, key) if turned else (key, value) for key, value in names.items()]
        by_index = {int(i): name for i, name in pairs if isinstance(i, (int, np.integer))}
        names = [by_index.get(i) for i in range(max(len(pairs), *(i + 1 for i in by_index), 0))]
    return tuple(_text(name) for name in names)


def _text(name: Any) -> str:
    if name is None or name != name:  # NaN, of tables with gaps
        return ""
    return name.decode() if isinstance(name, bytes) else str(name)
