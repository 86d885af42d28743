"""Fidelity against loops and closed forms."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tfexplain.quality.fidelity import Predicted, fidelity

RNG = np.random.default_rng(0)


def classes(count: int = 40) -> Predicted:
    outputs = RNG.dirichlet(np.ones(4), count).astype("float32")
    return Predicted(outputs, outputs.argmax(1).astype("int32"), 4, "softmax")


def binary(p: Any) -> Predicted:
    outputs = np.asarray(p, "float32")[:, None]
    return Predicted(outputs, (outputs[:, 0] > 0.5).astype("int32"), 2, "sigmoid")


def test_classes_against_loops() -> None:
    model, reference, labels = classes(), classes(), RNG.integers(-1, 4, 40)
    found = fidelity(model, reference, labels)
    kl = [stats.entropy(p, q) for p, q in zip(reference.outputs, model.outputs, strict=True)]
    flips, counts, right, theirs, known = [0] * 4, [0] * 4, 0, 0, 0
    for mine, other, label in zip(model.classes, reference.classes, labels, strict=True):
        counts[other] += 1
        flips[other] += mine != other
        known += label >= 0
        right += mine == label
        theirs += other == label
    assert found.flips.tolist() == flips
    assert found.counts.tolist() == counts
    expected = {
        "samples": 40,
        "agreement": 1 - sum(flips) / 40,
        "kl": np.mean(kl),
        "accuracy": right / known,
        "reference_accuracy": theirs / known,
    }
    assert found.numbers.keys() == expected.keys()
    for name, value in expected.items():
        assert np.isclose(found.numbers[name], value, rtol=1e-6), name


def test_a_model_agrees_with_itself() -> None:
    one = classes()
    found = fidelity(one, one)
    assert found.numbers == {"samples": 40, "agreement": 1, "kl": 0}
    assert not found.flips.any()


def test_one_probability_stands_for_two_classes() -> None:
    found = fidelity(binary([0.2, 0.8, 0.5]), binary([0.4, 0.4, 0.9]))
    pairs = [(0.4, 0.2), (0.4, 0.8), (0.9, 0.5)]
    kl = [stats.entropy([p, 1 - p], [q, 1 - q]) for p, q in pairs]
    assert np.isclose(found.numbers["kl"], np.mean(kl), rtol=1e-6)
    assert (found.flips.tolist(), found.counts.tolist()) == ([1, 1], [2, 1])


def test_labels_that_do_not_exclude_each_other_agree_together() -> None:
    def several(p: Any) -> Predicted:
        outputs = np.asarray(p, "float32")
        return Predicted(outputs, outputs.argmax(1).astype("int32"), 3, "sigmoid")

    reference = several([[0.9, 0.8, 0.1], [0.9, 0.2, 0.1], [0.2, 0.1, 0.3]])
    model = several([[0.9, 0.4, 0.1], [0.7, 0.4, 0.3], [0.6, 0.1, 0.2]])
    found = fidelity(model, reference)
    # The likeliest label is the same twice, all labels once.
    assert found.numbers["agreement"] == pytest.approx(1 / 3)
    assert (found.counts.tolist(), found.flips.tolist()) == ([2, 1, 0], [0, 1, 0])


def test_sure_models_are_far_apart_but_not_infinitely() -> None:
    sure = np.eye(2, dtype="float32")
    model, reference = (Predicted(p, p.argmax(1), 2, "softmax") for p in (sure[::-1], sure))
    assert 80 < fidelity(model, reference).numbers["kl"] < 90
    assert fidelity(binary([1.0]), binary([1.0])).numbers["kl"] == 0


def test_outputs_of_unknown_meaning_have_no_divergence() -> None:
    one = classes()
    raw = Predicted(one.outputs * 7, one.classes, 4, "none")
    assert fidelity(raw, raw).numbers == {"samples": 40, "agreement": 1}


def test_values_are_subtracted() -> None:
    nothing = np.full(2, -1)
    a, b = (Predicted(np.array(v, "float32"), nothing, 0, "none") for v in ([[1], [2]], [[2], [5]]))
    found = fidelity(a, b)
    assert found.numbers == {"samples": 2, "mean_abs_difference": 2}
    assert not len(found.flips)


def test_some_samples_at_once_and_some_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = classes(), classes(40)
    b = Predicted(b.outputs[::-1], b.classes[::-1], 4, "softmax")
    labels = np.arange(40) % 5 - 1
    rows = np.arange(40) % 3 > 0
    whole = fidelity(a, b, labels)
    kept = fidelity(
        *(Predicted(p.outputs[rows], p.classes[rows], 4, "softmax") for p in (a, b)), labels[rows]
    )
    monkeypatch.setattr(sys.modules[fidelity.__module__], "_PART_BYTES", 7 * 4 * 8)
    for found, expected in (
        (fidelity(a, b, labels), whole),
        (fidelity(a, b, labels, rows), kept),
    ):
        assert dict(found.numbers) == dict(expected.numbers)
        assert found.flips.tolist() == expected.flips.tolist()
        assert found.counts.tolist() == expected.counts.tolist()


def test_no_divergence_is_below_zero_where_float32_misses_a_sum_of_one() -> None:
    reference = classes()
    model = replace(reference, outputs=reference.outputs * np.float32(1 + 1e-6))
    assert abs(fidelity(model, reference).numbers["kl"]) < 1e-12


def test_values_are_no_probabilities_to_compute_a_divergence_of() -> None:
    values = replace(classes(), activation="none")
    for pair in ((values, classes()), (classes(), values)):
        found = fidelity(*pair).numbers
        assert set(found) == {"samples", "agreement"}
