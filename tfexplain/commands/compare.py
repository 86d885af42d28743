"""Implements `tfexplain compare`."""

from __future__ import annotations

import argparse
from typing import Any

from tfexplain.commands.data import FILES, add_data, data_of, told_skipped

_COMPARE = """\
Explain the same samples with several models, and say how far each is from the first.

The first model is the reference. Every model is explained for the same targets: the labels or,
without labels, what the reference predicts. Printed are
  - predictions on all rows: agreement with the reference, flips, accuracy, KL divergence;
  - weights: sparsity, bits per weight with scales, size of an export;
  - maps: Pearson, Spearman, overlap of the top tenth (top10_iou) and SSIM between each model's
    maps and the reference's, 1 where they are equal, apart for samples on which both agree and
    for those that flipped;
  - who pays: accuracy, agreement and similarity of maps by class, and with --groups by group,
    with intervals, beside the controls; rows that most compressed models predict otherwise;
  - with --quality what metrics say of the maps: mean, interval and chance of each;
  - the samples whose maps moved most though the prediction stayed.
With --log-dir each model becomes a run of the EXPLAIN tab, maps and kernels beside each other.

No number says that one model is better. Two trainings of the same model differ as well: give one
as --control (another seed, or more epochs), and what it differs by is shown as a band."""
_EXAMPLES = f"""\
examples:
  tfexplain compare dense.keras pruned.keras int8.keras --data val.npz --log-dir logs/cmp
  tfexplain compare dense.keras pruned.keras --control other_seed.keras --data val.npz
  tfexplain compare dense.keras int8.keras dense.tflite --data val.npz --explainer GradCAM \\
      --layer conv3
  tensorboard --logdir logs/cmp

files:
  Models are .keras or .h5 files of Keras 3 or tf_keras, and .tflite files, which take part with
  predictions and weights (they have no gradients). Strip tfmot's wrappers before saving
  (strip_pruning). Layers of your own: load the models in Python and call tfexplain.compare.
{FILES} All
  rows are predicted, a few at a time.

exit status: 0; 1 if files or rows were skipped, which are listed; 2 with a message for whatever
cannot be compared."""


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser(
        "compare",
        help="explain the same samples with several models",
        description=_COMPARE,
        epilog=_EXAMPLES,
        formatter_class=raw,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("models", nargs="+", metavar="MODEL", help="files, the reference first")
    add_data(add)
    add("--log-dir", metavar="DIR", help="where runs go; default: nothing is written")
    add(
        "--control",
        nargs="+",
        metavar="MODEL",
        help="models that differ from the reference by chance only",
    )
    add(
        "--reference",
        nargs="+",
        metavar="NAME=OTHER",
        default=[],
        help="models that are measured against another than the first, by the names of runs: "
        "pruned_1=dense_1",
    )
    add(
        "--explainer",
        nargs="+",
        metavar="NAME",
        help="methods, such as GradCAM; default: what Explain chooses",
    )
    add("--layer", help="path of the layer to explain at; default: each method's own")
    add("--set", nargs="+", metavar="NAME=VALUE", help="settings of the methods, as steps=64")
    add(
        "--quality",
        action="append",
        metavar="NAMES",
        help="metrics of explanations, such as Deletion,MaxSensitivity: whether maps can be "
        "believed",
    )
    add(
        "--groups",
        metavar="NAME",
        help="the array of an .npz file, or the column of .csv, Parquet and Arrow files, with the "
        "group of each row: who pays",
    )
    add("--samples", type=int, default=16, metavar="N", help="how many rows to explain (16)")
    add("--class-names", nargs="+", metavar="NAME", help="names of the classes, in order")
    add("--seed", type=int, default=0, help="of the choice of rows (0)")


def run(options: argparse.Namespace) -> int:
    """Compares, and prints the result."""
    from tfexplain.commands.methods import explainers
    from tfexplain.commands.metrics import metrics
    from tfexplain.comparing import compare

    pairs = [one.partition("=") for one in options.reference]
    comparison = compare(
        options.models,
        validation_data=data_of(options),
        log_dir=options.log_dir,
        control=options.control,
        explainers=explainers(options.explainer, options.layer, options.set, "--explainer"),
        samples=options.samples,
        class_names=options.class_names,
        seed=options.seed,
        quality=metrics(options.quality),
        groups=options.groups,
        reference={name: other for name, _, other in pairs},
    )
    print(comparison.summary())
    return told_skipped(comparison.skipped)
