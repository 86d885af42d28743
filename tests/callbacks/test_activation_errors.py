"""Activations of models that are quantized while they train, against numpy on both models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from support.read import read_run

import tfexplain
from tfexplain import Compression
from tfexplain.errors import ExplainWarning
from tfexplain.report.summary import summary

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # tfmot asks for old names
    pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize`:UserWarning"),
]
X = np.random.default_rng(0).normal(size=(12, 6)).astype("float32")
Y = X[:, :3] ** 2
EPOCHS = 2


def network(library: Any = tf_keras) -> Any:
    library.utils.set_random_seed(0)
    layers = library.layers
    return library.Sequential(
        [
            layers.Input((6,)),
            layers.Dense(8, activation="relu", name="hidden"),
            layers.Dense(3, name="head"),
        ]
    )


def outputs(model: Any, library: Any) -> list[Any]:
    """Of the last two layers, by a model of its own."""
    layers = [layer.output for layer in model.layers[-2:]]
    return list(library.Model(model.inputs, layers).predict(X, verbose=0))


def decibels(exact: Any, other: Any) -> float:
    exact = exact.astype(np.float64)
    return float(10 * np.log10((exact**2).sum() / ((exact - other) ** 2).sum()))


def trained(model: Any, *callbacks: Any) -> Any:
    model.compile("sgd", "mse")
    model.fit(X, Y, 4, EPOCHS, verbose=0, callbacks=list(callbacks), shuffle=False)
    return model


@pytest.fixture(scope="module")
def aware(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, Any]:
    """A log, the model under quantization-aware training, and one trained without callbacks."""
    tfmot = pytest.importorskip("tensorflow_model_optimization")
    log_dir = tmp_path_factory.mktemp("aware")
    logging = Compression(X, log_dir=log_dir / "run", samples=99, on_error="raise", verbose=0)
    quantize = tfmot.quantization.keras.quantize_model
    return log_dir, trained(quantize(network()), logging), trained(quantize(network()))


def test_a_model_under_quantization_is_beside_its_own_floats(
    aware: tuple[Path, Any, Any],
) -> None:
    log_dir, model, _ = aware
    run = tfexplain.read(log_dir)["run"]
    found = run.activation_errors
    assert found["epoch"].tolist() == [epoch for epoch in range(EPOCHS) for _ in range(3)]
    names = [model.layers[0].name, "hidden", "head"]  # Keras counts what quantizes the input
    assert found["layer"].tolist() == names * EPOCHS
    assert set(found["reference"]) == {"its own float weights, without fake quantization"}
    assert set(found["rows"]) == {12}
    floats = network()
    floats.set_weights([weight.numpy() for weight in model.trainable_weights])
    both = zip(outputs(floats, tf_keras), outputs(model, tf_keras), strict=True)
    kernels = run.kernels
    for i, (exact, rounded) in enumerate(both, start=-2):
        assert found["sqnr"][i] == pytest.approx(decibels(exact, rounded), abs=0.05)
        ends = [found[f"reference_{end}"][i] for end in ("low", "high")]
        assert ends == pytest.approx([exact.min(), exact.max()], rel=1e-4)
        assert [found[end][i] for end in ("low", "high")] == pytest.approx(
            [rounded.min(), rounded.max()], rel=1e-4
        )
        low, high = found["limit_low"][i], found["limit_high"][i]
        outside = ((exact < low) | (exact > high)).mean()
        assert found["clipping"][i] == pytest.approx(outside, abs=0.02)
        # The same beside the weights' numbers.
        assert kernels["activation_sqnr"][i] == found["sqnr"][i]
        assert kernels["activation_clipping"][i] == found["clipping"][i]
        assert kernels["sqnr"][i] == pytest.approx(found["kernel_sqnr"][i])


def test_the_summary_of_a_report_lists_the_layers(aware: tuple[Path, Any, Any]) -> None:
    log = tfexplain.read(aware[0])
    told = summary("title", {"run": log["run"]}, "command")
    assert "What quantization does to activations" in told
    assert f"{log['run'].activation_errors['sqnr'][-1]:.1f}" in told
    assert "beside those of its own float weights" in told


def test_training_is_what_it_is_without(aware: tuple[Path, Any, Any]) -> None:
    _, model, alone = aware
    for one, other in zip(model.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_model_that_is_quantized_at_the_end_needs_the_reference(tmp_path: Path) -> None:
    floats = network(keras)

    class Quantize(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_end(self, logs: Any = None) -> None:
            floats.set_weights(self.model.get_weights())
            self.model.quantize("int8")

    logging = Compression(
        *(X,), log_dir=tmp_path / "run", reference=floats, samples=99, on_error="raise", verbose=0
    )
    model = trained(network(keras), Quantize(), logging)
    found = tfexplain.read(tmp_path)["run"].activation_errors
    assert found["epoch"].tolist() == [EPOCHS - 1] * 2  # before that nothing is quantized
    pairs = zip(outputs(floats, keras), outputs(model, keras), strict=True)
    expected = [decibels(*pair) for pair in pairs]
    np.testing.assert_allclose(found["sqnr"], expected, atol=0.05)
    assert np.isnan(found["limit_low"]).all()


def test_a_reference_that_takes_other_rows_ends_no_training(tmp_path: Path) -> None:
    model = network(keras)
    model.quantize("int8")
    other = keras.Sequential([keras.Input((2, 6)), *network(keras).layers])
    logging = Compression(X, log_dir=tmp_path, reference=other, verbose=0)
    model.compile("sgd", "mse")
    with pytest.warns(ExplainWarning, match="activation errors"):
        model.fit(X, Y, epochs=1, verbose=0, callbacks=[logging])
    status = read_run(tmp_path, "compression").record("status")
    assert any(problem.kind.startswith("activation errors") for problem in status.problems)
    assert status.seconds["Compression"] > 0
