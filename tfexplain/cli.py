"""The command `tfexplain`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tfexplain.explainers import Explainer

_COMPARE = """\
Explain the same samples with several models, and say how far each is from the first.

The first model is the reference. Every model is explained for the same targets: the labels or,
without labels, what the reference predicts. Printed are
  - predictions on all rows: agreement with the reference, flips, accuracy, KL divergence;
  - weights: sparsity, bits per weight with scales, size of an export;
  - maps: Pearson, Spearman, overlap of the top tenth (top10_iou) and SSIM between each model's
    maps and the reference's, 1 where they are equal, apart for samples on which both agree and
    for those that flipped;
  - the samples whose maps moved most though the prediction stayed.
With --log-dir each model becomes a run of the EXPLAIN tab, maps and kernels beside each other.

No number says that one model is better. Two trainings of the same model differ as well: give one
as --control (another seed, or more epochs), and what it differs by is shown as a band."""

_EXAMPLES = """\
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
  Data is an .npz file with arrays x and y (or images and labels), scaled as in training:
  np.savez("val.npz", x=x, y=y). y may be left out.

exit status: 0, or 2 with a message for whatever cannot be compared."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0, or 2 for what the user can mend."""
    options = _parser().parse_args(arguments)
    # TensorFlow's own remarks about the machine are not what was asked for.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        _compare(options)
    except (ValueError, TypeError, OSError) as error:
        print(f"tfexplain: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    from tfexplain import __version__

    parser = argparse.ArgumentParser("tfexplain", description="What Keras models look at.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    raw = argparse.RawDescriptionHelpFormatter
    compare = commands.add_parser(
        "compare",
        help="explain the same samples with several models",
        description=_COMPARE,
        epilog=_EXAMPLES,
        formatter_class=raw,
    )
    add = compare.add_argument
    add("models", nargs="+", metavar="MODEL", help="files, the reference first")
    add("--data", required=True, metavar="FILE", help="an .npz file, see below")
    add("--log-dir", metavar="DIR", help="where runs go; default: nothing is written")
    add(
        "--control",
        nargs="+",
        metavar="MODEL",
        help="models that differ from the reference by chance only",
    )
    add(
        "--explainer",
        nargs="+",
        metavar="NAME",
        help="methods, such as GradCAM; default: what Explain chooses",
    )
    add("--layer", help="path of the layer to explain at; default: each method's own")
    add("--samples", type=int, default=16, metavar="N", help="how many rows to explain (16)")
    add("--class-names", nargs="+", metavar="NAME", help="names of the classes, in order")
    add("--seed", type=int, default=0, help="of the choice of rows (0)")
    return parser


def _compare(options: argparse.Namespace) -> None:
    from tfexplain.comparing import compare

    found = compare(
        options.models,
        options.data,
        options.log_dir,
        control=options.control,
        explainers=_explainers(options.explainer, options.layer),
        samples=options.samples,
        class_names=options.class_names,
        seed=options.seed,
    )
    print(found.summary())


def _explainers(names: Sequence[str] | None, layer: str | None) -> list[Explainer] | None:
    """Explainers of these names, at the layer where they have one; None for the default."""
    from tfexplain import explainers

    if names is None and layer is None:
        return None
    known = {
        name: found
        for name, found in vars(explainers).items()
        if isinstance(found, type)
        and issubclass(found, explainers.Explainer)
        and found is not explainers.Explainer
    }
    names = ["GradCAM", "IntegratedGradients"] if names is None else names
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"--explainer={unknown[0]!r}: expected one of {', '.join(sorted(known))}.")
    made = []
    for name in names:
        takes = {field.name for field in fields(known[name])}
        at = {"layer": layer} if "layer" in takes else {"layers": [layer]}
        placed = layer is not None and takes & {"layer", "layers"}
        made.append(known[name](**at if placed else {}))
    if layer is not None and not any({"layer", "layers"} & set(vars(one)) for one in made):
        raise ValueError(
            f"--layer={layer!r}: {', '.join(names)} is not bound to a layer. Leave it."
        )
    return made


if __name__ == "__main__":
    sys.exit(main())
