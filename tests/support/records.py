"""Records of every kind, as hypothesis makes them up."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tfexplain.wire import schema
from tfexplain.wire.clock import FINE, step_of
from tfexplain.wire.records import compressed

floats32 = st.floats(width=32, allow_nan=True, allow_infinity=True)
floats64 = st.floats(allow_nan=True, allow_infinity=True)
finite = st.floats(allow_nan=False, allow_infinity=False)
names = st.text(max_size=20)
int32 = st.integers(-(2**31) + 1, 2**31 - 1)
layer_names = st.text(
    st.characters(exclude_categories=["C", "Z"]) | st.sampled_from("/ ._-"), min_size=1, max_size=40
).filter(str.isprintable)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)


def maps(ranks: tuple[int, int] = (1, 2)) -> st.SearchStrategy[np.ndarray[Any, Any]]:
    low, high = ranks
    shapes = hnp.array_shapes(min_dims=low, max_dims=high, min_side=1, max_side=6)
    return hnp.arrays(np.float32, shapes, elements=floats32)


@st.composite
def map_records(draw: st.DrawFn) -> schema.Map:
    gap, passes = draw(st.none() | floats64), draw(st.none() | st.integers(0, 2**31 - 1))
    error = draw(st.none() | st.floats(min_value=0) | st.just(float("nan")))
    values = draw(maps((1, 3)))
    other = None
    if draw(st.booleans()):
        other = schema.OtherClass(values[::-1] / 3, draw(floats64), draw(int32))
    return schema.Map(values, draw(floats64), draw(int32), gap, error, passes, other)


@st.composite
def channel_records(draw: st.DrawFn) -> schema.Channels:
    values = draw(maps((3, 4)))
    count = len(values)
    channels = draw(st.lists(int32, min_size=count, max_size=count))
    dead = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    if draw(st.booleans()):
        return schema.Channels(values, np.array(channels), np.array(dead))
    shares = draw(maps((1, 1)))
    places = st.lists(st.integers(0, len(shares) - 1), min_size=count, max_size=count)
    return schema.Channels(values, np.array(draw(places)), np.array(dead), shares)


@st.composite
def matrix_records(draw: st.DrawFn) -> schema.Matrix:
    values = draw(maps((3, 3)))
    heads = draw(st.lists(int32, min_size=len(values), max_size=len(values)))
    return schema.Matrix(values, np.array(heads))


@st.composite
def value_records(draw: st.DrawFn) -> schema.Values:
    layout = draw(st.sampled_from(["features", "tokens", "line"]))
    values = draw(maps((3, 3)) if layout == "line" else maps((2, 2)))
    columns = values.shape[-1]
    named = st.lists(names, min_size=columns, max_size=columns)
    words = st.lists(names, min_size=values.size, max_size=values.size)
    said = draw(words) if layout == "tokens" else []
    return schema.Values(values, layout, draw(st.just([]) | named), said)


@st.composite
def sample_records(draw: st.DrawFn) -> schema.Samples:
    rows = draw(st.lists(st.integers(0, 2**62), max_size=5))
    labels = draw(st.lists(floats64, min_size=len(rows), max_size=len(rows)))
    sets = hnp.arrays(np.uint8, (len(rows), 3), elements=st.integers(0, 1))
    return schema.Samples(
        np.array(labels, np.float64),
        np.array(rows, np.int64),
        draw(st.sampled_from(["class", "value", "none"])),
        draw(st.lists(names, max_size=4)),
        draw(st.dictionaries(names, names, max_size=4)),
        draw(st.none() | hnp.arrays(np.uint64, len(rows))),
        draw(st.none() | sets),
        draw(st.dictionaries(names, st.lists(names, max_size=3), max_size=3)),
    )


# Ends of epochs, and times within them.
steps = st.integers(0, 2**31 - 1) | st.integers(FINE, FINE + 2**40).map(step_of)
moments = st.tuples(st.sampled_from(["epoch", "end"]), st.none() | steps)


@st.composite
def prediction_records(draw: st.DrawFn) -> schema.Predictions:
    outputs = draw(maps((2, 2)))
    predicted = draw(hnp.arrays(np.int32, len(outputs)))
    explained = draw(st.integers(0, 2**31 - 1))
    activation = draw(st.sampled_from(["softmax", "sigmoid", "none"]))
    return schema.Predictions(outputs, predicted, explained, activation, *draw(moments))


@st.composite
def kernels_records(draw: st.DrawFn) -> schema.Kernels:
    metrics = draw(st.lists(names, max_size=4, unique=True))
    rows = [
        {key: draw(names) for key in compressed.ROW_KEYS} for _ in range(draw(st.integers(0, 3)))
    ]
    values = draw(hnp.arrays(np.float64, (len(rows), len(metrics)), elements=floats64))
    known = st.dictionaries(names, st.floats(allow_nan=False), max_size=3)
    totals = draw(st.dictionaries(names, known, max_size=2))
    said = {part: draw(names) for part in totals}
    return schema.Kernels(rows, metrics, values, totals, said, *draw(moments))


counts = st.integers(0, 2**53)
flags = hnp.arrays(bool, st.integers(0, 5))


@st.composite
def kernel_records(draw: st.DrawFn) -> schema.Kernel:
    low, high = sorted(draw(st.tuples(finite, finite)))
    bins = hnp.arrays(np.int64, st.integers(0, 5), elements=counts)
    return schema.Kernel(
        draw(bins), low, high, draw(counts), draw(counts), draw(flags), draw(flags)
    )


roles = st.sampled_from(["model", "control"])


@st.composite
def drift_records(draw: st.DrawFn) -> schema.Drift:
    measures, agrees = draw(st.lists(names, max_size=4, unique=True)), draw(flags)
    values = draw(hnp.arrays(np.float64, (len(agrees), len(measures)), elements=floats64))
    step = draw(st.none() | steps)
    return schema.Drift(values, agrees, measures, draw(names), draw(roles), step)


@st.composite
def start_records(draw: st.DrawFn) -> schema.Start:
    values = draw(maps((2, 4)))
    count = len(values)
    return schema.Start(values, np.array(draw(st.lists(int32, min_size=count, max_size=count))))


@st.composite
def trust_records(draw: st.DrawFn) -> schema.Trust:
    own = draw(st.lists(names, max_size=3, unique=True))
    size = {"min_size": len(own), "max_size": len(own)}
    better = draw(st.lists(st.sampled_from(["higher", "lower"]), **size))
    shape = (draw(st.integers(0, 3)), len(own))
    values, chance = (draw(hnp.arrays(np.float64, shape, elements=floats64)) for _ in range(2))
    passes, weights = draw(st.integers(0, 2**31 - 1)), draw(st.none() | steps)
    units = draw(st.lists(names, **size))
    curves = draw(st.lists(trust_curves(shape[0]), max_size=3))
    return schema.Trust(values, chance, own, units, better, passes, "end", weights, curves)


@st.composite
def trust_curves(draw: st.DrawFn, count: int) -> schema.TrustCurve:
    shares = np.arange(draw(st.integers(1, 4))) / 4
    values = hnp.arrays(np.float32, (count, len(shares)), elements=floats32)
    return schema.TrustCurve(draw(names), draw(names), shares, draw(values))


@st.composite
def places_records(draw: st.DrawFn) -> schema.Places:
    sides = draw(st.lists(st.integers(1, 2**20), min_size=1, max_size=3))
    own = draw(st.lists(names, max_size=3, unique=True))
    corners = [[draw(st.integers(0, side - 1)) for side in sides] for _ in own]
    sizes = [
        [draw(st.integers(1, s - c)) for s, c in zip(sides, corner, strict=True)]
        for corner in corners
    ]
    shaped = [np.reshape(np.array(rows, np.int32), (-1, len(sides))) for rows in (corners, sizes)]
    probes = draw(hnp.arrays(np.float64, (len(own), 3), elements=floats64))
    return schema.Places(
        *shaped, probes, own, sides, draw(floats64), draw(st.integers(1, 2**31 - 1))
    )


@st.composite
def sanity_records(draw: st.DrawFn) -> schema.Sanity:
    counts = sorted(draw(st.sets(st.integers(1, 2**31 - 1), max_size=3)))
    shape = (draw(st.integers(0, 3)), len(counts))
    values, chance = (draw(hnp.arrays(np.float64, shape, elements=floats64)) for _ in range(2))
    layers = draw(st.lists(names, min_size=len(counts), max_size=len(counts)))
    passes, weights = draw(st.integers(0, 2**31 - 1)), draw(st.none() | steps)
    own = (np.array(counts, np.int32), layers, passes, "end", weights)
    return schema.Sanity(values, chance, *own)


@st.composite
def mask_records(draw: st.DrawFn) -> schema.Masks:
    own = draw(st.lists(names, max_size=3, unique=True))
    sides = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    values = draw(hnp.arrays(bool, (len(own), *sides)))
    return schema.Masks(values, own, [draw(st.booleans()) for _ in own])


@st.composite
def region_records(draw: st.DrawFn) -> schema.Regions:
    own = draw(st.lists(names, max_size=3, unique=True))
    shape = (draw(st.integers(0, 3)), len(own))
    numbers = [draw(hnp.arrays(np.float64, shape, elements=floats64)) for _ in range(3)]
    avoid = [draw(st.booleans()) for _ in own]
    return schema.Regions(*numbers, own, avoid, "end", draw(st.none() | steps))


@st.composite
def fidelity_records(draw: st.DrawFn) -> schema.Fidelity:
    numbers = draw(st.dictionaries(names, floats64, max_size=4))
    totals = draw(st.lists(counts, max_size=4))
    flips = [draw(st.integers(0, most)) for most in totals]
    there, gone = np.array(totals, np.int64), np.array(flips, np.int64)
    return schema.Fidelity(numbers, gone, there, draw(names), draw(roles))


@st.composite
def exchange_records(draw: st.DrawFn) -> schema.Exchange:
    shape = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=2)))
    grids = hnp.arrays(np.float64, shape, elements=floats64)
    cell = tuple(draw(st.integers(1, 5)) for _ in shape)
    places = st.tuples(*(st.integers(0, 99) for _ in shape))
    classes = draw(hnp.arrays(np.int32, st.integers(0, 3)))
    by_class = draw(hnp.arrays(np.float32, (len(classes), *shape)))
    mean = draw(hnp.arrays(np.uint8, st.sampled_from([(0, 0, 1), (2, 3, 3)])))
    return schema.Exchange(
        *(draw(grids), draw(grids), draw(grids), draw(grids)),
        *(tuple(n * c for n, c in zip(shape, cell, strict=True)), cell, cell, draw(grids)),
        *(draw(places), draw(places), draw(floats64)),
        *(draw(st.integers(0, 2**31 - 1)) for _ in range(3)),
        *(classes, by_class, mean, draw(st.booleans())),
        *(draw(st.sampled_from(["epoch", "end"])), draw(st.none() | steps)),
    )


@st.composite
def importance_records(draw: st.DrawFn) -> schema.Importance:
    feature = draw(st.sampled_from(["column", "channel", "word", "place"]))
    sides = tuple(draw(st.lists(st.integers(1, 3), min_size=2, max_size=3)))
    count = int(np.prod(sides)) if feature == "place" else draw(st.integers(1, 4))
    each = hnp.arrays(np.float64, count, elements=floats64)
    maybe = draw(st.sampled_from([0, count]))
    falls = hnp.arrays(np.float64, maybe, elements=floats64)
    classes = draw(hnp.arrays(np.int32, st.integers(0, 2)))
    by_class = hnp.arrays(np.float32, (len(classes), count))
    chosen = np.arange(draw(st.integers(0, count)))[:20]
    rows = draw(st.integers(1, 3))
    named = draw(st.sampled_from([0, rows]))
    dots = hnp.arrays(np.float32, (rows, len(chosen)))
    counts = np.arange(draw(st.integers(0, 3)))
    scores = hnp.arrays(np.float64, len(counts), elements=floats64)
    return schema.Importance(
        *(draw(each), draw(each), draw(each), draw(each)),
        draw(st.lists(names, min_size=count, max_size=count)),
        *(feature, draw(names), rows, count + 3, 7, draw(names)),
        draw(st.sampled_from(["accuracy", "mean absolute error"])),
        sides if feature == "place" else (),
        draw(hnp.arrays(np.int32, maybe)),
        *(classes, draw(by_class), draw(by_class)),
        *(draw(falls), draw(falls), draw(falls), draw(falls)),
        *(chosen, draw(dots), draw(dots), np.zeros(rows)),
        *(np.arange(named), draw(hnp.arrays(np.uint64, named))),
        *(counts, draw(scores), draw(scores), draw(scores), draw(scores)),
        draw(hnp.arrays(np.uint8, st.sampled_from([(0, 0, 1), (2, 3, 3)]))),
        *draw(moments),
    )


@st.composite
def robustness_records(draw: st.DrawFn) -> schema.Robustness:
    count, steps = draw(st.integers(0, 3)), draw(st.integers(1, 3))
    reached = st.floats(min_value=0, width=32)
    shares = hnp.arrays(np.float64, steps, elements=floats64)
    return schema.Robustness(
        draw(hnp.arrays(np.float32, count, elements=reached)),
        draw(hnp.arrays(np.uint8, count, elements=st.integers(0, 1))),
        *(draw(hnp.arrays(np.int64, count)), draw(hnp.arrays(np.uint64, count))),
        *(np.arange(steps), draw(shares), draw(shares), draw(shares), draw(names)),
        *draw(moments),
    )


@st.composite
def clusters_records(draw: st.DrawFn) -> schema.Clusters:
    rows, some = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    sides = tuple(draw(st.lists(st.integers(1, 3), max_size=3)))
    count = int(np.prod(sides)) if sides else draw(st.integers(1, 3))
    axes = len(sides) if len(sides) > 1 else 0
    shares = hnp.arrays(np.float64, some, elements=floats64)
    which = hnp.arrays(np.int32, rows, elements=st.integers(-1, some - 1))
    examples = hnp.arrays(np.int32, some, elements=st.integers(0, rows - 1))
    shape = draw(st.sampled_from([(0, 0, 0, 1), (some, 2, 3, 3)]))
    return schema.Clusters(
        *(draw(hnp.arrays(np.int64, rows)), draw(hnp.arrays(np.uint64, rows))),
        *(draw(hnp.arrays(np.int32, rows)), draw(which)),
        draw(hnp.arrays(np.float32, (rows, 2))),
        draw(hnp.arrays(np.int32, some)),
        draw(hnp.arrays(np.float32, (some, count))),
        draw(examples),
        *(np.zeros((some, axes), np.int32), np.ones((some, axes), np.int32)),
        *(draw(shares), draw(shares)),
        draw(st.lists(names, min_size=count, max_size=count)),
        *("place" if sides else "column", draw(names), sides, 7),
        draw(hnp.arrays(np.uint8, shape)),
        *draw(moments),
    )


@st.composite
def pixels_records(draw: st.DrawFn) -> schema.Pixels:
    rows, classes = draw(st.integers(0, 3)), draw(st.integers(1, 3))
    positions = hnp.arrays(np.int32, (rows, classes), elements=st.integers(0, 2**31 - 1))
    side = draw(st.sampled_from([0, classes]))
    cells = hnp.arrays(np.float64, (side, side), elements=st.floats(0, 1e9))
    given = draw(positions), draw(positions), draw(positions), draw(cells)
    return schema.Pixels(*given, *draw(moments))


@st.composite
def dependence_records(draw: st.DrawFn) -> schema.Dependence:
    features, outputs, lines, values = (draw(st.integers(1, 3)) for _ in range(4))
    curves = hnp.arrays(np.float32, (features, outputs, values))
    near = hnp.arrays(np.int64, (features, values), elements=counts)
    return schema.Dependence(
        draw(hnp.arrays(np.int32, features)),
        draw(st.lists(names, min_size=features, max_size=features)),
        *(draw(hnp.arrays(np.float32, (features, values))), draw(near)),
        *(np.ones(features, np.uint8), draw(hnp.arrays(np.int32, outputs))),
        *(draw(curves), draw(curves), draw(curves)),
        draw(hnp.arrays(np.float32, (features, lines, values))),
        *(draw(hnp.arrays(np.int32, lines)), draw(hnp.arrays(np.int64, lines))),
        *(draw(st.integers(0, 2**31 - 1)), draw(names), *draw(moments)),
    )


@st.composite
def simple_records(draw: st.DrawFn) -> schema.SimpleModels:
    features, classes = draw(st.integers(0, 3)), draw(st.integers(0, 2))
    # A root with two leaves, or a leaf alone.
    is_split = features > 0 and draw(st.booleans())
    count = 3 if is_split else 1
    estimates = hnp.arrays(np.float64, (3, 3), elements=floats64)
    each = hnp.arrays(np.float64, count, elements=floats64)
    return schema.SimpleModels(
        draw(st.lists(names, min_size=features, max_size=features)),
        *(draw(names), features + 5, 9, draw(st.booleans())),
        *(draw(estimates)[:2], draw(floats64), draw(estimates)),
        np.array([features - 1, -1, -1] if is_split else [-1]),
        draw(each),
        np.array([1, -1, -1] if is_split else [-1]),
        np.array([2, -1, -1] if is_split else [-1]),
        *(draw(each), np.arange(count), draw(each)),
        draw(st.lists(names, min_size=count, max_size=count)),
        draw(st.lists(names, min_size=count - is_split, max_size=count - is_split)),
        draw(hnp.arrays(np.int32, classes)),
        draw(st.lists(names, min_size=classes, max_size=classes)),
        draw(hnp.arrays(np.float32, (classes, features), elements=floats32)),
        *draw(moments),
    )


@st.composite
def health_records(draw: st.DrawFn) -> schema.Health:
    rows = [
        {"path": draw(names), "state": draw(st.sampled_from(["trainable", "frozen", ""]))}
        for _ in range(draw(st.integers(0, 3)))
    ]
    metrics = draw(st.lists(names, max_size=3, unique=True))
    weights = draw(st.lists(st.tuples(st.integers(0, 2), names), max_size=3)) if rows else []
    weights = [(row % len(rows), name) for row, name in weights]
    tables = [(len(rows), len(metrics)), (len(weights), len(metrics))]
    values, own = (draw(hnp.arrays(np.float64, shape, elements=floats64)) for shape in tables)
    totals = draw(st.dictionaries(names, floats64, max_size=3))
    return schema.Health(rows, metrics, values, weights, own, totals, 7, *draw(moments))


@st.composite
def units_records(draw: st.DrawFn) -> schema.Units:
    def spread() -> schema.Spread:
        low, high = sorted(draw(st.tuples(finite, finite)))
        return schema.Spread(draw(hnp.arrays(np.int64, 3, elements=counts)), low, high, 2, 1)

    since = draw(st.lists(st.just(np.nan) | steps, max_size=4))
    return schema.Units(spread(), spread(), np.array(since, float))


@st.composite
def structure_records(draw: st.DrawFn) -> schema.Structure:
    count = draw(st.integers(1, 4))
    kinds, states = (
        st.sampled_from(known)
        for known in (["input", "call", "uncalled"], ["trainable", "frozen", ""])
    )
    rows = [{"name": draw(names), "kind": draw(kinds), "state": draw(states)} for _ in range(count)]
    parents = [draw(st.sampled_from([-1, *range(i + 1, count)])) for i in range(count)]
    pairs = [(i, j) for j in range(count) for i in range(j)]
    edges = draw(st.lists(st.sampled_from(pairs), max_size=4)) if pairs else []
    numbers = draw(hnp.arrays(np.float64, (count, 2), elements=floats64))
    training = draw(st.dictionaries(names, names, max_size=3))
    return schema.Structure(rows, np.array(parents), np.array(edges), numbers, training)


problems = st.builds(schema.Problem, names, st.integers(), names, steps, st.booleans())
seconds = st.floats(0, float(np.finfo(np.float32).max))
costs = st.builds(
    schema.Cost,
    *(seconds, seconds, seconds, counts, counts),
    st.none() | st.floats(0, 1, exclude_min=True),
)
statuses = st.builds(
    schema.Status,
    st.dictionaries(names, floats64, max_size=3),
    st.lists(problems, max_size=3),
    st.none() | costs,
)
records = st.one_of(
    kernels_records(),
    kernel_records(),
    drift_records(),
    fidelity_records(),
    exchange_records(),
    importance_records(),
    robustness_records(),
    clusters_records(),
    pixels_records(),
    dependence_records(),
    start_records(),
    trust_records(),
    sanity_records(),
    places_records(),
    mask_records(),
    region_records(),
    simple_records(),
    health_records(),
    units_records(),
    structure_records(),
    map_records(),
    channel_records(),
    matrix_records(),
    value_records(),
    sample_records(),
    prediction_records(),
    st.builds(schema.Metrics, st.dictionaries(names, floats64, max_size=5)),
    statuses,
)
