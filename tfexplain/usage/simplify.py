"""Says what simple models can say of a network: a linear model, and a tree of depth 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tfexplain.checks import check_whole
from tfexplain.data.row_choice import Chosen, labelled, sampled
from tfexplain.usage.answers import answers, check_answers
from tfexplain.usage.features import Names
from tfexplain.usage.measure import BYTES, names_by_input
from tfexplain.usage.simple_features import SimpleFeatures, simple_features
from tfexplain.usage.simple_fit import LEAST_ROWS, fit_simple_models
from tfexplain.usage.simple_models_result import SimpleModels


def simple_models(
    model: Any,
    data: Any,
    *,
    rows: int = 1024,
    feature_names: Names | Mapping[str, Names] = (),
    class_names: Sequence[str] = (),
    output: str | int | None = None,
    seed: int = 0,
    batch_size: int | None = None,
) -> SimpleModels:
    """Fits a linear model and a tree of depth 3 to what a network says; `print` it.

    Both are fitted to one half of the rows, to the network's predicted class or value, and
    compared with the network on the other half. They read the columns of tables, the means of
    channels, how often words occur, and the mean brightness of places of pictures. Where fidelity
    is not clearly above what one answer for all rows can reach, a model explains nothing, and that
    is said. Needs scikit-learn: `pip install "tensorboard-plugin-tfexplain[simple]"`.

    Args:
        model: A built Keras model, or a function of a batch.
        data: Validation data: (x, y) arrays, x alone, a `tf.data.Dataset`, or a Keras `PyDataset`
            or `Sequence`. Up to 20,000 rows are looked at.
        rows: How many rows are used, at most (and at most 64 MiB), at least 40: those with the
            smallest hashes.
        feature_names: As `importance` takes them.
        class_names: Names of the classes.
        output: Name or position of the model's output; default the first of classes.
        seed: Seed of the halves.
        batch_size: How many rows go through the model at once.

    Raises:
        TfexplainError: less than 40 rows; an output that is neither of classes that exclude each
            other nor one value.
        ImportError: scikit-learn is not installed.

    References:
        Surrogate models: Craven and Shavlik 1996, Extracting tree-structured representations of
        trained networks, https://papers.nips.cc/paper/1152

    Example:
        >>> import numpy as np, tensorflow as tf
        >>> x = np.random.default_rng(0).random((200, 2)).astype(np.float32)
        >>> network = lambda x: tf.stack([x[:, 0] < 0.5, x[:, 0] >= 0.5], axis=1)
        >>> found = simple_models(network, (x, x[:, 0] >= 0.5), feature_names=["age", "sex"])
        >>> found.explains("tree"), len(found.rules), found.rules[0][:9]
        (True, 2, 'if age <=')
    """
    check_whole("rows", rows, LEAST_ROWS)
    check_whole("seed", seed, 0)
    check_whole("batch_size", batch_size, optional=True)
    found = sampled(data, model, rows, BYTES)
    chosen = labelled(found, model, output=output, class_names=class_names)
    return simplified(
        chosen,
        names=names_by_input(chosen, feature_names),
        class_names=class_names,
        seed=seed,
        batch_size=batch_size,
    )


def simplified(
    chosen: Chosen,
    *,
    names: Mapping[str, Names] | None = None,
    class_names: Sequence[str] = (),
    seed: int = 0,
    batch_size: int | None = None,
) -> SimpleModels:
    """Fits both models where network and rows are open already; see `simple_models`."""
    check_answers(chosen.output)
    features = simple_features(chosen, names or {})
    return imitated(chosen, features, class_names=class_names, seed=seed, batch_size=batch_size)


def imitated(
    chosen: Chosen,
    features: SimpleFeatures,
    *,
    class_names: Sequence[str] = (),
    seed: int = 0,
    batch_size: int | None = None,
) -> SimpleModels:
    """Fits both models where the rows are described already."""
    output = chosen.output
    of_classes = not output.regression
    labels = chosen.labels
    fits = labels.kind == ("class" if of_classes else "value")
    return fit_simple_models(
        features.values,
        answers(chosen.traced_model, chosen.inputs, output, batch_size),
        labels.values if fits else None,
        of_classes=of_classes,
        names=features.names,
        feature=features.kind,
        class_names=class_names,
        seed=seed,
    )
