"""Defines `compare`, which explains and measures several models on the same rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.comparing import logs
from tfexplain.comparing.comparison import Compared, Comparison
from tfexplain.comparing.explained_exemplars import (
    behind,
    explained_rows,
    explained_too,
    with_rows,
)
from tfexplain.comparing.models import Contender, Sources, contenders
from tfexplain.comparing.overlaps import overlaps
from tfexplain.comparing.paid_records import exemplars_record, overlaps_record, payers_record
from tfexplain.comparing.payers import Exemplar
from tfexplain.comparing.pool import Pool, open_pool
from tfexplain.comparing.predicting import predict_pool
from tfexplain.comparing.targets import pool_classes, targets_of_all
from tfexplain.comparing.weights import Weights, measure_weights
from tfexplain.errors import TfexplainError
from tfexplain.explainers import Explainer
from tfexplain.model.targets import Targets
from tfexplain.quality import Fidelity, Predicted, fidelity
from tfexplain.quality.drift import Drifted, drift, matched
from tfexplain.runlog.judged_maps import Place, measured_maps
from tfexplain.runlog.plan import ExplainPlan, Found
from tfexplain.runlog.settings import ClassNames, ExplainSettings, check_metrics, named_classes
from tfexplain.runlog.summary_text import describe
from tfexplain.trust import Measured, Metric

_NO_GRADIENTS = "no gradients in a .tflite file: predictions and weights only"


def compare(
    models: Sources,
    *,
    validation_data: Any,
    log_dir: str | os.PathLike[str] | None = None,
    control: Sources | None = None,
    explainers: Sequence[Explainer] | Explainer | None = None,
    samples: int = 16,
    class_names: ClassNames | None = None,
    targets: Targets | str = "label",
    seed: int = 0,
    color_range: tuple[float, float] | None = None,
    quality: Sequence[Metric] = (),
    groups: Sequence[Any] | str | None = None,
    reference: Mapping[str, str] | None = None,
) -> Comparison:
    """Explains the same samples with several models, and measures how far each is from the first.

    Every model is explained for the same targets: the labels or, without labels, the predictions of
    the first model. Predictions are compared on all rows. No number says that one model is better:
    two trainings of the same model differ as well, and `control` shows by how much.

    Args:
        models: Name to model or path, or a list of these, the reference first. Paths of .keras,
            .h5 and .tflite files; of Keras 3 or tf_keras. A .tflite file takes part with its
            predictions and weights.
        validation_data: (x, y), x alone, or a dataset, of which 1024 rows are taken, the same ones
            in whatever order they come. Or what `tfexplain explain` takes, read in pieces, anew for
            each model: the path of an .npz file with arrays x and y (or images and labels), of a
            folder of pictures, a `module:function`.
        log_dir: Directory of the log; each model's run is `<log_dir>/<name>/explain` and
            `.../compression`. None writes nothing. A former comparison there is replaced.
        control: More models like the reference, of another seed or of more epochs: their
            differences from the reference are normal variation.
        explainers: Methods with their settings; default as for `Explain`.
        samples: How many rows to explain, balanced over the classes.
        class_names: Names of the classes.
        targets: As in `Explain`; `"predicted"` is the prediction of the reference.
        seed: Seed of the choice of rows.
        color_range: As in `Explain`.
        quality: Metrics of explanations that are measured of each model's maps:
            `[Deletion(), ModelRandomisation()]`; see `tfexplain.trust`.
        groups: A name for the group of each row of the data, such as its hospital; or the name of
            the array that holds them in the .npz file, or of the column of .csv, Parquet or Arrow
            files. `payers` of the result says who pays.
        reference: Of models that are measured against another than the first: its name, as
            `{"pruned 1": "dense 1"}`, one of the first's trainings among models or controls.

    Raises:
        TfexplainError, OSError: models or data that cannot be compared, or a directory that cannot
            be read or written. Nothing has been written then.

    Example:
        >>> import keras, numpy as np
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> x = np.random.default_rng(0).random((20, 4))
        >>> found = compare({"one": model, "same": model}, validation_data=x)
        >>> found.models["same"].fidelity.numbers["agreement"]
        1.0
    """
    several = (explainers,) if isinstance(explainers, Explainer) else explainers
    opened = contenders(models, control, reference)
    pool = open_pool(validation_data, opened[0].model, groups)
    if log_dir is not None:
        logs.check_free(os.fspath(log_dir), [contender.name for contender in opened])
    settings = ExplainSettings(
        validation_data=pool.validation_data,
        explainers=None if several is None else tuple(several),
        samples=samples,
        class_names=named_classes(class_names),
        targets=targets,
        color_range=pool.color_range if color_range is None else color_range,
        feature_names=tuple(pool.features),
        write_images=False,
        seed=seed,
        verbose=0,
    )
    settings.check()
    check_metrics(quality)
    results = _results(opened, settings, pool)
    results = [_judged(result, quality) for result in results]
    found = replace(
        _comparison(results, settings, os.fspath(log_dir or "")),
        classes=pool_classes(pool, results[0].explaining),
        groups=pool.groups,
        skipped=pool.skipped,
        readable=pool.readable,
        overlaps=overlaps({result.contender.name: result.weights for result in results}),
    )
    if log_dir is not None:
        exemplars = found.exemplars()
        paid = found.payers()
        results = _with_exemplars(results, settings, pool, found, exemplars)
        for result in results:
            name, batch = result.contender.name, result.explaining.batch
            records = (
                payers_record(paid, name, result.contender.reference),
                exemplars_record(exemplars, found, batch.rows),
                overlaps_record(found, name),
            )
            _write(result, results[0], os.fspath(log_dir), records)
    return found


@dataclass(frozen=True, eq=False)
class _Result:
    """Holds all results of one model."""

    contender: Contender
    explaining: ExplainPlan
    maps: Found
    predicted: Predicted
    weights: Weights
    drifts: Mapping[tuple[str, str], Drifted] = field(default_factory=dict)
    fidelity: Fidelity | None = None
    quality: Mapping[Place, Sequence[Measured]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    choices: Mapping[str, str] = field(default_factory=dict)


def _results(opened: Sequence[Contender], settings: ExplainSettings, pool: Pool) -> list[_Result]:
    first = opened[0]
    with _about(first.name):
        reference = _reference(first, settings, pool)
        labels = pool_classes(pool, reference.explaining)
    settings = replace(
        settings, targets=targets_of_all(settings, reference.explaining, reference.predicted)
    )
    results = {first.name: reference}
    others = {contender.reference for contender in opened[1:]}
    # Those that others are measured against come first.
    for contender in sorted(opened[1:], key=lambda one: one.name not in others):
        with _about(contender.name, contender.reference):
            against = results[contender.reference]
            results[contender.name] = _beside(contender, against, reference, settings, pool, labels)
    return [results[contender.name] for contender in opened]


def _judged(result: _Result, metrics: Sequence[Metric]) -> _Result:
    """Adds what metrics say of a model's maps."""
    if not metrics or not result.contender.explainable:
        return result
    with _about(result.contender.name):
        measured, left_out = measured_maps(result.explaining, result.maps, metrics)
    told = [f"left out: {what}: {why}" for what, why in left_out.items()]
    return replace(result, quality=measured, notes=(*result.notes, *told))


def _reference(contender: Contender, settings: ExplainSettings, pool: Pool) -> _Result:
    explaining = ExplainPlan(settings, contender.model)
    predicted = predict_pool(contender, pool, explaining.output)
    if pool.readable is not None:  # of which rows were chosen
        rows = np.flatnonzero(pool.readable)[explaining.batch.rows]
        explaining.batch = replace(explaining.batch, rows=rows)
    weights = _weights(contender, contender, contender, explaining)
    left_out = explaining.left_out.items()
    notes = [f"left out: {what}: {why}" for what, why in left_out]
    return _Result(contender, explaining, explaining.run(), predicted, weights, notes=notes)


def _beside(
    contender: Contender,
    reference: _Result,
    first_of_all: _Result,
    settings: ExplainSettings,
    pool: Pool,
    labels: npt.NDArray[np.int64] | None,
) -> _Result:
    first = first_of_all.explaining
    explaining = first
    maps: Found = {}
    drifts: dict[tuple[str, str], Drifted] = {}
    if contender.explainable:
        explaining = ExplainPlan(settings, contender.model, first.explainers, first)
        maps = explaining.run()
        drifts = _drifts(explaining, maps, reference)
    predicted = predict_pool(contender, pool, explaining.output)
    return _Result(
        *(contender, explaining, maps, predicted),
        weights=_weights(contender, reference.contender, first_of_all.contender, explaining),
        drifts=drifts,
        fidelity=fidelity(predicted, reference.predicted, labels, pool.readable),
        notes=() if contender.explainable else (_NO_GRADIENTS,),
    )


def _drifts(
    explaining: ExplainPlan, maps: Found, reference: _Result
) -> dict[tuple[str, str], Drifted]:
    shown = explaining.shown(maps)
    theirs = matched(shown, reference.explaining.shown(reference.maps))
    return {place: drift(shown[place], theirs[place]) for place in shown}


def _weights(
    contender: Contender, reference: Contender, first: Contender, explaining: ExplainPlan
) -> Weights:
    batch = explaining.batch
    return measure_weights(contender, reference, first, batch.inputs, len(batch.rows))


def _with_exemplars(
    results: list[_Result],
    settings: ExplainSettings,
    pool: Pool,
    found: Comparison,
    exemplars: Sequence[Exemplar],
) -> list[_Result]:
    """Explains the surest exemplars too, behind the samples that all numbers are of."""
    first = results[0].explaining
    drawn = len(first.batch.rows)
    rows = explained_rows(exemplars, first.batch.rows, settings.targets)
    if not len(rows):
        return results
    said = describe(first, results[0].maps)["samples"] + (
        f"; behind these {drawn} are {len(rows)} more of {len(exemplars)} compression-identified "
        "exemplars, which no similarity and no metric counts"
    )
    wide = with_rows(first, pool.inputs_of(rows), rows, found.classes)
    more = copy(first)
    more.batch = behind(wide, drawn)
    targets = targets_of_all(settings, more, results[0].predicted)
    wider = []
    for result in results:
        with _about(result.contender.name):
            plan, maps = explained_too(result.explaining, result.maps, wide, targets)
        wider.append(replace(result, explaining=plan, maps=maps, choices={"samples": said}))
    return wider


@contextmanager
def _about(name: str, reference: str = "") -> Iterator[None]:
    """Names the model in errors that are raised within the context."""
    try:
        yield
    except (ValueError, tf.errors.OpError) as error:
        beside = f"compared with the reference {reference!r}" if reference else "explained"
        remedy = " Compare models of one architecture." if reference else ""
        raise TfexplainError(f"models: {name!r}: cannot be {beside}: {error}{remedy}") from error


def _write(
    result: _Result, first: _Result, log_dir: str, paid: Sequence[logs.OfPayers | None]
) -> None:
    contender = result.contender
    reference = contender.reference or contender.name
    choices = {"reference": reference, "role": contender.role}
    if contender.explainable:
        choices |= {**describe(result.explaining, result.maps), **result.choices}
    if result is first:
        choices["role"] = "reference"
    choices["target"] = _target(first)
    choices |= {"note": "; ".join(result.notes)} if result.notes else {}
    writer = logs.open_run(log_dir, contender.name, "explain")
    logs.write_maps(writer, result.explaining, result.maps, choices)
    if not contender.explainable:
        logs.write_predictions(writer, result.predicted, result.explaining.batch.rows)
    logs.write_quality(writer, result.quality)
    logs.write_drift(writer, result.drifts, reference, contender.role)
    if result.fidelity is not None:
        logs.write_fidelity(writer, result.fidelity, reference, contender.role)
    logs.write_paid(writer, paid)
    writer.close()
    if result.weights.numbers:
        writer = logs.open_run(log_dir, contender.name, "compression")
        logs.write_weights(writer, result.weights, reference)
        writer.close()


def _comparison(results: Sequence[_Result], settings: ExplainSettings, log_dir: str) -> Comparison:
    first = results[0].explaining
    models = {
        result.contender.name: Compared(
            result.contender.name,
            "reference" if result is results[0] else result.contender.role,
            result.predicted,
            result.drifts,
            result.fidelity,
            result.weights.totals,
            (*result.notes, *result.weights.notes),
            result.quality,
            from_file=not result.contender.explainable,
            activations=result.weights.errors,
            reference=result.contender.reference,
        )
        for result in results
    }
    names, target = settings.class_names, _target(results[0])
    return Comparison(models, first.batch.rows, first.batch.labels.values, target, names, log_dir)


def _target(reference: _Result) -> str:
    """Returns the target of all models, in words."""
    text = describe(reference.explaining, reference.maps)["target"]
    return text.replace(
        "the predicted class", f"the class that {reference.contender.name} predicts"
    )
