"""Defines `sensitivity`, which compresses each kernel alone and measures what that does."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from tfexplain import compression
from tfexplain.checks import check_verbose, check_whole
from tfexplain.comparing.logs import check_free
from tfexplain.comparing.models import Contender, Source, Sources, contenders, opened_model
from tfexplain.comparing.pool import open_pool
from tfexplain.compression import LayerWeights, WeightsError
from tfexplain.compression.shrinking.shrink import filters_that_go
from tfexplain.compression.weights import find
from tfexplain.errors import SettingError, TfexplainError
from tfexplain.explainers import Explainer
from tfexplain.layer_sensitivity.effect import Effect
from tfexplain.layer_sensitivity.kept import Kept
from tfexplain.layer_sensitivity.log import write
from tfexplain.layer_sensitivity.measuring import Measuring
from tfexplain.layer_sensitivity.passes import Passes, changed
from tfexplain.layer_sensitivity.plan import SIZES, Plan, Size
from tfexplain.layer_sensitivity.result import Measured, Sensitivity
from tfexplain.layer_sensitivity.settings import Setting, settings_of
from tfexplain.layer_sensitivity.subject import Subject
from tfexplain.layer_sensitivity.todo import Cell, budget_of, cell_of
from tfexplain.model.targets import Targets
from tfexplain.pruning.shifts import shifts
from tfexplain.runlog.settings import ClassNames, ExplainSettings, named_classes

RESUME = "sensitivity.jsonl"


def sensitivity(
    model: Source,
    validation_data: Any,
    *,
    settings: Sequence[str | Setting] | str | None = None,
    layers: Sequence[str] | str | None = None,
    explainers: Sequence[Explainer] | Explainer | None = None,
    rows: int = 256,
    samples: int = 16,
    control: Sources | None = None,
    budget: float | str | None = None,
    log_dir: str | os.PathLike[str] | None = None,
    resume: str | os.PathLike[str] | None = None,
    reuse: bool | None = None,
    joint: int = 6,
    class_names: ClassNames | None = None,
    targets: Targets | str = "label",
    seed: int = 0,
    color_range: tuple[float, float] | None = None,
    verbose: bool | int = 0,
) -> Sensitivity:
    """Compresses each kernel alone, and measures what that does to predictions and maps.

    One kernel at a time is rounded or pruned in place; predictions and maps are compared with those
    of the model as it is. Then the kernel is what it was, to the bit, also after an error or
    Ctrl-C.

    Args:
        model: A built Keras model, or the path of a .keras or .h5 file.
        validation_data: As for `compare`: (x, y), x alone, a dataset, or what `tfexplain explain`
            takes: the path of an .npz file, of a folder of pictures, a `module:function`.
        settings: Any of `8bit` (one scale per output channel), `8bit-tensor`, `50%` (the smallest
            magnitudes go), `2:4`, `filters-25%` (whole outputs go), with other numbers as well;
            default 18 of them.
        layers: Names of kernels; default all that are stored as floats.
        explainers: Methods whose maps are compared; default Grad-CAM.
        rows: How many rows are predicted: of arrays those with the smallest hashes, of files some
            at random places.
        samples: How many of them are explained.
        control: Other models, such as trained with another seed: what they differ by is normal
            variation, and no smaller difference is called a cost.
        budget: Passes over all rows, or seconds as `"90s"`; the most promising are measured first,
            by bits saved a pass and by how much of the kernel stays.
        log_dir: Directory of the log, for the page. None writes nothing.
        resume: File of JSON lines that keeps what was measured; default
            `<log_dir>/sensitivity.jsonl`, or none without a log.
        reuse: Whether activations before a kernel are computed once for all its settings; None:
            where that saves more time than splitting the graph takes.
        joint: How many points of each plan are measured with all their settings at once, for single
            effects do not add up.
        class_names: Names of the classes.
        targets: As for `compare`.
        seed: Seed of the choice of rows.
        color_range: As in `Explain`.
        verbose: 0: silent; 1: what it will take, then a progress bar on the standard error; 2: a
            line for each measurement.

    Raises:
        TfexplainError, OSError: a model, data or settings that cannot be used, a layer without a
            float kernel, a file of another measurement.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> x = np.random.default_rng(0).random((20, 4)).astype("float32")
        >>> found = sensitivity(model, x, settings=["8bit", "2bit"])
        >>> bool(found.table("agreement")[0, 0] >= found.table("agreement")[0, 1])
        True
    """
    wanted, most = settings_of(settings), budget_of(budget)
    check_whole("rows", rows, 2)
    check_whole("joint", joint, 0)
    check_verbose(verbose)
    contender, controls = _models(model, control)
    pool = open_pool(validation_data, contender.model)
    asked = ExplainSettings(
        validation_data=(np.zeros(1),),
        explainers=(explainers,) if isinstance(explainers, Explainer) else _several(explainers),
        samples=samples,
        class_names=named_classes(class_names),
        targets=targets,
        color_range=pool.color_range if color_range is None else color_range,
        feature_names=tuple(pool.features),
        write_images=False,
        seed=seed,
        verbose=0,
    )
    asked.check()
    every = kernels(contender.model)
    named = _chosen_layers(every, contender.model, layers)
    if log_dir is not None:
        check_free(os.fspath(log_dir), [contender.name])
    subject = Subject(contender, pool.some(rows, seed), asked)
    path = resume if resume is not None or log_dir is None else os.path.join(log_dir, RESUME)
    kept = Kept(None if path is None else os.fspath(path), subject.facts())
    fit, unfit = _cells(named, wanted, subject, explicit=layers is not None)
    passes = Passes(subject, every, reuse)
    beside = {one.name: subject.beside(one) for one in controls}
    run = Measuring(subject, passes, kept, int(verbose))
    cost = run.measure(fit, most, joint * len(SIZES))
    found = Sensitivity(
        measured=[_measured(cell, kept.effects.get(cell.key)) for cell in fit],
        asked=[setting.name for setting in wanted],
        base=subject.as_it_is(),
        controls=beside,
        rows=subject.count,
        samples=subject.explaining.batch.rows,
        target=_target(subject),
        unfit=unfit,
        cost=cost,
        notes=[*run.notes, *_left(fit)],
        log_dir=os.fspath(log_dir or ""),
        skipped=pool.skipped,
    )
    found = replace(found, plans=run.joint(_plans(found), fit, joint))
    if log_dir is not None:
        write(found, subject, os.fspath(log_dir))
    return found


def _plans(found: Sensitivity) -> dict[Size, Plan]:
    """Returns a plan for each size that something saves."""
    measure = "kl" if "kl" in found.base.numbers else "mean_abs_difference"
    plans: dict[Size, Plan] = {}
    for size in SIZES:
        with suppress(SettingError):
            plans[size] = found.plan(size, measure)
    return plans


def kernels(model: Any) -> list[LayerWeights]:
    """Returns the kernels of a model that are stored as floats, which can be changed in place."""
    able = [
        layer
        for layer in compression.read(model)
        if layer.mode == "float" and layer.role == "kernel" and layer.variable is not None
    ]
    if not able:
        raise WeightsError(
            "model: expected kernels that are stored as floats; it has none. Pass the model as it "
            "was before it was quantized."
        )
    return able


def _models(model: Source, control: Sources | None) -> tuple[Contender, list[Contender]]:
    name = getattr(model, "name", "") or os.path.splitext(os.path.basename(str(model)))[0]
    if control:
        first, *others = contenders({str(name): model}, control)
    else:
        first, others = opened_model(str(name), model, "model"), []
    for contender in (first, *others):
        if not contender.explainable:
            raise TfexplainError(
                f"model={contender.name!r}: expected a Keras model; a .tflite file has no weights "
                "that can be changed. Pass the model it was converted from."
            )
    return first, others


def _several(explainers: Sequence[Explainer] | None) -> tuple[Explainer, ...] | None:
    return None if explainers is None else tuple(explainers)


def _chosen_layers(
    every: Sequence[LayerWeights], model: Any, names: Sequence[str] | str | None
) -> list[LayerWeights]:
    if names is None:
        return list(every)
    found = []
    for name in (names,) if isinstance(names, str) else names:
        other = find(compression.read(model), name, "layers")
        own = [layer for layer in every if layer.name == other.name]
        if not own:
            raise WeightsError(
                f"layers={name!r}: expected a kernel that is stored as floats; it is stored as "
                f"{other.mode}. Leave it out, or pass the model as it was before."
            )
        found += own
    if not found:
        raise SettingError("layers: expected at least one name; got none.")
    order = [layer.name for layer in every]
    return sorted(
        {layer.name: layer for layer in found}.values(), key=lambda o: order.index(o.name)
    )


def _cells(
    layers: Sequence[LayerWeights], wanted: Sequence[Setting], subject: Subject, *, explicit: bool
) -> tuple[list[Cell], dict[tuple[str, str], str]]:
    """Returns what can be measured, and why the rest cannot."""
    fit: list[Cell] = []
    unfit = {}
    model = subject.contender.model
    beside = shifts(model, layers)
    for layer in layers:
        for setting in wanted:
            why = setting.unfit(layer) or _output_filters(layer, setting, subject)
            if why:
                unfit[layer.name, setting.name] = why
            else:
                cell = cell_of(layer, setting, beside[layer.name])
                fit.append(replace(cell, goes=_goes(cell, fit[-1:], model)))
    for name in [layer.name for layer in layers] if explicit else []:
        if all((name, setting.name) in unfit for setting in wanted):
            raise SettingError(
                f"settings: expected some that layer {name!r} can have; got "
                f"{', '.join(s.name for s in wanted)}: {unfit[name, wanted[0].name]}. Leave the "
                "layer out, or add another setting."
            )
    if not fit:
        (name, one), why = next(iter(unfit.items()))
        raise SettingError(f"settings={one!r}: no layer can have it; {name!r}: {why}.")
    return fit, unfit


def _goes(cell: Cell, before: Sequence[Cell], model: Any) -> bool:
    """Whether `shrink` can take out what a setting makes zero; asked once for a kernel's filters,
    for it is the graph that says so."""
    if cell.setting.kind != "filters":
        return True
    for other in before:
        if other.layer is cell.layer and other.setting.kind == "filters":
            return other.goes
    kernel = cell.layer.variable.numpy()  # type: ignore[union-attr]
    kept = cell.setting.filters_kept(kernel, cell.layer)
    with changed(cell):
        gone = filters_that_go(model).get(cell.layer.path)
    return gone is not None and bool(gone[~kept].all())


def _output_filters(layer: LayerWeights, setting: Setting, subject: Subject) -> str:
    """Says so where a filter is a number that the model gives out: that is not to go."""
    if setting.kind != "filters":
        return ""
    calls = [c for c in subject.explaining.traced_model.layer_calls if c.path == layer.path]
    last = calls and all(call.outputs and not call.leads for call in calls)
    return "its outputs are those of the model" if last else ""


def _measured(cell: Cell, effect: Effect | None) -> Measured:
    layer, setting = cell.layer, cell.setting
    whole = layer.size * (layer.positions or 1)
    gone = setting.kind == "filters" and cell.goes
    adds = round(whole * cell.bits / cell.dense) if gone else whole
    sizes = cell.bits, cell.dense, adds, whole
    runtimes = setting.runtimes(layer) if cell.goes else ()
    return Measured(*cell.key, effect, *sizes, cell.noise, runtimes)


def _left(cells: Sequence[Cell]) -> list[str]:
    """Says whose filters stay in the model."""
    names = dict.fromkeys(cell.layer.name for cell in cells if not cell.goes)
    if not names:
        return []
    return [
        f"filters of {', '.join(names)} stay, zero or not: shrink cannot take them out (a sum or "
        "a layer behind needs all of them). No plan counts them as gone."
    ]


def _target(subject: Subject) -> str:
    asked = subject.explaining.settings.targets
    if isinstance(asked, np.ndarray):
        return "the class that the model as it is predicts"
    return "the label" if asked == "label" else str(asked)
