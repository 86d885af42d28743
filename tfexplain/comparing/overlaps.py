"""Compares which weights every two pruned models keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from tfexplain.comparing.weights import Weights
from tfexplain.errors import TfexplainError
from tfexplain.pruning.overlap import MaskOverlap, kernels_overlap
from tfexplain.text_table import aligned

# Models with fewer zeros keep all that they have.
_LEAST_SPARSITY = 0.05


def overlaps(weights: Mapping[str, Weights]) -> dict[tuple[str, str], MaskOverlap]:
    """Computes the overlap of every two models with zeros, by their names."""
    found = {}
    pruned = {name: own for name, own in weights.items() if _sparsity(own) >= _LEAST_SPARSITY}
    for one, other in combinations(pruned, 2):
        kernels = ([numbers.layer for numbers in pruned[name].numbers] for name in (one, other))
        try:
            found[one, other] = kernels_overlap(*kernels)
        except TfexplainError:
            continue  # of a file whose kernels have other axes
    return found


def overlap_table(found: Mapping[tuple[str, str], MaskOverlap]) -> Sequence[str]:
    """Formats the overlaps, with a title; nothing where there are none."""
    if not found:
        return ()
    rows = [["model", "and model", "keep", "and keep", "both, of either", "by chance"]]
    for (one, other), overlap in found.items():
        kept = (f"{part / overlap.weights:.3f}" for part in (overlap.first, overlap.second))
        rows.append([one, other, *kept, f"{overlap.jaccard:.3f}", f"{overlap.chance:.3f}"])
    return "Whether pruned models keep the same weights", aligned(rows)


def _sparsity(weights: Weights) -> float:
    return max((total.sparsity for total in weights.totals.values()), default=0.0)
