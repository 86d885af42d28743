"""Holds the result of a comparison: numbers by model, explainer and layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from tfexplain.compression import ActivationErrors, Totals
from tfexplain.pruning import MaskOverlap
from tfexplain.quality import Fidelity
from tfexplain.quality.drift import Drifted
from tfexplain.quality.fidelity import Predicted
from tfexplain.quality.measures import BAND_PERCENTILES, LEAST_VALUES
from tfexplain.quality.similarity import MEASURES
from tfexplain.trust import Measured

if TYPE_CHECKING:
    from tfexplain.comparing.payers import Exemplar, Paid

Place = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Compared:
    """Holds the numbers of one model beside the reference.

    Attributes:
        name: As its run is called.
        role: `reference`, `model` or `control`.
        predicted: On all rows of the data; large outputs are mapped from a file.
        drifts: Drift by explainer and layer (without wrappers): `values` float64 [N, measures]
            and `agrees` bool [N] of the explained rows; empty for the reference itself, and for a
            model without gradients.
        fidelity: Fidelity of its predictions on all rows; None for the reference.
        totals: Totals of its weights, by part of the model.
        quality: What metrics say of its maps, by explainer and layer.
        notes: Parts that are missing, in words.
        from_file: Whether it is a .tflite file, whose size is that of what stands in it.
        activations: Of a quantized model: outputs of layers beside those of the reference, on the
            explained rows.
        reference: Name of the model that it is measured against; "" of the first.
    """

    name: str
    role: Literal["reference", "model", "control"]
    predicted: Predicted
    drifts: Mapping[Place, Drifted] = field(default_factory=dict)
    fidelity: Fidelity | None = None
    totals: Mapping[str, Totals] = field(default_factory=dict)
    notes: Sequence[str] = ()
    quality: Mapping[Place, Sequence[Measured]] = field(default_factory=dict)
    from_file: bool = False
    activations: ActivationErrors | None = None
    reference: str = ""


@dataclass(frozen=True)
class Moved:
    """Describes a sample whose map differs from the reference's though its prediction does not.

    `row` is its index in the data, `spearman` the similarity of the two maps, `outside` whether
    that is below the band of the controls; None without a band.
    """

    model: str
    explainer: str
    layer: str
    row: int
    label: str
    predicted: str
    spearman: float
    outside: bool | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Holds models beside a reference, on the same rows and for the same targets.

    Attributes:
        models: Models by name, the reference first, controls last.
        rows: int64 [N], the explained rows of the data.
        labels: float64 [N], their labels; NaN where there is none.
        target: The explained target, in words.
        class_names: Names of the classes, where given.
        log_dir: Directory of the log, or "".
        classes: int64 [rows of the data], their labels, -1 where unknown; None where labels are no
            classes.
        groups: The group of each row of the data; empty without groups.
        overlaps: Which weights two models both keep, by their names, of all that have zeros.
        skipped: Rows that cannot be read, with the reason.
        readable: bool [rows of the data], which could be read; None for all.
    """

    models: Mapping[str, Compared]
    rows: npt.NDArray[np.int64]
    labels: npt.NDArray[np.float64]
    target: str
    class_names: Sequence[str] = ()
    log_dir: str = ""
    classes: npt.NDArray[np.int64] | None = None
    groups: Sequence[str] = ()
    overlaps: Mapping[tuple[str, str], MaskOverlap] = field(default_factory=dict)
    skipped: Sequence[str] = ()
    readable: npt.NDArray[np.bool_] | None = None

    @property
    def reference(self) -> Compared:
        """The first model, which the others are compared with where no other was named."""
        return next(iter(self.models.values()))

    def reference_of(self, compared: Compared) -> Compared:
        """Returns the model that one is measured against; of the first it is itself."""
        return self.models.get(compared.reference, self.reference)

    @property
    def reference_text(self) -> str:
        """What models are beside, in words: the first, or each its own reference."""
        several = {self.reference_of(one).name for one in self.models.values()}
        first = self.reference.name
        return first if len(several) == 1 else f"the reference of each, {first} where none is named"

    @property
    def places(self) -> list[Place]:
        """Every explainer and layer that was compared."""
        return list(
            dict.fromkeys(place for compared in self.models.values() for place in compared.drifts)
        )

    def band(self, explainer: str, layer: str) -> npt.NDArray[np.float64] | None:
        """Computes the control band: 10th and 90th percentile of each measure, [2, measures].

        Only samples count on which a control and the reference predict the same. NaN for a measure
        with fewer than five values, None where all have fewer.
        """
        drifts = [
            compared.drifts[explainer, layer]
            for compared in self.models.values()
            if compared.role == "control" and (explainer, layer) in compared.drifts
        ]
        values = [compared.values[compared.agrees] for compared in drifts]
        pooled = np.concatenate([np.zeros((0, len(MEASURES))), *values])
        columns = [column[np.isfinite(column)] for column in pooled.T]
        if max(map(len, columns)) < LEAST_VALUES:
            return None
        known = [
            np.percentile(c, BAND_PERCENTILES) if len(c) >= LEAST_VALUES else (np.nan,) * 2
            for c in columns
        ]
        return np.stack(known, axis=1)

    def moved(self, count: int = 10) -> list[Moved]:
        """Returns the samples whose maps differ most, by Spearman, though predictions are equal.

        Each explainer and layer counts by itself.
        """
        measure = MEASURES.index("spearman")
        moved: list[Moved] = []
        for name, compared in self.models.items():
            if compared.role != "model":
                continue
            for (explainer, layer), drifted in compared.drifts.items():
                band, values = self.band(explainer, layer), drifted.values[:, measure]
                if band is not None and np.isnan(band[0, measure]):
                    band = None
                for sample in np.flatnonzero(drifted.agrees & (values < 1)):
                    value, row = float(values[sample]), int(self.rows[sample])
                    outside = None if band is None else bool(value < band[0, measure])
                    label, predicted = self.labels[sample], int(compared.predicted.classes[row])
                    words = self.class_name(label), self.class_name(predicted)
                    moved.append(Moved(name, explainer, layer, row, *words, value, outside))
        return sorted(moved, key=lambda compared: compared.spearman)[:count]

    def payers(self) -> list[Paid]:
        """Returns who pays: accuracy, agreement and similarity of maps of each model by class and
        group, with intervals and the controls' band; models of classes only."""
        from tfexplain.comparing.payers import payers

        return payers(self)

    def exemplars(self) -> list[Exemplar]:
        """Returns compression-identified exemplars, rows whose most frequent prediction differs
        between the compressed models and the dense ones (the reference and the controls), surest
        first; none with fewer than two of either.

        References:
            Hooker et al. 2019, https://arxiv.org/abs/1911.05248
        """
        from tfexplain.comparing.payers import exemplars

        return exemplars(self)

    def summary(self, moved: int = 10) -> str:
        """Returns tables as text: predictions, who pays, weights, maps, and the samples that moved
        most."""
        from tfexplain.comparing.tables import summary

        return summary(self, moved)

    def __str__(self) -> str:
        return self.summary()

    def class_name(self, index: float) -> str:
        """Returns the name of a class, its number where it has none; "" for NaN or unknown."""
        if np.isnan(index) or (self.reference.predicted.count and index < 0):
            return ""
        whole = float(index).is_integer()
        if whole and 0 <= index < len(self.class_names):
            return self.class_names[int(index)]
        return f"{index:g}" if self.reference.predicted.count or index >= 0 else ""
