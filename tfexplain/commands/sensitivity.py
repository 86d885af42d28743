"""Implements `tfexplain sensitivity`."""

from __future__ import annotations

import argparse
import os
import shlex
from typing import Any

from tfexplain.commands.data import FILES, add_data, data_of, told_skipped

_SENSITIVITY = """\
Compress each layer's kernel alone, and measure what that does to predictions and maps.

One kernel at a time is rounded to fewer bits or pruned, and put back to the bit; the file is only
read. Beside the model as it is, printed are for each kernel and setting
  - KL divergence of predictions, and accuracy;
  - how similar maps stay (Spearman; pearson, top10_iou and SSIM are in the log).
Where it saves time, what comes before the kernel is computed once for all its settings. With
--log-dir it goes to the EXPLAIN tab, with plans: which layers to compress first for the least cost.
What was measured is kept in DIR/sensitivity.jsonl and not measured again.

Two trainings of the same model differ as well: give one as --control, and no difference below
theirs is called a cost."""
_EXAMPLES = f"""\
examples:
  tfexplain sensitivity model.keras --data val.npz --log-dir logs/sens
  tfexplain sensitivity model.keras --data val.npz --settings 8bit 4bit 50% 2:4 filters-25% \\
      --control other_seed.keras
  tfexplain sensitivity model.keras --data photos/ --log-dir logs/sens --budget 10min
  tfexplain sensitivity mlp.keras --data patients.csv --label outcome --log-dir logs/sens
  tensorboard --logdir logs/sens

settings:
  8bit, 6bit, ...   one scale per output channel, symmetric; 8bit-tensor: one scale
  50%, 80%, ...     the smallest magnitudes become zero
  2:4               of 4 neighbours on the input axis 2 stay
  filters-25%       whole outputs become zero
  2 to 16 bits and any share below 100%; default 18 of them.

files:
  A model is a .keras or .h5 file; layers of your own: call tfexplain.sensitivity in Python.
{FILES} Of
  all but .npz files, rows at random places are read, the same for one --seed.

exit status: 0; 1 if rows were skipped, which are listed; 2 with a message for whatever cannot be
measured; 130 when interrupted: the same command goes on where it was."""


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "sensitivity",
        help="compress each layer alone, and measure the cost",
        description=_SENSITIVITY,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("model", metavar="MODEL", help="a .keras or .h5 file")
    add_data(add)
    add("--log-dir", metavar="DIR", help="where the run goes; default: nothing is written")
    add("--settings", nargs="+", metavar="SETTING", help="see below")
    add("--layers", nargs="+", metavar="LAYER", help="names of layers; default all with a kernel")
    add("--control", nargs="+", metavar="MODEL", help="models that differ by chance only")
    add("--explainer", nargs="+", metavar="NAME", help="methods; default Grad-CAM")
    add("--layer", help="path of the layer to explain at; default: each method's own")
    add("--set", nargs="+", metavar="NAME=VALUE", help="settings of the methods, as steps=64")
    add("--rows", type=int, default=256, metavar="N", help="how many rows to predict (256)")
    add("--samples", type=int, default=16, metavar="N", help="how many of them to explain (16)")
    add(
        "--budget",
        metavar="N",
        help="passes over all rows, or a time such as 90s or 10min: the most promising first",
    )
    add("--resume", metavar="FILE", help="keeps what was measured; default DIR/sensitivity.jsonl")
    add("--no-reuse", action="store_true", help="whole passes only")
    add("--class-names", nargs="+", metavar="NAME", help="names of the classes, in order")
    add("--seed", type=int, default=0, help="of the choice of rows (0)")
    add("--quiet", action="store_true", help="no progress on the standard error")


def run(options: argparse.Namespace) -> int:
    """Measures, and prints the result."""
    from tfexplain.commands.methods import explainers
    from tfexplain.layer_sensitivity import sensitivity

    found = sensitivity(
        options.model,
        data_of(options),
        settings=options.settings,
        layers=options.layers,
        explainers=explainers(options.explainer, options.layer, options.set, "--explainer"),
        rows=options.rows,
        samples=options.samples,
        control=options.control,
        budget=options.budget,
        log_dir=options.log_dir,
        resume=options.resume,
        reuse=False if options.no_reuse else None,
        class_names=options.class_names,
        seed=options.seed,
        verbose=0 if options.quiet else 1,
    )
    print(found.summary())
    if options.log_dir:
        print(f"see it with: tensorboard --logdir {shlex.quote(os.fspath(options.log_dir))}")
    return told_skipped(found.skipped)
