"""One library's process of `benchmarks/peers.py`, in the library's own environment.

    python benchmarks/peers_work.py LIBRARY CASE STEPS SAMPLES FOLDER

Answers on the standard output what it is asked on the standard input (`turns.py`).
"""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cases
import numpy as np
from cases import Case
from measuring import peak_mb, repeats, size, timed
from peers_method import Log, Task, agreement
from turns import serve

MODULES = {
    "tfexplain": "peers_tfexplain",
    "tf-explain": "peers_tf_explain",
    "tf-keras-vis": "peers_tf_keras_vis",
    "Xplique": "peers_xplique",
}
# How many squares an image's side is cut into for occlusion.
SQUARES = 4


class Work:
    """The answers. The model is built anew here from the weights that all libraries share."""

    def __init__(self, library: str, name: str, steps: int, samples: int, folder: Path) -> None:
        self.folder = folder
        with np.load(folder / "batch.npz") as batch:
            images, self.logits = batch["images"], batch["logits"]
        model = cases.MODELS[name](images.shape[1:])
        with np.load(folder / "weights.npz") as weights:
            model.set_weights([weights[key] for key in weights.files])
        # The class with most evidence: a Grad-CAM of others may be zero everywhere.
        target = int(self.logits.mean(axis=0).argmax())
        targets = np.full(len(images), target, np.int32)
        case = Case(model, images, targets, cases.LAYERS[name], steps)
        self.task = Task(case, target, samples, images.shape[1] // SQUARES)
        module = importlib.import_module(MODULES[library])
        self.methods = module.methods(self.task)
        self.bare = cases.bare_parts(case)
        self.often: dict[str, int] = {}
        packages = {"TensorFlow": version("tensorflow"), "Keras": version("keras")}
        self.versions = {**module.VERSIONS, **packages}

    def open(self) -> dict[str, Any]:
        """Versions, the methods there are, what bare passes each is measured against, and how far
        the logits are from those of the process that made the weights."""
        model, images = self.task.case.model, self.task.case.images
        found = np.asarray(cases.logits(model(images, training=False)))
        return {
            "versions": self.versions,
            "methods": list(self.methods),
            "passes": self.task.passes,
            "error": float(abs(found - self.logits).max() / abs(self.logits).max()),
        }

    def first(self, part: str) -> float:
        """Seconds of the first call; a second tells how often a timing repeats it."""
        seconds = timed(self._part(part))[0]
        self.often[part] = repeats(timed(self._part(part))[0])
        return seconds

    def time(self, part: str) -> tuple[float, float]:
        """Wall and CPU seconds of a steady call."""
        return timed(self._part(part), self.often[part])

    def epoch(self) -> None:
        """Weights move, as they do in training."""
        for variable in self.task.case.model.trainable_variables:
            variable.assign(variable * 0.999)

    def maps(self, method: str) -> None:
        """Keep our maps for the others to compare with."""
        np.save(self.folder / f"{method}.npy", self.methods[method].call())

    def agree(self, method: str) -> dict[str, tuple[float, float]]:
        """How -> mean correlation with our maps, and the largest relative difference."""
        compare, ours = self.methods[method].compare, self.folder / f"{method}.npy"
        if compare is None or not ours.is_file():
            return {}
        return {how: agreement(*pair) for how, pair in compare(np.load(ours)).items()}

    def peak(self, part: str) -> float:
        """MB over the model alone; of a process that did nothing else."""
        before = peak_mb()
        for _ in range(2):
            self._part(part)()
        return peak_mb() - before

    def logged(self, method: str) -> dict[str, int]:
        """Bytes by which the second epoch makes the callback's log longer; how -> bytes."""
        return {how: _growth(log) for how, log in self.methods[method].logs.items()}

    def _part(self, name: str) -> cases.Part:
        return self.bare[name] if name in self.bare else self.methods[name].call


def _growth(log: Log) -> int:
    lengths: list[int] = []
    with TemporaryDirectory() as folder:
        log(Path(folder), lambda: lengths.append(size(Path(folder))))
    return lengths[1] - lengths[0]


def main(library: str, name: str, steps: str, samples: str, folder: str) -> None:
    """Answer until nobody asks any more."""
    work = Work(library, name, int(steps), int(samples), Path(folder))
    names = ("open", "first", "time", "epoch", "maps", "agree", "peak", "logged")
    serve({name: getattr(work, name) for name in names})


if __name__ == "__main__":
    main(*sys.argv[1:])
