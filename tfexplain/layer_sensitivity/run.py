"""Defines `sensitivity`, which compresses each kernel alone and measures what that does."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfexplain import compression
from tfexplain.checks import check_verbose, check_whole
from tfexplain.comparing.data import read_data
from tfexplain.comparing.models import Contender, Source, Sources, contenders, opened_model
from tfexplain.compression import LayerWeights, WeightsError
from tfexplain.compression.weights import find
from tfexplain.errors import SettingError, TfexplainError
from tfexplain.explainers import Explainer
from tfexplain.layer_sensitivity.effect import Effect
from tfexplain.layer_sensitivity.kept import Kept
from tfexplain.layer_sensitivity.passes import Passes, changed
from tfexplain.layer_sensitivity.result import Cost, Measured, Sensitivity
from tfexplain.layer_sensitivity.settings import Setting, settings_of
from tfexplain.layer_sensitivity.subject import Subject
from tfexplain.layer_sensitivity.todo import Budget, Cell, budget_of, cell_of, chosen
from tfexplain.model.progress import explaining, shown
from tfexplain.model.targets import Targets
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
    reuse: bool = True,
    class_names: ClassNames | None = None,
    targets: Targets | str = "label",
    seed: int = 0,
    color_range: tuple[float, float] | None = None,
    verbose: bool | int = 0,
) -> Sensitivity:
    """Compresses each kernel alone, and measures what that does to predictions and maps.

    One kernel at a time is rounded or pruned in place; predictions and maps are compared with those
    of the model as it is. Then the kernel is what it was, to the bit, also after an error or
    Ctrl-C. Activations before the kernel are computed once for all its settings.

    Args:
        model: A built Keras model, or the path of a .keras or .h5 file.
        validation_data: As for `compare`: the path of an .npz file, (x, y), x alone, or a dataset.
        settings: Any of `8bit` (one scale per output channel), `8bit-tensor`, `50%` (the smallest
            magnitudes go), `2:4`, `filters-25%` (whole outputs go), with other numbers as well;
            default 18 of them.
        layers: Names of kernels; default all that are stored as floats.
        explainers: Methods whose maps are compared; default Grad-CAM.
        rows: How many rows are predicted.
        samples: How many of them are explained.
        control: Other models, such as trained with another seed: what they differ by is normal
            variation, and no smaller difference is called a cost.
        budget: Passes over all rows, or seconds as `"90s"`; the most promising are measured first,
            by bits saved a pass and by how much of the kernel stays.
        log_dir: Directory of the log, for the page. None writes nothing.
        resume: File of JSON lines that keeps what was measured; default
            `<log_dir>/sensitivity.jsonl`, or none without a log.
        reuse: Whether activations are reused; else all passes are whole.
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
    check_verbose(verbose)
    contender, controls = _models(model, control)
    asked = ExplainSettings(
        validation_data=(np.zeros(1),),
        explainers=(explainers,) if isinstance(explainers, Explainer) else _several(explainers),
        samples=samples,
        class_names=named_classes(class_names),
        targets=targets,
        color_range=color_range,
        write_images=False,
        seed=seed,
        verbose=0,
    )
    asked.check()
    every = kernels(contender.model)
    named = _chosen_layers(every, contender.model, layers)
    pool = read_data(validation_data, contender.model)
    subject = Subject(contender, pool, rows, asked)
    path = resume if resume is not None or log_dir is None else os.path.join(log_dir, RESUME)
    kept = Kept(None if path is None else os.fspath(path), subject.facts())
    fit, unfit = _cells(named, wanted, subject, explicit=layers is not None)
    passes = Passes(subject, every, reuse)
    run = _Run(subject, passes, kept, int(verbose))
    cost = run.measure(fit, most)
    return Sensitivity(
        measured=[_measured(cell, kept.effects.get(_key(cell))) for cell in fit],
        base=subject.as_it_is(),
        controls={control.name: subject.beside(control) for control in controls},
        rows=subject.count,
        samples=subject.explaining.batch.rows,
        target=_target(subject),
        unfit=unfit,
        cost=cost,
        notes=run.notes,
        log_dir=os.fspath(log_dir or ""),
    )


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
    fit, unfit = [], {}
    for layer in layers:
        for setting in wanted:
            why = setting.unfit(layer) or _output_filters(layer, setting, subject)
            if why:
                unfit[layer.name, setting.name] = why
            else:
                fit.append(cell_of(layer, setting))
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


def _output_filters(layer: LayerWeights, setting: Setting, subject: Subject) -> str:
    """Says so where a filter is a number that the model gives out: that is not to go."""
    if setting.kind != "filters":
        return ""
    calls = [c for c in subject.explaining.traced_model.layer_calls if c.path == layer.path]
    last = calls and all(call.outputs and not call.leads for call in calls)
    return "its outputs are those of the model" if last else ""


def _key(cell: Cell) -> tuple[str, str]:
    return cell.layer.name, cell.setting.name


def _measured(cell: Cell, effect: Effect | None) -> Measured:
    layer, setting = cell.layer, cell.setting
    adds = layer.size * (layer.positions or 1)
    if setting.kind == "filters":
        adds = round(adds * cell.bits / cell.dense)
    runtime = setting.runtime(layer)
    return Measured(*_key(cell), effect, cell.bits, cell.dense, adds, cell.noise, runtime)


def _target(subject: Subject) -> str:
    asked = subject.explaining.settings.targets
    if isinstance(asked, np.ndarray):
        return "the class that the model as it is predicts"
    return "the label" if asked == "label" else str(asked)


@dataclass
class _Run:
    """Measures cells, says beforehand what that takes, and notes what is missing."""

    subject: Subject
    passes: Passes
    kept: Kept
    verbose: int

    def __post_init__(self) -> None:
        left = self.subject.explaining.left_out.items()
        self.notes = [f"left out: {what}: {why}" for what, why in left]

    def measure(self, cells: Sequence[Cell], budget: Budget) -> Cost:
        """Measures what is not kept, within the budget."""
        missing = [cell for cell in cells if _key(cell) not in self.kept.effects]
        reused = len(cells) - len(missing)
        by_layer = {cell.layer.name: self.passes.part(cell.layer) for cell in missing}
        costs = [by_layer[cell.layer.name].share + self._maps for cell in missing]
        opening = {name: 1 - part.share for name, part in by_layer.items()}
        start = time.perf_counter()
        pass_seconds = self._seconds_of_a_pass() if missing else 0.0
        most = min(budget.passes, budget.seconds / max(pass_seconds, 1e-9))
        todo = chosen(missing, costs, opening, most)
        self._tell(todo, by_layer, pass_seconds)
        done = self._all(todo, start + budget.seconds)
        if done < len(missing):
            self.notes.append(
                f"{len(missing) - done} of {len(cells)} settings were not measured: the budget "
                "ended. Run it again with resume= to go on."
            )
        return Cost(
            self.passes.done + done * self._maps,
            self.passes.whole + done * self._maps,
            time.perf_counter() - start,
            reused,
        )

    @property
    def _maps(self) -> float:
        """Passes that the maps of one setting count as: forward and back on the explained rows."""
        explainers = len(self.subject.explaining.explainers)
        return 3 * explainers * self.subject.samples / self.subject.count

    def _seconds_of_a_pass(self) -> float:
        """Measures a pass of rows that was compiled before."""
        start = time.perf_counter()
        self.passes.whole_pass()
        return time.perf_counter() - start

    def _tell(self, todo: Sequence[Cell], parts: Mapping[str, Any], seconds: float) -> None:
        if not self.verbose:
            return
        maps = len(todo) * self._maps
        layers = {cell.layer.name for cell in todo}
        passes = sum(parts[cell.layer.name].share for cell in todo)
        passes += maps + sum(1 - parts[name].share for name in layers)
        print(
            f"tfexplain: {len(todo)} settings of {len(layers)} kernels on {self.subject.count} "
            f"rows: {passes:.0f} passes ({len(todo) + maps:.0f} without reuse), about "
            f"{_duration(passes * seconds)}",
            file=sys.stderr,
        )

    def _all(self, todo: Sequence[Cell], deadline: float) -> int:
        """Measures, kernel by kernel; returns how many were before the deadline."""
        done = 0
        by_layer: dict[str, list[Cell]] = {}
        for cell in todo:
            by_layer.setdefault(cell.layer.name, []).append(cell)
        with shown(self.verbose, len(todo)):
            for own in by_layer.values():
                if time.perf_counter() >= deadline:
                    break
                with self.passes.open(own[0].layer) as outputs:
                    for cell in own:
                        if time.perf_counter() >= deadline:
                            break
                        with explaining(" ".join(_key(cell))):
                            self._one(cell, outputs)
                        done += 1
        return done

    def _one(self, cell: Cell, outputs: Any) -> None:
        kernel = cell.layer.variable.numpy()  # type: ignore[union-attr]
        with changed(cell.layer, cell.setting.applied(kernel, cell.layer)):
            effect = self.subject.changed(outputs())
        self.kept.add(*_key(cell), effect)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
