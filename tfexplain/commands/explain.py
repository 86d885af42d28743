"""Implements `tfexplain explain`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from tfexplain.commands.showing import add_showing, skipped_told

_EXPLAIN = """\
Explain what a saved model sees in pictures, or in the rows of files, however many there are.

Written below --out are
  shards/        maps, targets, scores and names of all rows, in files of some rows each, which
                 tfexplain.read_shards reads lazily
  index.html     some rows and the worst ones drawn, and what all of them have in common
  overlays/METHOD/...png   pictures beside their maps, on one scale for all rows of a method; for
                 what is no picture a figure of some rows
  samples.csv    each row's name, label, predicted and explained class, score, probability, loss
  totals.csv, magnitudes.csv, importance.csv, worst.csv
                 what is told of all rows: scales, how large values are, which features or places
                 matter by class, which rows are worst
  quality.csv    with --quality, what metrics say of the rows in the log
  logs/MODEL     the same for the EXPLAIN tab of TensorBoard, of at most --log-samples rows
METHOD has the layer behind it where it has several. Values are never rescaled per picture.

A shard that is finished is never computed again: after an error, or on a machine that was switched
off, the same command goes on where it stopped. A folder holds one job: the same model, data,
methods and settings, which any number of processes may share."""

_EXAMPLES = """\
examples:
  tfexplain explain model.keras photos/ --out out/
  tfexplain explain model.keras photos/ --method GradCAM --method IntegratedGradients \\
      --set steps=64 --set GradCAM.relu=False --out out/
  tfexplain explain mlp.keras patients.csv --label outcome --target label --out out/
  tensorboard --logdir out/logs
  tfexplain explain model.keras photos/ --out out/ --workers 8
  tfexplain explain model.keras photos/ --out out/ --cluster tcp://scheduler:8786
  tfexplain explain model.keras photos/ --out out/ --shard 3/16, and then tfexplain merge out/

models:
  .keras or .h5 files of Keras 3 or tf_keras, with one input. Layers of your own: use
  tfexplain.explain in Python.

data:
  A folder of pictures, and folders in it, or one picture: turned upright, stretched to the model's
  input, in grey or colours as the model has channels. Pixels become numbers by --scale. The default
  is 0 255 for a model that scales them itself (it has a layer Rescaling or Normalization), else
  0 1: a file does not say what its model was trained on, so check it.
  Where every picture lies in one of several folders, these are its label.
  An .npz file with arrays x and y (or images and labels), scaled as in training; y may be left out.
  A .csv file whose first line names the columns; all but --label are the model's inputs, in order.
  Parquet, Arrow and TFRecord files; 'day-*.parquet', a pattern in quotes; module:function, which
  returns a dataset, arrays, or an object with len() and rows by number. See docs/data.md.

exit status: 0; 1 if files or rows were skipped, which are listed; 2 with a message if nothing can
be explained."""


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "explain",
        help="explain a saved model on pictures or rows",
        description=_EXPLAIN,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("model", metavar="MODEL", help="a .keras or .h5 file")
    add("data", metavar="DATA", help="a folder, a file, a pattern or a function, see below")
    add("--out", required=True, metavar="DIR", help="a new folder, or that of the same explain")
    add(
        *("--method", "-m"),
        action="append",
        metavar="NAME",
        help="such as GradCAM, or by its import tf_keras_vis.gradcam.Gradcam, several times for "
        "several; default: what Explain chooses",
    )
    add(
        "--set",
        action="append",
        metavar="NAME=VALUE",
        help="a setting of every method that has it, as steps=64, or of one: GradCAM.relu=False",
    )
    add("--layer", help="path of the layer to explain at; default: each method's own")
    add(
        "--target",
        default="predicted",
        metavar="CLASS",
        help="what is explained: predicted (default), label, the number of a class, or mask:3, "
        "label:2, 'next token'",
    )
    add("--label", metavar="COLUMN", help="the column that holds labels")
    add(
        "--scale",
        nargs=2,
        type=float,
        metavar=("BLACK", "WHITE"),
        help="the numbers of black and white pixels; default see below",
    )
    add("--size", nargs=2, type=int, metavar=("H", "W"), help="where the model does not fix it")
    add("--batch-size", type=int, default=32, metavar="N", help="rows at once (32)")
    add_showing(parser)
    add("--workers", type=int, default=1, metavar="N", help="processes here, by Dask (1)")
    add("--cluster", metavar="ADDRESS", help="a Dask scheduler, such as tcp://scheduler:8786")
    add("--shard", metavar="K/N", help="only the Kth of N parts; tfexplain merge makes the rest")
    add("--quiet", action="store_true", help="show no bar")


def run(options: argparse.Namespace) -> int:
    """Explains, and prints what was chosen, written and skipped."""
    from tfexplain.commands.explaining import explain_file

    done = explain_file(options, verbose=sys.stderr.isatty() and not options.quiet)
    print(done.text)
    return skipped_told(done.skipped)
