"""One treatment of a number, whatever argument it is passed to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tfexplain
from tfexplain import Compression, Explain, TfexplainError, checks, explain
from tfexplain.explainers import Saliency

X = np.zeros((2, 4), np.float32)


def callback(made: Callable[..., Any], **settings: Any) -> Any:
    """The callback, its settings checked as they are before the first batch."""
    one = made(X, log_dir="never", **settings)
    one._check()
    return one


WHOLE: dict[str, Callable[[Any], Any]] = {
    "steps": lambda n: tfexplain.IntegratedGradients(steps=n),
    "copies": lambda n: tfexplain.SmoothGrad(copies=n),
    "draws": lambda n: tfexplain.ExpectedGradients(draws=n),
    "masks": lambda n: tfexplain.RISE(masks=n),
    "cells": lambda n: tfexplain.RISE(cells=n),
    "coalitions": lambda n: tfexplain.KernelSHAP(coalitions=n),
    "repeats": lambda n: tfexplain.PermutationImportance(repeats=n),
    "window": lambda n: tfexplain.Occlusion(window=n),
    "stride": lambda n: tfexplain.Occlusion(stride=(n, n)),
    "max_channels": lambda n: tfexplain.FeatureMaps(max_channels=n),
    "batch_size": lambda n: tfexplain.LIME(batch_size=n),
    "seed": lambda n: tfexplain.VarGrad(seed=n),
    "samples": lambda n: callback(Explain, samples=n),
    "every": lambda n: callback(Compression, every=n),
    "batch_size of a call": lambda n: explain(
        lambda x: x.sum(1), X, explainers=tfexplain.Occlusion(), batch_size=n
    ),
}
NUMBERS: dict[str, Callable[[Any], Any]] = {
    "tolerance": lambda n: tfexplain.IntegratedGradients(tolerance=n),
    "noise": lambda n: tfexplain.SmoothGrad(noise=n),
    "kernel_width": lambda n: tfexplain.LIME(kernel_width=n),
    "probability": lambda n: tfexplain.RISE(probability=n),
    "contrast": lambda n: tfexplain.ActivationMaximization(contrast=n),
    "budget": lambda n: callback(Explain, budget=n),
}


@pytest.mark.parametrize("argument", WHOLE)
def test_whole_numbers_are_treated_alike(argument: str) -> None:
    make = WHOLE[argument]
    make(np.int64(3))
    make(3)
    for wrong in (2.5, 3.0, True, "3", -1):
        name = argument.removesuffix(" of a call")
        with pytest.raises(TfexplainError, match=f"^{name}={wrong!r}: expected a whole number of"):
            make(wrong)


@pytest.mark.parametrize("argument", NUMBERS)
def test_numbers_are_treated_alike(argument: str) -> None:
    make = NUMBERS[argument]
    make(np.float32(0.5))
    make(0.5)
    for wrong in (-0.5, True, "0.5", float("nan"), float("inf")):
        with pytest.raises(TfexplainError, match=f"^{argument}={wrong!r}: expected a "):
            make(wrong)


@pytest.mark.parametrize("wrong", ["logits", "Logit", 1, None, b"logit"])
def test_choices_are_told(wrong: Any) -> None:
    with pytest.raises(TfexplainError, match="expected 'logit' or 'probability'"):
        Saliency(score=wrong)


@pytest.mark.parametrize("make", [Explain, Compression])
def test_verbose_takes_what_keras_takes(make: Callable[..., Any]) -> None:
    for right in (0, 1, 2, False, True):
        callback(make, verbose=right)
    for wrong in ("auto", 3, -1, 1.0, None):
        with pytest.raises(TfexplainError, match=r"^verbose=.*: expected 0, 1, 2, False or True"):
            callback(make, verbose=wrong)


@pytest.mark.parametrize("wrong", ["", [], ["conv", 3], 3, True])
def test_layers_are_names(wrong: Any) -> None:
    for method in (tfexplain.GradCAM, tfexplain.FeatureMaps, tfexplain.Attention):
        with pytest.raises(TfexplainError, match=r"^layer=.*expected the name of a layer"):
            method(wrong)


def test_bounds_are_told() -> None:
    with pytest.raises(TfexplainError, match=r"expected a number above 0 and below 1.$"):
        checks.check_number("share", 1, above=0, below=1)
    with pytest.raises(TfexplainError, match=r"expected a whole number of at least 2, or None.$"):
        checks.check_whole("count", 1, 2, optional=True)
