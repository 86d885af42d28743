"""Writes what compressing each kernel alone costs to the log: one run, of the model as it is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tfexplain.comparing import logs
from tfexplain.comparing.weights import measure_weights
from tfexplain.errors import SettingError
from tfexplain.layer_sensitivity.effect import MEASURED
from tfexplain.layer_sensitivity.plan import UNITS, Plan
from tfexplain.layer_sensitivity.result import Sensitivity
from tfexplain.layer_sensitivity.settings import RUNTIMES
from tfexplain.layer_sensitivity.subject import Subject
from tfexplain.quality.similarity import MEASURES
from tfexplain.runlog.structure_record import structure_record, write_structure
from tfexplain.runlog.summary_text import describe
from tfexplain.types import Array
from tfexplain.wire import schema
from tfexplain.wire.records.sensitive import MAX_PLACES

_NUMBERS = ("kl", "agreement", "accuracy", "accuracy_low", "accuracy_high", "mean_abs_difference")


def write(found: Sensitivity, subject: Subject, log_dir: str) -> None:
    """Writes a run with maps and kernels of the model as it is, and with what was measured."""
    name, explaining = subject.contender.name, subject.explaining
    choices = describe(explaining, subject.maps) | {"target": found.target}
    if found.notes:
        choices["note"] = "; ".join(found.notes)
    writer = logs.open_run(log_dir, name, "explain")
    logs.write_maps(writer, explaining, subject.maps, choices)
    write_structure(structure_record(explaining.traced_model), writer)
    writer.add(
        schema.Tag("sensitivity"), 0, sensitivity_record(found), schema.Content("sensitivity")
    )
    for size, own in found.plans.items():
        tag = schema.Tag("plan", layer=size)
        writer.add(tag, 0, plan_record(own), schema.Content("plan"))
    for tag, record in changed_records(found):
        writer.add(tag, 0, record, schema.Content("changed"))
    writer.close()
    batch, only = explaining.batch, subject.contender
    weights = measure_weights(only, only, only, batch.inputs, len(batch.rows))
    writer = logs.open_run(log_dir, name, "compression")
    logs.write_weights(writer, weights)
    writer.close()


def sensitivity_record(found: Sensitivity) -> schema.Sensitivity:
    """Returns the record of all measurements."""
    layers, settings = found.layers, found.settings
    measures = [name for name in _NUMBERS if name in found.base.numbers]
    shape = len(layers), len(settings)
    values = np.full((*shape, len(measures)), np.nan)
    similar = np.full((len(found.places), *shape, len(MEASURES)), np.nan)
    bits, adds, stored = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, np.uint8)
    dense = np.zeros((len(layers), 2))
    for one in found.measured:
        at = layers.index(one.layer), settings.index(one.setting)
        bits[at], adds[at] = one.bits, one.multiply_adds
        stored[at] = sum(1 << RUNTIMES.index(runtime) for runtime in one.runtimes)
        dense[at[0]] = one.dense, one.dense_multiply_adds
        if one.effect is not None:
            values[at] = [one.effect.value(name) for name in measures]
            for p, place in enumerate(found.places):
                similar[p][at] = [one.effect.value(name, place) for name in MEASURES]
    controls = found.controls.values()
    return schema.Sensitivity(
        *(layers, settings, measures, MEASURES),
        *([name for name, _ in found.places], [layer for _, layer in found.places]),
        *(values, similar, bits, adds, dense, stored),
        np.array([found.base.value(name) for name in measures]),
        rows=found.rows,
        samples=len(found.samples),
        runtimes=RUNTIMES,
        controls=list(found.controls),
        control_values=np.array([[c.value(n) for n in measures] for c in controls]).reshape(
            len(controls), len(measures)
        ),
        control_similarity=np.array(
            [[[c.value(n, p) for n in MEASURES] for c in controls] for p in found.places]
        ).reshape(len(found.places), len(controls), len(MEASURES)),
    )


def plan_record(plan: Plan) -> schema.Plan:
    """Returns the record of a plan."""
    measures = [name for name in MEASURED if name in plan.points[0].added]
    layers = list(plan.points[-1].settings)
    settings = list(dict.fromkeys(s for p in plan.points for s in p.settings.values()))
    layer, setting = [-1], [-1]
    for before, point in zip(plan.points, plan.points[1:], strict=False):
        ((name, own),) = point.settings.items() - before.settings.items()
        layer.append(layers.index(name))
        setting.append(settings.index(own))
    joint = [
        [np.nan if p.joint is None else p.joint.value(name) for name in measures]
        for p in plan.points
    ]
    return schema.Plan(
        *(layers, settings, measures, np.array(layer), np.array(setting)),
        np.array([point.size for point in plan.points]),
        np.array([[p.added[name] for name in measures] for p in plan.points]),
        np.array(joint),
        [_code(plan, number) for number in range(len(plan.points))],
        *(UNITS[plan.size], plan.measure, plan.simulated),
    )


def _code(plan: Plan, point: int) -> str:
    try:
        return plan.code(point)
    except SettingError:
        return ""


def changed_records(found: Sensitivity) -> Iterator[tuple[schema.Tag, schema.Changed]]:
    """Yields the maps of each kernel's settings, of each explainer at its layers."""
    known = {name: [p for p in found.base.maps if p[0] == name] for name, _ in found.base.maps}
    for kernel in found.layers:
        effects = {
            one.setting: one.effect
            for one in found.measured
            if one.layer == kernel and one.effect is not None
        }
        for name, places in known.items():
            maps: dict[str, Array] = {
                layer: np.stack([effect.maps[name, layer] for effect in effects.values()])
                for _, layer in places[:MAX_PLACES]
                if effects and all((name, layer) in effect.maps for effect in effects.values())
            }
            if maps:
                record = schema.Changed(list(effects), list(maps), list(maps.values()))
                yield schema.Tag("changed", name, kernel), record
