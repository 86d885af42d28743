"""Defines the wire format: what one event of a tfexplain log holds.

Plugin name `tfexplain`, format version 1.6. Each record is one event: a scalar string tensor
(`DATA_CLASS_TENSOR`) whose bytes are a safetensors file, that is, named arrays plus a flat
header of strings (`__metadata__`). Every header holds `version` and `kind`. Epochs are the
event's step (`clock.py`).

```
tag                               record       arrays; header
samples                           Samples      labels f64 [N], rows i64 [N], hashes u64 [N]
                                               and label_sets u8 [N, K] where there are some;
                                               label_kind, class_names, settings, layers
metrics                           Metrics      values f64 [M]; names
predictions                       Predictions  outputs f32 [N, K], predicted i32 [N];
                                               activation, explained, moment, weights
status                            Status       seconds f64 [X]; explainers, problems, and cost
                                               where a training was measured
map/EXPLAINER/LAYER/SAMPLE        Map          values f16 [f], [h, w] or [d, h, w];
                                               scale, score, target, gap, and error and
                                               passes where the method tells them;
                                               of a sample that is predicted wrongly also
                                               other f16, shaped as values, the map of a
                                               second class; other_scale, other_score,
                                               other_target
channels/EXPLAINER/LAYER/SAMPLE   Channels     values f16 [c, h, w] or [c, d, h, w],
                                               scales f32 [c], channels i32 [c], dead u8 [c]
                                  and shares f16 [C] where they are known; shares_scale
matrix/EXPLAINER/LAYER/SAMPLE     Matrix       values f16 [heads, q, k],
                                               attention_heads i32 [heads]; scale
picture/EXPLAINER/LAYER/SAMPLE    Picture      values u8 [h, w, 1, 3 or 4]; -
inputs/NAME                       PNG files    a blob sequence, one picture a sample
values/NAME                       Values       values f32 [N, f], [N, T] or [N, t, c],
                                               names u8, words u8; layout
kernels                           Kernels      values f64 [L, M], totals f64 [P, T]; rows,
                                               metrics, total_metrics, parts, denominators,
                                               moment, weights
kernel/KERNEL                     Kernel       counts i64 [B], pruned u8 [O], dead u8 [C or 0];
                                               low, high, zeros, nonfinite
drift/EXPLAINER/LAYER             Drift        values f64 [N, K], agrees u8 [N];
                                               measures, reference, reference_step, role
fidelity                          Fidelity     values f64 [M], flips i64 [C], counts i64 [C];
                                               names, reference, role
exchange/NAME                     Exchange     shares, chance, low, high f64 [t] or [h, w],
                                               by_window f64 [m] or [m, n],
                                               classes i32 [C], by_class f32 [C, ...],
                                               mean u8 [H, W, c]; sides, cell, step,
                                               corner, size, share, pairs,
                                               rows, passes, values, moment, weights
health                            Health       values f64 [L, M], weight_rows i32 [W],
                                               weight_values f64 [W, M], totals f64 [T]; rows,
                                               metrics, weight_names, total_metrics, steps,
                                               moment, weights
units/LAYER                       Units        activations i64 [B or 0], gradients i64 [B or 0],
                                               dead_since i32 or i64 [C or 0]; activations and
                                               gradients (low, high, zeros, nonfinite)
structure                         Structure    parents i32 [N], edges i32 [E, 2],
                                               numbers f64 [N, 2], and curve_numbers i32 [N]
                                               and curves f32 [A, P] where there are some;
                                               rows, training, curve_range
validation                        Validation   labels f64 [N], sets u8 [N, K or 0],
                                               weights f64 [N], rows i64 [N], hashes u64 [N],
                                               groups i32 [N or 0]; label_kind, activation,
                                               classes, class_names, group_names, total,
                                               settings
outputs                           Outputs      values f32 [N, K], columns i32 [N, K or 0],
                                               log_totals f64 [N or 0], confidence_sum f64 [N],
                                               square_sum f64 [N], right_count i32 [N],
                                               forgotten i32 [N]; unit, epochs, moment,
                                               weights
pixels                            Pixels       hits, false_alarms, misses i32 [N, C],
                                               confusion f64 [C, C] or [0, 0]; moment, weights
thumbnails                        Thumbnails   hashes u64 [M], sheet u8 [B or 0] (a PNG file),
                                               texts u8; columns, height, width
importance/NAME                   Importance   values, low, high, signed f64 [F],
                                               names u8, occurs i32 [F or 0], classes i32 [C],
                                               by_class, signed_by_class f32 [C, F],
                                               permuted, permuted_low,
                                               permuted_high f64 [F or 0],
                                               weights_first f64 [F or 0],
                                               dot_features i32 [D], dots, dot_values f32 [N, D],
                                               row_labels f64 [N], row_numbers i64 [N or 0],
                                               hashes u64 [N or 0], hidden_counts i32 [K], hidden,
                                               random, random_low, random_high f64 [K],
                                               mean u8 [H, W, c]; explainer, feature, sides,
                                               total, rows, score, unit, passes, moment, weights
dependence/NAME                   Dependence   features i32 [P], names u8, grid f32 [P, G],
                                               counts i64 [P, G], categories u8 [P],
                                               outputs i32 [O], partial, low, high f32 [P, O, G],
                                               single f32 [P, M, G], single_outputs i32 [M],
                                               rows i64 [M]; averaged, unit, moment, weights
simple                            SimpleModels fidelity f64 [2, 3], on_labels f64 [3, 3],
                                               asks, left, right i32 [n], threshold, value,
                                               agree f64 [n], passed i64 [n],
                                               classes i32 [K], coefficients f32 [K, F],
                                               names, answers, rules, whose u8; feature, total,
                                               rows, of_classes, constant, moment, weights
robustness                        Robustness   steps f32 [N], right u8 [N], rows i64 [N],
                                               hashes u64 [N], grid, accuracy, low, high
                                               f64 [S]; unit, moment, weights
clusters/NAME                     Clusters     rows i64 [N], hashes u64 [N], classes,
                                               clusters i32 [N], positions f32 [N, 2],
                                               whose, examples i32 [K], means f32 [K, F],
                                               corners, sizes i32 [K, A], held,
                                               elsewhere f64 [K], names u8, pictures
                                               u8 [K or 0, H, W, c]; explainer, feature,
                                               sides, passes, moment, weights
start/EXPLAINER/LAYER             Start        values f16 [N, f], [N, h, w] or more axes,
                                               targets i32 [N]; scale
trust/EXPLAINER/LAYER             Trust        values, chance f64 [N, K], curves f16 [C, N, S],
                                               curve_scales f32 [C], curve_shares f64 [C, S];
                                               names, units, better, curve_metrics,
                                               curve_orders, passes, moment, weights
sanity/EXPLAINER/LAYER            Sanity       values, chance f64 [N, K], counts i32 [K];
                                               layers, passes, moment, weights
masks/NAME                        Masks        bits u8 [B]; shape, names, avoid
regions/EXPLAINER/LAYER           Regions      mass, pointing, area f64 [N, R]; names, avoid,
                                               moment, weights
places/NAME                       Places       corners, sizes i32 [P, D], probes f64 [P, 3];
                                               names, sides, whole, rows
sensitivity                       Sensitivity  values f64 [L, S, M], similarity f64 [P, L, S, K],
                                               bits, multiply_adds f64 [L, S], dense f64 [L, 2],
                                               stored u8 [L, S], base f64 [M], control_values
                                               f64 [C, M], control_similarity f64 [P, C, K],
                                               layers, settings, measures, similarities,
                                               explainers, map_layers, runtimes, controls u8;
                                               rows, samples
plan/NAME                         Plan         layer, setting i32 [T], sizes f64 [T],
                                               added, joint f64 [T, M], layers, settings,
                                               measures, codes u8; unit, by, simulated
changed/EXPLAINER/KERNEL          Changed      settings, layers u8; for each layer i
                                               values{i} f16 [S, N, f] or [S, N, h, w] or more,
                                               scales{i} f32 [S, N]
activations                       Activations  values f64 [L, 9], layers, missing u8; rows,
                                               reference, moment, weights
payers                            Payers       by_group u8 [P], counts i64 [P, M],
                                               values f64 [P, M, 3], bands f64 [P, M, 2],
                                               names, measures u8; reference
exemplars                         Exemplars    rows i64 [E], samples i32 [E], shares f64 [E, 2],
                                               labels, groups, dense, compressed,
                                               dense_models, compressed_models u8; drawn, total
overlaps                          Overlaps     counts i64 [P, L, 4], others, kernels u8; -
```

KERNEL is a kernel's name as `kernels` lists it. LAYER may itself hold slashes
(`backbone/conv5`), and is cut and marked where it is too long for a tag (`tag_name`), as all names
in tags are; SAMPLE is the row in the validation batch. Maps are stored as float16 of
value / scale, where scale is the largest finite magnitude: tiny gradients do not underflow, NaN
and infinity stay what they are. `gap` is empty where the method has none; `error`, relative to
the largest magnitude, may be NaN. Numbers in headers are Python's `repr`, lists and objects are
JSON; so are lists of texts that are arrays of bytes, such as `names` and `words`. `samples`,
`structure`, `validation`, `thumbnails`, `values/`, `start/`, `masks/` and `places/` stand at step
0; that of `inputs/` is any number that is new each time, and the last one holds. The picture of a
volume [d, h, w] is a sheet of its slices, row by row, the smallest whole number of at least sqrt(d)
in a row.

Version 1.1 added `layout`, `score_unit`, volumes, `matrix/` and `values/`. What a log of 1.0 lacks
is told by the shape of its maps.

Version 1.2 added `hashes` and `label_sets` of samples, and counts in `explained` what were the
explained steps themselves, i32 [E], before.
It added `weights`, and `moment` to predictions: `moment` is `epoch`, or `end` for what was
measured after training; `weights` is the step at whose end the model had the weights that were
measured, empty where no epoch ended with them. Older logs do not tell.
It added `layers`, `reference_step`, `left_out` of problems and `role` in `plugin_content`. Older
logs say these in words: layers in `settings`, an epoch in `reference`, and `role` in the settings
of `plugin_content`. It added `picture/`, `exchange/`, `shares` of channels, `other` of maps, and in
`plugin_content` which words the positions of a map read: `word_step`, `word_offsets` and
`word_note`.

Version 1.3 added `health`, `units/`, `structure`, `validation` and `outputs`.

Version 1.4 added steps within epochs, `per_epoch` of `plugin_content` and `every_steps` of costs.
In records such a step is written as that of an event: `weights`, `reference_step`, the `step` of
problems, and `dead_since`, which is i64 then.

Version 1.5 added `importance/`, `dependence/`, `simple`, `robustness`, `pixels`, `thumbnails`,
`start/` and `trust/`. Where a log has `pixels` in place of `outputs`, `validation` has `label_kind`
none.

Version 1.6 added `clusters/`, `sanity/`, `masks/`, `regions/`, `places/`, and curves of `trust/`,
whose arrays are not there where no metric has one. It added `sensitivity`, `plan/`, `changed/`
and `activations`, and of comparisons `payers`, `exemplars` and `overlaps`, and the role
`teacher` of `plugin_content`.

What never changes with the step is in `plugin_content`, a small JSON object (`Content`):
TensorBoard keeps only the first one of a tag, so later events of a file leave it out.

A newer major version is refused, an older one is read. Everything read back is hostile until
checked here, and everything wrong with it is one error: `SchemaError`.
"""

from __future__ import annotations

from typing import TypeAlias

from tfexplain.wire.container import VERSION, SchemaError
from tfexplain.wire.content import Content
from tfexplain.wire.pictures import check_picture, check_size
from tfexplain.wire.records.attention import Matrix
from tfexplain.wire.records.clustered import Clusters
from tfexplain.wire.records.compressed import Drift, Fidelity, Kernel, Kernels
from tfexplain.wire.records.dependent import Dependence
from tfexplain.wire.records.exchanged import Exchange
from tfexplain.wire.records.explained import (
    Channels,
    Cost,
    Metrics,
    Predictions,
    Problem,
    Samples,
    Status,
)
from tfexplain.wire.records.healthy import Health, Spread, Units
from tfexplain.wire.records.inputs import Values
from tfexplain.wire.records.kinds import Kind, Layout
from tfexplain.wire.records.maps import Map, OtherClass
from tfexplain.wire.records.paid import Exemplars, Overlaps, Payers
from tfexplain.wire.records.picture import Picture
from tfexplain.wire.records.places import Places, mass_name
from tfexplain.wire.records.quantized import Activations
from tfexplain.wire.records.ranked import Importance
from tfexplain.wire.records.regional import Masks, Regions
from tfexplain.wire.records.robust import Robustness
from tfexplain.wire.records.segmented import Pixels
from tfexplain.wire.records.sensitive import Changed, Plan, Sensitivity
from tfexplain.wire.records.simplified import SimpleModels
from tfexplain.wire.records.structured import Curves, Structure
from tfexplain.wire.records.thumbnails import Thumbnails
from tfexplain.wire.records.trusted import Sanity, Start, Trust, TrustCurve
from tfexplain.wire.records.validated import Outputs, Validation
from tfexplain.wire.tags import Tag, check_name, tag_name

__all__ = [
    "PLUGIN_NAME",
    "VERSION",
    "Activations",
    "Changed",
    "Channels",
    "Clusters",
    "Content",
    "Cost",
    "Curves",
    "Dependence",
    "Drift",
    "Exchange",
    "Exemplars",
    "Fidelity",
    "Health",
    "Importance",
    "Kernel",
    "Kernels",
    "Kind",
    "Layout",
    "Map",
    "Masks",
    "Matrix",
    "Metrics",
    "OtherClass",
    "Outputs",
    "Overlaps",
    "Payers",
    "Picture",
    "Pixels",
    "Places",
    "Plan",
    "Predictions",
    "Problem",
    "Record",
    "Regions",
    "Robustness",
    "Samples",
    "Sanity",
    "SchemaError",
    "Sensitivity",
    "SimpleModels",
    "Spread",
    "Start",
    "Status",
    "Structure",
    "Tag",
    "Thumbnails",
    "Trust",
    "TrustCurve",
    "Units",
    "Validation",
    "Values",
    "check",
    "check_name",
    "check_picture",
    "check_size",
    "decode",
    "mass_name",
    "tag_name",
]

PLUGIN_NAME = "tfexplain"

_Explained: TypeAlias = Samples | Metrics | Predictions | Status | Values | Structure
_Shown: TypeAlias = Map | Channels | Matrix | Picture
_Measured: TypeAlias = Kernels | Kernel | Drift | Fidelity | Exchange | Health | Units
_Validated: TypeAlias = Validation | Outputs | Pixels | Thumbnails
_General: TypeAlias = Importance | Dependence | SimpleModels | Robustness | Clusters
_Trusted: TypeAlias = Start | Trust | Sanity | Masks | Regions | Places
_Compressed: TypeAlias = Sensitivity | Plan | Changed | Activations | Payers | Exemplars | Overlaps
Record: TypeAlias = _Explained | _Shown | _Measured | _Validated | _General | _Trusted | _Compressed
_RECORDS: dict[str, type[Record]] = {
    record.kind: record
    for record in (
        *(Samples, Metrics, Predictions, Status, Values, Map, Channels, Matrix, Picture),
        *(Kernels, Kernel, Drift, Fidelity, Exchange, Health, Units, Structure),
        *(Validation, Outputs, Pixels, Thumbnails),
        *(Importance, Dependence, SimpleModels, Robustness, Clusters),
        *(Start, Trust, Sanity, Masks, Regions, Places, Sensitivity, Plan, Changed),
        *(Activations, Payers, Exemplars, Overlaps),
    )
}


def decode(kind: Kind, data: bytes) -> Record:
    """Decodes the record in `data`, which the tag says is of `kind`; raises `SchemaError`."""
    if kind not in _RECORDS:
        raise SchemaError(f"kind={kind!r}: expected one of {sorted(_RECORDS)}")
    return _RECORDS[kind].decode(data)


def check(kind: Kind, data: bytes) -> None:
    """Raises what `decode` would raise, without computing the values of maps."""
    if kind == "map":
        Map.check(data)
    elif kind == "channels":
        Channels.check(data)
    elif kind == "matrix":
        Matrix.check(data)
    else:
        decode(kind, data)
