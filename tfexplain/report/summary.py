"""Summarizes a log in plain HTML, under headings that whoever documents a model can use."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping

import numpy as np

import tfexplain
from tfexplain.reading import LoggedRun
from tfexplain.report import markup
from tfexplain.report.activation_tables import activations
from tfexplain.report.cluster_tables import clusters
from tfexplain.report.evaluation_tables import evaluation
from tfexplain.report.importance_tables import importance
from tfexplain.report.map_numbers import features, places, regions, sanity, similarity, trust
from tfexplain.report.map_pictures import exchanged, overlays
from tfexplain.report.paid_tables import exemplars, overlaps, payers
from tfexplain.report.sensitivity_tables import sensitivity
from tfexplain.report.totals_table import compression, health
from tfexplain.story import story
from tfexplain.wire import schema
from tfexplain.wire.clock import epoch_text

_MOST_ROWS = 60
_MOST_SAMPLES = 16


def summary(title: str, runs: Mapping[str, LoggedRun], command: str) -> str:
    """Returns the summary; a heading stands only where something was logged for it."""
    found = story({name: run.every_record for name, run in runs.items()})
    parts = [
        ("What stands out", markup.listing(map(str, found))),
        ("Data", _each(_data_part, runs)),
        ("Model", _each(_model_part, runs)),
        ("Performance", _each(_performance_part, runs)),
        ("Predictions of the validation rows", _each(evaluation, runs)),
        ("What the model uses in general", _each(importance, runs)),
        ("Rows that are explained alike", _each(clusters, runs)),
        ("Predictions beside the reference", _each(_fidelity_part, runs)),
        ("Who pays for the compression", _each(payers, runs)),
        ("Rows that compression changes", _each(exemplars, runs)),
        ("Predictions of the explained samples", _each(_predictions_part, runs)),
        ("What the maps show", exchanged(runs) + _each(_maps_part, runs)),
        ("How the maps were made", _each(_methods_part, runs)),
        ("Compression", compression(runs)),
        ("What quantization does to activations", _each(activations, runs)),
        ("Which weights other models keep too", _each(overlaps, runs)),
        ("What compressing each layer would cost", _each(sensitivity, runs)),
        ("Health of the training", health(runs)),
        ("Limits", _each(_limits_part, runs)),
        ("Versions", _versions_part(runs, command)),
    ]
    told = [f"<h2>{heading}</h2>\n{content}" for heading, content in parts if content]
    return "\n".join([f"<h1>{markup.text(title)}</h1>", *told])


def _each(part: Callable[[LoggedRun], str], runs: Mapping[str, LoggedRun]) -> str:
    """Returns what there is of each run below its name; what is the same for runs once."""
    names: dict[str, list[str]] = {}
    for name, run in runs.items():
        try:
            content = part(run)
        except (ValueError, IndexError, OSError) as error:  # whatever a damaged log leads to
            content = markup.paragraph(f"This part of the log cannot be read: {error}")
        if content:
            names.setdefault(content, []).append(name)
    return "\n".join(
        f"<h3>{markup.text(', '.join(some))}</h3>\n{content}" for content, some in names.items()
    )


def _data_part(run: LoggedRun) -> str:
    settings, found = run.settings, run.every_record.last(schema.Samples)
    if found is None:
        return ""
    record = found[1]
    rows = [("explained samples", settings.get("samples", str(len(record.rows))))]
    rows += [("inputs", ", ".join(_input_shapes(run)))]
    rows += [("pictures", settings.get("pictures", "")), ("labels", _labels(record))]
    return markup.facts(rows)


def _input_shapes(run: LoggedRun) -> Iterator[str]:
    for tag, content in run.contents.items():
        if tag.kind == "inputs":
            yield f"{tag.layer}: pictures of {' × '.join(map(str, content.shape))}"
    for tag, records in run.records(schema.Values).items():
        record = list(records.values())[-1]
        sizes = " × ".join(map(str, record.values.shape[1:]))
        yield f"{tag.layer}: {record.layout}, {sizes}"


def _labels(record: schema.Samples) -> str:
    known = record.labels[np.isfinite(record.labels)]
    if record.label_kind != "class" or not known.size:
        return "" if record.label_kind == "none" else record.label_kind
    names, counts = record.class_names, np.bincount(known.astype(int))
    told = [
        f"{names[i] if i < len(names) else i}: {count}" for i, count in enumerate(counts) if count
    ]
    return f"of the explained samples: {', '.join(told[:_MOST_ROWS])}"


def _model_part(run: LoggedRun) -> str:
    return _structure_part(run) + _kernels_part(run)


def _structure_part(run: LoggedRun) -> str:
    table, training = run.structure, run.training
    if not table:
        return ""
    # A layer whose multiply-adds cannot be counted leaves the sum open.
    known = np.isfinite(table["macs"])
    macs = markup.number(float(table["macs"][known].sum()))
    macs += "" if known.all() else f", {int((~known).sum())} layers not counted"
    settings = [
        f"{name.removeprefix('optimizer.')} {value}"
        for name, value in training.items()
        if name.startswith("optimizer.")
    ]
    rows = [
        ("parameters", markup.number(int(table["parameters"].sum()))),
        ("multiply-adds per sample", macs),
        ("optimizer", ", ".join(filter(None, [training.get("optimizer", ""), *settings]))),
        *((name, training.get(name, "")) for name in ("loss", "metrics")),
    ]
    return markup.facts(rows)


def _kernels_part(run: LoggedRun) -> str:
    kernels = run.kernels
    if not kernels:
        return ""
    last = kernels["epoch"] == kernels["epoch"].max()
    rows = [
        (str(name), str(kind), str(shape), str(dtype), float(weights))
        for name, kind, shape, dtype, weights in zip(
            *(kernels[column][last] for column in ("name", "type", "shape", "dtype", "nonzeros")),
            strict=True,
        )
    ]
    counts = [_count(shape) for _, _, shape, _, _ in rows]
    listed = [(*row[:4], count, row[4]) for row, count in zip(rows, counts, strict=True)]
    head = ("kernel", "layer", "shape", "stored as", "weights", "nonzero")
    told = markup.table(head, listed[:_MOST_ROWS])
    if len(listed) > _MOST_ROWS:
        told += markup.paragraph(f"and {len(listed) - _MOST_ROWS} more kernels")
    total = markup.number(sum(counts))
    return told + markup.paragraph(f"{total} weights in {len(rows)} kernels, biases not counted.")


def _count(shape: str) -> int:
    return int(np.prod([int(part) for part in shape.split(" × ") if part.isdigit()], dtype=object))


def _performance_part(run: LoggedRun) -> str:
    table = run.metrics
    if not table:
        return ""
    rows = []
    for name, values in table.items():
        known = np.isfinite(values)
        if name == "epoch" or not known.any():
            continue
        epochs, values = table["epoch"][known], values[known]
        low, high = int(values.argmin()), int(values.argmax())
        lowest = f"{markup.number(values[low])} (epoch {epoch_text(epochs[low])})"
        highest = f"{markup.number(values[high])} (epoch {epoch_text(epochs[high])})"
        rows.append((name, float(values[-1]), lowest, highest))
    last = f"epoch {epoch_text(table['epoch'][-1])}"
    return markup.table(("metric", last, "lowest", "highest"), rows)


def _fidelity_part(run: LoggedRun) -> str:
    found = run.every_record.last(schema.Fidelity)
    if found is None:
        return ""
    step, record = found
    told = markup.paragraph(f"Beside those of {record.reference}, epoch {epoch_text(step)}.")
    return told + markup.facts(record.numbers.items())


def _predictions_part(run: LoggedRun) -> str:
    table, found = run.predictions, run.every_record.last(schema.Samples)
    if not table or found is None:
        return ""
    last, names = table["epoch"].max(), found[1].class_names
    kind = found[1].label_kind

    def word(value: float) -> str | float | None:
        if not np.isfinite(value):
            return None
        is_class = kind == "class" and value == int(value) and 0 <= value < len(names)
        return names[int(value)] if is_class else float(value)

    rows: list[list[markup.Cell]] = []
    listed = np.flatnonzero(table["epoch"] == last)
    for i in listed[:_MOST_SAMPLES]:
        cells = [word(float(table[name][i])) for name in ("label", "predicted") if name in table]
        sure = [float(table[n][i]) for n in ("probability", "output") if n in table]
        rows.append([str(table["sample"][i]), *cells, *sure])
    head = [n for n in ("label", "predicted", "probability", "output") if n in table]
    more = len(listed) - _MOST_SAMPLES
    told = markup.table([f"sample, epoch {epoch_text(last)}", *head], rows)
    return told + (markup.paragraph(f"and {more} more samples") if more > 0 else "")


def _maps_part(run: LoggedRun) -> str:
    numbers = similarity(run) + regions(run) + places(run) + trust(run) + sanity(run)
    return overlays(run) + features(run) + numbers


def _methods_part(run: LoggedRun) -> str:
    settings = run.settings
    logged = dict.fromkeys(str(name) for name in run.series.get("explainer", ()) if name)
    names = ["target", "epochs", "drift", *logged, "Exchange"]
    return markup.facts((name, settings.get(name, "")) for name in dict.fromkeys(names))


def _limits_part(run: LoggedRun) -> str:
    found = [
        record for _, series in run.every_record.series(schema.Status) for record in series[-1:]
    ]
    problems = [problem for _, record in found for problem in record.problems]
    lines = [
        f"{p.kind} is left out: {p.message}"
        if p.left_out
        else f"{p.kind}, {p.count} times, last at epoch {epoch_text(p.step)}: {p.message}"
        for p in problems
    ]
    for _, record in found:
        if record.cost is not None and record.cost.explained < record.cost.epochs:
            lines.append(f"{record.cost.explained} of {record.cost.epochs} epochs were explained.")
    return markup.listing(lines)


def _versions_part(runs: Mapping[str, LoggedRun], command: str) -> str:
    now = datetime.datetime.now(datetime.timezone.utc)
    return markup.facts(
        [
            ("tfexplain", tfexplain.__version__),
            ("format of logs", ".".join(map(str, schema.VERSION))),
            ("runs", ", ".join(runs)),
            ("made", f"{now:%Y-%m-%d %H:%M} UTC"),
            ("command", command),
        ]
    )
