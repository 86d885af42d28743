"""Defines the command `tfexplain`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from tfexplain.commands import compare, explain, merge, report, sensitivity


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit status.

    0, 2 for what the user can mend, 130 when interrupted, or the command's own.
    """
    options = _parser().parse_args(arguments)
    # TensorFlow's own remarks about the machine are not what was asked for.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        return int(options.run(options))
    except (ValueError, TypeError, OSError, ImportError) as error:
        # What is `validation_data=` in Python is called data on the command line.
        print(f"tfexplain: {str(error).replace('validation_data', 'data')}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tfexplain: interrupted.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    from tfexplain import __version__

    parser = argparse.ArgumentParser("tfexplain", description="What Keras models look at.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (compare, explain, merge, report, sensitivity):
        command.add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
