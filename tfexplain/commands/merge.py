"""Implements `tfexplain merge`."""

from __future__ import annotations

import argparse
from typing import Any

from tfexplain.commands.showing import add_showing, skipped_told

_MERGE = """\
Make tables, pictures and a log of the shards that tfexplain explain --shard has written.

Memory is that of one shard, whatever the rows. What a former merge wrote is replaced when all is
done, and not before; with the same options nothing is done twice."""

_EXAMPLES = """\
examples:
  tfexplain explain model.keras photos/ --out out/ --shard 1/3     (on three machines 1/3, 2/3, 3/3)
  tfexplain merge out/

exit status: 0; 1 if rows were skipped, which are listed; 2 with a message if shards are missing or
are of another job."""


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "merge",
        help="make tables, pictures and a log of what several workers explained",
        description=_MERGE,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("folder", metavar="OUT", help="the --out of tfexplain explain")
    add_showing(parser, "that of explain")


def run(options: argparse.Namespace) -> int:
    """Merges, and prints what was chosen, written and skipped."""
    from tfexplain.commands.explaining import check_showing
    from tfexplain.commands.merging import merge_folder

    check_showing(options)
    text, skipped = merge_folder(options)
    print(text)
    return skipped_told(skipped)
