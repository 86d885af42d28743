"""One library's process of `benchmarks/training.py`: models that are trained in turns.

    python benchmarks/training_work.py LIBRARY CASE DATA

Answers on the standard output what it is asked on the standard input (`turns.py`). DATA is an npz
file of images and labels.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import cases
import numpy as np
from cases import Array, keras
from turns import serve

# Images, labels and a folder -> callbacks.
Callbacks: TypeAlias = Callable[[Array, Array, str], Sequence[Any]]
BATCH = {"small_cnn": 32, "mobilenet_v2": 8}
# How many images are explained, `Explain`'s default, and nodes of Integrated Gradients. By default
# `Explain` takes as many nodes as the map needs; tf-explain's callback takes a fixed number.
EXPLAINED, NODES = 8, 32


def ours(_: str) -> dict[str, Callbacks]:
    """Our callbacks."""
    from tfexplain import (
        Compression,
        Explain,
        FeatureMaps,
        GradCAM,
        Health,
        IntegratedGradients,
        Predictions,
    )

    def explain(images: Array, labels: Array, folder: str, *explainers: Any) -> Any:
        return Explain(
            (images, labels), explainers=explainers or None, log_dir=folder, verbose=False
        )

    maps, ig = (FeatureMaps(), GradCAM()), IntegratedGradients(steps=NODES)

    def compression(folder: str) -> Any:
        return Compression(log_dir=folder, verbose=False)

    def health(images: Array, labels: Array, folder: str) -> Any:
        return Health((images, labels), log_dir=folder, verbose=False)

    def predictions(images: Array, labels: Array, folder: str) -> Any:
        return Predictions((images, labels), log_dir=folder, verbose=False)

    return {
        "Explain": lambda x, y, folder: [explain(x, y, folder)],
        "Explain of feature maps and Grad-CAM": lambda x, y, f: [explain(x, y, f, *maps)],
        f"Explain of Integrated Gradients, {NODES} nodes": lambda x, y, f: [explain(x, y, f, ig)],
        "Compression": lambda x, y, folder: [compression(folder)],
        "Health": lambda x, y, folder: [health(x, y, folder)],
        "Predictions": lambda x, y, folder: [predictions(x, y, folder)],
        "Explain and Health": lambda x, y, f: [explain(x, y, f), health(x, y, f)],
        "Explain and Compression": lambda x, y, f: [explain(x, y, f), compression(f)],
    }


def tf_explain(layer: str) -> dict[str, Callbacks]:
    """tf-explain's, of the same images, layer and nodes; one class for all, as it wants."""
    from tf_explain.callbacks.activations_visualization import ActivationsVisualizationCallback
    from tf_explain.callbacks.grad_cam import GradCAMCallback
    from tf_explain.callbacks.integrated_gradients import IntegratedGradientsCallback

    def cam(images: Array, folder: str) -> Any:
        return GradCAMCallback((images[:EXPLAINED], None), 0, layer, folder, use_guided_grads=False)

    def ig(images: Array, folder: str) -> Any:
        return IntegratedGradientsCallback((images[:EXPLAINED], None), 0, NODES, folder)

    def maps(images: Array, folder: str) -> Any:
        return ActivationsVisualizationCallback((images[:EXPLAINED], None), [layer], folder)

    return {
        "GradCAMCallback": lambda x, _, f: [cam(x, f)],
        "ActivationsVisualizationCallback": lambda x, _, f: [maps(x, f)],
        "IntegratedGradientsCallback": lambda x, _, f: [ig(x, f)],
        "all three": lambda x, _, f: [maps(x, f), cam(x, f), ig(x, f)],
    }


LIBRARIES = {"tfexplain": ours, "tf-explain": tf_explain}
DISTRIBUTIONS = {"tfexplain": "tensorboard-plugin-tfexplain"}  # where an index has another name
WITHOUT = "without"


class Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """Wall and CPU time at each epoch's begin and at the end. The first of the callbacks, so that
    an epoch is all that happens until the next one begins, other callbacks included."""

    def __init__(self) -> None:
        super().__init__()
        self.stamps: list[tuple[float, float]] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """An epoch begins, and the one before ends."""
        self.stamps.append((time.perf_counter(), time.process_time()))

    def on_train_end(self, logs: Any = None) -> None:
        """The last epoch ends."""
        self.on_epoch_begin(-1)


class Work:
    """The answers: a model for each set of callbacks, trained from where it was left."""

    def __init__(self, library: str, case: str, data: Path) -> None:
        self.case = case
        with np.load(data) as arrays:
            self.images, self.labels = arrays["images"], arrays["labels"]
        self.sets: dict[str, Callbacks] = {WITHOUT: lambda *_: []}
        self.sets |= LIBRARIES[library](cases.LAYERS[case])
        self.models: dict[str, Any] = {}
        # A process' first fit is slow whatever it trains.
        self.fit(WITHOUT, 1, 1)
        self.models.clear()
        packages = (library, "tensorflow", "keras")
        self.versions = {name: version(DISTRIBUTIONS.get(name, name)) for name in packages}

    def open(self) -> dict[str, Any]:
        """Versions, and what there is to train with."""
        return {"versions": self.versions, "sets": list(self.sets)}

    def fit(self, name: str, steps: int, epochs: int) -> dict[str, Any]:
        """Seconds of each epoch, and CPU seconds of all. Callbacks are new each time."""
        if name not in self.models:
            self.models[name] = self._model()
        count = steps * BATCH[self.case]
        images = np.resize(self.images, (count, *self.images.shape[1:]))
        labels = np.resize(self.labels, count)
        clock = Clock()
        with TemporaryDirectory() as folder:
            callbacks = [clock, *self.sets[name](images, labels, folder)]
            options = {"batch_size": BATCH[self.case], "epochs": epochs, "verbose": 0}
            begin = time.process_time()
            self.models[name].fit(images, labels, callbacks=callbacks, **options)
            whole = time.process_time() - begin
        wall, cpu = np.diff(np.array(clock.stamps), axis=0).T.tolist()
        return {"wall": wall, "cpu": cpu, "whole": whole}

    def _model(self) -> Any:
        keras.utils.set_random_seed(0)
        model = cases.MODELS[self.case](self.images.shape[1:])
        model.compile("adam", "sparse_categorical_crossentropy")
        return model


def main(library: str, case: str, data: str) -> None:
    """Answer until nobody asks any more."""
    work = Work(library, case, Path(data))
    serve({"open": work.open, "fit": work.fit})


if __name__ == "__main__":
    main(*sys.argv[1:])
