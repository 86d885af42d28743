"""The page's tables are those of the library."""

from __future__ import annotations

import runpy
from dataclasses import fields
from pathlib import Path

from tfexplain.compression import LayerNumbers, Sizes, Totals
from tfexplain.health.numbers import TOTALS
from tfexplain.quality.measures import KNOWN_MEASURES
from tfexplain.quality.similarity import MEASURES, OTHERS
from tfexplain.wire.metrics import METRICS

FRONTEND = Path(__file__).parents[2] / "tb_plugin" / "frontend"


def test_the_committed_tables_are_what_the_library_says() -> None:
    script = runpy.run_path(str(FRONTEND / "write_tables.py"))
    committed = (FRONTEND / "src" / "tables.ts").read_text("utf-8")
    assert committed == script["text"](), "the tables changed: run `make tables`"


def test_every_number_of_a_kernel_or_a_layer_has_a_label() -> None:
    # Fields that are no numbers themselves; their numbers are named below.
    objects = {"layer", "structure", "sizes", "scales", "moments", "histogram", "kept", "errors"}
    own = {f.name for f in fields(LayerNumbers)} - objects
    own |= {name for name, value in vars(LayerNumbers).items() if isinstance(value, property)}
    totals = {f.name for f in fields(Totals)} - {"denominator"}
    sizes = {f"size_{f.name}" for f in fields(Sizes)}
    of_objects = {"mean", "std", "low", "high", "scale_spread", "scales_bad"}
    of_layer = {"weights", "bits_stored", "bits_compute"}
    activity = {f"activation_{name}" for name in ("mean", "std", "sparsity", "nonfinite")}
    activity |= {"saturated", "dead_share", "activation_sqnr", "activation_clipping"}
    gradients = {f"gradient_{name}" for name in ("norm", "zeros", "nonfinite", "underflow")}
    updates = {"update_norm", "update_ratio", "update_underflow", "weight_norm"}
    health = activity | gradients | updates | set(TOTALS)
    names = [metric.name for metric in METRICS]
    assert len(names) == len(set(names))
    of_maps = {"map_similarity", "evidence_area"}
    assert set(names) == own | totals | sizes | of_objects | of_layer | health | of_maps


def test_every_measure_has_a_label() -> None:
    assert {measure.name for measure in KNOWN_MEASURES} == {*MEASURES, OTHERS}
