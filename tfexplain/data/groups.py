"""Checks the names of groups that rows belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfexplain.errors import TfexplainError


def check_groups(groups: Sequence[Any], rows: int, in_order: bool) -> None:
    """Raises TfexplainError where not every row of the data has a group.

    Args:
        groups: A name for each row.
        rows: How many rows the data have.
        in_order: Whether the rows have an order that groups can be in.
    """
    if not in_order:
        raise TfexplainError(
            "groups: expected validation_data as arrays, whose rows have an order; got data in "
            "batches. Pass arrays, or leave groups= out."
        )
    if len(groups) < rows:
        raise TfexplainError(
            f"groups: expected one for each of {rows} rows; got {len(groups)}. Pass a "
            "sequence as long as the data."
        )
