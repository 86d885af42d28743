"""Makes the records of who pays: by class and group, by row, and by shared weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tfexplain.comparing.comparison import Comparison
from tfexplain.comparing.payers import Exemplar, Paid
from tfexplain.pruning import MaskOverlap
from tfexplain.wire import schema

# Beyond, the list says how many more there are.
_MOST_EXEMPLARS = 200


def payers_record(paid: Sequence[Paid], name: str, reference: str) -> schema.Payers | None:
    """Returns the numbers of one model; None without any."""
    own = [one for one in paid if one.model == name]
    if not own:
        return None
    parts = list(dict.fromkeys((one.by, one.name) for one in own))
    measures = list(dict.fromkeys(one.measure for one in own))
    counts = np.zeros((len(parts), len(measures)), np.int64)
    values = np.full((*counts.shape, 3), np.nan)
    bands = np.full((*counts.shape, 2), np.nan)
    for one in own:
        at = parts.index((one.by, one.name)), measures.index(one.measure)
        counts[at], values[at] = one.rows, (one.value, one.low, one.high)
        bands[at] = (np.nan, np.nan) if one.band is None else one.band
    by_group = np.array([by == "group" for by, _ in parts])
    names = [part for _, part in parts]
    return schema.Payers(names, by_group, measures, counts, values, bands, reference)


def exemplars_record(
    found: Sequence[Exemplar], comparison: Comparison, samples: npt.NDArray[np.int64]
) -> schema.Exemplars | None:
    """Returns the exemplars; None where there is no population of dense or of compressed models.

    Args:
        found: All of them.
        comparison: Whose they are.
        samples: int64 [N], the rows that are explained, first those that were drawn.
    """
    roles = [(name, compared.role) for name, compared in comparison.models.items()]
    dense = [name for name, role in roles if role != "model"]
    compressed = [name for name, role in roles if role == "model"]
    if not comparison.reference.predicted.count or min(len(dense), len(compressed)) < 2:
        return None
    kept = found[:_MOST_EXEMPLARS]
    place = {row: sample for sample, row in enumerate(samples.tolist())}
    return schema.Exemplars(
        np.array([one.row for one in kept], np.int64),
        np.array([place.get(one.row, -1) for one in kept], np.int32),
        [one.label for one in kept],
        [one.group for one in kept],
        [one.dense for one in kept],
        [one.compressed for one in kept],
        np.array([(one.dense_share, one.compressed_share) for one in kept]).reshape(-1, 2),
        *(dense, compressed),
        drawn=len(comparison.rows),
        total=len(found),
    )


def overlaps_record(comparison: Comparison, name: str) -> schema.Overlaps | None:
    """Returns which weights a model keeps that others keep too; None where it has no zeros."""
    pairs = dict(_beside(comparison, name))
    if not pairs:
        return None
    kernels = list(dict.fromkeys(k for overlap in pairs.values() for k in overlap.layers))
    counts = np.zeros((len(pairs), len(kernels), 4), np.int64)
    for place, overlap in enumerate(pairs.values()):
        for kernel, own in overlap.layers.items():
            at = place, kernels.index(kernel)
            counts[at] = own.weights, own.first, own.second, own.both
    return schema.Overlaps(list(pairs), kernels, counts)


def _beside(comparison: Comparison, name: str) -> Iterator[tuple[str, MaskOverlap]]:
    """Yields each other model and the overlap, this model's weights first."""
    for (one, other), overlap in comparison.overlaps.items():
        if name == one:
            yield other, overlap
        elif name == other:
            yield one, overlap.turned
