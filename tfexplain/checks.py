"""Checks that several methods make of their settings."""

from __future__ import annotations


def check_counts(**counts: int | None) -> None:
    """Raises ValueError for what is no whole number of at least 1; None stands for a default.

    >>> check_counts(samples=20, batch_size=None)
    """
    for argument, value in counts.items():
        whole = isinstance(value, int) and not isinstance(value, bool)
        if value is not None and not (whole and value >= 1):
            raise ValueError(f"{argument}={value!r}: expected a whole number of at least 1.")


def check_shares(**shares: float) -> None:
    """Raises ValueError for what is no finite number of at least 0."""
    for argument, value in shares.items():
        if not 0 <= value < float("inf"):
            raise ValueError(f"{argument}={value!r}: expected a finite number of at least 0.")


def check_output(output: object) -> None:
    """Raises ValueError for what is no score of a class."""
    if output not in ("logit", "probability"):
        raise ValueError(f"output={output!r}: expected 'logit' or 'probability'. Leave it out.")
