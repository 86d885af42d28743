"""Names the data of `tfexplain compare` and `sensitivity`: what `tfexplain explain` takes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tfexplain.comparing.pool import DataFile

FILES = """\
  Data is an .npz file with arrays x and y (or images and labels), scaled as in training:
  np.savez("val.npz", x=x, y=y); y may be left out. Or whatever tfexplain explain takes: a folder of
  pictures, a pattern, .csv, Parquet, Arrow or TFRecord files, module:function."""


def add_data(add: Any) -> None:
    """Adds the arguments that name data."""
    add("--data", required=True, metavar="DATA", help="what explain takes, see below")
    add("--label", metavar="COLUMN", help="the column of data that holds labels")
    add(
        "--scale",
        nargs=2,
        type=float,
        metavar=("BLACK", "WHITE"),
        help="the numbers of black and white pixels of pictures; default as explain",
    )
    add("--size", nargs=2, type=int, metavar=("H", "W"), help="where the model does not fix it")


def data_of(options: argparse.Namespace) -> DataFile:
    """Returns the data that these arguments name."""
    from tfexplain.comparing.pool import DataFile

    return DataFile(options.data, options.label, options.scale, options.size)


def told_skipped(skipped: Sequence[str]) -> int:
    """Prints which rows cannot be read, and returns the exit status."""
    if not skipped:
        return 0
    print("Skipped, for they cannot be read:", file=sys.stderr)
    print(*(f"  {line}" for line in skipped), sep="\n", file=sys.stderr)
    return 1
