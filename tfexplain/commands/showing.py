"""Adds the options of pictures, tables and the log to a parser, and tells what was skipped."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

LOG_SAMPLES = OVERLAYS = 64
_LISTED = 20  # of what was skipped


def add_showing(parser: argparse.ArgumentParser, otherwise: str = "") -> None:
    """Adds the options; `otherwise` says what holds without them, which is None then."""
    add = parser.add_argument
    add(
        "--quality",
        action="append",
        metavar="NAMES",
        help="metrics of explanations, such as Deletion,MaxSensitivity: whether maps can be "
        "believed",
    )
    default = None if otherwise else LOG_SAMPLES
    told = otherwise or default
    add("--log-samples", type=int, default=default, metavar="N", help=f"rows in the log ({told})")
    default = None if otherwise else OVERLAYS
    told = otherwise or default
    add("--overlays", type=int, default=default, metavar="N", help=f"rows drawn ({told})")
    add("--class-names", nargs="+", metavar="NAME", help="names of the classes, in order")


def skipped_told(skipped: Sequence[str]) -> int:
    """Prints what was skipped, and returns the exit status."""
    if skipped:
        print(f"Skipped {len(skipped)}, for they cannot be read:", file=sys.stderr)
        print(*(f"  {line}" for line in skipped[:_LISTED]), sep="\n", file=sys.stderr)
    if len(skipped) > _LISTED:
        print(f"  and {len(skipped) - _LISTED} more: skipped.txt", file=sys.stderr)
    return int(bool(skipped))
