"""One threshold for several kernels, against sorting all weights by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tfexplain.compression.layout import Layout
from tfexplain.errors import SettingError
from tfexplain.pruning.structures import Structure, global_masks

RNG = np.random.default_rng(1)
CUBES = [RNG.normal(size=(2, 8, 6)), 0.2 * RNG.normal(size=(1, 12, 4))]


def groups(structure: Structure, cube: Any) -> list[Any]:
    """Indices of what goes together."""
    k, i, o = cube.shape
    if structure.kind == "filters":
        return [(slice(None), slice(None), slice(n, n + 1)) for n in range(o)]
    tall, wide = structure.block if structure.kind == "blocks" else (1, 1)
    return [
        (slice(a, a + 1), slice(b, b + tall), slice(c, c + wide))
        for a in range(k)
        for b in range(0, i, tall)
        for c in range(0, o, wide)
    ]


@pytest.mark.parametrize("sparsity", [0.3, 0.6, 0.9])
@pytest.mark.parametrize(
    "structure", [Structure(), Structure("filters"), Structure("blocks", block=(4, 4))]
)
def test_the_smallest_of_all_kernels_go(structure: Structure, sparsity: float) -> None:
    masks = global_masks(CUBES, sparsity, structure)
    ranked = []
    for n, cube in enumerate(CUBES):
        of_cube = [(np.abs(cube[place]).mean(), n, place) for place in groups(structure, cube)]
        largest = max(of_cube, key=lambda one: one[0])
        ranked += [(np.inf if one is largest else one[0], *one[1:]) for one in of_cube]
    wanted = round(sum(cube.size for cube in CUBES) * (1 - sparsity))
    kept = 0
    for rank, n, place in sorted(ranked, key=lambda one: -one[0]):
        here, stays = masks[n][place], kept < wanted or rank == np.inf
        assert here.all() if stays else not here.any()
        kept += here.size


def test_of_every_kernel_something_stays() -> None:
    masks = global_masks([np.ones((1, 4, 4)), 1e-9 * np.ones((1, 4, 4))], 0.5, Structure("filters"))
    assert masks[0].all()
    assert masks[1].sum() == 4


def test_a_structure_says_which_kernels_cannot_have_it() -> None:
    dense, depthwise = Layout("dense", 1, 6, 3), Layout("depthwise", 9, 1, 8, 8)
    pattern = Structure("n:m")
    assert "4 does not divide its 6 inputs" in pattern.unfit(dense)
    assert "not summed" in pattern.unfit(depthwise)
    assert "no filters" in Structure("filters").unfit(Layout("lookup", 1, 100, 8))
    assert Structure("filters").unfit(dense) == Structure("blocks").unfit(dense) == ""


@pytest.mark.parametrize("pattern", [(4, 4), (0, 4), (2, 4, 8), [2, 4]])
def test_no_pattern_that_is_none(pattern: Any) -> None:
    with pytest.raises(SettingError, match="pattern"):
        Structure("n:m", pattern)
