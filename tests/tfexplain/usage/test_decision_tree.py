"""Trees as arrays answer as scikit-learn's do, and their rules say which rows end where."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from tfexplain.usage.decision_tree import DecisionTree

NAMES = ["a", "b", "c"]


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(400, 3))


@pytest.fixture(scope="module")
def fitted(rows: np.ndarray) -> DecisionTreeClassifier:
    said = (rows[:, 0] > 0).astype(int) + (rows[:, 1] > 0.5) * (rows[:, 2] > 0)
    said[::7] = 2
    return DecisionTreeClassifier(max_depth=4, random_state=0).fit(rows, said)


@pytest.fixture(scope="module")
def tree(fitted: DecisionTreeClassifier) -> DecisionTree:
    own = fitted.tree_
    leaf = own.children_left < 0
    return DecisionTree(
        np.where(leaf, -1, own.feature),
        np.where(leaf, np.nan, own.threshold),
        own.children_left,
        own.children_right,
        own.value[:, 0].argmax(axis=1).astype(float),
    )


def test_it_answers_as_the_tree_it_is_made_of(
    tree: DecisionTree, fitted: DecisionTreeClassifier, rows: np.ndarray
) -> None:
    np.testing.assert_array_equal(tree.answers(rows), fitted.predict(rows))
    np.testing.assert_array_equal(tree.reached(rows), fitted.apply(rows))
    np.testing.assert_array_equal(tree.through(rows), fitted.decision_path(rows).toarray() > 0)


def test_conditions_hold_for_just_the_rows_of_their_leaf(
    tree: DecisionTree, rows: np.ndarray
) -> None:
    # Bounds are written with four digits, so a tree of rounded ones is asked.
    rounded = np.array([float(f"{bound:.4g}") for bound in tree.threshold])
    tree = DecisionTree(tree.feature, rounded, tree.left, tree.right, tree.value)
    reached = tree.reached(rows)
    values = dict(zip(NAMES, rows.T, strict=True))
    for leaf in tree.leaves:
        inside = np.ones(len(rows), bool)
        for part in tree.condition(leaf, NAMES).split(" and "):
            own = re.fullmatch(r"(?:(\S+) < )?(\w) (<=|>) (\S+)", part)
            assert own is not None
            low, name, sign, bound = own.groups()
            value = values[name]
            inside &= value <= float(bound) if sign == "<=" else value > float(bound)
            inside &= value > float(low or "-inf")
        np.testing.assert_array_equal(inside, reached == leaf)


def test_siblings_of_one_answer_are_merged(tree: DecisionTree, rows: np.ndarray) -> None:
    merged = tree.merged()
    assert len(merged) < len(tree)
    np.testing.assert_array_equal(merged.answers(rows), tree.answers(rows))
    inner = merged.feature >= 0
    leaves = merged.feature < 0
    both = leaves[merged.left[inner]] & leaves[merged.right[inner]]
    values = merged.value[merged.left[inner]], merged.value[merged.right[inner]]
    assert not (both & (values[0] == values[1])).any()


def test_a_tree_of_one_answer_has_one_rule() -> None:
    both = np.array([0, -1, -1]), np.array([0.5, np.nan, np.nan])
    one = DecisionTree(*both, np.array([1, -1, -1]), np.array([2, -1, -1]), np.array([0.0, 3, 3]))
    merged = one.merged()
    assert len(merged) == 1
    assert merged.value.tolist() == [3.0]
    assert merged.condition(0, NAMES) == ""
