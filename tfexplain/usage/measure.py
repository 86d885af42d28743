"""Measures how much a model uses the features of its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import tensorflow as tf

from tfexplain.checks import check_verbose, check_whole
from tfexplain.data.row_choice import Chosen, labelled, sampled
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Explainer
from tfexplain.model.gradient_calls import BESIDE
from tfexplain.model.preprocessing import token_words
from tfexplain.model.progress import explaining, shown
from tfexplain.model.targets import Targets
from tfexplain.model.tokens import embedded_words, vocabulary
from tfexplain.types import Array
from tfexplain.usage.attributing import Attributed, attributed, default_explainer
from tfexplain.usage.features import Features, Names, features_of, values_by_feature
from tfexplain.usage.first_weights import first_weights
from tfexplain.usage.hiding import hiding_curve, hiding_passes
from tfexplain.usage.importance_result import Importance, Permuted
from tfexplain.usage.means import mean_interval
from tfexplain.usage.permuting import MOST_PERMUTED, permuted_losses, repeats_of
from tfexplain.usage.scoring import Scoring, bare_input
from tfexplain.usage.single_columns import as_table

BYTES = 64 << 20  # of rows that are held
MOST_NAMED = {"word": 200, "column": 1000, "channel": 1000, "place": 1000}


def importance(
    model: Any,
    data: Any,
    *,
    explainer: Explainer | None = None,
    rows: int = 256,
    targets: Targets | str = "label",
    feature_names: Names | Mapping[str, Names] = (),
    class_names: Sequence[str] = (),
    output: str | int | None = None,
    seed: int = 0,
    batch_size: int | None = None,
    verbose: bool | int = 0,
) -> Importance | dict[str, Importance]:
    """Tells how much a model uses each feature: a column, a channel, a word, a place of a picture.

    A feature's importance is its mean |attribution| over the rows. Beside it stand its permutation
    importance, the score while ever more of the least important features are hidden, and |weight| x
    deviation of a first linear layer. What does not fit the model is left out with its reason.

    Args:
        model: A built Keras model, or a function of a batch.
        data: Validation data: (x, y) arrays, x alone, a `tf.data.Dataset`, or a Keras `PyDataset`
            or `Sequence`. Up to 20,000 rows are looked at.
        explainer: A method that gives values at the inputs. Default `IntegratedGradients` from the
            mean of the rows where there are gradients; else `KernelSHAP` for tables of up to 10
            columns; else each feature is hidden by itself.
        rows: How many rows are used, at most (and at most 64 MiB): those with the smallest hashes,
            whatever the order of the data, at its own shares of classes.
        targets: `"label"` (default), `"predicted"`, or as `explain` takes them.
        feature_names: Names of columns or channels, in order, or of words by their ids; of several
            inputs by the input's name.
        class_names: Names of the classes.
        output: Name or position of the model's output; default the first of classes.
        seed: Seed of permutations and random orders.
        batch_size: How many rows go through the model at once. It changes memory and time, not the
            result.
        verbose: As `explain` takes it.

    Returns:
        An `Importance`; of several inputs one for each, by its name, with all that have one column
        as one table, `"columns"`.

    Raises:
        TfexplainError: data without rows or that the model cannot take, labels outside of the
            outputs, names that do not fit, a method without values at the inputs.

    References:
        Permutation importance: Breiman 2001, https://doi.org/10.1023/A:1010933404324. Weight x
        deviation: ELI5, https://eli5.readthedocs.io

    Example:
        >>> import numpy as np
        >>> x = np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32)
        >>> found = importance(lambda x: 2 * x[:, 0] - x[:, 1], (x, 2 * x[:, 0] - x[:, 1]))
        >>> found.order.tolist(), found.hidden.droppable()
        ([0, 1, 2], 1)
    """
    check_whole("rows", rows, 2)
    check_whole("seed", seed, 0)
    check_whole("batch_size", batch_size, optional=True)
    check_verbose(verbose)
    if explainer is not None and not isinstance(explainer, Explainer):
        raise TfexplainError(
            f"explainer={explainer!r}: expected a method such as IntegratedGradients()."
        )
    column = targets if isinstance(targets, int) else 0
    found = sampled(data, model, rows, BYTES)
    chosen = labelled(found, model, output=output, class_names=class_names, column=column)
    if chosen.labels.why:
        raise TfexplainError(f"data: {chosen.labels.why}")
    with shown(int(verbose), 1), explaining("importance", 1.0):
        measured = measure(
            chosen,
            explainer=explainer,
            targets=targets,
            names=names_by_input(chosen, feature_names),
            class_names=class_names,
            seed=seed,
            batch_size=batch_size,
        )
    return measured if len(measured) > 1 else next(iter(measured.values()))


def measure(
    chosen: Chosen,
    *,
    explainer: Explainer | None = None,
    targets: Any = "label",
    names: Mapping[str, Names] | None = None,
    class_names: Sequence[str] = (),
    seed: int = 0,
    batch_size: int | None = None,
) -> dict[str, Importance]:
    """Measures importance where model and rows are open already; see `importance`.

    Returns:
        An `Importance` by the name of each input, or table of inputs.

    Raises:
        TfexplainError: no input has features.
    """
    features = input_features(chosen, names or {})
    wanted = wanted_targets(chosen, targets)
    method = default_explainer(chosen) if explainer is None else explainer
    explained = attributed(chosen, method, wanted, features, batch_size)
    scoring: Scoring | str
    try:
        scoring = Scoring(chosen, targets if isinstance(targets, int) else 0, batch_size)
    except TfexplainError as error:
        scoring = str(error)
    measured = {
        own.input: _of_input(chosen, own, explained[own.input], scoring, class_names, seed)
        for own in features
    }
    return as_table(measured, features, scoring, seed)


def input_features(chosen: Chosen, names: Mapping[str, Names]) -> list[Features]:
    """Returns the features of each input but those that say where tokens are.

    Raises:
        TfexplainError: names that do not fit, or an input without features.
    """
    traced_model = chosen.traced_model
    return [
        features_of(traced_model, bare_input(chosen, position), position, names.get(name, ()))
        for position, name in enumerate(traced_model.input_names)
        if traced_model.gradient_calls[position] != BESIDE
    ]


def names_by_input(chosen: Chosen, given: Names | Mapping[str, Names]) -> dict[str, Names]:
    """Returns names of features by the input's name, words by the model's own vocabulary.

    A list belongs to the only input that has columns, or else channels.

    Raises:
        TfexplainError: a list where several inputs have columns, or names of no input.
    """
    known = chosen.traced_model.input_names
    found: dict[str, Names] = {}
    for position, name in enumerate(known):
        if words := _vocabulary(chosen, position):
            found[name] = words
    if not len(given):
        return found
    if isinstance(given, Mapping) and all(isinstance(key, str) for key in given):
        if unknown := [name for name in given if name not in known]:
            raise TfexplainError(
                f"feature_names: expected names by input, one of {known}; got {unknown[0]!r}."
            )
        return {**found, **cast(Mapping[str, Names], given)}
    kinds = {own.input: own.kind for own in input_features(chosen, {})}
    wanted = ("word",) if isinstance(given, Mapping) else ("column", "channel")
    fitting = next(
        (some for kind in wanted if (some := [n for n, own in kinds.items() if own == kind])), []
    )
    if len(fitting) != 1:
        raise TfexplainError(
            f"feature_names: expected names by input, for it has {len(fitting)} that they fit: "
            f"{fitting or list(kinds)}. Pass {{input: names}}."
        )
    return {**found, fitting[0]: cast(Names, given)}


def _vocabulary(chosen: Chosen, position: int) -> dict[int, str]:
    """Returns words by their ids, as the model itself or its preprocessor has them."""
    traced_model = chosen.traced_model
    if call := embedded_words(traced_model, position):
        return dict(enumerate(vocabulary(traced_model, call) or ()))
    ids = np.asarray(tf.nest.flatten(chosen.inputs)[position])
    return (token_words(traced_model.model, ids) or {}) if ids.dtype.kind in "iu" else {}


def wanted_targets(chosen: Chosen, targets: Any) -> Any:
    """Returns what is explained: labels, None for the predicted class, or as given."""
    if isinstance(targets, str) and targets in ("label", "predicted"):
        labels = chosen.labels
        by_label = targets == "label" and labels.explained and not labels.why
        return labels.targets if by_label else None
    return targets


def _of_input(
    chosen: Chosen,
    features: Features,
    explained: Attributed,
    scoring: Scoring | str,
    class_names: Sequence[str],
    seed: int,
) -> Importance:
    """Measures what there is to be measured of one input."""
    left_out: dict[str, str] = {}
    values = np.asarray(tf.nest.flatten(chosen.inputs)[features.position])
    sizes = np.nan_to_num(np.abs(explained.values).mean(axis=0), nan=-1.0)
    order = np.argsort(-sizes, kind="stable")
    kept = np.sort(order[: MOST_NAMED[features.kind]])
    passes = explained.passes
    permuted, hidden, weights = None, None, None
    if isinstance(scoring, str):
        left_out["hiding features"] = left_out["permutation importance"] = scoring
    else:
        hidden = hiding_curve(scoring, features, order[::-1], seed=seed)
        passes += hiding_passes(len(values), len(features))
    if features.kind == "word":
        left_out["permutation importance"] = "words of other rows stand at other places"
    elif not isinstance(scoring, str):
        permuted = _permuted(scoring, features, order, kept, seed)
        which = min(len(order), MOST_PERMUTED)
        passes += repeats_of(len(values), which) * which * len(values)
    try:
        if features.kind != "word":
            weights = first_weights(chosen, features)[kept]
    except TfexplainError as error:
        left_out["|weight| x deviation"] = str(error)
    own = values_by_feature(features, values)
    return Importance(
        input=features.input,
        feature=features.kind,
        names=tuple(features.names[i] for i in kept),
        attributions=explained.values[:, kept],
        explainer=explained.explainer,
        unit=explained.unit,
        labels=chosen.labels.values,
        label_kind=chosen.labels.kind,
        total=len(features),
        row_values=None if own is None else own[:, kept],
        permuted=permuted,
        hidden=hidden,
        weights_first=weights,
        occurs=features.occurs[kept] if features.kind == "word" else None,
        sides=features.sides,
        left_out=left_out,
        class_names=tuple(class_names),
        passes=passes,
    )


def _permuted(
    scoring: Scoring, features: Features, order: Array, kept: Array, seed: int
) -> Permuted:
    which = np.sort(order[:MOST_PERMUTED])
    numbers = np.full((3, len(features)), np.nan)
    numbers[:, which] = mean_interval(permuted_losses(scoring, features, which, seed=seed))
    values, low, high = numbers[:, kept]
    return Permuted(values, low, high, scoring.name)
