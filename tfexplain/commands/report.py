"""Implements `tfexplain report`."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

_REPORT = """\
Write what a log directory holds into one HTML file, to keep, print and hand on.

The file opens in a browser without a server and without a network: it is the EXPLAIN tab with
the chosen runs' data in it, and loads nothing. Printed, it is the summary.
With --summary it is the summary alone, in plain HTML without scripts: data, model, performance,
what the maps show, compression, limits and versions, as far as they were logged."""

_EXAMPLES = """\
examples:
  tfexplain report logs/ -o report.html
  tfexplain report logs/ -o report.html --runs plain pruned --max-mb 50
  tfexplain report logs/ -o summary.html --summary

size:
  All numbers are of every epoch. If the file would grow beyond --max-mb, maps and histograms of
  weights are of some epochs only: the last, the first, those with exchange maps, then others
  evenly between these. How many they are is printed, and the page says which.

exit status: 0, or 2 with a message if there is no such log or no room for one epoch."""


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "report",
        help="write a log into one HTML file",
        description=_REPORT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("log_dir", metavar="LOG_DIR", help="what the callbacks got, or a directory above it")
    add(
        "-o", "--out", required=True, metavar="FILE", help="the file; one that is there is replaced"
    )
    add("--runs", nargs="+", default=[], metavar="RUN", help="names of runs; default: all")
    add("--summary", action="store_true", help="plain HTML without scripts")
    add("--max-mb", type=float, default=20, metavar="MB", help="size of the file at most (20)")


def run(options: argparse.Namespace) -> int:
    """Writes the file, and prints what it holds."""
    from tfexplain.reading import read
    from tfexplain.report.write import write_report, write_summary

    where = (read(options.log_dir), options.out, options.runs)
    runs = ["--runs", *options.runs] if options.runs else []
    told = ["tfexplain", "report", options.log_dir, "-o", options.out, *runs]
    if options.summary:
        print(write_summary(*where, shlex.join([*told, "--summary"])))
    else:
        most = f"{options.max_mb:g}"
        print(write_report(*where, options.max_mb, shlex.join([*told, "--max-mb", most])))
    return 0
