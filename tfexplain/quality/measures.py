"""Describes the measures of similarity: name, meaning and lowest value.

The page shows them by this table, which `make tables` writes down for it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """Describes one of `MEASURES`, or `OTHERS`, in words.

    `least` is the lowest value that it usually takes.
    """

    name: str
    label: str
    meaning: str
    least: int


KNOWN_MEASURES = (
    Measure(
        "spearman",
        "Spearman",
        "Correlation of ranks: 1 where both maps order all positions alike, 0 for no relation",
        -1,
    ),
    Measure(
        "pearson",
        "Pearson",
        "Correlation of values: 1 where one map is a multiple of the other, 0 for no relation",
        -1,
    ),
    Measure(
        "top10_iou",
        "top-10% IoU",
        "Overlap of the strongest tenth of positions: 1 for the same ones, 0 for none in common",
        0,
    ),
    Measure(
        "spearman_others",
        "Spearman with other samples",
        "Correlation of ranks with the reference’s maps of other samples, their mean: what is "
        "alike whatever the sample",
        -1,
    ),
    Measure("ssim", "SSIM", "Local structure on one scale for all samples: 1 for equal maps", 0),
)
# What normal variation spans: these percentiles of the controls' values, where there are as many
# values at least. Percentiles of fewer would be single samples.
BAND_PERCENTILES = (10, 90)
LEAST_VALUES = 5
