"""Implements `tfexplain explain`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

_EXPLAIN = """\
Explain what a saved model sees in pictures, or in the rows of a file.

Written below --out are
  overlays/METHOD/...png   pictures beside their maps, on one scale for all pictures of a method;
                           for what is no picture a figure of some samples; of at most --overlays
  arrays/METHOD.npz        values, targets, scores, unit and names of all samples
  samples.csv              each sample's name, label, explained class and score, predicted class
  quality.csv              with --quality, what metrics say of the samples in the log
  logs/MODEL               the same for the EXPLAIN tab of TensorBoard, of at most --log-samples
METHOD has the layer behind it where it has several. Values are never rescaled per picture.
What a former command wrote to --out is replaced when all is done, and not before."""

_EXAMPLES = """\
examples:
  tfexplain explain model.keras photos/ --out out/
  tfexplain explain model.keras photos/ --method GradCAM --method IntegratedGradients \\
      --set steps=64 --set GradCAM.relu=False --out out/
  tfexplain explain mlp.keras patients.csv --label outcome --target label --out out/
  tensorboard --logdir out/logs

models:
  .keras or .h5 files of Keras 3 or tf_keras, with one input. Layers of your own: use
  tfexplain.explain in Python.

data:
  A folder of pictures, and folders in it, or one picture: turned upright, stretched to the model's
  input, in grey or colours as the model has channels. Pixels become numbers by --scale. The default
  is 0 255 for a model that scales them itself (it has a layer Rescaling or Normalization), else
  0 1: a file does not say what its model was trained on, so check it.
  An .npz file with arrays x and y (or images and labels), scaled as in training; y may be left out.
  A .csv file whose first line names the columns; all but --label are the model's inputs, in order.

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
    add("data", metavar="DATA", help="a folder of pictures, a picture, an .npz or a .csv file")
    add("--out", required=True, metavar="DIR", help="a new folder, or that of a former explain")
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
    add("--label", metavar="COLUMN", help="the column of a .csv file that holds labels")
    add(
        "--scale",
        nargs=2,
        type=float,
        metavar=("BLACK", "WHITE"),
        help="the numbers of black and white pixels; default see below",
    )
    add("--size", nargs=2, type=int, metavar=("H", "W"), help="where the model does not fix it")
    add(
        "--quality",
        action="append",
        metavar="NAMES",
        help="metrics of explanations, such as Deletion,MaxSensitivity: whether maps can be "
        "believed",
    )
    add("--batch-size", type=int, default=32, metavar="N", help="samples at once (32)")
    add("--log-samples", type=int, default=64, metavar="N", help="samples in the log (64)")
    add("--overlays", type=int, default=64, metavar="N", help="samples that are drawn (64)")
    add("--class-names", nargs="+", metavar="NAME", help="names of the classes, in order")
    add("--quiet", action="store_true", help="show no bar")


def run(options: argparse.Namespace) -> int:
    """Explains, and prints what was chosen, written and skipped."""
    from tfexplain.commands.explaining import explain_file

    done = explain_file(options, verbose=sys.stderr.isatty() and not options.quiet)
    print(done.text)
    if done.skipped:
        print(f"Skipped {len(done.skipped)}, for they cannot be read:", file=sys.stderr)
        print(*(f"  {line}" for line in done.skipped), sep="\n", file=sys.stderr)
    return int(bool(done.skipped))
