"""Fits a linear model and a tree of depth 3 to what a network says of rows; needs scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError
from tfexplain.usage.decision_tree import DecisionTree
from tfexplain.usage.estimate import UNKNOWN, Estimate, r2_of, share_of
from tfexplain.usage.simple_models_result import SimpleModels

Floats = npt.NDArray[np.float64]
Answer = Callable[[Floats], Floats]

DEPTH = 3
LEAST_ROWS = 40  # half of which are held out
# Of a network that predicts more classes, simple models say these only: the most frequent ones.
MOST_CLASSES = 20


def fit_simple_models(
    features: Floats,
    said: npt.ArrayLike,
    labels: npt.ArrayLike | None = None,
    *,
    of_classes: bool,
    names: Sequence[str] = (),
    feature: str = "column",
    class_names: Sequence[str] = (),
    seed: int = 0,
) -> SimpleModels:
    """Fits both models on one half of the rows, and compares them with the network on the other.

    The linear model is a logistic regression (of values a ridge regression) on columns that are
    divided by their standard deviations, with scikit-learn's default penalties. No leaf of the tree
    has less than 5 rows, or 1% of those it is fitted to.

    Args:
        features: float64 [N, F], finite.
        said: [N], the network's predicted classes, or values.
        labels: [N], true classes or values, NaN where unknown; default none.
        of_classes: Whether `said` are classes.
        names: Of the features; default their numbers.
        feature: What a feature is.
        class_names: Of the classes.
        seed: Of the choice of the half.

    Raises:
        TfexplainError: fewer than 40 rows.
        ImportError: scikit-learn is not installed.
    """
    count = len(features)
    if count < LEAST_ROWS:
        raise TfexplainError(
            f"data: expected at least {LEAST_ROWS} rows, for half of them are held out; got "
            f"{count}. Pass more rows."
        )
    truth = np.full(count, np.nan) if labels is None else np.asarray(labels, np.float64)
    own = np.asarray(said, np.float64)
    order = np.random.default_rng(seed).permutation(count)
    fitted, held = order[: count // 2], order[count // 2 :]
    classes = _most_frequent(own[fitted]) if of_classes else np.zeros(0)
    kept = fitted[np.isin(own[fitted], classes)] if of_classes else fitted
    linear, weights, rows_of = _linear(features[kept], own[kept], of_classes)
    tree = _tree(features[kept], own[kept], of_classes, seed).merged()
    answers = {"linear": linear(features[held]), "tree": tree.answers(features[held])}
    compared = _shares if of_classes else r2_of
    known = np.isfinite(truth[held])
    through = tree.through(features[held])
    return SimpleModels(
        names=tuple(names) or tuple(f"{feature} {i}" for i in range(features.shape[1])),
        feature=feature,
        class_names=tuple(class_names),
        of_classes=of_classes,
        rows=len(held),
        fidelity={name: compared(own[held], answer) for name, answer in answers.items()},
        constant=_best_constant(own[held]) if of_classes else 0.0,
        on_labels={
            name: compared(truth[held][known], answer[known]) if known.any() else UNKNOWN
            for name, answer in {"network": own[held], **answers}.items()
        },
        tree=tree,
        tree_rows=through.sum(axis=0),
        tree_agree=_agree(through, own[held], tree.value, of_classes),
        classes=rows_of,
        coefficients=weights,
    )


def _shares(true: npt.ArrayLike, answer: npt.ArrayLike) -> Estimate:
    return share_of(np.asarray(true) == np.asarray(answer))


def _best_constant(said: Floats) -> float:
    """Returns the largest share of rows that one answer for all is right of."""
    return float(np.unique(said, return_counts=True)[1].max() / len(said))


def _most_frequent(said: Floats) -> Floats:
    """Returns the classes that are said most often, at most `MOST_CLASSES`."""
    classes, counts = np.unique(said, return_counts=True)
    return classes[np.argsort(-counts, kind="stable")][:MOST_CLASSES]


def _linear(
    features: Floats, said: Floats, of_classes: bool
) -> tuple[Answer, Floats, npt.NDArray[np.int64]]:
    """Returns the linear model's answers, its coefficients [K, F] for a standard deviation of
    each feature, and whose they are: classes [K], for values none.

    Of two classes there is one row, the second's; of one class there is none.
    """
    middle, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)

    def scaled(rows: Floats) -> Floats:
        return np.asarray((rows - middle) / spread)

    none = np.zeros(0, np.int64)
    if not of_classes:
        model = sklearn_module("linear_model").Ridge().fit(scaled(features), said)
        return lambda rows: model.predict(scaled(rows)), np.atleast_2d(model.coef_), none
    if len(np.unique(said)) == 1:
        only = said[0]
        return lambda rows: np.full(len(rows), only), np.zeros((0, features.shape[1])), none
    model = sklearn_module("linear_model").LogisticRegression(max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit that has not converged has its fidelity as well
        model.fit(scaled(features), said)
    classes = model.classes_[1:] if len(model.coef_) == 1 else model.classes_
    return lambda rows: model.predict(scaled(rows)), model.coef_, classes.astype(np.int64)


def _tree(features: Floats, said: Floats, of_classes: bool, seed: int) -> DecisionTree:
    kinds = sklearn_module("tree")
    kind = kinds.DecisionTreeClassifier if of_classes else kinds.DecisionTreeRegressor
    least = max(5, len(features) // 100)
    # Equally good features are drawn among; the seed makes it the same ones each time.
    model = kind(max_depth=DEPTH, min_samples_leaf=least, random_state=seed).fit(features, said)
    own = model.tree_
    value = model.classes_[own.value[:, 0].argmax(axis=1)] if of_classes else own.value[:, 0, 0]
    leaf = own.children_left < 0
    return DecisionTree(
        np.where(leaf, -1, own.feature).astype(np.int64),
        np.where(leaf, np.nan, own.threshold),
        own.children_left.astype(np.int64),
        own.children_right.astype(np.int64),
        np.asarray(value, np.float64),
    )


def _agree(through: npt.NDArray[np.bool_], said: Floats, value: Floats, of_classes: bool) -> Floats:
    """Returns of the rows at each node the share of which the network says just this; of values
    the standard deviation around it. NaN where no row comes by."""
    rows = np.where(through.any(axis=0), through.sum(axis=0), np.nan)
    away = said[:, None] - value
    if of_classes:
        return np.asarray((through & (away == 0)).sum(axis=0) / rows)
    return np.asarray(np.sqrt((through * away**2).sum(axis=0) / rows))


def sklearn_module(module: str) -> Any:
    """Imports a module of scikit-learn; raises ImportError where it is not installed."""
    try:
        return import_module(f"sklearn.{module}")
    except ImportError as error:
        raise ImportError(
            f"scikit-learn: expected it to be installed; got {error}. "
            'Run: pip install "tensorboard-plugin-tfexplain[simple]".'
        ) from error
