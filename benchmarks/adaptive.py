"""How few passes Integrated Gradients can do with: rules of integration against true integrals.

    python benchmarks/adaptive.py [--case NAME] [--quick] [--sizes]

Prints two tables in Markdown for each case: the true error at equal passes, and what each rule
takes until its own estimate is within the tolerance. `--quick` is one small case, for the test.
`--sizes` measures CPU time by chunk size instead.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tfexplain.model.keras_model import KerasModel

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from adaptive_cases import Case, digits_cnn, golden, mobilenet, trained
from adaptive_rules import MOST, RULES, run

from tfexplain import IntegratedGradients
from tfexplain.model.batching import default_chunk_size
from tfexplain.model.call_batch import as_batch

BUDGETS = (17, 33, 65, 129)
TOLERANCE = 0.02
# Midpoints of true integrals that nobody else has computed; three times those it is checked by.
REFERENCE = 20_001


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small case")
    parser.add_argument("--sizes", action="store_true", help="CPU time by chunk size")
    parser.add_argument("--case", choices=CASES, help="one case; default all")
    options = parser.parse_args()
    print(f"TensorFlow {tf.__version__}, Keras {keras.__version__}, {os.cpu_count()} cores\n")
    if options.sizes:
        sizes()
        return
    chosen = ["tabular_mlp"] if options.quick else [options.case] if options.case else CASES
    for name in chosen:
        report(CASES[name]())


CASES: dict[str, Callable[[], Case]] = {
    **{name: partial(golden, name) for name in ("plain_cnn", "nested_cnn", "tabular_mlp")},
    "digits_logit": lambda: trained("digits CNN", digits_cnn(8), "logit", 8, REFERENCE),
    "digits_probability": lambda: trained("digits CNN", digits_cnn(8), "probability", 8, REFERENCE),
    "mobilenet": lambda: trained("MobileNetV2 at 96 x 96", mobilenet(25), "logit", 1, REFERENCE),
}


def report(case: Case) -> None:
    """Both tables of a case."""
    found = {
        name: [run(rule, line, t) for line, t in zip(case.lines, case.truth, strict=True)]
        for name, rule in RULES.items()
    }
    print(f"### {case.name}\n\n{len(case.lines)} samples; truth: {case.reference}\n")
    print("True error in % of the largest magnitude, median / max, after at most so many passes:\n")
    print("| rule | " + " | ".join(map(str, BUDGETS)) + " |\n|---|" + "--:|" * len(BUDGETS))
    for name, samples in found.items():
        cells = [within(samples, budget) for budget in BUDGETS]
        print(f"| {name} | " + " | ".join(cells) + " |")
    print(f"\nUntil the rule's estimate is at most {TOLERANCE:.0%}, or {MOST} passes:\n")
    print(
        "| rule | passes, median / max | true error %, median / p90 / max | estimate %, median "
        "| estimates below the true error, at the end / at all levels |\n|---|--:|--:|--:|--:|"
    )
    for name, samples in found.items():
        if np.isfinite(samples[0][-1]["estimate"]):
            print(f"| {name} | {until(samples)} |")
    print(flush=True)


def within(samples: list[Any], budget: int) -> str:
    """The error of the last level within a budget."""
    last = [[one for one in levels if one["passes"] <= budget][-1:] for levels in samples]
    if not all(last):
        return ""
    errors = [100 * one["true"] for [one] in last]
    return f"{np.median(errors):.2f} / {max(errors):.2f}"


def until(samples: list[Any]) -> str:
    """What a rule takes until it believes itself, and whether it may."""
    ends = [
        next((one for one in levels if one["estimate"] <= TOLERANCE), levels[-1])
        for levels in samples
    ]
    passes = [one["passes"] for one in ends]
    errors = np.array([100 * one["true"] for one in ends])
    estimates = np.array([100 * one["estimate"] for one in ends])
    everywhere = [
        one["true"] > one["estimate"]
        for levels in samples
        for one in levels
        if np.isfinite(one["estimate"])
    ]
    return (
        f"{np.median(passes):.0f} / {max(passes)} "
        f"| {np.median(errors):.2f} / {np.percentile(errors, 90):.2f} / {errors.max():.2f} "
        f"| {np.median(estimates):.2f} "
        f"| {int((errors > estimates).sum())} of {len(ends)} / {np.mean(everywhere):.0%}"
    )


# ---------------------------------------------------------------------------- sizes of chunks


def sizes(rounds: int = 3) -> None:
    """CPU time of 32 fixed nodes by chunk size, taking turns; each divided by the best."""
    print("| model | samples | automatic | " + " | ".join(map(str, SIZES)) + " | chosen |")
    print("|---|--:|--:|" + "--:|" * (len(SIZES) + 1))
    for name, (model, x, y) in {
        "digits CNN": digits_cnn(1),
        "MobileNetV2 at 96 x 96": mobilenet(1),
    }.items():
        batch = x[:8]
        traced_model = KerasModel(model, as_batch(batch))
        chosen = default_chunk_size(traced_model)
        methods = {size: IntegratedGradients(steps=32, batch_size=size) for size in SIZES}
        methods[None] = dataclasses.replace(methods[8], batch_size=None)  # type: ignore[index]
        times: dict[Any, list[float]] = {size: [] for size in methods}
        for turn in range(rounds + 1):
            for size, method in methods.items():
                start = time.process_time()
                method(model, batch, y[:8])
                if turn:  # the first compiles
                    times[size].append(time.process_time() - start)
        medians = {size: float(np.median(seconds)) for size, seconds in times.items()}
        best = min(medians[size] for size in SIZES)
        cells = " | ".join(f"{medians[size] / best:.2f}" for size in SIZES)
        print(f"| {name} | {len(batch)} | {medians[None] / best:.2f} | {cells} | {chosen} |")


SIZES = (8, 16, 32, 64, 128)

if __name__ == "__main__":
    main()
