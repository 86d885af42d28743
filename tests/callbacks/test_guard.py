"""Failures are told once and counted by kind."""

from __future__ import annotations

import warnings

import pytest

from tfexplain.callbacks.guard import Guard
from tfexplain.errors import ExplainWarning


def fail(guard: Guard, error: BaseException, what: str = "GradCAM", step: int = 0) -> None:
    with guard.watch(what, step):
        raise error


def test_each_kind_is_told_once_and_counted() -> None:
    guard = Guard("warn")
    with pytest.warns(ExplainWarning, match=r"GradCAM: ValueError at epoch 2: bad"):
        fail(guard, ValueError("bad"), step=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fail(guard, ValueError("worse"), step=3)
    with pytest.warns(ExplainWarning, match="KeyError"):
        fail(guard, KeyError("k"))
    with pytest.warns(ExplainWarning, match="FeatureMaps: ValueError"):
        fail(guard, ValueError("bad"), "FeatureMaps")
    first = guard.problems[0]
    assert (first.kind, first.count, first.message, first.step) == (
        "GradCAM: ValueError",
        2,
        "worse",
        3,
    )
    assert len(guard.problems) == 3


def test_long_messages_are_cut() -> None:
    guard = Guard("warn")
    with pytest.warns(ExplainWarning):
        fail(guard, ValueError("x" * 10_000))
    assert len(guard.problems[0].message) == 503


def test_raise_lets_through_and_so_does_an_interrupt() -> None:
    with pytest.raises(ValueError, match="bad"):
        fail(Guard("raise"), ValueError("bad"))
    with pytest.raises(KeyboardInterrupt):
        fail(Guard("warn"), KeyboardInterrupt())


def test_unknown_policies_are_refused() -> None:
    with pytest.raises(ValueError, match="on_error='ignore': expected 'warn' or 'raise'"):
        Guard("ignore")  # type: ignore[arg-type]


def test_what_is_left_out_is_told_once_and_never_raises() -> None:
    guard = Guard("raise")
    with pytest.warns(ExplainWarning, match=r"GradCAM is left out: no layer has positions\. Train"):
        guard.leave_out("GradCAM", "no layer has positions.")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        guard.leave_out("GradCAM", "no layer has positions.")
    (problem,) = guard.problems
    assert (problem.kind, problem.count, problem.left_out) == ("GradCAM", 1, True)
    assert problem.message == "no layer has positions."
