"""Entry point that TensorBoard imports at start: the flag, the number of kept steps, the plugin.

An exception while this module is imported ends TensorBoard, one in `load` is logged and the tab is
missing. So everything that could fail is imported there.
"""

from __future__ import annotations

import argparse
from typing import Any

from tensorboard.plugins import base_plugin

# `schema.PLUGIN_NAME`, repeated because importing schema needs packages that may be missing.
NAME = "tfexplain"
DEFAULT_SAMPLES = 500
MAX_SAMPLES = 2**31 - 1


class Loader(base_plugin.TBLoader):  # type: ignore[misc]
    """Loads the plugin (`tensorboard_plugins` in setup.cfg)."""

    def define_flags(self, parser: argparse.ArgumentParser) -> None:
        """Adds `--tfexplain_samples`."""
        parser.add_argument_group(NAME).add_argument(
            "--tfexplain_samples",
            metavar="STEPS",
            type=int,
            default=DEFAULT_SAMPLES,
            help="""\
How many steps (epochs) of each explanation TensorBoard keeps; 0 keeps all (default: %(default)s).
`--samples_per_plugin tfexplain=STEPS` goes before it.\
""",
        )

    def fix_flags(self, flags: argparse.Namespace) -> None:
        """Raises the number of kept steps, before anything is read from the log.

        Raises:
            base_plugin.FlagsError: The number is negative or too large.
        """
        kept = getattr(flags, "tfexplain_samples", DEFAULT_SAMPLES)
        if not 0 <= kept <= MAX_SAMPLES:
            raise base_plugin.FlagsError(
                f"--tfexplain_samples={kept}: expected 0 to {MAX_SAMPLES}. Use 0 to keep all steps."
            )
        samples = dict(getattr(flags, "samples_per_plugin", None) or {})
        samples.setdefault(NAME, kept)
        flags.samples_per_plugin = samples

    def load(self, context: base_plugin.TBContext) -> Any:
        """Returns the plugin itself."""
        from tfexplain.tb_plugin.routes import ExplainPlugin

        return ExplainPlugin(context)
