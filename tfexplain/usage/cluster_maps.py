"""Clusters the maps of many rows: which strategies a model has for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tfexplain.checks import check_whole
from tfexplain.data.row_choice import Chosen, labelled, sampled
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Explainer
from tfexplain.explainers.path.integrated_gradients import IntegratedGradients
from tfexplain.model.batching import chunk_size
from tfexplain.quality.intervals import Floats
from tfexplain.usage.answers import answers
from tfexplain.usage.attributing import Attributed, attributed, default_explainer
from tfexplain.usage.clusters_result import Clusters
from tfexplain.usage.features import Features, Names
from tfexplain.usage.measure import BYTES, input_features, names_by_input, wanted_targets
from tfexplain.usage.simple_fit import sklearn_module
from tfexplain.usage.spectral import Ints, laid_out, spectral_clusters

ROWS = 1000
LEAST_ASKED = 500
LEAST_ROWS = 100  # of smaller data
STEPS = 16  # of Integrated Gradients: means of clusters need no more


def clusters(
    model: Any,
    data: Any,
    *,
    explainer: Explainer | None = None,
    rows: int = ROWS,
    targets: Any = "label",
    feature_names: Names | Mapping[str, Names] = (),
    class_names: Sequence[str] = (),
    output: str | int | None = None,
    seed: int = 0,
    batch_size: int | None = None,
) -> Clusters | dict[str, Clusters]:
    """Clusters the maps of many rows by class; spectral relevance analysis (SpRAy). `print` it.

    A model may have several strategies for one class: most rows by the object, some by a mark in
    a corner. Maps are pooled to features (64 places of a picture), each divided by its length,
    and those of a class clustered by which are nearest to which. Needs scikit-learn:
    `pip install "tensorboard-plugin-tfexplain[simple]"`.

    Args:
        model: A built Keras model, or a function of a batch.
        data: Validation data, as `importance` takes it.
        explainer: A method that gives values at the inputs. Default `IntegratedGradients(steps=16)`
            where there are gradients, else as `importance`.
        rows: How many rows are explained, at most (and at most 64 MiB), at least 500; of data of
            fewer, all, if they are 100: those with the smallest hashes.
        targets: As `importance` takes them. Rows of values are one class.
        feature_names: As `importance` takes them.
        class_names: Names of the classes.
        output: Name or position of the model's output; default the first of classes.
        seed: Seed of what is drawn.
        batch_size: How many rows go through the model at once.

    Returns:
        `Clusters`; of several inputs one for each, by its name.

    Raises:
        TfexplainError: fewer than 100 rows, or a method without values at the inputs.
        ImportError: scikit-learn is not installed.

    References:
        Lapuschkin et al. 2019, Unmasking Clever Hans predictors, https://arxiv.org/abs/1902.10178

    Example:
        >>> import numpy as np, tensorflow as tf
        >>> x = np.random.default_rng(0).random((500, 8)).astype(np.float32)
        >>> x[:250, :4] = x[250:, 4:] = 0  # two ways to be large
        >>> found = clusters(lambda x: tf.reduce_sum(x, axis=1), x)
        >>> [len(one.members) for one in found.clusters]
        [250, 250]
    """
    check_whole("rows", rows, LEAST_ASKED)
    check_whole("seed", seed, 0)
    check_whole("batch_size", batch_size, optional=True)
    if explainer is not None and not isinstance(explainer, Explainer):
        raise TfexplainError(
            f"explainer={explainer!r}: expected a method such as IntegratedGradients()."
        )
    column = targets if isinstance(targets, int) else 0
    found = sampled(data, model, rows, BYTES)
    chosen = labelled(found, model, output=output, class_names=class_names, column=column)
    check_clustered(chosen)
    made = clustered(
        chosen,
        input_features(chosen, names_by_input(chosen, feature_names)),
        explainer=explainer,
        targets=targets,
        class_names=class_names,
        seed=seed,
        batch_size=batch_size,
    )
    return made if len(made) > 1 else next(iter(made.values()))


def check_clustered(chosen: Chosen) -> None:
    """Raises TfexplainError for too few rows, and ImportError without scikit-learn."""
    if len(chosen.rows) < LEAST_ROWS:
        raise TfexplainError(
            f"clusters: expected at least {LEAST_ROWS} rows, for clusters of fewer are chance; got "
            f"{len(chosen.rows)}. Pass more rows, or leave clusters out."
        )
    sklearn_module("cluster")


def clustered(
    chosen: Chosen,
    features: Sequence[Features],
    *,
    explainer: Explainer | None = None,
    targets: Any = "label",
    class_names: Sequence[str] = (),
    seed: int = 0,
    batch_size: int | None = None,
) -> dict[str, Clusters]:
    """Clusters maps where model and rows are open already; see `clusters`."""
    method = map_explainer(chosen, features) if explainer is None else explainer
    wanted = wanted_targets(chosen, targets)
    size = chunk_size(chosen.traced_model, batch_size)
    explained = attributed(chosen, method, wanted, features, size)
    labels = _classes(chosen, wanted, batch_size)
    return {
        own.input: _of_input(chosen, own, explained[own.input], labels, class_names, seed)
        for own in features
    }


def map_explainer(chosen: Chosen, features: Sequence[Features]) -> Explainer | None:
    """Returns the method that is used where none is named.

    Of pictures the baseline is zero, as that of the maps that `Explain` shows.
    """
    method = default_explainer(chosen)
    if not isinstance(method, IntegratedGradients):
        return method
    pictures = all(own.kind == "place" for own in features)
    return replace(method, steps=STEPS, baseline=None if pictures else method.baseline)


def _classes(chosen: Chosen, wanted: Any, batch_size: int | None) -> Ints:
    """Returns the class that is explained of each row; -1 where it is a value."""
    count = len(chosen.rows)
    if chosen.output.regression or not chosen.output.classes:
        return np.full(count, -1, np.int64)
    if wanted is None or isinstance(wanted, np.ndarray):
        known = (
            np.full(count, -1) if wanted is None else np.asarray(wanted).reshape(count, -1)[:, 0]
        )
        if (known >= 0).all():
            return known.astype(np.int64)
        if chosen.output.several:
            return np.full(count, -1, np.int64)
        said = answers(chosen.traced_model, chosen.inputs, chosen.output, batch_size)
        return np.where(known >= 0, known, said).astype(np.int64)
    return np.full(count, wanted if isinstance(wanted, int) else -1, np.int64)


def _of_input(
    chosen: Chosen,
    features: Features,
    explained: Attributed,
    labels: Ints,
    class_names: Sequence[str],
    seed: int,
) -> Clusters:
    maps = of_length_1(explained.values)
    some = np.isfinite(maps).all(axis=1)
    of, next_number = np.full(len(maps), -1, np.int64), 0
    for label in np.unique(labels[some]):
        own = np.flatnonzero(some & (labels == label))
        of[own] = next_number + spectral_clusters(maps[own], seed)
        next_number = int(of.max()) + 1
    positions = np.full((len(maps), 2), np.nan)
    positions[some] = laid_out(maps[some], seed)
    return Clusters(
        input=features.input,
        feature=features.kind,
        names=features.names,
        sides=features.sides,
        maps=maps,
        labels=labels,
        of=of,
        positions=positions,
        rows=chosen.rows,
        hashes=chosen.hashes,
        explainer=explained.explainer,
        unit=explained.unit,
        passes=explained.passes,
        class_names=tuple(class_names),
    )


def of_length_1(values: Floats) -> Floats:
    """Divides maps [N, F] by their lengths: strategies differ in where, not in how much.

    Maps that are zero beside the largest, or not finite, become NaN.
    """
    sizes = np.linalg.norm(values, axis=1)
    known = np.isfinite(sizes)
    least = 1e-6 * sizes[known].max(initial=0)
    evident = known & (sizes > least)
    made: Floats = np.full(values.shape, np.nan)
    made[evident] = values[evident] / sizes[evident, None]
    return made
