"""Of which weights what is logged is, where callbacks put back those of another epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from support.read import read_run

from tfexplain import Compression, Explain, Saliency

LIBRARIES = {"keras": keras, "tf_keras": tf_keras}
RNG = np.random.default_rng(0)
X, Y = RNG.random((32, 6)).astype("f4"), RNG.random((32, 1)).astype("f4")


def trained(
    library: Any, make: Any, log_dir: Path, every: int = 7, reference: Any = "first"
) -> tuple[Any, dict[int, Any]]:
    """A model that stops before epoch 7, and its weights at each epoch's end, before what
    `make(explain, compression)` arranges."""
    library.utils.set_random_seed(1)
    layers = library.layers
    model = library.Sequential(
        [layers.InputLayer((6,)), layers.Dense(8, activation="tanh"), layers.Dense(1)]
    )
    model.compile(library.optimizers.SGD(0.1), "mse")
    kept: dict[int, Any] = {}

    class Keep(library.callbacks.Callback):  # type: ignore[misc,name-defined]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            kept[epoch] = self.model.get_weights()

    options = {"every": every, "verbose": False, "on_error": "raise"}
    explain = Explain(X, explainers=[Saliency()], log_dir=log_dir, reference=reference, **options)
    callbacks = [Keep(), *make(explain, Compression(log_dir=log_dir, **options))]
    model.fit(X, Y, epochs=20, verbose=0, shuffle=False, callbacks=callbacks)
    return model, kept


def stopping(library: Any) -> Any:
    """The loss falls, so that by `max` the first epoch is the best and the third the last."""
    return library.callbacks.EarlyStopping(
        "loss", patience=2, mode="max", restore_best_weights=True
    )


def maps(library: Any, model: Any, weights: Any, rows: Any) -> Any:
    twin = library.models.clone_model(model)
    twin.set_weights(weights)
    return Saliency()(twin, rows.astype("f4")).values


def assert_explained(run: Any, step: int, library: Any, model: Any, weights: Any) -> None:
    rows = run.record("values/input").values
    expected = maps(library, model, weights, rows)
    found = [m.values for m in run.maps("Saliency", "input", step)]
    assert np.abs(np.stack(found) - expected).max() < 1e-3 * np.abs(expected).max()


def assert_measured(run: Any, weights: Any) -> None:
    names = [row["name"] for row in run.record("kernels").rows]
    record, kernel = run.record(f"kernel/{names[0]}"), weights[0]
    assert (record.low, record.high) == (kernel.min(), kernel.max())


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("order", ["before", "behind"])
def test_the_last_epoch_is_explained_with_its_own_weights(
    library: str, order: str, tmp_path: Path
) -> None:
    """Whichever stands first; what is measured after training says whose weights it has."""
    lib = LIBRARIES[library]

    def arranged(explain: Any, compression: Any) -> list[Any]:
        stop = stopping(lib)
        before = order == "before"
        return [stop, explain, compression] if before else [explain, compression, stop]

    model, kept = trained(lib, arranged, tmp_path)
    assert sorted(kept) == [0, 1, 2]
    assert all(map(np.array_equal, model.get_weights(), kept[0]))
    run, kernels = read_run(tmp_path), read_run(tmp_path, "compression")
    assert sorted(run.values["predictions"]) == [0, 2]
    assert_explained(run, 2, lib, model, kept[2])
    last = run.record("predictions", 2)
    assert (last.moment, last.weights) == ("epoch" if order == "before" else "end", 2)
    assert run.record("predictions", 0).weights == 0
    # Behind `Compression` the restored weights are never seen, and nothing is claimed of them.
    restored = 0 if order == "before" else 2
    record = kernels.record("kernels", 2)
    assert (record.moment, record.weights) == ("end", restored)
    assert_measured(kernels, kept[restored])
    assert kernels.record("kernels", 0).weights == 0


def test_weights_that_no_epoch_ended_with_are_said_to_be_none(tmp_path: Path) -> None:
    class Zeros(keras.callbacks.Callback):  # type: ignore[misc]
        """Stops where nobody sees it, and leaves weights that are new."""

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training |= epoch == 2

    class New(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_end(self, logs: Any = None) -> None:
            self.model.set_weights([w + 1 for w in self.model.get_weights()])

    model, _ = trained(keras, lambda e, c: [New(), e, c, Zeros()], tmp_path, reference="best")
    run = read_run(tmp_path)
    last = run.record("predictions")
    assert (last.moment, last.weights) == ("end", None)
    assert_explained(run, 2, keras, model, model.get_weights())
    kernels = read_run(tmp_path, "compression").record("kernels")
    assert (kernels.moment, kernels.weights) == ("end", None)
    # The loss of an epoch says nothing of weights that came after it.
    assert run.record("drift/Saliency/input").reference == "epoch 0, the best so far by loss"


def test_weights_put_back_before_an_epoch_is_measured_are_those_of_the_former(
    tmp_path: Path,
) -> None:
    class Back(keras.callbacks.Callback):  # type: ignore[misc]
        first: Any = None

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 0:
                self.first = self.model.get_weights()
            if epoch == 2:
                self.model.set_weights(self.first)
            self.model.stop_training |= epoch == 3

    _, _ = trained(keras, lambda e, c: [Back(), e, c], tmp_path, every=1)
    run, kernels = read_run(tmp_path), read_run(tmp_path, "compression")
    assert [run.record("predictions", step).weights for step in range(4)] == [0, 1, 0, 1]
    assert [kernels.record("kernels", step).weights for step in range(4)] == [0, 1, 0, 1]
