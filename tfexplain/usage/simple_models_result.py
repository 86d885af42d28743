"""Defines `SimpleModels`: what a linear model and a small tree can say of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tfexplain.usage.decision_tree import DecisionTree
from tfexplain.usage.estimate import Estimate

Floats = npt.NDArray[np.float64]
Wholes = npt.NDArray[np.int64]

KINDS = {"tree": "a tree of depth 3", "linear": "a linear model"}
_SHOWN, _SHOWN_OF_EACH = 10, 3  # of one row of coefficients, and of each of several


@dataclass(frozen=True, eq=False, repr=False)
class SimpleModels:
    """Holds a linear model and a tree that imitate a network, and how well they do.

    All numbers are of rows that were held out. Of classes, fidelity is the share of rows of which
    the model says the network's class; of values it is R2 with the network's values.

    Attributes:
        names: Of the features that both read.
        feature: What a feature is: `column`, `channel`, `word` or `place`.
        class_names: Names of classes; a class without one is its number.
        of_classes: Whether the network predicts classes; else values.
        rows: How many rows were held out.
        fidelity: With its 95% interval, of `linear` and `tree`.
        constant: What one answer for all of these rows can reach at most: the share of the most
            frequent class; of values 0, which their mean reaches.
        on_labels: Accuracy (of values R2) on the labels, of `network`, `linear` and `tree`; NaN
            without labels.
        tree: The tree.
        tree_rows: int64 [n], held-out rows that pass each of its nodes.
        tree_agree: float64 [n], of these the share of which the network says the node's class; of
            values the standard deviation of the network's values around the node's.
        classes: int64 [K], the classes of the rows of `coefficients`: of two classes the second;
            none for values.
        coefficients: float64 [K, F], of the linear model (of values [1, F]): change of the logit,
            or of the value, for one standard deviation of the feature.
    """

    names: Sequence[str]
    feature: str
    class_names: Sequence[str]
    of_classes: bool
    rows: int
    fidelity: Mapping[str, Estimate]
    constant: float
    on_labels: Mapping[str, Estimate]
    tree: DecisionTree
    tree_rows: Wholes
    tree_agree: Floats
    classes: Wholes
    coefficients: Floats

    def explains(self, model: str) -> bool:
        """Returns whether the interval of a model's fidelity lies above the constant answer."""
        return self.fidelity[model].low > self.constant

    @property
    def rules(self) -> list[str]:
        """One rule for each leaf: `if age <= 41.5 and sex > 0.5: 2 (83% of 120 rows)`."""
        return [self._rule(leaf) for leaf in self.tree.leaves]

    @property
    def sentences(self) -> dict[str, str]:
        """What each model can say of the network, in one sentence: `tree` and `linear`."""
        return {model: self._sentence(model) for model in KINDS}

    @property
    def text(self) -> str:
        """All of it in plain words: fidelity, accuracy, rules and largest coefficients."""
        lines = [f"{self.rows} rows were held out; each {self.feature} is a feature."]
        lines.append(self.sentences["tree"])
        if self.explains("tree"):
            lines += [f"  {rule}" for rule in self.rules]
        lines.append(self.sentences["linear"])
        if self.explains("linear"):
            lines += [f"  {line}" for line in self._largest()]
        if np.isfinite(self.on_labels["network"].value):
            told = [
                f"{name} {self._number(one)}"
                for name, one in (
                    ("the network", self.on_labels["network"]),
                    ("the tree", self.on_labels["tree"]),
                    ("the linear model", self.on_labels["linear"]),
                )
            ]
            what = "accuracy" if self.of_classes else "R2"
            lines.append(f"{what} on the labels: {', '.join(told)}.")
        return "\n".join(lines)

    def answer_text(self, value: float) -> str:
        """Says an answer: a class by its name, or a value."""
        if not self.of_classes:
            return f"{value:.4g}"
        label = int(value)
        return self.class_names[label] if 0 <= label < len(self.class_names) else str(label)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        told = ", ".join(f"{name} {self._number(one)}" for name, one in self.fidelity.items())
        return f"SimpleModels({told}, a constant answer {self._bare(self.constant)})"

    def _sentence(self, model: str) -> str:
        own = self._number(self.fidelity[model])
        told = f"{own} of its decisions" if self.of_classes else f"R2 {own} with its values"
        told = (
            f"what {KINDS[model]} can say of this network: {told}; "
            f"a constant answer {self._bare(self.constant)}"
        )
        nothing = "" if self.explains(model) else ": it explains nothing"
        return f"{told}{nothing}."

    def _rule(self, leaf: int) -> str:
        condition = self.tree.condition(leaf, self.names)
        rows, agree, value = (
            int(self.tree_rows[leaf]),
            float(self.tree_agree[leaf]),
            float(self.tree.value[leaf]),
        )
        of = f"{rows} {'row' if rows == 1 else 'rows'}"
        how = f"{agree:.0%} of {of}" if self.of_classes else f"± {agree:.3g}, {of}"
        how = how if rows else "no held-out row"
        when = f"if {condition}" if condition else "always"
        return f"{when}: {self.answer_text(value)} ({how})"

    def _largest(self) -> list[str]:
        """The features of the largest coefficients, for each class or the value."""
        unit = "logit" if self.of_classes else "value"
        most = _SHOWN if len(self.coefficients) == 1 else _SHOWN_OF_EACH
        lines = []
        for row, weights in enumerate(self.coefficients):
            order = np.argsort(-np.abs(weights), kind="stable")[:most]
            told = ", ".join(f"{self.names[i]} {weights[i]:+.3g}" for i in order if weights[i])
            whose = f"{self.answer_text(self.classes[row])}: " if self.of_classes else ""
            lines.append(f"{whose}{told or 'nothing'}")
        return [*lines, f"({unit} by standard deviation of the {self.feature})"] if lines else []

    def _number(self, one: Estimate) -> str:
        if not np.isfinite(one.value):
            return "unknown"
        if self.of_classes:
            return f"{one.value:.0%} [{100 * one.low:.0f}–{100 * one.high:.0f}]"
        return f"{one.value:.2f} [{one.low:.2f} to {one.high:.2f}]"

    def _bare(self, number: float) -> str:
        return f"{number:.0%}" if self.of_classes else f"{number:.2f}"
