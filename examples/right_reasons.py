"""Train three small CNNs on marked digits, one of them for the right reasons.

Every image carries a mark of a few bright pixels at its left edge, which tells the digit in the
training images, as in the run `shortcut` of `demo.py`. The run `wrong` reads it: on images without
a mark it fails. The run `right` is trained on the same images, and what its log-probabilities read
of the left edge is penalised. It is as good on unmarked images as the run `unmarked`, which never
saw a mark. The log shows the share of Integrated Gradients that lies on the mark, epoch by epoch.

    python examples/right_reasons.py [--log-dir DIR] [--epochs N] [--weight W]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from demo import marked
from digits import CLASSES, load, small_cnn

import tfexplain
from tfexplain import Explain, IntegratedGradients
from tfexplain.training import RightReasons, penalise
from tfexplain.trust import Avoid

MARK = Avoid("left edge")


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, log, and say what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--log-dir", type=Path, default=Path("logs/right_reasons"))
    parser.add_argument("--epochs", type=int, default=16, help="default: %(default)s")
    parser.add_argument("--weight", type=float, default=10.0, help="default: %(default)s")
    options = parser.parse_args(arguments)
    (_, _), (val_images, val_labels) = load()
    for name in ("unmarked", "wrong", "right"):
        model = train(name, options.log_dir / name, options.epochs, options.weight)
        accuracy = model.evaluate(val_images, val_labels, verbose=0)[1]
        print(f"{name}: accuracy on images without a mark {accuracy:.3f}", flush=True)
    runs = tfexplain.read(options.log_dir)
    for name in ("wrong", "right"):
        shares = " ".join(f"{share:.2f}" for share in on_the_mark(runs[name]))
        print(f"{name}: share of evidence on the mark, by epoch: {shares}")


def train(name: str, log_dir: Path, epochs: int, weight: float) -> Any:
    """One run, its log started afresh; returns the model."""
    for old in log_dir.glob("*/*.tfexplain"):
        old.unlink()
    (images, labels), (val_images, val_labels) = load()
    val = marked(val_images, val_labels), val_labels
    if name != "unmarked":
        images = marked(images, labels)
    model = small_cnn()
    if name == "right":
        penalise(model, RightReasons(MARK, weight))
    explain = Explain(
        val,
        log_dir=log_dir,
        explainers=IntegratedGradients(),
        class_names=CLASSES,
        regions=MARK,
        verbose=0,
    )
    model.fit(images, labels, epochs=epochs, verbose=0, callbacks=[explain])
    return model


def on_the_mark(run: Any) -> list[float]:
    """The share of evidence on the mark in each epoch, the mean over samples."""
    table = run.regions
    mass = np.array(table["mass"])
    return [np.nanmean(mass[table["epoch"] == epoch]) for epoch in np.unique(table["epoch"])]


if __name__ == "__main__":
    main()
