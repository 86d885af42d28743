"""Writes `src/tables.ts`: what the library and the page must agree on, from the library's tables.

Run by `make tables`; a test fails where the file is not what this writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from tfexplain import coloring
from tfexplain.model.tfmot_names import WRAPPERS
from tfexplain.quality.measures import BAND_PERCENTILES, KNOWN_MEASURES, LEAST_VALUES
from tfexplain.quality.similarity import TOP_SHARE
from tfexplain.wire import pictures
from tfexplain.wire.clock import FINE, PARTS
from tfexplain.wire.container import MAX_HEADER_BYTES, VERSION
from tfexplain.wire.metrics import METRICS, Unit
from tfexplain.wire.records.compressed import ROW_KEYS
from tfexplain.wire.records.healthy import LAYER_KEYS, STATES
from tfexplain.wire.records.inputs import RANKS
from tfexplain.wire.records.kinds import (
    ACTIVATIONS,
    LABEL_KINDS,
    LAYOUTS,
    ROLES,
    TEACHER,
    TEACHER_LAYER,
    TEACHER_RUN,
    Kind,
)
from tfexplain.wire.records.moments import MOMENTS
from tfexplain.wire.records.ranked import FEATURE_KINDS, SCORES
from tfexplain.wire.records.structured import NODE_KEYS, NODE_KINDS
from tfexplain.wire.schema import PLUGIN_NAME
from tfexplain.wire.tags import EVALUATED

PATH = Path(__file__).parent / "src" / "tables.ts"

_HEAD = "/** The library's tables, as `make tables` writes them down: change them there. */\n"


def text() -> str:
    """The whole file."""
    return _HEAD + "".join(f"\n/** {what} */\n{line}\n" for what, line in _tables())


def _tables() -> Iterator[tuple[str, str]]:
    yield "The plugin's name, in addresses and in the link.", _const("PLUGIN_NAME", PLUGIN_NAME)
    yield "Logs of a newer major version are not read.", _const("MAJOR_VERSION", VERSION[0])
    yield "Headers of records that are longer are not read.", _const("MAX_HEADER", MAX_HEADER_BYTES)
    yield (
        "Pixels of one picture that are decoded: four bytes each, whatever is shown of them.",
        _const("MAX_AREA", pictures.MAX_PICTURE_AREA),
    )
    yield (
        "Pixels of all pictures of one input; their files may be a few hundred kilobytes.",
        _const("MAX_SUM", pictures.MAX_PICTURES_AREA),
    )
    kinds = [kind for kind in get_args(Kind) if kind != "inputs"]
    yield "Kinds of records; `inputs` are pictures.", _names("KINDS", "RecordKind", kinds)
    yield "How the values of a map or an input lie.", _names("LAYOUTS", "Layout", LAYOUTS)
    yield "Axes of inputs that are no pictures, by layout.", _const("VALUE_RANKS", RANKS)
    yield "What a run is to its reference.", _names("ROLES", "Role", ROLES)
    yield "A reference that is no run of a comparison.", _const("TEACHER", TEACHER)
    yield "The teacher's run in that of its student.", _const("TEACHER_RUN", TEACHER_RUN)
    yield (
        "In its maps' settings, the layer that they are of.",
        _const("TEACHER_LAYER", TEACHER_LAYER),
    )
    yield "When a record was made.", _names("MOMENTS", "MomentKind", MOMENTS)
    yield (
        "From here on, steps of events count parts of epochs since training began.",
        _const("FINE", FINE),
    )
    yield "How many parts an epoch has there.", _const("PARTS", PARTS)
    yield "Kinds of records that are compared with labels.", _const("EVALUATED", EVALUATED)
    yield "What labels are.", _names("LABEL_KINDS", "LabelKind", LABEL_KINDS)
    yield "What outputs are.", _names("ACTIVATIONS", "Activation", ACTIVATIONS)
    yield (
        "What is ranked by how much it is used.",
        _names("FEATURE_KINDS", "FeatureKind", FEATURE_KINDS),
    )
    yield "What is measured while features are hidden.", _names("SCORES", "Score", SCORES)
    yield "What a row of kernels says of each.", _const("ROW_KEYS", ROW_KEYS)
    yield "What a row of health says of each layer.", _const("LAYER_KEYS", LAYER_KEYS)
    yield "Whether a layer's weights are trained.", _const("LAYER_STATES", STATES)
    yield "What a node of a model's structure says of itself.", _const("NODE_KEYS", NODE_KEYS)
    yield "What a node stands for.", _names("NODE_KINDS", "NodeKind", NODE_KINDS)
    yield "What tfmot puts before a layer's name for its wrapper.", _const("WRAPPERS", WRAPPERS)
    yield "What the numbers of a kernel or a layer are in.", _names("UNITS", "Unit", get_args(Unit))
    yield (
        "Numbers of a kernel or a layer.",
        _const("METRICS", [asdict(metric) for metric in METRICS]),
    )
    yield (
        "Measures of similarity; `least` is the lowest usual value.",
        _const("MEASURES", [asdict(measure) for measure in KNOWN_MEASURES]),
    )
    yield "Percentiles of the controls' band.", _const("BAND_PERCENTILES", BAND_PERCENTILES)
    yield "Fewer values of controls make no band.", _const("LEAST_VALUES", LEAST_VALUES)
    yield "The share of positions in `top10_iou`.", _const("TOP_SHARE", TOP_SHARE)
    yield from _coloring()


def _coloring() -> Iterator[tuple[str, str]]:
    yield "Share of the scale from which a map hides its input.", _const("SOLID", coloring.SOLID)
    yield "Lightness of a dimmed input, relative to the input.", _const("DIM", coloring.DIM)
    yield "What maps without a picture are drawn on.", _const("PLATE", coloring.PLATE)
    yield (
        "Coarse maps over inputs whose longer side is shorter are drawn pixel by pixel.",
        _const("SMALL", coloring.SMALL),
    )
    yield (
        "Share of a pixel map's magnitudes up to which the scale reaches.",
        _const("CEILING", coloring.CEILING),
    )
    yield (
        "Evidence below that share of its score is zero but for rounding.",
        _const("NOISE", coloring.NOISE),
    )
    yield (
        "Colours on each side of zero; twice as many without signs.",
        _const("LEVELS", coloring.LEVELS),
    )
    yield (
        "Anchors from zero to the scale: an arm for values below zero, and one for those above.",
        f"export const SIGNED = {json.dumps(coloring.SIGNED, indent=2)} as const;",
    )


def _const(name: str, value: Any) -> str:
    return f"export const {name} = {_literal(value)} as const;"


def _literal(value: Any) -> str:
    """On one line, but lists with an entry a line."""
    if not isinstance(value, (list, tuple)):
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + "".join(f"  {_literal(one)},\n" for one in value) + "]"


def _names(name: str, type_name: str, values: Any) -> str:
    return f"{_const(name, values)}\nexport type {type_name} = (typeof {name})[number];"


if __name__ == "__main__":
    PATH.write_text(text(), "utf-8")
